import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';

// A checkout of its own with the widget and without a console, so that the real dist is nobody's test bed.
const repository = join(import.meta.dirname, '..');
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'build-'));
  for (const name of ['scripts/build.mjs', 'scripts/server-bundle.mjs', 'widget', 'tsconfig.base.json'])
    cpSync(join(repository, name), join(root, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'dist', 'built.json'), 'the old build');
});
afterAll(() => rmSync(root, { recursive: true }));

const start = (): ChildProcess => spawn(process.execPath, ['scripts/build.mjs'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
const leftovers = () => readdirSync(root).filter((name) => name.startsWith('dist.'));
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.on('exit', resolve));

test('a build that is killed leaves the old one, and the next one clears up, skips what is not there and says so', async () => {
  const killed = start();
  killed.stderr?.once('data', () => killed.kill('SIGKILL'));
  expect(await ended(killed)).toBe(null);
  expect(readFileSync(join(root, 'dist', 'built.json'), 'utf8')).toBe('the old build');
  expect(leftovers()).toEqual([`dist.tmp-${killed.pid}`]);

  const child = start();
  let said = '';
  child.stderr?.on('data', (text) => {
    said += text;
  });
  expect(await ended(child), said).toBe(0);
  expect(said).toContain('skipped: admin/index.html does not exist yet');
  expect(said).toContain('skipped: server/cli.ts does not exist');
  expect(leftovers()).toEqual([]);
  expect(JSON.parse(readFileSync(join(root, 'dist', 'built.json'), 'utf8')).files).toBeGreaterThan(5);
  expect(existsSync(join(root, 'dist', 'admin'))).toBe(false);
  const widget = readFileSync(join(root, 'dist', 'widget.js'));
  expect(gzipSync(widget, { level: 9 }).length).toBeLessThanOrEqual(3000);
  expect(brotliDecompressSync(readFileSync(join(root, 'dist', 'widget.js.br')))).toEqual(widget);
  expect(() => new Function(widget.toString())).not.toThrow();
  for (const name of ['swagger-ui.css.br', 'swagger-ui-bundle.js.gz', 'swagger-ui-standalone-preset.js', 'LICENSE'])
    expect(existsSync(join(root, 'dist', 'docs', name)), name).toBe(true);
});
