// A child for migrate.process.test.ts: migrates one fresh database after another until it is killed, and writes a line
// after every step, so that a kill can be meant for any of them. Each gets a row between the first migration and the rest.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { migrate } from '../../store/database/migrate.ts';
import { openDatabase } from '../../store/database.ts';
import { migrations } from '../../store/migrations.ts';

const [, , directory = '', databaseUrl = ''] = process.argv;

for (let round = 0; ; round += 1) {
  const dataDir = join(directory, String(round).padStart(6, '0'));
  mkdirSync(dataDir);
  const database = await openDatabase({ dataDir, databaseUrl: databaseUrl === '' ? null : databaseUrl });
  if (database.isShared) await database.transact((tx) => sql`drop schema public cascade`.execute(tx).then(() => sql`create schema public`.execute(tx)));
  process.stdout.write('empty\n');
  for (const [at, { name }] of migrations.entries()) {
    await migrate(database.migrator, 1, name);
    if (at === 0) await database.transact((tx) => sql`insert into setting (workspace_id, name, value) values (0, 'round', ${String(round)})`.execute(tx));
    process.stdout.write(`${name}\n`);
  }
  await database.close();
}
