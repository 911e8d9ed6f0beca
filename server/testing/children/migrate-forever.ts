// A child for migrate.process.test.ts: migrates one fresh database after another until it is killed, so that a kill at
// any moment lands inside a migration. Each gets a row between the first migration and the rest.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { migrate } from '../../store/database/migrate.ts';
import { openDatabase } from '../../store/database.ts';

const [, , directory = '', databaseUrl = ''] = process.argv;

for (let round = 0; ; round += 1) {
  const dataDir = join(directory, String(round).padStart(6, '0'));
  mkdirSync(dataDir);
  const database = await openDatabase({ dataDir, databaseUrl: databaseUrl === '' ? null : databaseUrl });
  if (database.isShared) await database.transact((tx) => sql`drop schema public cascade`.execute(tx).then(() => sql`create schema public`.execute(tx)));
  await migrate(database.migrator, 1, '0001-accounts');
  await database.transact((tx) => sql`insert into setting (workspace_id, name, value) values (0, 'round', ${String(round)})`.execute(tx));
  await migrate(database.migrator, 2);
  await database.close();
}
