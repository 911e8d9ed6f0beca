// A Postgres that hangs, goes away and comes back: callers hear of it in time, nobody crashes, and it mends itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, makePlace, type Place } from '../../testing/databases.ts';
import { type Line, openLine } from '../../testing/doubles/line.ts';
import { type Database, openDatabase } from '../database.ts';
import { readSetting, writeSetting } from '../settings.ts';
import { migrate } from './migrate.ts';

const workspace = 1;

describe.runIf(databaseKinds.includes('postgres'))('Postgres out of reach', () => {
  let place: Place;
  let line: Line;
  let database: Database;
  beforeAll(async () => {
    place = await makePlace('postgres');
    const url = new URL(place.databaseUrl ?? '');
    line = await openLine({ host: url.hostname, port: Number(url.port || 5432) });
    url.host = `127.0.0.1:${line.port}`;
    database = await openDatabase({ dataDir: place.dataDir, databaseUrl: url.href });
    await migrate(database.migrator, 0);
  });
  afterAll(async () => {
    await database.close();
    await line.close();
    await place.remove();
  });

  const put = (name: string, value: unknown) => database.transact((tx) => writeSetting(tx, workspace, name, value));
  const get = (name: string) => readSetting(database.read, workspace, name);

  /** How each of many callers fared, and how long the slowest waited. */
  async function fare(count: number): Promise<{ codes: Set<string>; slowestMs: number }> {
    const begun = performance.now();
    const asked = Array.from({ length: count }, (_, n) => (n % 2 === 0 ? put(`n${n}`, n) : get('n0')));
    const settled = await Promise.allSettled(asked);
    return { codes: new Set(settled.map((one) => (one.status === 'rejected' ? one.reason.code : 'done'))), slowestMs: performance.now() - begun };
  }

  /** Milliseconds until a write goes through again. */
  async function recover(): Promise<number> {
    const begun = performance.now();
    for (;;) {
      const code = await put('back', 1).then(
        () => 'done',
        (error) => error.code,
      );
      if (code === 'done') return performance.now() - begun;
      expect(code).toBe('unavailable');
      await sleep(50);
    }
  }

  test('that hangs is 503 for everyone within two seconds, and works when it wakes', async () => {
    expect((await fare(40)).codes).toEqual(new Set(['done']));
    line.silence();
    const { codes, slowestMs } = await fare(60);
    expect(codes).toEqual(new Set(['unavailable']));
    expect(slowestMs).toBeLessThan(2_000);
    line.resume();
    expect(await recover()).toBeLessThan(10_000);
    expect((await fare(40)).codes).toEqual(new Set(['done']));
  });

  test('that is gone is 503 at once, and works when it is back', async () => {
    await line.cut();
    const { codes, slowestMs } = await fare(60);
    expect(codes).toEqual(new Set(['unavailable']));
    expect(slowestMs).toBeLessThan(2_000);
    await line.restore();
    expect(await recover()).toBeLessThan(10_000);
  });

  test('that goes away in the middle of a transaction acknowledges nothing', async () => {
    await put('middle', 'before');
    const cutOff = database.transact(async (tx) => {
      await writeSetting(tx, workspace, 'middle', 'after');
      await line.cut();
      await sleep(20);
      await writeSetting(tx, workspace, 'middle', 'later');
    });
    await expect(cutOff).rejects.toMatchObject({ code: 'unavailable', headers: { 'retry-after': '2' } });
    await line.restore();
    await recover();
    expect(await get('middle')).toBe('before');
  });

  test('that takes too long over a query is given up, and ends the query as well', async () => {
    const begun = performance.now();
    await expect(sql`select pg_sleep(60)`.execute(database.read)).rejects.toMatchObject({ code: 'unavailable' });
    expect(performance.now() - begun).toBeLessThan(2_000);
    await expect.poll(sleepers, { timeout: 6_000, interval: 200 }).toBe(0);
  });

  async function sleepers(): Promise<number> {
    const query = sql<{ n: number }>`select count(*) as n from pg_stat_activity where datname = current_database() and query like ${'select pg_sleep%'}`;
    return (await query.execute(database.read)).rows[0]?.n ?? -1;
  }

  test('that ends one of two transactions for a deadlock has it run again', async () => {
    await put('left', 0);
    await put('right', 0);
    const both = (first: string, second: string) =>
      database.transact(async (tx) => {
        await writeSetting(tx, workspace, first, first);
        await sql`select pg_sleep(0.05)`.execute(tx);
        await writeSetting(tx, workspace, second, first);
      });
    await Promise.all([both('left', 'right'), both('right', 'left')]);
    expect(await get('left')).toBe(await get('right'));
  });

  test('whose tables another node changes under it answers as if nothing had happened', async () => {
    const columns = async () => Object.keys((await database.read.selectFrom('setting').selectAll().executeTakeFirstOrThrow()) ?? {}).length;
    const before = await Promise.all(Array.from({ length: 15 }, columns));
    await database.transact((tx) => sql`alter table setting add column note text`.execute(tx));
    const after = await Promise.all(Array.from({ length: 15 }, columns));
    expect(after).toEqual(before.map((count) => count + 1));
    await database.transact((tx) => sql`alter table setting drop column note`.execute(tx));
    const inside = await Promise.all(
      Array.from({ length: 15 }, () => database.transact(async (tx) => (await tx.selectFrom('setting').selectAll().execute()).length)),
    );
    expect(new Set(inside).size).toBe(1);
    expect(await columns()).toBe(before[0]);
  });

  test('never acknowledges before the commit is on its disk', async () => {
    const { rows } = await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(database.read);
    expect(rows).toEqual([{ synchronous_commit: 'on' }]);
  });
});
