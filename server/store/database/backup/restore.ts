// Brings a backup back. Everything is checked and built aside first: on SQLite a whole new database that one rename
// puts in place, on Postgres one transaction. Whatever goes wrong before that, what was there stays as it was.
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { StartError } from '../../../errors.ts';
import { type Database, openDatabase, sqliteFile } from '../../database.ts';
import { migrations } from '../../migrations.ts';
import type { Db } from '../handle.ts';
import type { Migrator } from '../migrate.ts';
import { openSqlite } from '../sqlite.ts';
import { checkSeal, damaged, exitCodeBadData, type Line, readArchive, type Seen, syncDirectory } from './archive.ts';
import { backupsDirectory, filesDirectory } from './backup.ts';
import { type Header, load, type Restored } from './load.ts';
import { derivedTables, describeTables } from './schema.ts';

const exitCodeConfig = 78;

export type RestoreAsk = {
  dataDir: string;
  databaseUrl: string | null;
  /** Of the master key at hand: a backup of another is useless here. */
  keyCheck: string;
  now: number;
  mayReplace: boolean;
  seen?: Seen;
};

/** Restores into a database made for the purpose, which is then thrown away. Nothing else is touched. */
export async function verifyBackup(file: string, ask: RestoreAsk): Promise<Restored> {
  const header = await checkBackup(file, ask);
  const aside = join(ask.dataDir, `verifying-${process.pid}`);
  try {
    return await build(file, header, aside, ask);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** The caller holds the lock of the data directory, or knows that no node uses the Postgres. */
export async function restoreBackup(file: string, ask: RestoreAsk): Promise<Restored> {
  const header = await checkBackup(file, ask);
  return ask.databaseUrl === null ? restoreSqlite(file, header, ask) : restorePostgres(file, header, ask, ask.databaseUrl);
}

async function checkBackup(file: string, ask: RestoreAsk): Promise<Header> {
  await checkSeal(file);
  const header: Line | undefined = (await readArchive(file).next()).value;
  if (!header || Array.isArray(header) || header.kind !== 'header' || header.format !== 1) throw damaged(file, 'is not a backup of a kind this version knows');
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = header.migrations.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    const newer = `${file} was made by a newer version, ${header.version} (it knows ${unknown.join(', ')})`;
    throw new StartError(`${newer}. Restore it with that version or a later one. Nothing was changed.`, exitCodeBadData);
  }
  if (header.key_check !== ask.keyCheck) {
    throw new StartError(
      `${file} was made with another master key. Set MASTER_KEY to that one, or put its master.key in place. Nothing was changed.`,
      exitCodeConfig,
    );
  }
  return header;
}

async function build(file: string, header: Header, aside: string, { now, seen }: RestoreAsk): Promise<Restored> {
  const database = await openDatabase({ dataDir: aside, databaseUrl: null });
  try {
    const { migrator, transact } = database;
    return await load(file, header, { isShared: false, migrator, write: transact, directory: aside, now, seen });
  } finally {
    await database.close();
  }
}

async function restoreSqlite(file: string, header: Header, ask: RestoreAsk): Promise<Restored> {
  const target = sqliteFile(ask.dataDir);
  if (!ask.mayReplace && existsSync(target)) await refuseIfFileHeld(ask.dataDir, target);
  const aside = join(ask.dataDir, 'restoring');
  rmSync(aside, { recursive: true, force: true });
  const restored = await build(file, header, aside, ask);
  await takeFiles(aside, ask.dataDir);
  if (existsSync(target)) setAside(target, ask);
  renameSync(sqliteFile(aside), target);
  await syncDirectory(ask.dataDir);
  rmSync(aside, { recursive: true, force: true });
  return restored;
}

// The old database keeps a name under backups/ and its place until the very rename: there is always a whole one.
function setAside(target: string, { dataDir, now }: RestoreAsk): void {
  try {
    const old = openSqlite(target, 'write');
    old.exec('pragma wal_checkpoint(truncate)');
    old.close();
  } catch {
    // Damaged, which may be why it is replaced; it is kept as it is, log and all.
  }
  mkdirSync(backupsDirectory(dataDir), { recursive: true, mode: 0o700 });
  const kept = join(backupsDirectory(dataDir), `replaced-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')}.db`);
  linkSync(target, kept);
  if (existsSync(`${target}-wal`)) linkSync(`${target}-wal`, `${kept}-wal`);
  for (const end of ['-wal', '-shm']) rmSync(`${target}${end}`, { force: true });
}

async function restorePostgres(file: string, header: Header, ask: RestoreAsk, databaseUrl: string): Promise<Restored> {
  const database = await openDatabase({ dataDir: ask.dataDir, databaseUrl });
  const { migrator } = database;
  const aside = join(ask.dataDir, 'restoring');
  try {
    // In the manner of a migration: it takes the time it needs, and may be run again from its beginning.
    const restored = await migrator.transact(async (tx) => {
      rmSync(aside, { recursive: true, force: true });
      mkdirSync(aside, { recursive: true, mode: 0o700 });
      if (!ask.mayReplace) await refuseIfHeld(tx, database);
      for (const name of derivedTables()) await sql`drop table if exists ${sql.table(name)}`.execute(tx);
      for (const { name } of await describeTables(tx, database)) await sql`drop table ${sql.table(name)} cascade`.execute(tx);
      await sql`drop table if exists migration`.execute(tx);
      const inside: Migrator = { ...migrator, db: tx, transact: (body) => body(tx) };
      return load(file, header, { isShared: true, migrator: inside, write: (body) => body(tx), directory: aside, now: ask.now, seen: ask.seen });
    });
    await takeFiles(aside, ask.dataDir);
    return restored;
  } finally {
    await database.close();
    rmSync(aside, { recursive: true, force: true });
  }
}

async function refuseIfFileHeld(dataDir: string, place: string): Promise<void> {
  try {
    const database = await openDatabase({ dataDir, databaseUrl: null, mode: 'read' });
    await refuseIfHeld(database.read, database).finally(() => database.close());
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`${place} cannot be read. Nothing was changed; say --replace to put the backup in its place.`, 1);
  }
}

// What a start alone writes is nothing anyone would miss.
const ofNoWorth = new Set(['setting', 'rate_window', 'idempotency', 'event_chain', 'tally']);

async function refuseIfHeld(db: Db, { isShared, place }: Pick<Database, 'isShared' | 'place'>): Promise<void> {
  for (const { name } of await describeTables(db, { isShared })) {
    if (ofNoWorth.has(name)) continue;
    const { rows } = await sql`select 1 from ${sql.table(name)} limit 1`.execute(db);
    if (rows.length > 0) throw new StartError(`${place} already holds data. Nothing was changed; say --replace to put the backup in its place.`, 1);
  }
}

/** Names of files are made once and never reused, so theirs can lie beside those that are there. */
async function takeFiles(aside: string, dataDir: string): Promise<void> {
  const from = filesDirectory(aside);
  if (!existsSync(from)) return;
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const place = join(filesDirectory(dataDir), path.slice(from.length));
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    renameSync(path, place);
  }
}
