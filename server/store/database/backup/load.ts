// Reads a backup into an empty schema: brings it to the state of the backup, puts every row and file in, and then goes
// on to this version. What it was told to write into decides whether that is one transaction or many.
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { sql } from 'kysely';
import type { Db } from '../handle.ts';
import { type Migrator, migrate } from '../migrate.ts';
import { damaged, fromJson, type Line, readArchive, type Seen } from './archive.ts';
import { filesDirectory } from './backup.ts';
import { describeTables, type TableShape, writeLastId } from './schema.ts';

const maxParameters = 20_000;
const maxBatch = 500;

export type Header = Extract<Line, { kind: 'header' }>;
export type Restored = { created_at: number; version: string; rows: number; files: number };

export type Target = {
  isShared: boolean;
  migrator: Migrator;
  write: <T>(body: (tx: Db) => Promise<T>) => Promise<T>;
  /** Where the files go for now. */
  directory: string;
  now: number;
  seen?: Seen | undefined;
};

export async function load(file: string, header: Header, target: Target): Promise<Restored> {
  const { migrator, write, now } = target;
  await migrate(migrator, now, header.migrations.at(-1) ?? '');
  const tables = await describeTables(migrator.db, target);
  // A migration may have put rows of its own; those of the backup are all there were.
  for (const { name } of tables.toReversed()) await write((tx) => sql`delete from ${sql.table(name)}`.execute(tx));
  let table: TableShape | undefined;
  let batch: unknown[][] = [];
  let [rows, files, rowsOfTable, isWhole] = [0, 0, 0, false];
  const flush = async (): Promise<void> => {
    const [full, into] = [batch, table];
    batch = [];
    rowsOfTable += full.length;
    if (full.length > 0 && into) await write((tx) => insertRows(tx, into, full));
  };
  for await (const line of readArchive(file, target.seen)) {
    if (Array.isArray(line)) {
      batch.push(line);
      if (batch.length >= maxBatch || batch.length * line.length >= maxParameters) await flush();
    } else if (line.kind === 'table') {
      const { name, columns } = line;
      const identity = tables.find((one) => one.name === name)?.identity ?? null;
      table = { name, columns, identity };
      rowsOfTable = 0;
    } else if (line.kind === 'end') {
      await flush();
      const [ended, last] = [table, line.last_id];
      if (!ended || rowsOfTable !== line.rows) throw damaged(file, `has ${rowsOfTable} rows of ${table?.name} where ${line.rows} were written`);
      if (last !== null) await write((tx) => writeLastId(tx, target, ended, last));
      rows += rowsOfTable;
    } else if (line.kind === 'file') {
      keepFile(file, target.directory, line);
      if (line.isLast) files += 1;
    } else if (line.kind === 'done') isWhole = line.rows === rows && line.files === files;
  }
  if (!isWhole) throw damaged(file, 'is not whole');
  await migrate(migrator, now);
  return { created_at: header.created_at, version: header.version, rows, files };
}

async function insertRows(tx: Db, { name, columns }: TableShape, rows: unknown[][]): Promise<void> {
  const values = rows.map((row) => sql`(${sql.join(row.map((value) => sql.val(fromJson(value))))})`);
  await sql`insert into ${sql.table(name)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${sql.join(values)}`.execute(tx);
}

function keepFile(file: string, directory: string, { path, data }: { path: string; data: string }): void {
  const name = normalize(path);
  if (name.startsWith('..') || name.startsWith(sep)) throw damaged(file, `holds a file outside its place, ${path}`);
  const place = join(filesDirectory(directory), name);
  mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
  appendFileSync(place, Buffer.from(data, 'base64'), { mode: 0o600 });
}
