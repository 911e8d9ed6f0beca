// The tables that are there, read from the database itself: backups and restores must know every one, also those of
// a schema older than this binary, and none that is not ours in a Postgres shared with others.
import { sql } from 'kysely';
import { type Dialect, migrations, postgresDialect, sqliteDialect } from '../../migrations.ts';
import type { Db } from '../handle.ts';

export type TableShape = {
  name: string;
  columns: string[];
  /** The column whose numbers the database allots; null when it allots none. */
  identity: string | null;
};

/** Postgres, or SQLite. */
type Kind = { isShared: boolean };

type Found = { name: string; column: string; identity: number };
type Reference = { name: string; parent: string };

/** Every table but `migration`, parents before their children, and in the same order wherever the schema is the same. */
export async function describeTables(db: Db, { isShared }: Kind): Promise<TableShape[]> {
  const ours = ownTables();
  const found = (await sql<Found>`${isShared ? postgresColumns : sqliteColumns}`.execute(db)).rows.filter(({ name }) => ours.has(name));
  const references = (await sql<Reference>`${isShared ? postgresReferences : sqliteReferences}`.execute(db)).rows;
  const tables = Map.groupBy(found, ({ name }) => name);
  return inOrder([...tables.keys()], references).map((name) => {
    const columns = tables.get(name) ?? [];
    return { name, columns: columns.map(({ column }) => column), identity: columns.find(({ identity }) => identity === 1)?.column ?? null };
  });
}

/** What the migrations have ever made, and a backup holds. */
function ownTables(): Set<string> {
  return tablesMadeFor(sqliteDialect);
}

/** What is made of the others and fills again by itself: no backup holds it. SQLite keeps such in virtual tables. */
export function derivedTables(): string[] {
  const kept = ownTables();
  return [...tablesMadeFor(postgresDialect)].filter((name) => !kept.has(name));
}

function tablesMadeFor(dialect: Dialect): Set<string> {
  const statements = migrations.flatMap((migration) => migration.up(dialect));
  return new Set(statements.flatMap((text) => [...text.matchAll(/\b(?:create table|rename to) (\w+)/gi)].map(([, name = '']) => name)));
}

// `autoincrement` stands in the statement that made the table; there is no pragma for it.
const sqliteColumns = sql`
  select t.name as name, c.name as "column", (c.pk = 1 and t.sql like '%autoincrement%') as identity
  from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table' order by t.name, c.cid`;
const sqliteReferences = sql`
  select t.name as name, f."table" as parent from sqlite_master t, pragma_foreign_key_list(t.name) f where t.type = 'table' order by 1, 2`;

const postgresColumns = sql`
  select t.relname as name, c.attname as "column", (c.attidentity <> '')::int as identity
  from pg_class t join pg_attribute c on c.attrelid = t.oid
  where t.relkind = 'r' and t.relnamespace = current_schema()::regnamespace and c.attnum > 0 and not c.attisdropped order by t.relname, c.attnum`;
const postgresReferences = sql`
  select t.relname as name, p.relname as parent from pg_constraint f join pg_class t on t.oid = f.conrelid join pg_class p on p.oid = f.confrelid
  where f.contype = 'f' and f.connamespace = current_schema()::regnamespace order by 1, 2`;

function inOrder(names: string[], references: Reference[]): string[] {
  const ordered: string[] = [];
  const seen = new Set<string>();
  const visit = (name: string): void => {
    // Seen before its own parents: a table may refer to itself.
    if (seen.has(name) || !names.includes(name)) return;
    seen.add(name);
    for (const reference of references) if (reference.name === name) visit(reference.parent);
    ordered.push(name);
  };
  for (const name of names) visit(name);
  return ordered;
}

/** The last number the database has allotted, so that those of deleted rows are not allotted again. */
export async function readLastId(db: Db, { isShared }: Kind, { name, identity }: TableShape): Promise<number | null> {
  if (identity === null) return null;
  const query = isShared
    ? sql<{ last: number | null }>`select case when is_called then last_value end as last from ${sql.table(await sequenceOf(db, name, identity))}`
    : sql<{ last: number | null }>`select seq as last from sqlite_sequence where name = ${name}`;
  return (await query.execute(db)).rows[0]?.last ?? null;
}

export async function writeLastId(tx: Db, { isShared }: Kind, { name, identity }: TableShape, last: number): Promise<void> {
  if (identity === null) return;
  if (isShared) {
    await sql`select setval(${await sequenceOf(tx, name, identity)}::regclass, ${last})`.execute(tx);
    return;
  }
  await sql`delete from sqlite_sequence where name = ${name}`.execute(tx);
  await sql`insert into sqlite_sequence (name, seq) values (${name}, ${last})`.execute(tx);
}

async function sequenceOf(db: Db, table: string, column: string): Promise<string> {
  const { rows } = await sql<{ name: string }>`select pg_get_serial_sequence(${table}, ${column}) as name`.execute(db);
  return rows[0]?.name ?? '';
}
