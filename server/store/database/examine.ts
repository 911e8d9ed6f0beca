// What `parley doctor` asks a database about itself.
import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Empty when every page and index is as it should be. Postgres checks its own pages as it reads them. */
export async function storageProblems(database: Database): Promise<string[]> {
  if (database.isShared) {
    await sql`select 1`.execute(database.read);
    return [];
  }
  const { rows } = await sql<{ quick_check: string }>`pragma quick_check(20)`.execute(database.read);
  return rows.map(({ quick_check }) => quick_check).filter((line) => line !== 'ok');
}

/** How far this machine's clock is ahead of Postgres's; SQLite has no clock of its own. */
export async function clockAheadMs(database: Database, now: () => number): Promise<number> {
  if (!database.isShared) return 0;
  const { rows } = await sql<{ at: number }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as at`.execute(database.read);
  return now() - (rows[0]?.at ?? 0);
}

/** When the newest fact was recorded: a clock that stands before it was set back. */
export async function newestEventAt(database: Database): Promise<number> {
  const { rows } = await sql<{ at: number | null }>`select max(at) as at from (select at from event order by id desc limit 1000) newest`.execute(database.read);
  return rows[0]?.at ?? 0;
}

/** Tables whose searches look through every row, because Postgres would not let the migration add its extensions. */
export async function unindexedSearches(database: Database): Promise<string[]> {
  if (!database.isShared) return [];
  const { rows } = await sql<{ name: string }>`
    select t.name from (values ('field'), ('tag')) as t (name) where to_regclass(t.name || '_search') is null order by t.name`.execute(database.read);
  return rows.map(({ name }) => name);
}
