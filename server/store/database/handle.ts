// Kysely handles whose every query passes a gate: the outer handle refuses inside a transaction (it would read the
// past, or hang), a transaction's handle refuses after the transaction has ended.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type CompiledQuery,
  type ConnectionProvider,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import { assert } from '../../errors.ts';
import type { Tables } from '../tables.ts';
import type { Changes } from './changes.ts';

export type Db = Kysely<Tables>;

/** What the two databases answer differently: SQL text, and quirks of the adapter. */
export type Flavour = { compiler: QueryCompiler; adapter: DialectAdapter };

const insideTransaction = new AsyncLocalStorage<true>();

/** While this body runs, the outer handle and another transaction are refused: they would read the past, or hang. */
export function inside<T>(body: (tx: Db) => Promise<T>): (tx: Db) => Promise<T> {
  return (tx) => insideTransaction.run(true, () => body(tx));
}

export function assertOutside(what: string): void {
  assert(!insideTransaction.getStore(), `${what} inside a transaction: use the transaction's own handle (tx)`);
}

// The driver is never asked for connections: the executor below carries its provider. Only destroy() arrives here.
const noDriver: Driver = {
  init: async () => {},
  acquireConnection: () => Promise.reject(new Error('this handle has no driver')),
  beginTransaction: () => Promise.reject(new Error('use transact')),
  commitTransaction: () => Promise.reject(new Error('use transact')),
  rollbackTransaction: () => Promise.reject(new Error('use transact')),
  releaseConnection: async () => {},
  destroy: async () => {},
};

// Kysely's own way from a query to its connection and back takes six promises, which costs more than SQLite does.
class Executor extends DefaultQueryExecutor {
  readonly #provider: ConnectionProvider;
  constructor(flavour: Flavour, provider: ConnectionProvider) {
    super(flavour.compiler, flavour.adapter, provider);
    this.#provider = provider;
  }
  override executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#provider.provideConnection((connection) => connection.executeQuery<R>(query));
  }
}

const noDialect: Dialect = {
  createDriver: () => noDriver,
  createQueryCompiler: () => {
    throw new Error('a handle compiles with its own');
  },
  createAdapter: () => {
    throw new Error('a handle has its own adapter');
  },
  createIntrospector: () => {
    throw new Error('migrations name their tables; nothing is introspected');
  },
};

export function makeHandle(flavour: Flavour, provider: ConnectionProvider): Db {
  return new Kysely<Tables>({ config: { dialect: noDialect }, driver: noDriver as never, dialect: noDialect, executor: new Executor(flavour, provider) });
}

/** What belongs to the outer handle of a database besides its queries. */
export type Companion = {
  /** Reads that take long, off the event loop. */
  aside: Db;
  transact: <T>(body: (tx: Db) => Promise<T>) => Promise<T>;
  /** Null where others write too. */
  changes: Changes | null;
};

const companions = new WeakMap<Db, Companion>();

export function accompany(db: Db, companion: Companion): void {
  companions.set(db, companion);
}

/** Null for the handle of a transaction, whose every read must see what it wrote. */
export function companionOf(db: Db): Companion | null {
  return companions.get(db) ?? null;
}

/** A connection that remembers its first failure, for runBody. */
export type Connection = DatabaseConnection & { failure: { error: unknown } | null };

async function usedAfterEnd(): Promise<never> {
  throw new Error('assertion failed: a transaction handle was used after its transaction had ended');
}

/**
 * Runs a transaction's body with a handle of its own, which refuses every use after the body's end instead of losing a
 * write. A statement that failed fails the whole, even when the body swallowed its error: Postgres commits nothing
 * after one, so nothing may be committed on SQLite either. `overdue` rejects when the body must not be waited for.
 */
export async function runBody<T>(flavour: Flavour, connection: Connection, body: (tx: Db) => Promise<T>, overdue?: Promise<never>): Promise<T> {
  let hasEnded = false;
  connection.failure = null;
  // Not async: each promise between a query and its answer is paid by every query of every turn.
  const provideConnection: ConnectionProvider['provideConnection'] = (consumer) => (hasEnded ? usedAfterEnd() : consumer(connection));
  try {
    const running = body(makeHandle(flavour, { provideConnection }));
    const value = await (overdue === undefined ? running : Promise.race([running, overdue]));
    // A cast: the queries of the body may have set it.
    const failure = connection.failure as Connection['failure'];
    if (failure) throw failure.error;
    return value;
  } finally {
    hasEnded = true;
  }
}
