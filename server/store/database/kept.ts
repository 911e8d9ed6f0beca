// Queries of the hot path, built and compiled once: Kysely takes 10 to 30 µs to build a text that SQLite runs in 3.
import { type Compilable, type CompiledQuery, type DialectAdapter, PostgresAdapter, type QueryResult } from 'kysely';
import { companionOf, type Db } from './handle.ts';

/** Stands for a value while the query is built. */
class Slot<Values> {
  readonly name: keyof Values;
  constructor(name: keyof Values) {
    this.name = name;
  }
}

type Run<Values, Row> = (db: Db, values: Values) => Promise<QueryResult<Row>>;
type Build<Values, Query> = (db: Db, values: Values) => Query;

/**
 * `build` is called once per database, with a `values` whose every property is a placeholder: it may hand them to the
 * query as they are and must not look at them. What differs in shape from call to call is a query of its own.
 */
export function kept<Values extends object, Row>(build: Build<Values, Compilable<Row>>): (db: Db, values: Values) => Promise<Row[]> {
  const run = keptQuery(build);
  return async (db, values) => (await run(db, values)).rows;
}

/** The same for what changes rows: how many it changed. */
export function keptChange<Values extends object>(build: Build<Values, Compilable<unknown>>): (db: Db, values: Values) => Promise<number> {
  const run = keptQuery(build);
  return async (db, values) => Number((await run(db, values)).numAffectedRows ?? 0);
}

const maxRemembered = 10_000;
const rememberedMs = 5_000;

/**
 * As kept, for what every request asks: rows found are remembered until one of these tables changes, and for five
 * seconds at most. Where nodes share a database each asks each time, so that a change made on one holds on all.
 */
export function remembered<Values extends object, Row>(
  tables: readonly string[],
  build: Build<Values, Compilable<Row>>,
): (db: Db, values: Values) => Promise<Row[]> {
  const ask = kept(build);
  const memories = new WeakMap<Db, { count: number; until: number; rows: Map<string, Row[]> }>();
  return async (db, values) => {
    const changes = companionOf(db)?.changes;
    if (!changes) return ask(db, values);
    const count = changes.of(tables);
    let memory = memories.get(db);
    if (memory?.count !== count || memory.until < performance.now() || memory.rows.size >= maxRemembered) {
      memory = { count, until: performance.now() + rememberedMs, rows: new Map() };
      memories.set(db, memory);
    }
    const key = Object.values(values).join('\u0000');
    const known = memory.rows.get(key);
    if (known) return known;
    const rows = await ask(db, values);
    if (rows.length > 0 && changes.of(tables) === count) memory.rows.set(key, rows);
    return rows;
  };
}

type Insert = Compilable<unknown> & { returning(column: never): Compilable<unknown> };

/** For one row: its id, or null when a conflict kept it out. SQLite says that by itself; RETURNING doubles what an insert costs there. */
export function keptInsert<Values extends object>(build: Build<Values, Insert>): (db: Db, values: Values) => Promise<number | null> {
  const run = keptQuery((db, values: Values) => (isPostgres(db) ? build(db, values).returning('id' as never) : build(db, values)));
  return async (db, values) => {
    const { rows, numAffectedRows, insertId } = await run(db, values);
    if (isPostgres(db)) return (rows[0] as { id: number } | undefined)?.id ?? null;
    return numAffectedRows === 0n ? null : Number(insertId);
  };
}

/**
 * For several rows in one statement: their ids, in order. Where one process writes to a table that counts its ids, those
 * of one statement follow one another, and the last of them is known.
 */
export function keptInserts<Values extends object>(rows: number, build: Build<Values, Insert>): (db: Db, values: Values) => Promise<number[]> {
  const run = keptQuery((db, values: Values) => (isPostgres(db) ? build(db, values).returning('id' as never) : build(db, values)));
  return async (db, values) => {
    const result = await run(db, values);
    if (isPostgres(db)) return (result.rows as { id: number }[]).map((row) => row.id);
    const first = Number(result.insertId) - rows + 1;
    return Array.from({ length: rows }, (_, at) => first + at);
  };
}

function isPostgres(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

type Compiled<Values> = { query: CompiledQuery; fill: (values: Values) => unknown[] };

function keptQuery<Values extends object, Row>(build: Build<Values, Compilable<Row>>): Run<Values, Row> {
  const compiled = new WeakMap<DialectAdapter, Compiled<Values>>();
  const compile = (db: Db): Compiled<Values> => {
    const slots = new Proxy({}, { get: (_, name) => new Slot<Values>(String(name) as keyof Values) });
    const query = build(db, slots as Values).compile();
    const known = { query, fill: fillOf<Values>(query.parameters) };
    compiled.set(db.getExecutor().adapter, known);
    return known;
  };
  return (db, values) => {
    const executor = db.getExecutor();
    const { query, fill } = compiled.get(executor.adapter) ?? compile(db);
    return executor.executeQuery<Row>({ sql: query.sql, query: query.query, queryId: query.queryId, parameters: fill(values) });
  };
}

function fillOf<Values>(parameters: readonly unknown[]): (values: Values) => unknown[] {
  const names = parameters.map((one) => (one instanceof Slot ? placeOf((one as Slot<Values>).name) : null));
  // The hottest of them are lists in the order of the query.
  if (names.every((name, at) => name === at)) return (values) => values as unknown[];
  return (values) => names.map((name, at) => (name === null ? parameters[at] : values[name]));
}

/** Values may be a list; its places are found faster by a number than by the text a Proxy hears. */
function placeOf<Values>(name: keyof Values): keyof Values {
  return typeof name === 'string' && /^\d+$/.test(name) ? (Number(name) as keyof Values) : name;
}
