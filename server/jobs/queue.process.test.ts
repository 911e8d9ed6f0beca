// Queues of processes that are killed: in the middle of a job, and in the middle of pg-boss making its schema.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { withQueue } from '../main.ts';
import { migrate } from '../store/database/migrate.ts';
import { type Database, openDatabase } from '../store/database.ts';
import { databaseKinds, makePlace, type Place } from '../testing/databases.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import type { Duty } from './queue.ts';

const fewestKills = 6;
const mostKills = 60;
const child = join(import.meta.dirname, '..', 'testing', 'children', 'work-forever.ts');
const patient = { timeout: 30_000, interval: 10 };

async function start(act: 'open' | 'hang', { dataDir, databaseUrl }: Place): Promise<ChildProcess> {
  const running = spawn(process.execPath, [child, act, dataDir, databaseUrl ?? ''], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(running.stdout as NodeJS.ReadableStream, 'data');
  return running;
}

async function kill(running: ChildProcess): Promise<void> {
  running.kill('SIGKILL');
  await once(running, 'exit');
}

async function appAt({ dataDir, databaseUrl }: Place): Promise<TestApp> {
  const database = await openDatabase({ dataDir, databaseUrl });
  await migrate(database.migrator, 0);
  return testApp(database);
}

function duty(t: TestApp, done: string[]): Duty {
  return {
    run: async ({ key, attempts, crashes }, finish) => {
      await t.app.transact((tx) => finish(tx));
      done.push(`${key}, attempt ${attempts}, ${crashes} died`);
    },
    mayRunAgain: () => true,
    giveUp: async (_tx, job) => void done.push(`${job.key} given up`),
  };
}

describe.each(databaseKinds)('a process on %s that is killed in the middle of a job', (kind) => {
  test('leaves it to another, who does it once the lease has run out', async () => {
    const place = await makePlace(kind);
    await kill(await start('hang', place));
    const t = await appAt(place);
    t.clock.set(Date.now());
    const done: string[] = [];
    const stop = await t.app.queue.work(duty(t, done));
    await t.app.transact((tx) => t.app.queue.enqueue(tx, { kind: 'test', workspace_id: 1, key: 'other', payload: '{}', lane: null }));
    await expect.poll(() => done, patient).toEqual(['other, attempt 1, 0 died']);
    await t.pass(60_000);
    await expect.poll(() => done, patient).toEqual(['other, attempt 1, 0 died', 'left, attempt 2, 1 died']);
    await stop();
    await t.close();
    await place.remove();
  });
});

/** Tables, columns, indexes and functions of pg-boss, and whether its queue is there: all that a kill could leave half. */
async function schemaOf({ read }: Database): Promise<{ made: string; hasQueue: boolean }> {
  const made = await sql<{ line: string }>`
    select 'column ' || table_name || '.' || column_name || ' ' || data_type as line from information_schema.columns where table_schema = 'pgboss'
    union all select 'index ' || indexdef from pg_indexes where schemaname = 'pgboss'
    union all select 'function ' || proname from pg_proc where pronamespace = to_regnamespace('pgboss') order by line`.execute(read);
  const lines = made.rows.map(({ line }) => line).join('\n');
  if (lines === '') return { made: '', hasQueue: false };
  return { made: lines, hasQueue: (await sql`select 1 from pgboss.queue where name = 'due'`.execute(read)).rows.length === 1 };
}

describe.each(databaseKinds.filter((kind) => kind === 'postgres'))("pg-boss's schema on %s", (kind) => {
  test('a kill at any moment leaves all of it or nothing, and the next start goes on', { timeout: 240_000 }, async () => {
    const place = await makePlace(kind);
    const t = await appAt(place);
    await withQueue(t.app).queue.open();
    const whole = await schemaOf(t.app.database);
    expect(whole).toMatchObject({ hasQueue: true });
    const reached = new Set<string>();
    // One that always came too early or too late would show nothing.
    for (let kills = 0; kills < fewestKills || (reached.size < 2 && kills < mostKills); kills += 1) {
      const running = await start('open', place);
      await sleep(Math.random() * 120);
      await kill(running);
      // Postgres may still be finishing, or undoing, what the dead had asked for.
      await expect.poll(async () => (await others(t)).length, patient).toBe(0);
      const left = await schemaOf(t.app.database);
      expect(['', whole.made]).toContain(left.made);
      reached.add(left.made === '' ? 'nothing' : 'all');
      const { queue } = withQueue(t.app);
      await queue.open();
      expect(await schemaOf(t.app.database)).toEqual(whole);
      await queue.close();
    }
    expect([...reached].sort()).toEqual(['all', 'nothing']);
    await t.close();
    await place.remove();
  });

  test('four nodes that start at once make it together, and all of them work', async () => {
    const place = await makePlace(kind);
    const t = await appAt(place);
    for (let round = 0; round < 3; round += 1) {
      await t.app.transact((tx) => sql`drop schema if exists pgboss cascade`.execute(tx));
      const queues = Array.from({ length: 4 }, () => withQueue(t.app).queue);
      await Promise.all(queues.map((queue) => queue.open()));
      const done: string[] = [];
      const stops = await Promise.all(queues.map((queue) => queue.work(duty(t, done))));
      for (const [n, queue] of queues.entries())
        await t.app.transact((tx) => queue.enqueue(tx, { kind: 'test', workspace_id: 1, key: `${round}.${n}`, payload: '{}', lane: null }));
      await expect.poll(() => done.sort(), patient).toEqual(queues.map((_, n) => `${round}.${n}, attempt 1, 0 died`));
      for (const stop of stops) await stop();
      for (const queue of queues) await queue.close();
    }
    await t.close();
    await place.remove();
  });
});

/** Other processes on the database of this test, by what they last asked. */
async function others({ app }: TestApp): Promise<unknown[]> {
  const { rows } = await sql`
    select query from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and application_name = 'queue'
    and pid <> pg_backend_pid() and state <> 'idle'`.execute(app.db);
  return rows;
}
