import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parley, parleyJson, type Running, startServer } from '../testing/command-line.ts';
import { databaseKinds, makePlace, type Place } from '../testing/databases.ts';

const places: Place[] = [];
const running: Running[] = [];

async function place(kind: 'sqlite' | 'postgres' = 'sqlite'): Promise<{ dataDir: string; environment: Record<string, string> }> {
  const made = await makePlace(kind);
  places.push(made);
  return { dataDir: made.dataDir, environment: { DATA_DIR: made.dataDir, ...(made.databaseUrl === null ? {} : { DATABASE_URL: made.databaseUrl }) } };
}

async function start(environment: Record<string, string>, args: string[] = [], node?: string): Promise<Running> {
  const server = await startServer(environment, args, node);
  running.push(server);
  return server;
}

afterAll(async () => {
  for (const server of running) server.signal('SIGKILL');
  for (const made of places) await made.remove();
});

describe.each(databaseKinds)('start on %s', (kind) => {
  test('says where it is, is alive and ready, and ends with 0 when asked', async () => {
    const { dataDir, environment } = await place(kind);
    const server = await start(environment);
    expect(server.setupUrl).toMatch(new RegExp(`^${server.url}/setup\\?token=[\\w-]{43}$`));
    for (const path of ['/livez', '/healthz', '/readyz']) {
      const reply = await fetch(`${server.url}${path}`);
      expect([reply.status, path === '/readyz' ? await reply.json() : await reply.json()]).toEqual([
        200,
        path === '/readyz' ? { status: 'ok', failing: [] } : { status: 'ok' },
      ]);
    }
    const announced = join(dataDir, 'server.json');
    expect(statSync(announced).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(announced, 'utf8'))).toEqual({ pid: server.pid, url: server.url, token: expect.stringMatching(/^[\w-]{43}$/) });
    expect(await server.stop()).toBe(0);
    expect(existsSync(announced)).toBe(false);
  });

  test('a fresh start after kill -9 needs no repair and no patience', async () => {
    const { environment } = await place(kind);
    for (let round = 0; round < 3; round += 1) {
      const server = await start(environment);
      server.signal('SIGKILL');
      expect(await server.ended).toBe('SIGKILL');
    }
    const server = await start(environment);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });
});

test.runIf(databaseKinds.includes('postgres'))('of two nodes that start at once on one Postgres with different keys, one is refused', async () => {
  const [one, other] = [await place('postgres'), await place()];
  const nodes = [one.environment, { ...one.environment, DATA_DIR: other.dataDir }].map((environment) => parley(['migrate'], environment));
  const codes = (await Promise.all(nodes)).map(({ code }) => code);
  expect(codes.sort()).toEqual([0, 78]);
});

const oldNode = ['/usr/local/bin/node', '/usr/bin/node'].find(
  (file) => existsSync(file) && Number(execFileSync(file, ['-p', 'parseInt(process.versions.node)'])) < 24,
);
if (!oldNode) console.warn('SKIPPED: this host has no Node that is too old, so the launcher has nobody to pass on to.');

describe.runIf(oldNode)('launched by a Node that is too old', () => {
  test('signals and exit codes pass through, and nothing outlives a launcher that is killed', async () => {
    const { environment } = await place();
    const stopped = await start(environment, [], oldNode);
    expect(Number(/"pid":(\d+)/.exec(readFileSync(join(environment.DATA_DIR ?? '', 'server.json'), 'utf8'))?.[1])).not.toBe(stopped.pid);
    expect(await stopped.stop()).toBe(0);
    const killed = await start(environment, [], oldNode);
    const refused = await startServer(environment, [], oldNode).catch((error: Error) => error.message);
    expect(refused).toContain('the server ended with 75');
    killed.signal('SIGKILL');
    await killed.ended;
    const after = await start(environment, [], oldNode);
    expect((await fetch(`${after.url}/livez`)).status).toBe(200);
    expect(await after.stop()).toBe(0);
  });
});

