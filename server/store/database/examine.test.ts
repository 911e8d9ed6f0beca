import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { databaseKinds, makePlace } from '../../testing/databases.ts';
import { insertBot } from '../bots.ts';
import { openDatabase } from '../database.ts';
import { insertTag, pageTags } from '../tags.ts';
import { insertWorkspace } from '../workspaces.ts';
import { unindexedSearches } from './examine.ts';
import { migrate } from './migrate.ts';

describe.runIf(databaseKinds.includes('postgres'))('a Postgres whose owner may not add extensions', () => {
  test('is migrated all the same, finds what is searched, and doctor hears of it', async () => {
    const place = await makePlace('postgres');
    const admin = await openDatabase(place);
    const role = `owner_${process.pid}`;
    const name = new URL(place.databaseUrl ?? '').pathname.slice(1);
    await sql`create role ${sql.id(role)} login`.execute(admin.read);
    await sql`grant all on schema public to ${sql.id(role)}`.execute(admin.read);
    await sql`revoke create on database ${sql.id(name)} from public`.execute(admin.read);
    const url = new URL(place.databaseUrl ?? '');
    url.username = role;
    const database = await openDatabase({ dataDir: place.dataDir, databaseUrl: url.href });
    await migrate(database.migrator, 0);
    expect(await unindexedSearches(database)).toEqual(['field', 'tag']);
    const found = await database.transact(async (tx) => {
      const { id } = await insertWorkspace(tx, { name: 'Acme', at: 0 });
      const bot = await insertBot(tx, { workspaceId: id, name: 'Helper', type: 'web', at: 0 });
      await insertTag(tx, bot.id, 'Customer', 0);
      return pageTags(tx, bot.id, { name: 'tome' }, { page: 1, limit: 10 });
    });
    expect(found.total).toBe(1);
    await database.close();
    await sql`drop owned by ${sql.id(role)}`.execute(admin.read);
    await sql`drop role ${sql.id(role)}`.execute(admin.read);
    await admin.close();
    await place.remove();
  });
});
