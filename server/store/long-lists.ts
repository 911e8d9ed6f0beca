// Lists that may grow to a million rows keep their size, in the transaction that changes them, and know how many of
// their rows were ever taken out or renamed. Their pages: list-pages.ts.
import { sql } from 'kysely';
import { type Db, extendGrams, hasGrams, kept } from './database.ts';
import type { AnyQuery } from './pages.ts';

export type LongList = {
  /** Its name among the tallies. */
  name: string;
  table: 'tag' | 'field' | 'subscriber';
  owner: 'bot_id';
  /** The column that is searched; it holds folded text. */
  text: 'name_key';
  /** Where one table holds several lists. */
  only?: { column: 'owner'; value: string };
};

export type TallyTable = {
  list: string;
  owner_id: number;
  /** How many rows it has. */
  n: number;
  /** How many were ever taken out or renamed: while it stands still, rows only came. */
  edits: number;
};

const rowsBetweenIndexing = 256;

const upsert = kept((db, { list, owner_id, n, edits }: TallyTable) =>
  db
    .insertInto('tally')
    .values({ list, owner_id, n, edits })
    .onConflict((conflict) => conflict.columns(['list', 'owner_id']).doUpdateSet((eb) => ({ n: eb('tally.n', '+', n), edits: eb('tally.edits', '+', edits) }))),
);

const select = kept((db, { list, owner_id }: Pick<TallyTable, 'list' | 'owner_id'>) =>
  db.selectFrom('tally').select(['n', 'edits']).where('list', '=', list).where('owner_id', '=', owner_id),
);

export type Size = Pick<TallyTable, 'n' | 'edits'>;

export async function sizeOf(db: Db, list: LongList, ownerId: number): Promise<Size> {
  const [row] = await select(db, { list: list.name, owner_id: ownerId });
  return row ?? { n: 0, edits: 0 };
}

/** In the transaction that adds the row. */
export async function added(tx: Db, list: LongList, ownerId: number, id: number): Promise<void> {
  await upsert(tx, { list: list.name, owner_id: ownerId, n: 1, edits: 0 });
  if (id % rowsBetweenIndexing === 0 && (await hasGrams(tx, list, ownerId))) await extendGrams(tx, list, ownerId);
}

/** In the transaction that takes a row out. */
export async function removed(tx: Db, list: LongList, ownerId: number): Promise<void> {
  await upsert(tx, { list: list.name, owner_id: ownerId, n: -1, edits: 1 });
}

/** In the transaction that changes the text of a row. */
export async function renamed(tx: Db, list: LongList, ownerId: number): Promise<void> {
  await upsert(tx, { list: list.name, owner_id: ownerId, n: 0, edits: 1 });
}

export function rowsOf(db: Db, { table, owner, only }: LongList, ownerId: number): AnyQuery<unknown> {
  const rows: AnyQuery<unknown> = db.selectFrom(table).where(owner, '=', ownerId);
  return only ? rows.where(sql.ref(only.column), '=', only.value) : rows;
}
