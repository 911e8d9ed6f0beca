// Brings the schema to this binary's version: each migration with its record in one transaction, so that a kill at
// any moment leaves the old schema or the new. Two nodes starting at once wait for each other. A schema newer than
// this binary is refused rather than guessed at.
import { sql } from 'kysely';
import { StartError } from '../../errors.ts';
import { type Dialect, type Migration, migrations } from '../migrations.ts';
import type { Db } from './handle.ts';

export const exitCodeNewerSchema = 65;

export type Migrator = {
  db: Db;
  dialect: Dialect;
  transact: <T>(body: (tx: Db) => Promise<T>) => Promise<T>;
  /** Postgres: an advisory lock for the transaction. SQLite: nothing, the data directory is locked already. */
  lock: (tx: Db) => Promise<void>;
  hasTable: (db: Db, name: string) => Promise<boolean>;
};

export async function appliedMigrations(m: Migrator): Promise<string[]> {
  if (!(await m.hasTable(m.db, 'migration'))) return [];
  const rows = await m.db.selectFrom('migration').select('name').orderBy('name').execute();
  return rows.map((row) => row.name);
}

/** What is still to be applied, in order. Throws when the schema is newer than this binary. */
export async function pendingMigrations(m: Migrator): Promise<Migration[]> {
  const applied = await appliedMigrations(m);
  const known = new Set(migrations.map((migration) => migration.name));
  const unknown = applied.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StartError(
      `The database was written by a newer version (it knows ${unknown.join(', ')}). Start that version or a later one, or restore a backup made before the upgrade.`,
      exitCodeNewerSchema,
    );
  }
  const done = new Set(applied);
  return migrations.filter((migration) => !done.has(migration.name));
}

/** Applies what is pending up to and including `until` (all when absent); returns the names. */
export async function migrate(m: Migrator, now: number, until?: string): Promise<string[]> {
  const pending = await pendingMigrations(m);
  const names: string[] = [];
  for (const migration of pending) {
    if (until !== undefined && migration.name > until) break;
    const wasApplied = await m.transact((tx) => applyOne(m, tx, migration, now));
    if (wasApplied) names.push(migration.name);
  }
  return names;
}

async function applyOne(m: Migrator, tx: Db, migration: Migration, now: number): Promise<boolean> {
  await m.lock(tx);
  // Not hasTable: a session that once looked in vain may go on believing so, and another node may have been first.
  await sql.raw(`create table if not exists migration (name text primary key, applied_at ${m.dialect.int} not null)${m.dialect.strict}`).execute(tx);
  const there = await tx.selectFrom('migration').select('name').where('name', '=', migration.name).executeTakeFirst();
  if (there) return false;
  for (const statement of migration.up(m.dialect)) await sql.raw(statement).execute(tx);
  await tx.insertInto('migration').values({ name: migration.name, applied_at: now }).execute();
  return true;
}
