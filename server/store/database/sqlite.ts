// Kysely on node:sqlite. One connection per purpose: one that writes (used only by group-commit.ts) and those that
// read. node:sqlite is synchronous; these promises settle in microtasks, which group commit relies on.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { type CompiledQuery, type QueryResult, SqliteQueryCompiler } from 'kysely';
import { assert } from '../../errors.ts';
import { sqliteFault } from './faults.ts';
import type { Connection } from './handle.ts';
import { checkedParameters } from './parameters.ts';
import { Statements } from './sqlite/statements.ts';

export const sqliteCompiler = new SqliteQueryCompiler();

export function openSqlite(file: string, mode: 'write' | 'read'): DatabaseSync {
  // Waiting inside SQLite stops the event loop: the writer never does (group-commit.ts tries again by itself), and a
  // reader in WAL mode waits only while another process recovers the file.
  const db = new DatabaseSync(file, { readOnly: mode === 'read', timeout: mode === 'read' ? 100 : 0 });
  db.exec('pragma foreign_keys = on; pragma temp_store = memory; pragma cache_size = -16000');
  // FULL, not NORMAL: an acknowledged write survives power loss (NORMAL lost 4,001 of 12,975 in our trial).
  // Checkpoints run in a worker (checkpoint.ts), off the event loop, so the automatic one is off.
  if (mode === 'write') db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 0');
  return db;
}

/** Runs compiled queries on one node:sqlite handle. */
export class SqliteConnection implements Connection {
  failure: Connection['failure'] = null;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #mayStream: boolean;

  /** While rows stream a connection sees the past, so only one of its own (a snapshot) may stream. */
  constructor(db: DatabaseSync, mayStream = false) {
    this.#db = db;
    this.#statements = new Statements(db);
    this.#mayStream = mayStream;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const { rows, changes, lastId } = this.#statements.run(sql, checkedParameters(parameters) as SQLInputValue[]);
      return { rows: rows as R[], numAffectedRows: BigInt(changes), insertId: BigInt(lastId) };
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  /** Names the tables written since it was last asked. */
  takeWritten(): string[] {
    const tables = [...this.#statements.written];
    this.#statements.written.clear();
    return tables;
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    assert(this.#mayStream, 'rows stream only from database.snapshot');
    const statement = this.#db.prepare(query.sql);
    for (const row of statement.iterate(...(checkedParameters(query.parameters) as SQLInputValue[]))) yield { rows: [row as R] };
  }
}

/**
 * For what runs outside a transaction: an error arrives in the words of the one who asked. A connection throws its pages
 * away after every commit of another, so what plainly only reads is asked of the one that writes, whose pages are always
 * fresh; not while it is inside a transaction, of which nothing may be seen yet.
 */
export class SqliteReader extends SqliteConnection {
  readonly #writing: { db: DatabaseSync; connection: SqliteConnection } | null;

  constructor(reading: DatabaseSync, writing: DatabaseSync | null) {
    super(reading);
    this.#writing = writing === null ? null : { db: writing, connection: new SqliteConnection(writing) };
  }

  override async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const writing = this.#writing;
    try {
      if (writing === null || writing.db.isTransaction || query.query.kind !== 'SelectQueryNode') return await super.executeQuery<R>(query);
      return await writing.connection.executeQuery<R>(query);
    } catch (error) {
      throw sqliteFault(error);
    }
  }
}
