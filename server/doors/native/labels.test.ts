import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBot } from '../../commands/begin.ts';
import { changeLabels, labelsOfMany } from '../../store/labels.ts';
import { insertSubscriber } from '../../store/subscribers.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Shown = { id: number; name: string; subscribers: number; created_at: number };

describe.each(databaseKinds)('labels on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  const create = async (name: string, key = world.key): Promise<Shown> =>
    (await scenario(t, { method: 'POST', path: '/v1/labels', key, body: { name } }, { status: 201, events: ['label.created'] })).json;
  const list = async (query = ''): Promise<{ data: Shown[]; next: string | null }> =>
    (await call(t, { method: 'GET', path: `/v1/labels${query}`, key: world.key })).json;

  test('a label is made, read, renamed and deleted', async () => {
    const made = await create('  Gold ');
    expect(made).toEqual({ id: made.id, name: 'Gold', subscribers: 0, created_at: t.clock.now() });
    const path = `/v1/labels/${made.id}`;
    await scenario(t, { method: 'GET', path, key: world.key }, { status: 200, body: made });
    const renamed = { ...made, name: 'Platinum' };
    await scenario(t, { method: 'PATCH', path, key: world.key, body: { name: 'Platinum' } }, { status: 200, body: renamed, events: ['label.updated'] });
    await scenario(t, { method: 'GET', path, key: world.key }, { status: 200, body: renamed });
    await scenario(t, { method: 'DELETE', path, key: world.key }, { status: 204, events: ['label.deleted'] });
    await scenario(t, { method: 'GET', path, key: world.key }, { status: 404 });
    await scenario(t, { method: 'DELETE', path, key: world.key }, { status: 404 });
  });

  test('the list is newest first, goes page by page, and is searched by part of a name', async () => {
    const made = [await create('Lead one'), await create('Lead two'), await create('Lead THREE')];
    const first = await list('?limit=2&q=lead');
    expect(first.data).toEqual([made[2], made[1]]);
    expect(await list(`?limit=2&q=lead&cursor=${first.next}`)).toEqual({ data: [made[0]], next: null });
    expect((await list('?q=three')).data).toEqual([made[2]]);
    expect((await list('?q=%25')).data).toEqual([]);
    expect((await list('?q=lead&sort=oldest')).data).toEqual(made);
    const byName = await list('?limit=2&q=lead&sort=name');
    expect(byName.data).toEqual([made[0], made[2]]);
    expect(await list(`?limit=2&q=lead&sort=name&cursor=${byName.next}`)).toEqual({ data: [made[1]], next: null });
  });

  test('a name is unique in the workspace whatever its case, when made and when renamed', async () => {
    const one = await create('Unique');
    const two = await create('Else');
    await scenario(t, { method: 'POST', path: '/v1/labels', key: world.key, body: { name: 'uNIQUE' } }, { status: 409 });
    await scenario(t, { method: 'PATCH', path: `/v1/labels/${two.id}`, key: world.key, body: { name: 'UNIQUE' } }, { status: 409 });
    // Its own name in another case is not somebody else's.
    const body = { ...one, name: 'UNIQUE' };
    await scenario(
      t,
      { method: 'PATCH', path: `/v1/labels/${one.id}`, key: world.key, body: { name: 'UNIQUE' } },
      { status: 200, body, events: ['label.updated'] },
    );
    await create('Unique', other.key);
    for (const name of ['', '   ', 'x'.repeat(256), 7, null])
      await scenario(t, { method: 'POST', path: '/v1/labels', key: world.key, body: { name } }, { status: 422 });
  });

  test('whoever has a label keeps it under its new name, on every bot, and loses it with the label', async () => {
    const label = await create('Before');
    const { bot } = await t.app.transact((tx) => createBot(t.app, tx, world.workspace.id, { name: 'Second', type: 'web' }));
    const ids: number[] = [];
    for (const botId of [world.bot.id, bot.id]) {
      await t.app.transact(async (tx) => {
        const one = await insertSubscriber(tx, botId, { channel: 'web', user_id: 'labelled' }, t.clock.now());
        ids.push(one?.id ?? 0);
        await changeLabels(tx, world.workspace.id, one?.id ?? 0, { add: ['before', 'nobody'], remove: [] });
      });
    }
    const held = async () => [...(await labelsOfMany(t.app.db, world.workspace.id, ids)).values()].flat().map(({ name }) => name);
    expect(await held()).toEqual(['Before', 'Before']);
    expect((await list('?q=before')).data).toEqual([{ ...label, subscribers: 2 }]);
    await call(t, { method: 'PATCH', path: `/v1/labels/${label.id}`, key: world.key, body: { name: 'After' } });
    expect(await held()).toEqual(['After', 'After']);
    await call(t, { method: 'DELETE', path: `/v1/labels/${label.id}`, key: world.key });
    expect(await held()).toEqual([]);
  });

  test('another workspace’s label answers like one that never was', async () => {
    const label = await create('Ours');
    const key = other.key;
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/labels/${id}`, key }), label.id);
    await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: `/v1/labels/${id}`, key, body: { name: 'Theirs' } }), label.id);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: `/v1/labels/${id}`, key }), label.id);
    expect((await list('?q=ours')).data).toEqual([label]);
  });

  test('a viewer reads and does not write; a key needs Manage Flow to write', async () => {
    const label = await create('Guarded');
    const viewer = { ...(await session(t.app, (await makeMember(t.app, world, 'viewer')).account)), 'x-workspace': String(world.workspace.id) };
    await scenario(t, { method: 'GET', path: '/v1/labels', headers: viewer }, { status: 200 });
    await scenario(t, { method: 'POST', path: '/v1/labels', headers: viewer, body: { name: 'No' } }, { status: 403 });
    await scenario(t, { method: 'DELETE', path: `/v1/labels/${label.id}`, headers: viewer }, { status: 403 });
    const reader = await makeKeyFor(t.app, world, ['chats:read']);
    await scenario(t, { method: 'PATCH', path: `/v1/labels/${label.id}`, key: reader, body: { name: 'No' } }, { status: 403 });
  });
});
