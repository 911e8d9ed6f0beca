// Opens the store. Only this file and database/ know which database it is; everything else sees `Database`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteAdapter, sql } from 'kysely';
import { Changes } from './database/changes.ts';
import { accompany, assertOutside, type Db, type Flavour, makeHandle, runBody } from './database/handle.ts';
import type { Migrator } from './database/migrate.ts';
import type { Notices } from './database/postgres/notices.ts';
import { noticesOn, openConnections, outerHandle, snapshotOn, transactOn } from './database/postgres.ts';
import { AsideConnection } from './database/sqlite/aside.ts';
import { Checkpoint } from './database/sqlite/checkpoint.ts';
import { GroupCommit, type Hooks } from './database/sqlite/group-commit.ts';
import { openSqlite, SqliteConnection, SqliteReader, sqliteCompiler } from './database/sqlite.ts';
import { postgresDialect, sqliteDialect } from './migrations.ts';

export { companionOf, type Db } from './database/handle.ts';
export { kept, keptChange, keptInsert, keptInserts, remembered } from './database/kept.ts';
export type { Notices } from './database/postgres/notices.ts';
export { hasRowLocks } from './database/postgres/row-locks.ts';
export { clockOf } from './database/postgres/shared-clock.ts';
export { catchUpGrams, extendGrams, findGrams, hasGrams, longTail } from './database/sqlite/grams.ts';
export { catchUpWords, keepWords, lastWithWords, messagesWithWords } from './database/words.ts';

export type Database = {
  /** Where it is, for people: a path, or a URL without its password. */
  place: string;
  isShared: boolean;
  /** For what brings its own connections to a database that is shared; null where there is no such. */
  url: string | null;
  /** Reads of committed data, outside transactions. Refuses inside one. */
  read: Db;
  transact: <T>(body: (tx: Db) => Promise<T>) => Promise<T>;
  /** A consistent view of everything for as long as the body runs; it writes nothing. */
  snapshot: <T>(body: (tx: Db) => Promise<T>) => Promise<T>;
  migrator: Migrator;
  /** How the nodes that share it tell each other what was committed; null where there is only one. */
  notices: Notices | null;
  close(): Promise<void>;
};

export type DatabaseOptions = {
  dataDir: string;
  databaseUrl: string | null;
  /** Beside a running server on SQLite a command opens read-only. */
  mode?: 'write' | 'read';
  /** Storage failed in a way that forbids further acknowledgements; the process must end. */
  fatal?: Hooks['fatal'];
};

export function openDatabase(options: DatabaseOptions): Promise<Database> {
  return options.databaseUrl ? openPostgres(options.databaseUrl) : openSqliteFiles(options);
}

export function sqliteFile(dataDir: string): string {
  return join(dataDir, 'parley.db');
}

async function openSqliteFiles(options: DatabaseOptions): Promise<Database> {
  const file = sqliteFile(options.dataDir);
  const flavour: Flavour = { compiler: sqliteCompiler, adapter: new SqliteAdapter() };
  const canWrite = options.mode !== 'read';
  if (canWrite) mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const checkpoint = new Checkpoint(file);
  const writing = canWrite ? openSqlite(file, 'write') : null;
  const reading = openSqlite(file, 'read');
  const connection = new SqliteReader(reading, writing);
  const changes = new Changes();
  const afterCommit = (written: string[]): void => {
    changes.note(written);
    checkpoint.note();
  };
  const hooks: Hooks = { fatal: options.fatal ?? (() => {}), beforeBatch: () => checkpoint.standAside(), afterCommit };
  const group = writing ? new GroupCommit(writing, flavour, hooks) : null;
  const read = makeHandle(flavour, {
    provideConnection: (consumer) => {
      assertOutside('the outer handle was used');
      return consumer(connection);
    },
  });
  const transact: Database['transact'] = (body) =>
    group ? group.transact(body) : Promise.reject(new Error('assertion failed: the database was opened read-only'));
  const asideConnection = new AsideConnection(file);
  const aside = makeHandle(flavour, {
    provideConnection: (consumer) => {
      assertOutside('the outer handle was used');
      return consumer(asideConnection);
    },
  });
  accompany(read, { aside, transact, changes });
  return {
    place: file,
    isShared: false,
    url: null,
    read,
    transact,
    snapshot: async (body) => {
      const own = openSqlite(file, 'read');
      own.exec('begin');
      try {
        return await runBody(flavour, new SqliteConnection(own, true), body);
      } finally {
        own.close();
      }
    },
    migrator: {
      db: read,
      dialect: sqliteDialect,
      transact,
      lock: async () => {},
      hasTable: async (db, name) => {
        const found = await sql`select 1 from sqlite_master where type = 'table' and name = ${name}`.execute(db);
        return found.rows.length > 0;
      },
    },
    notices: null,
    close: async () => {
      await group?.close();
      await checkpoint.close();
      await asideConnection.close();
      reading.close();
      writing?.close();
    },
  };
}

async function openPostgres(url: string): Promise<Database> {
  const connections = await openConnections(url);
  const read = outerHandle(connections);
  const transact = transactOn(connections);
  accompany(read, { aside: read, transact, changes: null });
  const notices = noticesOn(url);
  return {
    place: url.replace(/\/\/([^:@/]+):[^@/]*@/, '//$1:***@'),
    isShared: true,
    url,
    read,
    transact,
    snapshot: snapshotOn(connections),
    migrator: {
      db: read,
      dialect: postgresDialect,
      transact: transactOn(connections, { isPatient: true }),
      // An arbitrary number that only migrations of this product use.
      lock: async (tx) => {
        await sql`select pg_advisory_xact_lock(7305911)`.execute(tx);
      },
      hasTable: async (db, name) => {
        const found = await sql<{ at: string | null }>`select to_regclass(${name}) as at`.execute(db);
        return found.rows[0]?.at != null;
      },
    },
    notices,
    close: async () => {
      // At once, both: what is asked for from now on is refused.
      await Promise.all([connections.close(), notices.close()]);
    },
  };
}
