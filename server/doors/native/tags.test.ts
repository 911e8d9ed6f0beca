import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBot } from '../../commands/begin.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Shown = { id: number; tag_ns: string; name: string; subscribers: number; created_at: number };
type List = { data: Shown[]; next: string | null };

describe.each(databaseKinds)('tags on %s', (kind) => {
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
    (await scenario(t, { method: 'POST', path: '/v1/tags', key, body: { name } }, { status: 201, events: ['tag.created'] })).json;
  const list = async (query = '', key = world.key): Promise<List> => (await call(t, { method: 'GET', path: `/v1/tags${query}`, key })).json;

  test('a tag is made, read by number and by name, renamed and deleted', async () => {
    const made = await create('  Gold ');
    expect(made).toEqual({ id: made.id, tag_ns: `f${world.bot.id}t${made.id}`, name: 'Gold', subscribers: 0, created_at: t.clock.now() });
    await scenario(t, { method: 'GET', path: `/v1/tags/${made.id}`, key: world.key }, { status: 200, body: made });
    const path = `/v1/tags/${made.tag_ns}`;
    await scenario(t, { method: 'GET', path, key: world.key }, { status: 200, body: made });
    const renamed = { ...made, name: 'Platinum' };
    await scenario(t, { method: 'PATCH', path, key: world.key, body: { name: 'Platinum' } }, { status: 200, body: renamed, events: ['tag.updated'] });
    await scenario(t, { method: 'DELETE', path, key: world.key }, { status: 204, events: ['tag.deleted'] });
    for (const method of ['GET', 'DELETE'] as const) await scenario(t, { method, path, key: world.key }, { status: 404 });
    // The letter says what it is: `u` is no tag.
    await scenario(t, { method: 'GET', path: `/v1/tags/f${world.bot.id}u1`, key: world.key }, { status: 404 });
  });

  test('the list goes page by page in each order, is searched by part of a name, and shows nothing for a stale cursor', async () => {
    const made = [await create('Lead: b'), await create('Lead: 1.2'), await create('Lead: C')];
    const walk = async (sort: string): Promise<number[]> => {
      const seen: number[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: List = await list(`?limit=1&q=lead&sort=${sort}&cursor=${cursor}`);
        expect(page.data.length).toBeLessThanOrEqual(1);
        seen.push(...page.data.map((one) => one.id));
        cursor = page.next;
      }
      return seen;
    };
    const ids = made.map((one) => one.id);
    expect(await walk('newest')).toEqual(ids.toReversed());
    expect(await walk('')).toEqual(ids.toReversed());
    expect(await walk('oldest')).toEqual(ids);
    expect(await walk('name')).toEqual([ids[1], ids[0], ids[2]]);
    const { next } = await list('?limit=1&q=lead&sort=name');
    for (const stale of [`?sort=newest&cursor=${next}`, '?cursor=aTA6AA', '?sort=name&cursor=aTE', '?cursor=nonsense', `?sort=name&cursor=${btoa('i1:\0')}`])
      expect(await list(stale)).toEqual({ data: [], next: null });
    await scenario(t, { method: 'GET', path: '/v1/tags?sort=colour', key: world.key }, { status: 422 });
    expect((await list('?q=%25')).data).toEqual([]);
  });

  test('a name is unique in the bot whatever its case, and another bot has its own', async () => {
    const one = await create('Unique');
    const two = await create('Else');
    await scenario(t, { method: 'POST', path: '/v1/tags', key: world.key, body: { name: 'uNIQUE' } }, { status: 409 });
    await scenario(t, { method: 'PATCH', path: `/v1/tags/${two.id}`, key: world.key, body: { name: 'UNIQUE' } }, { status: 409 });
    const path = `/v1/tags/${one.id}`;
    await scenario(
      t,
      { method: 'PATCH', path, key: world.key, body: { name: 'UNIQUE' } },
      { status: 200, body: { ...one, name: 'UNIQUE' }, events: ['tag.updated'] },
    );
    const { bot } = await t.app.transact((tx) => createBot(t.app, tx, world.workspace.id, { name: 'Second', type: 'web' }));
    const headers = { ...(await session(t.app, world.account)), 'x-bot': `f${bot.id}` };
    await scenario(t, { method: 'POST', path: '/v1/tags', headers, body: { name: 'Unique' } }, { status: 201, events: ['tag.created'] });
    for (const name of ['', '   ', 'x'.repeat(256), 7, null])
      await scenario(t, { method: 'POST', path: '/v1/tags', key: world.key, body: { name } }, { status: 422 });
  });

  test('a tag tells how many have it, and the list of subscribers is narrowed by it', async () => {
    const tag = await create('Regular');
    const put = (email: string, body: object) =>
      call(t, { method: 'PUT', path: '/v1/subscribers', key: world.key, body: { email, ...body } }).then((reply) => reply.json as { id: number });
    const first = await put('one@example.com', { add_tags: ['REGULAR'] });
    const second = await put('two@example.com', { add_tags: ['Regular'] });
    await put('three@example.com', {});
    await scenario(t, { method: 'GET', path: `/v1/tags/${tag.id}`, key: world.key }, { status: 200, body: { ...tag, subscribers: 2 } });
    const have = async (which: string) =>
      ((await call(t, { method: 'GET', path: `/v1/subscribers?tag=${which}`, key: world.key })).json as List).data.map(({ id }) => id);
    expect(await have(String(tag.id))).toEqual([second.id, first.id]);
    expect(await have(tag.tag_ns)).toEqual([second.id, first.id]);
    expect(await have(`f${world.bot.id}t999999`)).toEqual([]);
    await scenario(t, { method: 'DELETE', path: `/v1/tags/${tag.id}`, key: world.key }, { status: 204, events: ['tag.deleted'] });
    const after: { tags: string[] } = (await call(t, { method: 'GET', path: `/v1/subscribers/${first.id}`, key: world.key })).json;
    expect(after.tags).toEqual([]);
  });

  test('another bot’s tag answers like one that never was', async () => {
    const tag = await create('Ours');
    const key = other.key;
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/tags/${id}`, key }), tag.id);
    await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: `/v1/tags/${id}`, key, body: { name: 'Theirs' } }), tag.id);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: `/v1/tags/${id}`, key }), tag.id);
    await scenario(t, { method: 'GET', path: `/v1/tags/${tag.tag_ns}`, key }, { status: 404 });
    expect((await list('?q=ours')).data).toEqual([tag]);
    expect((await list('?q=ours', other.key)).data).toEqual([]);
  });

  test('a viewer reads and does not write; a key needs Manage Flow', async () => {
    const tag = await create('Guarded');
    const viewer = { ...(await session(t.app, (await makeMember(t.app, world, 'viewer')).account)), 'x-bot': `f${world.bot.id}` };
    await scenario(t, { method: 'GET', path: '/v1/tags', headers: viewer }, { status: 200 });
    await scenario(t, { method: 'POST', path: '/v1/tags', headers: viewer, body: { name: 'No' } }, { status: 403 });
    await scenario(t, { method: 'PATCH', path: `/v1/tags/${tag.id}`, headers: viewer, body: { name: 'No' } }, { status: 403 });
    await scenario(t, { method: 'DELETE', path: `/v1/tags/${tag.id}`, headers: viewer }, { status: 403 });
    const reader = await makeKeyFor(t.app, world, ['chats:read']);
    await scenario(t, { method: 'GET', path: '/v1/tags', key: reader }, { status: 403 });
    await scenario(t, { method: 'GET', path: '/v1/tags' }, { status: 401 });
  });
});
