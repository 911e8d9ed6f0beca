// Kysely on pg. A pool does what group commit does on SQLite; numbers come back as numbers on both. A server that
// hangs is told from one that works by time alone: whatever waits longer than a caller would is given up, and its
// connection with it.
import type { Writable } from 'node:stream';
import { type CompiledQuery, PostgresAdapter, PostgresQueryCompiler, type QueryResult } from 'kysely';
import type { Pool, PoolClient, QueryConfig } from 'pg';
import { assert } from '../../errors.ts';
import { draining, isCollision, isConnectionFault, isStalePlan, postgresFault } from './faults.ts';
import { assertOutside, type Connection, type Db, type Flavour, inside, makeHandle, runBody } from './handle.ts';
import { checkedParameters } from './parameters.ts';
import { makeNotices, type Notices } from './postgres/notices.ts';

const int8 = 20;
const numeric = 1700;
// Of two seconds, in which a caller must have a 503: the network and the event loop need some too.
const patienceMs = 1_700;
// On the server's side, so that what we gave up also ends there and lets go of its locks.
const serverPatienceMs = 5_000;
const maxConnections = 20;
const maxNames = 500;
const maxAttempts = 3;

export const postgresFlavour: Flavour = { compiler: new PostgresQueryCompiler(), adapter: new PostgresAdapter() };

/** A pool that, when it is closed, finishes what was asked for and refuses what comes after. */
export class Connections {
  readonly #pool: Pool;
  readonly #uses = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#uses);
    await this.#pool.end();
  }

  async with<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw draining();
    const used = this.#lendFresh(use);
    this.#uses.add(used);
    try {
      return await used;
    } finally {
      this.#uses.delete(used);
    }
  }

  /** Nothing was done on a connection whose plans are stale: it is dropped, and the next may be one of the same age. */
  async #lendFresh<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#lend(use);
      } catch (error) {
        if (!isStalePlan(error) || attempt === maxConnections) throw error;
      }
    }
  }

  async #lend<T>(use: (client: PoolClient) => Promise<T>): Promise<T> {
    let broken: Error | undefined;
    const breaks = (error: Error): void => {
      broken = error;
    };
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw postgresFault(error);
    });
    // While a client is lent the pool does not listen, and a connection that breaks between two statements would end
    // the process.
    client.on('error', breaks);
    try {
      return await use(client);
    } catch (error) {
      if (isConnectionFault(error) || isStalePlan(error)) breaks(error as Error);
      throw postgresFault(error);
    } finally {
      client.off('error', breaks);
      client.release(broken);
    }
  }
}

/** pg is loaded here and not at the top: a start on SQLite does not pay for it. */
export async function openConnections(url: string): Promise<Connections> {
  const { default: pg } = await import('pg');
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === int8 ? exactNumber : oid === numeric ? Number : pg.types.getTypeParser(oid, format as 'text'),
  };
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: patienceMs,
    statement_timeout: serverPatienceMs,
    idle_in_transaction_session_timeout: serverPatienceMs,
    keepAlive: true,
    pipeline: true,
    types,
    application_name: 'server',
  });
  // An idle connection that breaks is replaced at the next use; without a listener Node would end the process.
  pool.on('error', () => {});
  return new Connections(pool);
}

/** For words between nodes: outside the pool, for it is held as long as the process lives. */
export function noticesOn(url: string): Notices {
  return makeNotices(async () => {
    const { default: pg } = await import('pg');
    return new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      keepAlive: true,
      application_name: 'live',
    });
  });
}

function exactNumber(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), `the database holds a number that JSON cannot carry: ${text}`);
  return value;
}

// Prepared statements go by a name, one per text; what is asked with ever new texts stays nameless.
const names = new Map<string, string>();

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined) return known;
  // What is best for a search depends on the words, so it is planned anew each time.
  if (names.size >= maxNames || text.includes(' like ')) return undefined;
  const name = `s${names.size}`;
  names.set(text, name);
  return name;
}

