import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFlags as benchFlags } from '../bench/load/product.ts';
import { nodeFlags } from './ensure-node.mjs';
import { entryUrl } from './server-entry.mjs';

let root: string;
const long = new Date('2026-01-01');
const built = new Date('2026-01-02');
const after = new Date('2026-01-03');

function put(path: string, at: Date): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), path);
  utimesSync(join(root, path), at, at);
}
const age = (folder: string, at: Date) => utimesSync(join(root, folder), at, at);
const chosen = () => entryUrl(pathToFileURL(`${root}/`)).href.replace(pathToFileURL(`${root}/`).href, '');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'entry '));
  for (const path of ['package.json', 'engine/flow.ts', 'server/cli.ts', 'server/doors/native/me.ts', 'examples/faq.flow.json']) put(path, long);
  put('dist/server.mjs', built);
  for (const folder of ['engine', 'server', 'server/doors', 'server/doors/native', 'examples']) age(folder, long);
});
afterEach(() => rmSync(root, { recursive: true }));

test('the built server runs while it is newer than all it was built from', () => {
  expect(chosen()).toBe('dist/server.mjs');
});

test('the sources run when there is no build', () => {
  rmSync(join(root, 'dist'), { recursive: true });
  expect(chosen()).toBe('server/cli.ts');
});

test.each(['package.json', 'engine/flow.ts', 'server/doors/native/me.ts', 'examples/faq.flow.json'])('the sources run when %s has changed since', (path) => {
  put(path, after);
  expect(chosen()).toBe('server/cli.ts');
});

test('the sources run when one was added or removed since, whatever its own age', () => {
  rmSync(join(root, 'server/doors/native/me.ts'));
  age('server/doors/native', after);
  expect(chosen()).toBe('server/cli.ts');
});

test('a test that changed, or what was installed, is no reason', () => {
  put('server/cli.test.ts', after);
  put('server/node_modules/zod/index.js', after);
  age('server', long);
  expect(chosen()).toBe('dist/server.mjs');
});

test('the launcher, npm start, what starts a carried Node and the benches give Node the same flags', () => {
  const read = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
  expect(read('server/bin/parley.mjs').split('\n')[0]).toBe(`#!/usr/bin/env -S node ${nodeFlags.join(' ')}`);
  expect((JSON.parse(read('package.json')) as { scripts: { start: string } }).scripts.start).toBe(`node ${nodeFlags.join(' ')} server/bin/parley.mjs start`);
  expect(benchFlags).toEqual(nodeFlags);
});
