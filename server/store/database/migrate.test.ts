// The schema's way from nothing to now, on both databases.
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databaseKinds, makePlace, type Place } from '../../testing/databases.ts';
import { type Database, openDatabase } from '../database.ts';
import { migrations } from '../migrations.ts';
import { appliedMigrations, exitCodeNewerSchema, migrate, pendingMigrations } from './migrate.ts';

const all = migrations.map(({ name }) => name);

describe.each(databaseKinds)('migrations on %s', (kind) => {
  let place: Place;
  let database: Database;
  beforeEach(async () => {
    place = await makePlace(kind);
    database = await openDatabase(place);
  });
  afterEach(async () => {
    await database.close();
    await place.remove();
  });

  test('are all applied to an empty database, in order, and not a second time', async () => {
    expect((await pendingMigrations(database.migrator)).map(({ name }) => name)).toEqual(all);
    expect(await migrate(database.migrator, 7)).toEqual(all);
    expect(await appliedMigrations(database.migrator)).toEqual(all);
    expect(await migrate(database.migrator, 8)).toEqual([]);
    expect(await database.read.selectFrom('migration').select('applied_at').distinct().execute()).toEqual([{ applied_at: 7 }]);
  });

  test('go on where an earlier version had stopped', async () => {
    const [first = ''] = all;
    expect(await migrate(database.migrator, 0, first)).toEqual([first]);
    expect(await migrate(database.migrator, 0)).toEqual(all.slice(1));
  });

  test('give chats of before the runs they had', async () => {
    await migrate(database.migrator, 0, '0040-inbox');
    const add = (text: string) => database.transact((tx) => sql.raw(text).execute(tx));
    await add(`insert into workspace (id, name, created_at, updated_at) values (1, 'Acme', 0, 0)`);
    await add(`insert into bot (id, workspace_id, name, name_key, type, created_at, updated_at) values (1, 1, 'Bot', 'bot', 'web', 0, 0)`);
    await add(
      `insert into subscriber (id, bot_id, channel, user_id, name, name_key, fields, created_at, updated_at) values (1, 1, 'api', 'x', '', '', '{}', 0, 0)`,
    );
    await add(`insert into conversation (id, workspace_id, bot_id, subscriber_id, channel, status, seq, public_at, messages, opened_at, created_at)
      values (1, 1, 1, 1, 'api', 'open', 0, 0, 0, 0, 0)`);
    await add(`insert into chat (conversation_id, workspace_id, bot_id, owner_id, name, from_type, from_flow, flow_id, metadata, queue, last_error, created_at, updated_at)
      values (1, 1, 1, 3, '', 'flow', 'x', 5, '{}', '[]', 'why', 0, 0)`);
    for (const [id, status] of ['ended', 'failed', 'waiting'].entries())
      await add(
        `insert into session (id, conversation_id, flow_id, version, status, state, rev, started_at, updated_at) values (${id + 1}, 1, 5, 1, '${status}', '{}', 1, ${id}, 9)`,
      );
    await migrate(database.migrator, 0);
    const runs = await database.read
      .selectFrom('chat_run')
      .select(['session_id', 'owner_id', 'stop_reason', 'error', 'started_at', 'finished_at'])
      .orderBy('session_id')
      .execute();
    expect(runs).toEqual([
      { session_id: 1, owner_id: 3, stop_reason: 'graph_complete', error: null, started_at: 0, finished_at: 9 },
      { session_id: 2, owner_id: 3, stop_reason: 'error', error: 'why', started_at: 1, finished_at: 9 },
      { session_id: 3, owner_id: 3, stop_reason: null, error: null, started_at: 2, finished_at: null },
    ]);
  });

  test('refuse a schema that a newer version wrote, and say what to do', async () => {
    await migrate(database.migrator, 0);
    await database.transact((tx) => tx.insertInto('migration').values({ name: '9999-later', applied_at: 0 }).execute());
    await expect(migrate(database.migrator, 0)).rejects.toMatchObject({
      exitCode: exitCodeNewerSchema,
      message: expect.stringMatching(/newer version \(it knows 9999-later\).*or restore a backup/),
    });
  });

  test('leave nothing of one that fails half-way', async () => {
    await migrate(database.migrator, 0);
    const broken = { name: '9998-broken', up: () => ['create table half (id int)', 'create table half (id int)'] };
    migrations.push(broken);
    try {
      await expect(migrate(database.migrator, 0)).rejects.toThrow(/half/);
    } finally {
      migrations.pop();
    }
    expect(await appliedMigrations(database.migrator)).toEqual(all);
    expect(await database.migrator.hasTable(database.read, 'half')).toBe(false);
  });

  test('give both databases the same tables', async () => {
    await migrate(database.migrator, 0);
    const names =
      kind === 'sqlite' ? sql`select name from sqlite_master where type = 'table'` : sql`select tablename as name from pg_tables where schemaname = 'public'`;
    const { rows } = await (names as ReturnType<typeof sql<{ name: string }>>).execute(database.read);
    const made = rows.map(({ name }) => name).filter((name) => !/^sqlite_|_search/.test(name));
    const promised = migrations.flatMap(({ up }) => up(database.migrator.dialect)).flatMap((text) => /^create table (\w+)(?<!_search)\b/.exec(text)?.[1] ?? []);
    expect(made.sort()).toEqual([...promised, 'migration'].sort());
  });
});

test.runIf(databaseKinds.includes('postgres'))('two nodes that start at once migrate once', async () => {
  const place = await makePlace('postgres');
  const nodes = await Promise.all([openDatabase(place), openDatabase(place), openDatabase(place)]);
  const applied = await Promise.all(nodes.map((node) => migrate(node.migrator, 0)));
  expect(applied.flat().sort()).toEqual(all);
  for (const node of nodes) await node.close();
  await place.remove();
});
