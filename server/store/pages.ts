// Lists, a page at a time. Two shapes: numbered pages with a total (platform door) and cursors (native door).
// Numbered pages of what may grow long: long-lists.ts.
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';

export type PageAsk = { page: number; limit: number };
export type Page<Row> = { rows: Row[]; total: number };

export type CursorAsk = { limit: number; cursor?: string | undefined };
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

/** Newest first: by id, or by a time and among equals by id. The cursor is where the last row stood; callers pass it back as they got it. */
export async function cursorPage<Row extends { id: number }>(query: AnyQuery<Row>, ask: CursorAsk, by: ('at' | 'id')[] = ['id']): Promise<CursorPage<Row>> {
  let bounded = query.limit(ask.limit + 1);
  for (const column of by) bounded = bounded.orderBy(column, 'desc');
  if (ask.cursor !== undefined) {
    const before = sql.join(readCursor(ask.cursor, by.length));
    bounded = bounded.where(sql<boolean>`(${sql.join(by.map((column) => sql.ref(column)))}) < (${before})`);
  }
  const rows = await bounded.execute();
  const shown = rows.slice(0, ask.limit);
  const last = shown.at(-1);
  return { rows: shown, next: rows.length > ask.limit && last ? writeCursor(by.map((column) => (last as Record<string, unknown>)[column])) : null };
}

function writeCursor(place: unknown[]): string {
  return Buffer.from(`i${place.join('.')}`).toString('base64url');
}

/** Before everything, for a cursor that is not ours: a stale link shows an empty page rather than an error. */
function readCursor(cursor: string, length: number): number[] {
  const found = /^i(\d{1,16}(?:\.\d{1,16})*)$/.exec(Buffer.from(cursor, 'base64url').toString());
  const place = found?.[1]?.split('.').map(Number) ?? [];
  const isOurs = place.length === length && place.every(Number.isSafeInteger);
  return isOurs ? place : new Array<number>(length).fill(-1);
}
