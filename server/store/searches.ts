// What searches in long lists found: remembered for the next page of the same search, and brought up to date by the
// rows that came since. The list's tally says when that is no longer true, on every node.
import { type RawBuilder, sql } from 'kysely';
import { catchUpGrams, companionOf, type Db, findGrams, longTail } from './database.ts';
import { type LongList, rowsOf, type Size, sizeOf } from './long-lists.ts';
import { type AnyQuery, contains, countRows } from './pages.ts';

/** Of a search that found no more, the ids themselves are remembered: eight bytes each. */
const maxIds = 100_000;
const maxRemembered = 1_000_000;
/** So many are found first, to judge by where they lie whether it is worth asking for all. */
const sampleIds = 2_000;
const maxNewRows = 20_000;

type Matches = { total: number; ids: number[] | null };
type Remembered = Matches & Size & { upTo: number };
type Search = { list: LongList; ownerId: number; wanted: string };

class Searches {
  readonly #known = new Map<string, Remembered>();
  /** Of the same search asked twice at once only one looks. */
  readonly looking = new Map<string, Promise<Matches>>();
  #weight = 0;

  get(key: string): Remembered | undefined {
    const known = this.#known.get(key);
    if (known) this.#put(key, known);
    return known;
  }

  remember(key: string, found: Remembered): void {
    this.#put(key, found);
    for (const [oldest, one] of this.#known) {
      if (this.#weight <= maxRemembered) break;
      this.#known.delete(oldest);
      this.#weight -= weightOf(one);
    }
  }

  #put(key: string, found: Remembered): void {
    const before = this.#known.get(key);
    if (before) this.#weight -= weightOf(before);
    this.#known.delete(key);
    this.#known.set(key, found);
    this.#weight += weightOf(found);
  }
}

function weightOf({ ids }: Matches): number {
  return (ids?.length ?? 0) + 100;
}

const searchesOfDatabase = new WeakMap<Db, Searches>();

function searchesOf(db: Db): Searches {
  const known = searchesOfDatabase.get(db) ?? new Searches();
  searchesOfDatabase.set(db, known);
  return known;
}

export async function matchesOf(db: Db, list: LongList, ownerId: number, wanted: string, size: Size): Promise<Matches> {
  const searches = searchesOf(db);
  const key = `${list.name} ${ownerId} ${wanted}`;
  const known = searches.get(key);
  if (known?.n === size.n && known.edits === size.edits) return known;
  const flight = `${size.n} ${size.edits} ${key}`;
  const looking = searches.looking.get(flight) ?? look(db, { list, ownerId, wanted }, size, known, (found) => searches.remember(key, found));
  searches.looking.set(flight, looking);
  try {
    return await looking;
  } finally {
    searches.looking.delete(flight);
  }
}

async function look(db: Db, search: Search, size: Size, known: Remembered | undefined, remember: (found: Remembered) => void): Promise<Matches> {
  const aside = companionOf(db)?.aside ?? db;
  const { list, ownerId } = search;
  const upTo = await lastId(rowsOf(aside, list, ownerId));
  const found = (known && (await withNewRows(aside, search, size, known))) ?? (await lookThrough(db, aside, search, upTo));
  // Only what was true of one state of the list is worth remembering.
  const after = await sizeOf(aside, list, ownerId);
  if (after.n === size.n && after.edits === size.edits) remember({ ...found, ...size, upTo });
  return found;
}

/** What is known, and what came since; null when more has happened than rows being added at the end. */
async function withNewRows(aside: Db, { list, ownerId, wanted }: Search, size: Size, known: Remembered): Promise<Matches | null> {
  const rows = rowsOf(aside, list, ownerId).where('id', '>', known.upTo);
  if (size.edits !== known.edits || size.n - known.n > maxNewRows) return null;
  // On Postgres a row may become visible after one with a greater id.
  if ((await countRows(rows)) !== size.n - known.n) return null;
  const fresh = await idsOf(aside, [rows.where(contains(list.text, wanted))], maxNewRows);
  const total = known.total + fresh.length;
  return { total, ids: known.ids && total <= maxIds ? [...known.ids, ...fresh] : null };
}

async function lookThrough(db: Db, aside: Db, { list, ownerId, wanted }: Search, lastRowId: number): Promise<Matches> {
  const rows = rowsOf(aside, list, ownerId);
  const found = rows.where(contains(list.text, wanted));
  const grams = await findGrams(aside, list, ownerId, wanted);
  if (grams && grams.tail === longTail) catchUpGrams(db, list, ownerId);
  const parts = grams ? [list.only ? rows.where('id', 'in', sql<number>`(${grams.ids})`) : grams.ids, found.where('id', '>', grams.upTo)] : [found];
  const sample = await idsOf(aside, parts, sampleIds);
  if (sample.length <= sampleIds) return { total: sample.length, ids: sample };
  const estimate = sample.length * (lastRowId / (sample.at(-1) ?? 1));
  const ids = estimate <= maxIds ? await idsOf(aside, parts, maxIds) : sample;
  const areAll = ids !== sample && ids.length <= maxIds;
  return areAll ? { total: ids.length, ids } : { total: await countRows(found), ids: null };
}

async function lastId(rows: AnyQuery<unknown>): Promise<number> {
  const row = await rows.select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.id ?? 0;
}

/** In one text, for thousands of rows are slow to carry. One more than `atMost` says that there are more. */
async function idsOf(db: Db, parts: (RawBuilder<{ id: number }> | AnyQuery<unknown>)[], atMost: number): Promise<number[]> {
  const all: number[] = [];
  for (const part of parts) {
    const query = 'clearSelect' in part ? part.select('id') : part;
    const found = sql`select id from (${query}) as found limit ${atMost + 1 - all.length}`;
    const { rows } = await sql<{ ids: string | null }>`select string_agg(cast(id as text), ',') as ids from (${found}) as matches`.execute(db);
    for (const id of rows[0]?.ids?.split(',') ?? []) all.push(Number(id));
    if (all.length > atMost) break;
  }
  return all.sort((a, b) => a - b);
}
