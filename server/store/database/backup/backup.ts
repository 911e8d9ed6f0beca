// A backup is one file, made while the server runs: every row as of one moment, then the uploaded files, in the same
// form from both databases, so that each restores into the other. What it needs besides is the master key, of which
// it holds only a check.
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../database.ts';
import type { Db } from '../handle.ts';
import { appliedMigrations } from '../migrate.ts';
import { type Line, type Seen, toJson, writeArchive } from './archive.ts';
import { describeTables, readLastId, type TableShape } from './schema.ts';

// A multiple of three, so that the pieces' base64 has no padding between them.
const pieceBytes = 48 * 1024;
const keptBeforeMigrations = 5;

export type BackupAsk = { dataDir: string; keyCheck: string; version: string; now: number; seen?: Seen };
export type BackedUp = { file: string; rows: number; files: number; sizeBytes: number };

export function filesDirectory(dataDir: string): string {
  return join(dataDir, 'files');
}

export function backupsDirectory(dataDir: string): string {
  return join(dataDir, 'backups');
}

export async function backUp(database: Database, file: string, ask: BackupAsk): Promise<BackedUp> {
  const counts = { rows: 0, files: 0 };
  await database.snapshot((tx) => writeArchive(file, linesOf(database, tx, ask, counts)));
  return { file, ...counts, sizeBytes: (await stat(file)).size };
}

/** Made by the start that is about to migrate. The last few are kept; those made by hand are not touched. */
export async function backUpBefore(database: Database, { migration, ...ask }: BackupAsk & { migration: string }): Promise<BackedUp> {
  const directory = backupsDirectory(ask.dataDir);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const stamp = new Date(ask.now).toISOString().replace(/[-:]|\.\d+/g, '');
  const made = await backUp(database, join(directory, `before-${migration}-${stamp}.backup`), ask);
  const older = (await readdir(directory)).filter((name) => /^before-.*\.backup$/.test(name));
  const byAge = older.sort((a, b) => (stampOf(a) < stampOf(b) ? 1 : -1));
  for (const name of byAge.slice(keptBeforeMigrations)) await rm(join(directory, name), { force: true });
  return made;
}

function stampOf(name: string): string {
  return (
    name
      .replace(/\.backup$/, '')
      .split('-')
      .at(-1) ?? ''
  );
}

/** What /metrics tells the age of. */
export async function rememberBackup(dataDir: string, made: BackedUp, now: number): Promise<void> {
  await mkdir(backupsDirectory(dataDir), { recursive: true, mode: 0o700 });
  await writeFile(join(backupsDirectory(dataDir), 'last.json'), `${JSON.stringify({ ...made, at: now })}\n`, { mode: 0o600 });
}

async function* linesOf(database: Database, tx: Db, ask: BackupAsk, counts: { rows: number; files: number }): AsyncGenerator<Line> {
  const migrations = await appliedMigrations({ ...database.migrator, db: tx });
  yield { kind: 'header', format: 1, version: ask.version, created_at: ask.now, key_check: ask.keyCheck, migrations };
  const tables = await describeTables(tx, database);
  const total = await countAll(tx, tables);
  for (const table of tables) {
    const { name, columns } = table;
    yield { kind: 'table', name, columns };
    const before = counts.rows;
    const rows = tx.selectFrom(name as never).select(columns as never[]);
    for await (const row of rows.stream(500) as AsyncIterable<Record<string, unknown>>) {
      yield columns.map((column) => toJson(row[column]));
      counts.rows += 1;
      if (counts.rows % 1000 === 0) ask.seen?.(counts.rows, total);
    }
    yield { kind: 'end', rows: counts.rows - before, last_id: await readLastId(tx, database, table) };
  }
  yield* fileLines(filesDirectory(ask.dataDir), counts);
  yield { kind: 'done', ...counts };
}

async function countAll(tx: Db, tables: TableShape[]): Promise<number> {
  let total = 0;
  for (const { name } of tables) {
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(tx);
    total += Number(rows[0]?.n ?? 0);
  }
  return total;
}

// After the rows, so that no row of the backup names a file that is not in it: a file is written before its row.
async function* fileLines(directory: string, counts: { files: number }): AsyncGenerator<Line> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path);
    // Removed since the names were read: housekeeping does not wait for a backup.
    const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (!handle) continue;
    for await (const piece of handle.createReadStream({ highWaterMark: pieceBytes }) as AsyncIterable<Buffer>) {
      yield { kind: 'file', path: name, data: piece.toString('base64'), isLast: false };
    }
    yield { kind: 'file', path: name, data: '', isLast: true };
    counts.files += 1;
  }
}
