// The databases every store test runs on: SQLite always, Postgres where one answers. Each test file gets its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompiledQuery, type KyselyPlugin, type RootOperationNode, sql } from 'kysely';
import { migrate } from '../store/database/migrate.ts';
import { type Database, type Db, openDatabase } from '../store/database.ts';

export type Place = { dataDir: string; databaseUrl: string | null; remove(): Promise<void> };
export type DatabaseKind = 'sqlite' | 'postgres';

const postgresUrl = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

async function admin(statement: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 2000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function canReachPostgres(): Promise<boolean> {
  return admin('select 1').then(
    () => true,
    () => false,
  );
}

/** Asked once per process. Without Postgres the run says so loudly instead of passing in silence. */
export const databaseKinds: DatabaseKind[] = (await canReachPostgres()) ? ['sqlite', 'postgres'] : ['sqlite'];
if (databaseKinds.length === 1) console.warn('SKIPPED: no Postgres answers at TEST_DATABASE_URL, so only SQLite is tested.');

let count = 0;

export async function makePlace(kind: DatabaseKind): Promise<Place> {
  const dataDir = mkdtempSync(join(tmpdir(), 'test-data-'));
  if (kind === 'sqlite') return { dataDir, databaseUrl: null, remove: async () => rmSync(dataDir, { recursive: true, force: true }) };
  count += 1;
  const name = `test_${process.pid}_${Date.now()}_${count}`;
  await admin(`create database ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return {
    dataDir,
    databaseUrl: url.href,
    remove: async () => {
      rmSync(dataDir, { recursive: true, force: true });
      await admin(`drop database if exists ${name} with (force)`);
    },
  };
}

/** A fresh, migrated database; close() also removes it. */
export async function makeDatabase(kind: DatabaseKind): Promise<Database> {
  const place = await makePlace(kind);
  const database = await openDatabase({ dataDir: place.dataDir, databaseUrl: place.databaseUrl });
  await migrate(database.migrator, 0);
  return {
    ...database,
    close: async () => {
      await database.close();
      await place.remove();
    },
  };
}

/** Tables as small as a test's Postgres would rather fetch whole and sort, whatever their indexes are good for. */
const rather = ['enable_bitmapscan', 'enable_seqscan'] as const;

/** How each query of `ask` is run, a text for each with a line for each step. `without`: ways Postgres is not to take. */
export async function plansOf(
  database: Database,
  kind: DatabaseKind,
  ask: (db: Db) => Promise<unknown>,
  without: readonly (typeof rather)[number][] = rather,
): Promise<string[]> {
  const asked: RootOperationNode[] = [];
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      asked.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  await ask(database.read.withPlugin(plugin));
  const plans: string[] = [];
  for (const node of asked) {
    const query = database.read.getExecutor().compileQuery(node, { queryId: 'plan' });
    const explained: CompiledQuery = { ...query, sql: `${kind === 'sqlite' ? 'explain query plan' : 'explain'} ${query.sql}` };
    const { rows: steps } = await database.transact(async (tx) => {
      if (kind === 'postgres') for (const way of without) await sql`set local ${sql.raw(way)} = off`.execute(tx);
      return tx.executeQuery<{ detail?: string; 'QUERY PLAN'?: string }>(explained);
    });
    plans.push(steps.map((step) => step.detail ?? step['QUERY PLAN'] ?? '').join('\n'));
  }
  return plans;
}
