// Any page of a long list: of all its rows, or of those that contain a text, with the exact total. What takes long
// happens aside, off the event loop.
import { companionOf, type Db, kept } from './database.ts';
import { type LongList, rowsOf, sizeOf } from './long-lists.ts';
import { type AnyQuery, contains, countRows, fold, numberedPage, type Page, type PageAsk, sliceOf } from './pages.ts';
import { matchesOf } from './searches.ts';

/** So few rows are looked through on the event loop, in less than a millisecond. */
const shortList = 10_000;

/** Rows in the order of their ids. */
export async function pageOf<Row>(db: Db, list: LongList, ownerId: number, text: string | undefined, ask: PageAsk): Promise<Page<Row>> {
  const size = await sizeOf(db, list, ownerId);
  const wanted = fold(text ?? '');
  if (wanted === '') return pageOfAll<Row>(db, list, ownerId, size.n, ask);
  const found = (from: Db) => rowsOf(from, list, ownerId).where(contains(list.text, wanted));
  if (size.n <= shortList) return numberedPage(whole<Row>(found(db)), await countRows(found(db)), ask);
  const { total, ids } = await matchesOf(db, list, ownerId, wanted, size);
  if (ids === null) return farPage<Row>(asideOf(db), found, total, ask);
  const shown = ids.slice((ask.page - 1) * ask.limit, ask.page * ask.limit);
  return { rows: await rowsWith<Row>(rowsOf(db, list, ownerId), shown), total };
}

function whole<Row>(rows: AnyQuery<unknown>): AnyQuery<Row> {
  return rows.selectAll() as unknown as AnyQuery<Row>;
}

function asideOf(db: Db): Db {
  return companionOf(db)?.aside ?? db;
}

/** A page in the middle of a long list: its ids first, from an index alone, then their rows. */
async function farPage<Row>(db: Db, rows: (from: Db) => AnyQuery<unknown>, total: number, ask: PageAsk): Promise<Page<Row>> {
  if ((sliceOf(total, ask)?.offset ?? 0) <= shortList) return numberedPage(whole<Row>(rows(db)), total, ask);
  const page = await numberedPage<{ id: number }>(rows(asideOf(db)).select('id'), total, ask);
  const ids = page.rows.map(({ id }) => id);
  return { rows: await rowsWith<Row>(rows(db), ids), total };
}

type PageValues = { ownerId: number; size: number; offset: number };
const keptPages = new Map<string, (db: Db, values: PageValues) => Promise<unknown[]>>();

/** The page most people ask for. */
async function pageOfAll<Row>(db: Db, list: LongList, ownerId: number, total: number, ask: PageAsk): Promise<Page<Row>> {
  const slice = sliceOf(total, ask);
  if (slice === null || slice.offset > shortList) return farPage<Row>(db, (from) => rowsOf(from, list, ownerId), total, ask);
  const { direction, size, offset } = slice;
  const key = `${list.name} ${direction}`;
  const page =
    keptPages.get(key) ??
    kept((from, values: PageValues) =>
      whole(rowsOf(from, list, values.ownerId))
        .orderBy('id', direction)
        .limit(values.size)
        .offset(values.offset),
    );
  keptPages.set(key, page);
  const rows = (await page(db, { ownerId, size, offset })) as Row[];
  return { rows: direction === 'desc' ? rows.reverse() : rows, total };
}

async function rowsWith<Row>(rows: AnyQuery<unknown>, ids: number[]): Promise<Row[]> {
  if (ids.length === 0) return [];
  return whole<Row>(rows).where('id', 'in', ids).orderBy('id').execute();
}