/** Each write to a socket wakes a process of the server, so what is asked in one turn of the loop goes out as one. */
function gather(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

class PostgresConnection implements Connection {
  failure: Connection['failure'] = null;
  readonly #client: PoolClient;
  readonly #patience: { query_timeout?: number };
  readonly #begun: Promise<unknown> | null;
  constructor(client: PoolClient, patience: { query_timeout?: number }, begun: Promise<unknown> | null = null) {
    this.#client = client;
    this.#patience = patience;
    this.#begun = begun;
  }

  async executeQuery<R>({ sql, parameters, query }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      // A select may go out together with the BEGIN. What writes waits for it: had that failed, it would be on its own.
      if (this.#begun && query.kind !== 'SelectQueryNode') await this.#begun;
      const name = nameOf(sql);
      gather(this.#client);
      const config: QueryConfig = { text: sql, values: checkedParameters(parameters), ...(name === undefined ? {} : { name }), ...this.#patience };
      const result = await this.#client.query(config);
      return { rows: result.rows as R[], numAffectedRows: BigInt(result.rowCount ?? 0) };
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize = 500): AsyncIterableIterator<QueryResult<R>> {
    const name = 'walk';
    await this.#client.query(`declare ${name} no scroll cursor for ${query.sql}`, checkedParameters(query.parameters));
    for (;;) {
      const { rows } = await this.#client.query(`fetch ${Math.trunc(chunkSize)} from ${name}`);
      if (rows.length === 0) break;
      yield { rows: rows as R[] };
    }
    await this.#client.query(`close ${name}`);
  }
}

export function outerHandle(connections: Connections): Db {
  return makeHandle(postgresFlavour, {
    provideConnection: (consumer) => {
      assertOutside('the outer handle was used');
      return connections.with((client) => consumer(new PostgresConnection(client, { query_timeout: patienceMs })));
    },
  });
}

type Manner = {
  isolation: 'read committed' | 'repeatable read read only';
  /** Migrations and backups take the time they need. */
  isPatient: boolean;
};

/** As group commit does it on SQLite: durable and readable by everyone when it settles. */
export function transactOn(connections: Connections, { isPatient = false }: { isPatient?: boolean } = {}) {
  return async <T>(body: (tx: Db) => Promise<T>): Promise<T> => {
    assertOutside('transact');
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await connections.with((client) => runOn(client, { isolation: 'read committed', isPatient }, inside(body)));
      } catch (error) {
        // Undone as a whole, so the body can run again: it awaited nothing but the database.
        if (!(error instanceof Collision)) throw error;
        if (attempt === maxAttempts) throw postgresFault(error.cause);
      }
    }
  };
}

/** One moment, for as long as the body runs and whatever else it waits for. */
export function snapshotOn(connections: Connections) {
  return <T>(body: (tx: Db) => Promise<T>): Promise<T> =>
    connections.with((client) => runOn(client, { isolation: 'repeatable read read only', isPatient: true }, body));
}

class Collision extends Error {}

async function runOn<T>(client: PoolClient, { isolation, isPatient }: Manner, body: (tx: Db) => Promise<T>): Promise<T> {
  const patience = isPatient ? {} : { query_timeout: patienceMs };
  const run = (text: string) => client.query({ text, ...patience } as QueryConfig);
  gather(client);
  const begun = run(`begin isolation level ${isolation}`);
  // It is awaited below, which a body that fails first does not come to.
  begun.catch(() => {});
  try {
    if (isPatient) {
      await begun;
      await run('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0');
    }
    const value = await runBody(postgresFlavour, new PostgresConnection(client, patience, begun), body);
    await begun;
    const { command } = await run('commit');
    // Postgres answers COMMIT of a failed transaction with ROLLBACK and no error.
    assert(command === 'COMMIT', 'a transaction whose statement failed was about to be acknowledged');
    return value;
  } catch (error) {
    // A connection that broke or hangs is closed instead, which undoes the transaction as well.
    if (!isConnectionFault(error)) await run('rollback').catch(() => {});
    throw isCollision(error) ? new Collision('', { cause: error }) : error;
  }
}
