// Which rows of a long list contain a text: an FTS5 index of three-letter pieces beside the table. Rows enter it late
// and many at a time (7 µs each; one by one 40, a quarter of a write); what came after the last indexed row is looked
// through instead. Triggers take out deleted rows and change renamed ones at once. A row's key begins with its owner's,
// so that one owner's rows lie together and cost another nothing.
import { type RawBuilder, SqliteAdapter, sql } from 'kysely';
import { companionOf, type Db } from '../handle.ts';

export type Grams = {
  /** Ids of indexed rows that contain the text. */
  ids: RawBuilder<{ id: number }>;
  /** Rows with a greater id are not in the index. */
  upTo: number;
  /** How many those are, counted up to `longTail`. */
  tail: number;
};

export type GramList = { table: string; owner: string; text: string };

export const longTail = 20_000;
const shortest = 3;
const atATime = 2_048;
const idBits = 36;

/** Null where there is no such index or no use for one: on Postgres, and for one or two letters. */
export async function findGrams(db: Db, { table, owner }: GramList, ownerId: number, wanted: string): Promise<Grams | null> {
  if (!isSqlite(db) || [...wanted].length < shortest) return null;
  const upTo = await lastIndexed(db, table, ownerId);
  const rest = sql`select 1 from ${sql.table(table)} where ${sql.ref(owner)} = ${ownerId} and id > ${upTo} limit ${longTail}`;
  const { rows } = await sql<{ tail: number }>`select count(*) as tail from (${rest})`.execute(db);
  const index = sql.table(`${table}_search`);
  const phrase = `"${wanted.replaceAll('"', '""')}"`;
  const ids = sql<{ id: number }>`
    select rowid - ${firstKey(ownerId)} as id from ${index}
    where ${index} match ${phrase} and rowid > ${firstKey(ownerId)} and rowid <= ${firstKey(ownerId)} + ${whole(upTo)}`;
  return { ids, upTo, tail: rows[0]?.tail ?? 0 };
}

/** True for a list that was searched before: one that nobody searches is not indexed. */
export async function hasGrams(db: Db, { table }: GramList, ownerId: number): Promise<boolean> {
  return isSqlite(db) && (await lastIndexed(db, table, ownerId)) > 0;
}

/** Takes the next rows of a list into its index; false when there were none left. */
export async function extendGrams(tx: Db, { table, owner, text }: GramList, ownerId: number): Promise<boolean> {
  if (!isSqlite(tx)) return false;
  const upTo = await lastIndexed(tx, table, ownerId);
  const taken = await sql`
    insert into ${sql.table(`${table}_search`)} (rowid, ${sql.ref(text)})
    select ${firstKey(ownerId)} + id, ${sql.ref(text)} from ${sql.table(table)}
    where ${sql.ref(owner)} = ${ownerId} and id > ${upTo} order by id limit ${atATime}`.execute(tx);
  return Number(taken.numAffectedRows ?? 0) === atATime;
}

const catchingUp = new WeakMap<Db, Set<string>>();
const pauseMs = 20;

/** In small transactions with pauses between them, for a list that is searched for the first time since it grew long. */
export function catchUpGrams(db: Db, list: GramList, ownerId: number): void {
  const companion = companionOf(db);
  const busy = catchingUp.get(db) ?? new Set();
  const name = `${list.table} ${ownerId}`;
  if (!companion || busy.has(name)) return;
  catchingUp.set(db, busy.add(name));
  const next = async (): Promise<void> => {
    const isMore = await companion.transact((tx) => extendGrams(tx, list, ownerId)).catch(() => false);
    if (isMore) setTimeout(next, pauseMs).unref();
    else busy.delete(name);
  };
  void next();
}

async function lastIndexed(db: Db, table: string, ownerId: number): Promise<number> {
  // Of the index's own tables, this one has a row for each row it holds (sqlite.org/fts5.html).
  const { rows } = await sql<{ last: number | null }>`
    select max(id) - ${firstKey(ownerId)} as last from ${sql.table(`${table}_search_docsize`)}
    where id > ${firstKey(ownerId)} and id < ${firstKey(ownerId + 1)}`.execute(db);
  return rows[0]?.last ?? 0;
}

// Reckoned by SQLite, in whole numbers of 64 bits: a number of JavaScript arrives there as a float.
function firstKey(ownerId: number): RawBuilder<number> {
  return sql<number>`(${whole(ownerId)} << ${sql.lit(idBits)})`;
}

function whole(value: number): RawBuilder<number> {
  return sql<number>`cast(${value} as integer)`;
}

function isSqlite(db: Db): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}
