import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBot } from '../../commands/begin.ts';
import type { Bot } from '../../store/bots.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('bots on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let owner: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    owner = await session(t.app, world.account);
  });
  afterAll(() => t.close());

  const make = async (name: string): Promise<Bot> => (await t.app.transact((tx) => createBot(t.app, tx, world.workspace.id, { name, type: 'web' }))).bot;

  test('a bot comes with its first site, is found, renamed and deleted', async () => {
    const reply = await scenario(
      t,
      { method: 'POST', path: '/v1/bots', headers: owner, body: { name: 'Größe', type: 'telegram' } },
      { status: 201, events: ['bot.created', 'site.created'] },
    );
    const { id } = reply.json as Bot;
    const shown = { id, flow_ns: `f${id}`, name: 'Größe', type: 'telegram', slug: 'grosse', created_at: t.clock.now() };
    expect(reply.json).toEqual(shown);
    for (const path of [`/v1/bots/${id}`, `/v1/bots/f${id}`]) await scenario(t, { method: 'GET', path, headers: owner }, { status: 200, body: shown });
    await scenario(t, { method: 'GET', path: '/v1/bots?q=GRÖ', headers: owner }, { status: 200, body: { data: [shown], next: null } });
    await scenario(t, { method: 'GET', path: '/v1/bots?q=%25', headers: owner }, { status: 200, body: { data: [], next: null } });

    const patch = { method: 'PATCH' as const, path: `/v1/bots/f${id}`, headers: owner, body: { name: 'Size' } };
    await scenario(t, patch, { status: 200, body: { ...shown, name: 'Size' }, events: ['bot.updated'] });
    await scenario(t, patch, { status: 200 });
    await scenario(t, { ...patch, body: { type: 'fax' } }, { status: 422 });
    const remove = { method: 'DELETE' as const, path: `/v1/bots/f${id}`, headers: owner };
    await scenario(t, remove, { status: 204, events: ['bot.deleted'] });
    await scenario(t, remove, { status: 404 });
    expect(await t.app.db.selectFrom('site').selectAll().where('bot_id', '=', id).execute()).toEqual([]);
  });

  test('its page has an address of its own, from its name at first, which nobody else can take', async () => {
    const [one, two, nameless] = [await make('Fern & Clay!'), await make('Fern & Clay'), await make('日本')];
    expect([one.slug, two.slug, nameless.slug]).toEqual(['fern-clay', 'fern-clay-2', 'chat']);
    const patch = (slug: string) => ({ method: 'PATCH' as const, path: `/v1/bots/${two.id}`, headers: owner, body: { slug } });
    const page = (slug: string) => t.server.inject({ url: `/b/${slug}` });
    const [site] = await t.app.db.selectFrom('site').selectAll().where('bot_id', '=', two.id).execute();
    await scenario(t, patch('help'), { status: 200, events: ['bot.updated'] });
    expect((await page('help')).body).toContain(site?.site_key);
    expect((await page(site?.site_key ?? '')).statusCode).toBe(200);
    expect((await page('fern-clay-2')).statusCode).toBe(404);
    expect((await page('nobody')).statusCode).toBe(404);
    const taken = await scenario(t, patch('fern-clay'), { status: 422 });
    expect(taken.text).toContain('Another bot has this address.');
    for (const wrong of ['', 'Help', 'a b', '-a', 'a--b', 'a/b', 'x'.repeat(61)]) await scenario(t, patch(wrong), { status: 422 });
    await t.app.transact((tx) => tx.updateTable('site').set({ settings: '{"enabled":false}' }).where('bot_id', '=', two.id).execute());
    expect((await page('help')).statusCode).toBe(404);
  });

  test('builders change bots, only admins make and delete them, everyone sees them', async () => {
    const bot = await make('Roles');
    const path = `/v1/bots/${bot.id}`;
    const may = { admin: [201, 200], builder: [403, 200], agent: [403, 403], viewer: [403, 403] } as const;
    for (const [role, [creates, changes]] of Object.entries(may)) {
      const headers = await session(t.app, (await makeMember(t.app, world, role as keyof typeof may)).account);
      expect((await call(t, { method: 'GET', path, headers })).status).toBe(200);
      expect((await call(t, { method: 'POST', path: '/v1/bots', headers, body: { name: role } })).status).toBe(creates);
      expect((await call(t, { method: 'PATCH', path, headers, body: { name: role } })).status).toBe(changes);
      expect((await call(t, { method: 'DELETE', path: `/v1/bots/${(await make('x')).id}`, headers })).status).toBe(creates === 201 ? 204 : 403);
    }
    await scenario(t, { method: 'PATCH', path, headers: { cookie: owner.cookie ?? '' }, body: { name: 'x' } }, { status: 403 });
  });

  test('a key needs the scope, and one of a bot touches no other', async () => {
    const sibling = await make('Sibling');
    const flow = await makeKeyFor(t.app, world, ['Manage Flow']);
    const team = await makeKeyFor(t.app, world, ['Manage Team']);
    const wide = await makeKeyFor(t.app, world, ['Manage Flow', 'Manage Team'], null);
    const patch = (id: number, key: string) => ({ method: 'PATCH' as const, path: `/v1/bots/${id}`, key, body: { name: 'New' } });
    await scenario(t, patch(world.bot.id, flow), { status: 200, events: ['bot.updated'] });
    await scenario(t, patch(world.bot.id, team), { status: 403 });
    await scenario(t, patch(sibling.id, flow), { status: 403 });
    await scenario(t, patch(sibling.id, wide), { status: 200, events: ['bot.updated'] });
    await scenario(t, { method: 'DELETE', path: `/v1/bots/${sibling.id}`, key: team }, { status: 403 });
    await scenario(t, { method: 'DELETE', path: `/v1/bots/${sibling.id}`, key: wide }, { status: 204, events: ['bot.deleted'] });
    await scenario(t, { method: 'POST', path: '/v1/bots', key: flow, body: { name: 'x' } }, { status: 403 });
  });

  test('another workspace’s bot answers like one that never was', async () => {
    for (const headers of [owner, { authorization: `Bearer ${world.key}` }]) {
      await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/bots/${id}`, headers }), other.bot.id);
      await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: `/v1/bots/f${id}`, headers, body: { name: 'Mine' } }), other.bot.id);
      await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: `/v1/bots/${id}`, headers }), other.bot.id);
    }
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: '/v1/bots', headers: { ...owner, 'x-bot': `f${id}` } }), other.bot.id);
    for (const id of ['x', 'f', '-1', '1.5', '9'.repeat(20)]) await scenario(t, { method: 'GET', path: `/v1/bots/${id}`, headers: owner }, { status: 404 });
  });
});
