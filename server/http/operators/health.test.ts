import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld } from '../../testing/factories.ts';
import { type Listening, listen } from '../../testing/listen.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';
import { health } from './health.ts';
import { makeMetrics } from './metrics.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'test-health-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const token = 'metrics-token-0123456789';

describe.each(databaseKinds)('health on %s', (kind) => {
  let running: TestApp;
  let server: Listening;
  const drain = { isNow: false, isDraining: () => drain.isNow };

  beforeAll(async () => {
    running = await testApp(kind, { DATA_DIR: dataDir });
    const metrics = makeMetrics();
    server = await listen({ ...running.app, transact: metrics.watch(running.app.transact) }, { plugins: [health(drain), metrics.plugin] });
  });

  afterAll(async () => {
    await server.close();
    await running.close();
  });

  const ask = async (path: string): Promise<[number, unknown]> => {
    const reply = await fetch(`${server.url}${path}`);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    return [reply.status, await reply.json()];
  };

  test('a healthy one is alive and ready, and tells no more than that', async () => {
    for (const path of ['/livez', '/healthz']) expect(await ask(path)).toEqual([200, { status: 'ok' }]);
    expect(await ask('/readyz')).toEqual([200, { status: 'ok', failing: [] }]);
    expect((await fetch(`${server.url}/livez`, { method: 'HEAD' })).status).toBe(200);
    const levels = running.lines.filter((line) => line.includes('"route":"/livez"')).map((line) => (JSON.parse(line) as { level: string }).level);
    expect(new Set(levels)).toEqual(new Set(['debug']));
  });

  test('one that drains is alive and not ready', async () => {
    drain.isNow = true;
    expect(await ask('/readyz')).toEqual([503, { status: 'degraded: draining', failing: ['draining'] }]);
    expect(await ask('/livez')).toEqual([200, { status: 'ok' }]);
    drain.isNow = false;
    expect((await ask('/readyz'))[0]).toBe(200);
  });

  test('metrics count requests by template and class of status, and know no ids', async () => {
    const { key } = await makeWorld(running.app);
    for (let count = 0; count < 3; count += 1) await fetch(`${server.url}/v1/bots/999999`, { headers: { 'x-api-key': key } });
    await fetch(`${server.url}/v1/bots/1`, { headers: { 'x-api-key': 'pk_live_wrong' } });
    await fetch(`${server.url}/no/such/place`);
    const reply = await fetch(`${server.url}/metrics`);
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const text = await reply.text();
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/v1/bots/:id",status="4xx"} 4');
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="unknown",status="4xx"} 1');
    expect(text).toMatch(/http_request_duration_seconds_bucket\{method="GET",route="\/livez",status="2xx",le="\+Inf"\} \d+/);
    expect(text).toMatch(/^auth_failures_total 1$/m);
    expect(text).toMatch(/^rate_limit_rejections_total 0$/m);
    expect(text).toMatch(/^database_transaction_seconds_count [1-9]/m);
    expect(text).toMatch(/^database_transactions_waiting 0$/m);
    for (const name of ['disk_free_bytes', 'process_resident_memory_bytes', 'event_loop_delay_max_seconds'])
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
    expect(text.includes('database_wal_bytes')).toBe(kind === 'sqlite');
    expect(text).not.toContain('backup_age_seconds');
    expect(text).not.toContain('/999999');
    mkdirSync(join(dataDir, 'backups'), { recursive: true });
    writeFileSync(join(dataDir, 'backups', 'last.json'), '{}');
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/^backup_age_seconds -?\d/m);
    rmSync(join(dataDir, 'backups'), { recursive: true });
  });

  test('buckets are cumulative and add up', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const steps = [...text.matchAll(/^database_transaction_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)].map(([, , n]) => Number(n));
    expect(steps.length).toBe(14);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(text).toContain(`database_transaction_seconds_count ${steps.at(-1)}`);
  });

  test('metrics are for this machine, and for no proxy on it', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'via']) {
      expect((await fetch(`${server.url}/metrics`, { headers: { [name]: '203.0.113.9' } })).status, name).toBe(403);
    }
  });
});

describe('metrics with a token', () => {
  test('are for whoever sends it and nobody else, this machine included', async () => {
    const running = await testApp('sqlite', { DATA_DIR: dataDir, METRICS_TOKEN: token });
    const server = await listen(running.app, { plugins: [makeMetrics().plugin] });
    const status = async (authorization?: string): Promise<number> =>
      (await fetch(`${server.url}/metrics`, { headers: authorization === undefined ? {} : { authorization } })).status;
    expect(await status(`Bearer ${token}`)).toBe(200);
    for (const wrong of [undefined, '', token, `Bearer ${token}x`, `Bearer ${token.slice(0, -1)}`, 'Bearer ']) expect(await status(wrong), wrong).toBe(401);
    await server.close();
    await running.close();
  });
});

describe.runIf(databaseKinds.includes('postgres'))('readyz while Postgres hangs', () => {
  test('says so within two seconds, again and again, while livez stays well; and recovers', async () => {
    const running = await testApp('postgres', { DATA_DIR: dataDir });
    const server = await listen(running.app, { plugins: [health({ isDraining: () => false })] });
    let letGo = (): void => {};
    let isHeld = (): void => {};
    const held = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    const holding = running.app.database.snapshot(async (tx) => {
      await sql`set transaction read write`.execute(tx);
      await sql`lock table rate_window in access exclusive mode`.execute(tx);
      isHeld();
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
    });
    await held;
    for (let round = 0; round < 2; round += 1) {
      const askedAt = performance.now();
      const reply = await fetch(`${server.url}/readyz`);
      expect(performance.now() - askedAt).toBeLessThan(2_000);
      expect([reply.status, reply.headers.get('retry-after'), await reply.json()]).toEqual([503, '2', { status: 'degraded: database', failing: ['database'] }]);
      expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    }
    letGo();
    await holding;
    let status = 0;
    const until = performance.now() + 10_000;
    while (status !== 200 && performance.now() < until) status = (await fetch(`${server.url}/readyz`)).status;
    expect(status).toBe(200);
    await server.close();
    await running.close();
  });
});
