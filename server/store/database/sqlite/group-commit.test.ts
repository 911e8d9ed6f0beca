// What only the single writer of SQLite must show: one commit for all of a moment, and what ends it.
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePlace, type Place } from '../../../testing/databases.ts';
import { type Database, openDatabase, sqliteFile } from '../../database.ts';
import { readSetting, writeSetting } from '../../settings.ts';
import { migrate } from '../migrate.ts';

const workspace = 1;

describe('group commit', () => {
  let place: Place;
  let database: Database;
  const faults: Error[] = [];
  beforeAll(async () => {
    place = await makePlace('sqlite');
    database = await openDatabase({ ...place, fatal: (error) => faults.push(error) });
    await migrate(database.migrator, 0);
  });
  afterAll(async () => {
    await database.close();
    await place.remove();
  });

  const put = (name: string, value: unknown = 1) => database.transact((tx) => writeSetting(tx, workspace, name, value));
  const get = (name: string) => readSetting(database.read, workspace, name);

  // Again where the machine stood still for longer than a batch may last.
  test('makes one commit of all that is asked in one turn of the loop, and another of the next', { retry: 2 }, async () => {
    for (let n = 0; n < 20; n += 1) await put('warm');
    const before = commitsIn(place);
    await Promise.all(Array.from({ length: 6 }, (_, n) => put(`n${n}`)));
    expect(commitsIn(place) - before).toBe(1);
    await put('next');
    await put('and the next');
    expect(commitsIn(place) - before).toBe(3);
  });

  test('answers nobody before the commit that holds them all', async () => {
    const before = commitsIn(place);
    const seen: number[] = [];
    await Promise.all([put('a'), put('b'), put('c')].map((asked) => asked.then(() => seen.push(commitsIn(place) - before))));
    expect(seen).toEqual([1, 1, 1]);
  });

  test('lets the loop turn between batches, so that a long queue holds nothing else up', async () => {
    const asked = Promise.all(Array.from({ length: 3_000 }, () => database.transact((tx) => sql`select 1`.execute(tx))));
    let turns = 0;
    let isDone = false;
    void asked.then(() => {
      isDone = true;
    });
    while (!isDone) {
      turns += 1;
      await new Promise(setImmediate);
    }
    await asked;
    expect(turns).toBeGreaterThan(5);
  });

  const foreign: [string, () => Promise<unknown>][] = [
    ['a timer', () => sleep(1)],
    ['the next turn of the loop', () => new Promise(setImmediate)],
    ['a file', () => import('node:fs/promises').then(({ readFile }) => readFile(import.meta.filename))],
    ['something that never comes', () => new Promise(() => {})],
  ];
  test.each(foreign)('fails a body that waits for %s, and runs the next one', async (_, wait) => {
    const waiting = database.transact(async (tx) => {
      await writeSetting(tx, workspace, 'foreign', 1);
      await wait();
      await writeSetting(tx, workspace, 'foreign', 2);
    });
    const next = put('beside');
    await expect(waiting).rejects.toThrow('a transaction awaited something other than the database');
    await next;
    expect(await get('foreign')).toBeNull();
    await sleep(5);
    expect(await get('foreign')).toBeNull();
  });

  test('refuses what comes when too many wait, and serves those who do', async () => {
    const asked = Array.from({ length: 20_001 }, () => database.transact(async () => 'done'));
    const settled = await Promise.allSettled(asked);
    expect(settled.slice(0, -1).every((one) => one.status === 'fulfilled')).toBe(true);
    expect(settled.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', headers: { 'retry-after': '1' } } });
  });

  test('refuses with storage_full when the disk is full, keeps reading, and goes on when there is room', async () => {
    await put('kept', 'before');
    const limit = (pages: number) => database.transact((tx) => sql.raw(`pragma max_page_count = ${pages}`).execute(tx));
    const pages = await database.transact((tx) => sql<{ page_count: number }>`pragma page_count`.execute(tx));
    await limit((pages.rows[0]?.page_count ?? 0) + 2);
    const small = put('kept', 'small');
    const large = put('large', 'x'.repeat(1_000_000));
    const settled = await Promise.allSettled([small, large]);
    expect(settled[1]).toMatchObject({ status: 'rejected', reason: { code: 'storage_full', status: 507 } });
    // Whoever was not acknowledged was not written either.
    expect(await get('kept')).toBe(settled[0]?.status === 'fulfilled' ? 'small' : 'before');
    expect(await get('large')).toBeNull();
    await limit(1_000_000);
    await put('large', 'x'.repeat(1_000_000));
    expect(await get('large')).toHaveLength(1_000_000);
    expect(faults).toEqual([]);
  });

  test('rejects everyone in a batch whose transaction was ended by one of them', async () => {
    const settled = await Promise.allSettled([put('first'), database.transact((tx) => sql`rollback`.execute(tx)), put('last')]);
    expect(settled.map((one) => one.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([await get('first'), await get('last')]).toEqual([null, null]);
    await put('first', 'again');
    expect(await get('first')).toBe('again');
  });

  test('waits for another writer without blocking the loop, refuses in time, and recovers', async () => {
    await put('locked', 'before');
    const other = new DatabaseSync(sqliteFile(place.dataDir));
    other.exec('begin immediate');
    const lag = watchLag();
    const begun = performance.now();
    const waiting = Array.from({ length: 20 }, (_, n) => put(`waiting${n}`));
    expect(await get('locked')).toBe('before');
    const settled = await Promise.allSettled(waiting);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(new Set(settled.map((one) => (one.status === 'rejected' ? `${one.reason.status} ${one.reason.headers['retry-after']}` : 'acknowledged')))).toEqual(
      new Set(['503 2']),
    );
    expect(lag.stop()).toBeLessThan(500);
    const late = put('locked', 'after');
    await sleep(100);
    other.close();
    await late;
    expect(await get('locked')).toBe('after');
    expect(await get('waiting0')).toBeNull();
  });
});

/** Commits in the WAL since it began: frames that carry the size of the database (sqlite.org/fileformat2.html). */
function commitsIn(place: Place): number {
  const wal = readFileSync(`${sqliteFile(place.dataDir)}-wal`);
  const frameBytes = wal.readUInt32BE(8) + 24;
  let commits = 0;
  for (let at = 32; at + frameBytes <= wal.length; at += frameBytes) if (wal.readUInt32BE(at + 4) !== 0) commits += 1;
  return commits;
}

/** The longest the event loop was held up, in milliseconds. */
function watchLag(): { stop(): number } {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 10);
    last = performance.now();
  }, 10);
  return {
    stop: () => {
      clearInterval(timer);
      return longest;
    },
  };
}
