// Lists, a page at a time. Two shapes: numbered pages with a total (platform door) and cursors (native door).
// Numbered pages of what may grow long: long-lists.ts.
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Db } from './database.ts';

export type PageAsk = { page: number; limit: number };
export type Page<Row> = { rows: Row[]; total: number };

/** The orders a list may be asked for in, where an index holds them. */
export const sorts = ['newest', 'oldest', 'name'] as const;
export type Sort = (typeof sorts)[number];

export type CursorAsk = { limit: number; cursor?: string | undefined; sort?: Sort | undefined };
export type CursorPage<Row> = { rows: Row[]; next: string | null };

// biome-ignore lint/suspicious/noExplicitAny: the builder's own type parameters say nothing useful here
export type AnyQuery<Row> = SelectQueryBuilder<any, any, Row>;

/** Names are searched and compared in one form: composed, lower case. Kept beside the name as written. */
export function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** `column contains text`, for a column that holds folded text. */
export function contains(column: string, text: string): RawBuilder<boolean> {
  const pattern = `%${fold(text).replace(/[\\%_]/g, (found) => `\\${found}`)}%`;
  return sql<boolean>`${sql.ref(column)} like ${pattern} escape '\\'`;
}

/** Where a page lies as seen from the nearer end, and how long it is. */
export type Slice = { direction: 'asc' | 'desc'; size: number; offset: number };

/** Null past the end. */
export function sliceOf(total: number, { page, limit }: PageAsk): Slice | null {
  const offset = (page - 1) * limit;
  if (offset >= total) return null;
  const size = Math.min(limit, total - offset);
  return offset <= total / 2 ? { direction: 'asc', size, offset } : { direction: 'desc', size, offset: total - offset - size };
}

/** Rows in the order of their ids, oldest first, so that rows added while someone pages do not shift what follows. */
export async function numberedPage<Row>(query: AnyQuery<Row>, total: number, ask: PageAsk): Promise<Page<Row>> {
  const slice = sliceOf(total, ask);
  const rows = slice ? await query.orderBy('id', slice.direction).limit(slice.size).offset(slice.offset).execute() : [];
  return { rows: slice?.direction === 'desc' ? rows.reverse() : rows, total };
}

/** How many rows a query has; lists that may grow long keep their size. */
export async function countRows(query: AnyQuery<unknown>): Promise<number> {
  const row = (await query
    .clearSelect()
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirst()) as { n: number } | undefined;
  return Number(row?.n ?? 0);
}

/** Beyond `most` a count says no more than "many", and costs no more either. */
export async function countUpTo(db: Db, query: AnyQuery<unknown>, most: number): Promise<number> {
  const row = await db
    .selectFrom(query.limit(most).as('some'))
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirst();
  return Number(row?.n ?? 0);
}

type Order = { by: readonly ('at' | 'id' | 'name_key')[]; direction: 'asc' | 'desc' };

const orders: Record<Sort, Order> = {
  newest: { by: ['id'], direction: 'desc' },
  oldest: { by: ['id'], direction: 'asc' },
  name: { by: ['name_key', 'id'], direction: 'asc' },
};

/** Newest first: by when something happened, and among equals by id. */
export const byTime: Order = { by: ['at', 'id'], direction: 'desc' };

/** Newest first unless asked otherwise. The cursor is where the last row stood; callers pass it back as they got it. */
export async function cursorPage<Row extends { id: number }>(
  query: AnyQuery<Row>,
  ask: CursorAsk,
  { by, direction }: Order = orders[ask.sort ?? 'newest'],
): Promise<CursorPage<Row>> {
  const place = ask.cursor === undefined ? undefined : readCursor(ask.cursor, by);
  // A stale link shows an empty page rather than an error.
  if (place === null) return { rows: [], next: null };
  let bounded = query.limit(ask.limit + 1);
  for (const column of by) bounded = bounded.orderBy(column, direction);
  if (place !== undefined) {
    const columns = sql.join(by.map((column) => sql.ref(column)));
    bounded = bounded.where(sql<boolean>`(${columns}) ${sql.raw(direction === 'desc' ? '<' : '>')} (${sql.join(place)})`);
  }
  const rows = await bounded.execute();
  const shown = rows.slice(0, ask.limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > ask.limit && last ? writeCursor(by.map((column) => (last as Record<string, unknown>)[column])) : null };
}

// A text may hold anything, so it stands last and only where the order has one.
function writeCursor(place: unknown[]): string {
  const [text, ...numbers] = typeof place[0] === 'string' ? place : [undefined, ...place];
  return Buffer.from(`i${numbers.join('.')}${text === undefined ? '' : `:${text}`}`).toString('base64url');
}

/** Null for a cursor that is not ours, or of another order. */
function readCursor(cursor: string, by: Order['by']): (string | number)[] | null {
  const [, listed = '', text] = /^i(\d{1,16}(?:\.\d{1,16})*)(?::([^\0]*))?$/u.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const numbers = listed.split('.').map(Number);
  const place = text === undefined ? numbers : [text, ...numbers];
  const isOurs = listed !== '' && place.length === by.length && numbers.every(Number.isSafeInteger) && (text !== undefined) === (by[0] === 'name_key');
  return isOurs ? place : null;
}