describe('what stops a start, in a sentence', () => {
  let server: Running;
  let world: Awaited<ReturnType<typeof place>>;
  beforeAll(async () => {
    world = await place();
    server = await start(world.environment);
  });

  test('a second start on the same data is refused with 75 and the first goes on', async () => {
    const second = await parley(['start', '--port', '0'], world.environment);
    expect(second).toEqual({
      code: 75,
      stdout: '',
      stderr: `Another process is already using ${world.dataDir}. Stop it first, or choose another directory with DATA_DIR.\n`,
    });
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const asJson = await parleyJson<object>(['start', '--port', '0'], world.environment);
    expect(asJson.json).toEqual({ error: { code: 'locked', message: second.stderr.trim() } });
  });

  test('a port in use is refused with 69', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => other.once('listening', done));
    const { port } = other.address() as AddressInfo;
    const { environment } = await place();
    const refused = await parley(['start', '--port', String(port)], environment);
    other.close();
    expect([refused.code, refused.stdout]).toEqual([69, '']);
    expect(refused.stderr).toContain(`127.0.0.1:${port} is in use`);
  });

  test('an address that is not of this machine is refused with 78', async () => {
    const { environment } = await place();
    expect(await parley(['start', '--host', '192.0.2.1'], environment)).toMatchObject({ code: 78, stdout: '' });
  });

  test('bad configuration is refused whole with 78, before a port is opened or a file written', async () => {
    const { dataDir, environment } = await place();
    const refused = await parley(['start', '--port', '99999'], { ...environment, LOG_LEVEL: 'loud', EGRESS: 'maybe' });
    expect([refused.code, refused.stdout]).toEqual([78, '']);
    expect(refused.stderr).toMatch(/^The configuration has 3 problems:\n {2}PORT .*\n {2}LOG_LEVEL .*\n {2}EGRESS .*\n$/);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('a Postgres that does not answer is refused with 69', async () => {
    const { environment } = await place();
    const refused = await parley(['start', '--port', '0'], { ...environment, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    expect([refused.code, refused.stdout, refused.stderr.split('\n').length]).toEqual([69, '', 2]);
  });

  test('a schema newer than this version is refused with 65', async () => {
    const { dataDir, environment } = await place();
    await parley(['migrate'], environment);
    const db = new DatabaseSync(join(dataDir, 'parley.db'));
    db.exec("insert into migration values ('9999-from-the-future', 0)");
    db.close();
    const refused = await parley(['start', '--port', '0'], environment);
    expect([refused.code, refused.stdout]).toEqual([65, '']);
    expect(refused.stderr).toContain('newer version (it knows 9999-from-the-future)');
  });

  test('another master key, none, or one that others can read is refused with 78', async () => {
    const { dataDir, environment } = await place();
    await parley(['migrate'], environment);
    const other = { ...environment, MASTER_KEY: execFileSync('openssl', ['rand', '-base64', '32'], { encoding: 'utf8' }).trim() };
    expect(await parley(['start', '--port', '0'], other)).toMatchObject({ code: 78, stderr: expect.stringContaining('The master key is not the one') });
    const file = join(dataDir, 'master.key');
    chmodSync(file, 0o644);
    expect(await parley(['start', '--port', '0'], environment)).toMatchObject({ code: 78, stderr: `${file} can be read by others. Run: chmod 600 ${file}\n` });
    chmodSync(file, 0o600);
    const key = readFileSync(file);
    writeFileSync(file, '');
    expect(await parley(['start', '--port', '0'], environment)).toMatchObject({ code: 78 });
    rmSync(file);
    expect(await parley(['start', '--port', '0'], environment)).toMatchObject({ code: 78, stderr: expect.stringContaining('There is no master key') });
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, key, { mode: 0o600 });
    expect(await parley(['migrate'], environment)).toMatchObject({ code: 0 });
  });

  test('a data directory that cannot be one is refused with 78', async () => {
    const { dataDir } = await place();
    writeFileSync(join(dataDir, 'file'), '');
    expect(await parley(['start', '--port', '0'], { DATA_DIR: join(dataDir, 'file', 'data') })).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('ENOTDIR'),
    });
  });
});

describe('the stop', () => {
  test('under load no accepted request fails, readyz turns at once, and it ends with 0', async () => {
    const { environment } = await place();
    const server = await start(environment);
    let signalledAt = Number.POSITIVE_INFINITY;
    const failed: unknown[] = [];
    let answered = 0;
    const client = async (): Promise<void> => {
      for (;;) {
        const begunAt = performance.now();
        try {
          const reply = await fetch(`${server.url}/v1/setup`);
          await reply.text();
          if (reply.status >= 500) failed.push(reply.status);
          answered += 1;
        } catch (error) {
          // Who knocks after the signal may find the door closed, or closing; who was let in is answered.
          const { code } = (error as { cause?: { code?: string } }).cause ?? {};
          if (begunAt < signalledAt || (code !== 'ECONNREFUSED' && code !== 'ECONNRESET')) failed.push(code ?? error);
          return;
        }
      }
    };
    const clients = Array.from({ length: 16 }, client);
    await sleep(300);
    const before = answered;
    signalledAt = performance.now();
    server.signal('SIGTERM');
    await sleep(20);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'degraded: draining', failing: ['draining'] }]);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(await server.ended).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(5_000);
    await Promise.all(clients);
    expect(failed).toEqual([]);
    expect(before).toBeGreaterThan(16);
    expect(answered).toBeGreaterThan(before);
  });

  test('a second signal ends it within two seconds though a request never arrives whole', async () => {
    const { environment } = await place();
    const server = await start(environment);
    const { connect } = await import('node:net');
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    await sleep(100);
    server.signal('SIGTERM');
    await sleep(700);
    const askedAgainAt = performance.now();
    server.signal('SIGTERM');
    await server.ended;
    expect(performance.now() - askedAgainAt).toBeLessThan(2_000);
    socket.destroy();
  });
});
