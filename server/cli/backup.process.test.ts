import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parley, parleyJson, type Running, startServer } from '../testing/command-line.ts';
import { type DatabaseKind, databaseKinds, makePlace, type Place } from '../testing/databases.ts';

const directory = mkdtempSync(join(tmpdir(), 'test-archive-'));
const places: Place[] = [];
afterAll(async () => {
  for (const place of places) await place.remove();
  rmSync(directory, { recursive: true, force: true });
});

async function newPlace(kind: DatabaseKind): Promise<{ place: Place; environment: Record<string, string> }> {
  const place = await makePlace(kind);
  places.push(place);
  const database: Record<string, string> = place.databaseUrl === null ? {} : { DATABASE_URL: place.databaseUrl };
  return { place, environment: { DATA_DIR: place.dataDir, RATE_LIMITS: 'off', ...database } };
}

const initArgs = ['init', '--email', 'ann@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];

/** Writes as fast as it is answered, and remembers only what was acknowledged. */
function writeOn(url: string, key: string): { acked: string[]; stop(): Promise<void> } {
  const acked: string[] = [];
  let isOver = false;
  const client = async (number: number): Promise<void> => {
    for (let count = 0; !isOver; count += 1) {
      const name = `tag-${number}-${count}`;
      const headers = { 'x-api-key': key, 'content-type': 'application/json' };
      const reply = await fetch(`${url}/api/flow/create-tag`, { method: 'POST', headers, body: JSON.stringify({ name }) });
      await reply.text();
      if (reply.ok) acked.push(name);
    }
  };
  const clients = Array.from({ length: 8 }, (_, number) => client(number));
  return {
    acked,
    stop: async () => {
      isOver = true;
      await Promise.all(clients);
    },
  };
}

async function tagsAt(url: string, key: string): Promise<Set<string>> {
  const names = new Set<string>();
  for (let page = 1; ; page += 1) {
    const reply = await fetch(`${url}/api/flow/tags?limit=100&page=${page}`, { headers: { 'x-api-key': key } });
    const { data } = (await reply.json()) as { data: { name: string }[] };
    for (const { name } of data) names.add(name);
    if (data.length === 0) return names;
  }
}

describe.each(databaseKinds.map((from, index) => [from, databaseKinds.at(index - 1) ?? from] as const))('%s under write load, restored into %s', (from, to) => {
  test('every write that was acknowledged before the backup began is there, and the server never noticed', async () => {
    const source = await newPlace(from);
    const { json } = await parleyJson<{ api_key: string }>(initArgs, source.environment);
    const server = await startServer(source.environment);
    const writers = writeOn(server.url, json.api_key);
    while (writers.acked.length < 300) await sleep(20);
    const before = [...writers.acked];
    const file = join(directory, `${from}.backup`);
    const made = await parleyJson<{ rows: number; bytes: number }>(['backup', file], source.environment);
    await sleep(100);
    await writers.stop();
    expect(await server.stop()).toBe(0);
    expect(made.code, made.stderr).toBe(0);
    expect(made.json).toMatchObject({ bytes: statSync(file).size });
    expect(writers.acked.length).toBeGreaterThan(before.length);

    const target = await newPlace(to);
    copyFileSync(join(source.place.dataDir, 'master.key'), join(target.place.dataDir, 'master.key'));
    expect(await parley(['restore', file, '--verify'], target.environment)).toMatchObject({ code: 0 });
    const restored = await parleyJson<{ rows: number }>(['restore', file], target.environment);
    expect(restored.code, restored.stdout).toBe(0);
    expect(restored.json.rows).toBe(made.json.rows);
    const again = await startServer(target.environment);
    const found = await tagsAt(again.url, json.api_key);
    expect(before.filter((name) => !found.has(name))).toEqual([]);
    // It is one moment of the whole: nothing that was never acknowledged by then or after.
    const written = new Set(writers.acked);
    expect([...found].filter((name) => !written.has(name))).toEqual([]);
    expect((await parleyJson<{ healthy: boolean }>(['doctor'], target.environment)).json.healthy).toBe(true);
    expect(await again.stop()).toBe(0);
  });
});

describe('restore, when things go wrong', () => {
  let source: Awaited<ReturnType<typeof newPlace>>;
  let file: string;
  beforeAll(async () => {
    source = await newPlace('sqlite');
    await parley(initArgs, source.environment);
    file = join(directory, 'small.backup');
    await parley(['backup', file], source.environment);
  });

  test('one wrong byte, another key, no key, no file: each its exit code and one sentence, and nothing written', async () => {
    const { place, environment } = await newPlace('sqlite');
    const bad = join(directory, 'bad.backup');
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    writeFileSync(bad, bytes);
    expect(await parleyJson(['restore', file], environment)).toMatchObject({ code: 78, json: { error: { message: expect.stringContaining('master key') } } });
    const foreign = { ...environment, MASTER_KEY: 'bG9uZyBlbm91Z2ggYW5kIG5vdCB0b28gd2VhayAhIS4=' };
    expect(await parleyJson(['restore', file], foreign)).toMatchObject({ code: 78, json: { error: { code: 'configuration' } } });
    copyFileSync(join(source.place.dataDir, 'master.key'), join(place.dataDir, 'master.key'));
    expect(await parleyJson(['restore', bad, '--verify'], environment)).toMatchObject({ code: 65, json: { error: { code: 'bad_data' } } });
    expect(await parleyJson(['restore', bad], environment)).toMatchObject({ code: 65 });
    expect(await parleyJson(['restore', '/nowhere/x.backup'], environment)).toMatchObject({
      code: 1,
      json: { error: { message: '/nowhere/x.backup: No such file or directory.' } },
    });
    expect(existsSync(join(place.dataDir, 'parley.db'))).toBe(false);
  });

  test('beside a running server it is refused with 75, and verifying is not', async () => {
    const server: Running = await startServer(source.environment);
    expect(await parley(['restore', file, '--replace'], source.environment)).toMatchObject({ code: 75, stdout: '' });
    expect(await parley(['restore', file, '--verify'], source.environment)).toMatchObject({ code: 0 });
    await server.stop();
  });

  test('killed at any moment it leaves the old data or the new, never neither', async () => {
    const { place, environment } = await newPlace('sqlite');
    copyFileSync(join(source.place.dataDir, 'master.key'), join(place.dataDir, 'master.key'));
    await parley([...initArgs.slice(0, 2), 'old@example.com', ...initArgs.slice(3)], environment);
    const launcher = join(import.meta.dirname, '..', 'bin', 'parley.mjs');
    for (let round = 0; round < 8; round += 1) {
      const child = spawn(process.execPath, [launcher, 'restore', file, '--replace'], { env: { PATH: process.env.PATH, ...environment }, stdio: 'ignore' });
      const isOver = once(child, 'exit');
      // From when it begins to build, which is some way into the process's life.
      while (child.exitCode === null && !existsSync(join(place.dataDir, 'restoring'))) await sleep(1);
      await sleep(Math.random() * 40);
      child.kill('SIGKILL');
      await isOver;
      const { code, json } = await parleyJson<{ data: { owner: { name: string } }[] }>(['keys', 'list'], environment);
      expect([code, ['old', 'ann'].includes(json.data[0]?.owner.name ?? '')]).toEqual([0, true]);
    }
    expect(await parley(['restore', file, '--replace'], environment)).toMatchObject({ code: 0 });
    expect(readdirSync(place.dataDir)).not.toContain('restoring');
    expect((await parley(['keys', 'list'], environment)).stdout).toContain('(ann)');
  });
});
