// Transactions whose every query passes by a watcher, who lets it run, throws in its place or lies about it: how tests
// crash at every point there is, and how they plant bugs that must be found.
import { type CompiledQuery, PostgresAdapter, type QueryResult } from 'kysely';
import type { App } from '../../app.ts';
import { publishing } from '../../live.ts';
import { makeHandle } from '../../store/database/handle.ts';
import { postgresFlavour } from '../../store/database/postgres.ts';
import { sqliteCompiler } from '../../store/database/sqlite.ts';
import type { Db } from '../../store/database.ts';

export type Watch = (sql: string, run: () => Promise<QueryResult<never>>) => Promise<QueryResult<never>>;

export class Crash extends Error {}

export function watched(tx: Db, watch: Watch): Db {
  const executor = tx.getExecutor();
  const { adapter } = executor;
  const flavour = adapter instanceof PostgresAdapter ? postgresFlavour : { compiler: sqliteCompiler, adapter };
  const executeQuery = <R>(query: CompiledQuery) => watch(query.sql, () => executor.executeQuery<never>(query)) as Promise<QueryResult<R>>;
  const streamQuery = () => {
    throw new Error('a transaction streams nothing');
  };
  return makeHandle(flavour, { provideConnection: (consumer) => consumer({ executeQuery, streamQuery }) });
}

/** The app, its transactions watched. */
export function watching(app: App, watch: Watch): App {
  return { ...app, transact: publishing((body) => app.transact((tx) => body(watched(tx, watch))), app.live) };
}

/** The app as it dies at its `at`-th query; `reached` tells whether it came that far. */
export function crashing(app: App, at: number): { app: App; reached: () => boolean } {
  let queries = 0;
  const watch: Watch = async (_sql, run) => {
    queries += 1;
    if (queries >= at) throw new Crash(`at query ${at}`);
    return run();
  };
  return { app: watching(app, watch), reached: () => queries >= at };
}
