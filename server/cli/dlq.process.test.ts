import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { openApp } from '../main.ts';
import { buryJob, insertJob } from '../store/jobs.ts';
import { type Ended, parley, parleyJson, startServer } from '../testing/command-line.ts';
import { databaseKinds, makePlace, type Place } from '../testing/databases.ts';

type DeadJob = { id: number; kind: string; error: string; payload?: { ask: { to: string } } };

describe.each(databaseKinds)('parley dlq on %s', (kind) => {
  let place: Place;
  let environment: Record<string, string>;

  beforeAll(async () => {
    place = await makePlace(kind);
    environment = { DATA_DIR: place.dataDir, ...(place.databaseUrl === null ? {} : { DATABASE_URL: place.databaseUrl }) };
    const { app, close } = await openApp(readConfig(environment).config, { write: () => {}, fatal: () => {} });
    await app.transact(async (tx) => {
      for (const to of ['one', 'two']) {
        const payload = JSON.stringify({ botId: 1, conversationId: 1, sessionId: 1, id: '1:1', ask: { ask: 'fax', to } });
        await insertJob(tx, { kind: 'ask:fax', workspace_id: 1, key: to, payload, lane: null }, { now: 0, delayMs: 0 });
      }
      for (const job of await tx.selectFrom('job').selectAll().execute()) await buryJob(tx, job, { now: 1_768_473_000_000, error: 'no paper' });
    });
    await close();
  });
  afterAll(() => place.remove());

  const list = async (): Promise<DeadJob[]> => (await parleyJson<{ data: DeadJob[] }>(['dlq', 'list'], environment)).json.data;
  const told = ({ code, stdout, stderr }: Ended): [number | null, string] => [code, stdout.trim() || stderr.trim()];

  test('lists, shows, drops and replays, whether a server runs or not', async () => {
    const [two, one] = await list();
    if (!one || !two) throw new Error('nothing was given up');
    expect((await parley(['dlq', 'list'], environment)).stdout).toContain(`${two.id}  2026-01-15 10:30:00  ask:fax  workspace 1  after 0 attempts  no paper`);
    const shown = await parleyJson<DeadJob>(['dlq', 'show', String(one.id)], environment);
    expect(shown.json).toMatchObject({ id: one.id, error: 'no paper', payload: { ask: { to: 'one' } } });

    expect(told(await parley(['dlq', 'drop', String(one.id)], environment))).toEqual([0, `Job ${one.id} is dropped.`]);
    expect(told(await parley(['dlq', 'show', String(one.id)], environment))).toEqual([1, 'Job not found.']);

    const server = await startServer(environment);
    expect(told(await parley(['dlq', 'replay', String(two.id)], environment))).toEqual([0, `Job ${two.id} will be done again, at once where a server runs.`]);
    expect(await list()).toEqual([]);
    expect((await parley(['dlq', 'list'], environment)).stdout.trim()).toBe('Nothing was given up.');
    expect(await server.stop()).toBe(0);
  });
});
