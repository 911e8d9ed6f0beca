// What is kept of a query must not show: the same rows as if it were asked anew each time.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, makeDatabase } from '../../testing/databases.ts';
import { insertAccount } from '../accounts.ts';
import { type Database, kept, keptInsert, remembered } from '../database.ts';
import { deleteKey, findKeyByHash, insertKey } from '../keys.ts';
import { insertMember } from '../members.ts';
import { insertWorkspace } from '../workspaces.ts';
import { tableWritten } from './changes.ts';

describe.each(databaseKinds)('a kept query on %s', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await makeDatabase(kind);
  });
  afterAll(() => database.close());

  test('runs with the values of each call, in their places, and with those that were part of it', async () => {
    const find = kept((db, values: { name: string; id: number }) =>
      db.selectFrom('setting').selectAll().where('name', '=', values.name).where('value', '!=', 'hidden').where('workspace_id', '=', values.id),
    );
    await database.transact(async (tx) => {
      for (const [id, value] of ['one', 'hidden', 'three'].entries()) await tx.insertInto('setting').values({ workspace_id: id, name: 'a', value }).execute();
    });
    const found = await Promise.all([0, 1, 2, 3].map((id) => find(database.read, { id, name: 'a' })));
    expect(found.map((rows) => rows[0]?.value)).toEqual(['one', undefined, 'three', undefined]);
  });

  test('tells the id of the row it put in, and null when it was kept out', async () => {
    const insert = keptInsert((db, { name, at }: { name: string; at: number }) =>
      db
        .insertInto('workspace')
        .values({ name, image: null, created_at: at, updated_at: at } as never)
        .onConflict((conflict) => conflict.column('id').doNothing()),
    );
    const first = await database.transact((tx) => insert(tx, { name: 'a', at: 1 }));
    const second = await database.transact((tx) => insert(tx, { name: 'b', at: 2 }));
    expect(second).toBeGreaterThan(first ?? Number.NaN);
    const refused = keptInsert((db, { id }: { id: number }) =>
      db
        .insertInto('workspace')
        .values({ id, name: 'c', image: null, created_at: 0, updated_at: 0 } as never)
        .onConflict((conflict) => conflict.column('id').doNothing()),
    );
    expect(await database.transact((tx) => refused(tx, { id: first ?? 0 }))).toBeNull();
  });

  async function makeKey(hash: string): Promise<{ id: number; workspaceId: number; accountId: number }> {
    return database.transact(async (tx) => {
      const { id: workspaceId } = await insertWorkspace(tx, { name: 'Acme', at: 0 });
      const account = await insertAccount(tx, { email: `${hash}@example.com`, name: 'Olive', passwordHash: null, at: 0 });
      const accountId = account?.id ?? 0;
      await insertMember(tx, { workspace_id: workspaceId, account_id: accountId, role: 'owner', created_at: 0 });
      const key = { workspace_id: workspaceId, bot_id: null, account_id: accountId, name: 'k', prefix: 'p', hash, scopes: '[]', quota_per_hour: 0 };
      const bounds = { rate_per_minute: null, flows: null, status_vocabulary: 'usual' as const, expires_at: null };
      const { id } = await insertKey(tx, { ...key, ...bounds, created_at: 0 });
      return { id, workspaceId, accountId };
    });
  }
  const find = async (hash: string) => (await findKeyByHash(database.read, hash, 1))?.role ?? null;

  test('that is remembered forgets as soon as what it read has changed, however that was said', async () => {
    const [revoked, demoted, raw, gone] = [await makeKey('revoked'), await makeKey('demoted'), await makeKey('raw'), await makeKey('gone')];
    for (const hash of ['revoked', 'demoted', 'raw', 'gone']) for (let time = 0; time < 3; time += 1) expect(await find(hash)).toBe('owner');
    await database.transact((tx) => deleteKey(tx, revoked.workspaceId, revoked.id));
    expect(await find('revoked')).toBeNull();
    await database.transact((tx) => tx.updateTable('member').set({ role: 'viewer' }).where('account_id', '=', demoted.accountId).execute());
    expect(await find('demoted')).toBe('viewer');
    await database.transact((tx) =>
      sql`with one as (select 'agent' as role) update member set role = (select role from one) where account_id = ${raw.accountId}`.execute(tx),
    );
    expect(await find('raw')).toBe('agent');
    await database.transact((tx) => tx.deleteFrom('workspace').where('id', '=', gone.workspaceId).execute());
    expect(await find('gone')).toBeNull();
  });

  test('that is remembered knows nothing of what was undone', async () => {
    const key = await makeKey('undone');
    expect(await find('undone')).toBe('owner');
    const undone = database.transact(async (tx) => {
      await deleteKey(tx, key.workspaceId, key.id);
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await find('undone')).toBe('owner');
  });

  test('that is remembered does not remember that there was nothing', async () => {
    const look = remembered(['never written'], (db, { name }: { name: string }) => db.selectFrom('setting').selectAll().where('name', '=', name));
    expect(await look(database.read, { name: 'later' })).toEqual([]);
    await database.transact((tx) => tx.insertInto('setting').values({ workspace_id: 1, name: 'later', value: '1' }).execute());
    expect(await look(database.read, { name: 'later' })).toHaveLength(1);
  });
});

test('every statement that may write says which table, or any', () => {
  expect(['select 1', ' SELECT "a" from b', 'savepoint one', 'pragma page_count'].map(tableWritten)).toEqual([null, null, null, null]);
  expect(['insert into "tag" ("a")', '\n INSERT  INTO tag', 'update "tag" set', 'delete from tag'].map(tableWritten)).toEqual(['tag', 'tag', 'tag', 'tag']);
  expect(['with a as (select 1) insert into tag', 'replace into tag', 'drop table tag', 'insert or replace into tag', 'vacuum'].map(tableWritten)).toEqual([
    '*',
    '*',
    '*',
    '*',
    '*',
  ]);
});
