import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBot } from '../../commands/begin.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Shown = { id: number; site_key: string; bot: string; rev: number };

describe.each(databaseKinds)('sites on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let owner: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    owner = { ...(await session(t.app, world.account)), 'x-bot': `f${world.bot.id}` };
  });
  afterAll(() => t.close());

  const create = async (body: object = { name: 'Shop' }): Promise<Shown> =>
    (await scenario(t, { method: 'POST', path: '/v1/sites', headers: owner, body }, { status: 201, events: ['site.created'] })).json;
  const patch = (id: number, body: object, headers = owner) => ({ method: 'PATCH' as const, path: `/v1/sites/${id}`, headers, body });

  test('a new site says what the contract says', async () => {
    const made = await create();
    expect(made).toEqual({
      id: made.id,
      site_key: expect.stringMatching(/^site_[0-9A-Za-z]{24}$/),
      name: 'Shop',
      bot: `f${world.bot.id}`,
      greeting: 'Hi there! How can we help?',
      auto_reply: null,
      origins: [],
      author_label: 'Support',
      shared_network: false,
      anonymous: false,
      flow: null,
      enabled: true,
      theme: { color: null, scheme: 'auto', side: 'end', radius: 16, launcher: null },
      pre_chat: { name: 'hidden', email: 'hidden', consent: null },
      starters: [],
      sound: true,
      identity: 'off',
      show_agents: false,
      reopen: true,
      mute_suspected: false,
      min_token: 1,
      rev: 1,
      created_at: t.clock.now(),
      updated_at: t.clock.now(),
    });
    await scenario(t, { method: 'GET', path: `/v1/sites/${made.id}`, headers: owner }, { status: 200, body: made });
  });

  test('everything of a site can be set at once, and origins are kept as browsers send them', async () => {
    const values = {
      greeting: '',
      auto_reply: 'Soon!',
      author_label: 'Ada',
      shared_network: true,
      anonymous: true,
      flow: 'welcome',
    };
    const made = await create({ name: 'All', ...values, origins: ['https://Shop.example:443/', 'https://shop.example', 'https://*.example.com', 'null'] });
    expect(made).toMatchObject({ ...values, origins: ['https://shop.example', 'https://*.example.com', 'null'] });
  });

  test('what the widget shows and asks is changed in parts, strictly', async () => {
    const { id } = await create({ name: 'Looks', theme: { color: '#00aa00' } });
    await scenario(t, patch(id, { theme: { radius: 4 }, pre_chat: { consent: 'You agree.' }, starters: ['Prices?'], identity: 'optional', rev: 1 }), {
      status: 200,
      body: (site: object) =>
        expect(site).toMatchObject({
          theme: { color: '#00aa00', scheme: 'auto', radius: 4 },
          pre_chat: { name: 'hidden', consent: 'You agree.' },
          starters: ['Prices?'],
          identity: 'optional',
          greeting: 'Hi there! How can we help?',
          rev: 2,
        }),
      events: ['site.updated'],
    });
    for (const wrong of [
      { theme: { colour: '#000000' } },
      { theme: { color: 'red' } },
      { identity: 'always' },
      { starters: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
    ]) {
      await scenario(t, patch(id, wrong), { status: 422 });
    }
  });

  test('secrets of identity are shown, doubled and ended, to who may build', async () => {
    const { id } = await create();
    const secrets = { method: 'GET' as const, path: `/v1/sites/${id}/identity-secrets`, headers: owner };
    const [first] = ((await scenario(t, secrets, { status: 200 })).json as { secrets: string[] }).secrets;
    const doubled = await scenario(t, { ...secrets, method: 'POST' }, { status: 201, events: ['site.identity_rotated'] });
    expect((doubled.json as { secrets: string[] }).secrets).toEqual([expect.stringMatching(/^[\w-]{43}$/), first]);
    const older = { ...secrets, method: 'DELETE' as const, path: `${secrets.path}/older` };
    await scenario(t, older, { status: 204, events: ['site.identity_rotated'] });
    await scenario(t, secrets, { status: 200, body: { secrets: (doubled.json as { secrets: string[] }).secrets.slice(0, 1) } });
    await sameAsUnknown(t, (one: number) => ({ ...secrets, path: `/v1/sites/${one}/identity-secrets` }), other.site.id);
    const viewer = { ...(await session(t.app, (await makeMember(t.app, world, 'viewer')).account)), 'x-bot': `f${world.bot.id}` };
    await scenario(t, { ...secrets, headers: viewer }, { status: 403 });
  });

  test('a change names the revision it has seen, or means the latest', async () => {
    const { id } = await create();
    await scenario(t, patch(id, { greeting: 'Hello', rev: 1 }), {
      status: 200,
      body: (site: object) => expect(site).toMatchObject({ greeting: 'Hello', rev: 2 }),
      events: ['site.updated'],
    });
    await scenario(t, patch(id, { greeting: 'Mine', rev: 1 }), {
      status: 409,
      body: (problem: object) => expect(problem).toMatchObject({ code: 'stale_rev' }),
    });
    await scenario(t, patch(id, { author_label: 'Ada' }), {
      status: 200,
      body: (site: object) => expect(site).toMatchObject({ greeting: 'Hello', author_label: 'Ada', rev: 3 }),
      events: ['site.updated'],
    });
    await scenario(t, patch(id, { author_label: 'Ada', rev: 3 }), { status: 200, body: (site: object) => expect(site).toMatchObject({ rev: 3 }) });
    const both = await Promise.all([call(t, patch(id, { greeting: 'a', rev: 3 })), call(t, patch(id, { greeting: 'b', rev: 3 }))]);
    expect(both.map((reply) => reply.status).sort()).toEqual([200, 409]);
    const [last] = await t.app.db
      .selectFrom('event')
      .select(['data', 'subject', 'bot_id'])
      .where('kind', '=', 'site.updated')
      .orderBy('id', 'desc')
      .limit(1)
      .execute();
    expect(last).toEqual({ data: '{"changed":["greeting"]}', subject: `site:${id}`, bot_id: world.bot.id });
  });

  test('what is too long or no origin is refused with its place', async () => {
    const { id } = await create();
    await scenario(t, patch(id, { origins: ['https://shop.example', 'shop.example'] }), {
      status: 422,
      body: (problem: { errors: object[] }) =>
        expect(problem.errors).toMatchObject([{ loc: ['origins', 1], msg: expect.stringContaining('shop.example is not an origin') }]),
    });
    for (const wrong of [
      { greeting: 'x'.repeat(1001) },
      { auto_reply: 'x'.repeat(10_001) },
      { author_label: 'x'.repeat(101) },
      { author_label: ' ' },
      { origins: Array(101).fill('null') },
    ]) {
      await scenario(t, patch(id, wrong), { status: 422 });
    }
    await scenario(t, patch(id, { greeting: 'x'.repeat(1000), auto_reply: 'x'.repeat(10_000) }), { status: 200, events: ['site.updated'] });
  });

  test('a new key takes the place of the old one; a deleted site is gone', async () => {
    const made = await create();
    const rotate = { method: 'POST' as const, path: `/v1/sites/${made.id}/rotate-key`, headers: owner };
    const rotated = (await scenario(t, rotate, { status: 200, events: ['site.key_rotated'] })).json as Shown;
    expect(rotated.site_key).toMatch(/^site_/);
    expect(rotated.site_key).not.toBe(made.site_key);
    const remove = { method: 'DELETE' as const, path: `/v1/sites/${made.id}`, headers: owner };
    await scenario(t, remove, { status: 204, events: ['site.deleted'] });
    await scenario(t, remove, { status: 404 });
  });

  test('everyone sees sites, builders change them, and a session needs its CSRF token', async () => {
    const { id } = await create();
    const may = { admin: 200, builder: 200, agent: 403, viewer: 403 } as const;
    for (const [role, status] of Object.entries(may)) {
      const headers = { ...(await session(t.app, (await makeMember(t.app, world, role as keyof typeof may)).account)), 'x-bot': owner['x-bot'] ?? '' };
      expect((await call(t, { method: 'GET', path: `/v1/sites/${id}`, headers })).status).toBe(200);
      expect((await call(t, patch(id, { greeting: role }, headers))).status).toBe(status);
      expect((await call(t, { method: 'POST', path: '/v1/sites', headers, body: { name: role } })).status).toBe(status === 200 ? 201 : 403);
      expect((await call(t, { method: 'POST', path: `/v1/sites/${id}/rotate-key`, headers })).status).toBe(status);
    }
    await scenario(t, patch(id, { greeting: 'x' }, { cookie: owner.cookie ?? '' }), { status: 403 });
  });

  test('a key of a bot makes and changes sites of that bot only; a workspace key names the bot', async () => {
    const sibling = await t.app.transact((tx) => createBot(t.app, tx, world.workspace.id, { name: 'Sibling', type: 'web' }));
    const key = await makeKeyFor(t.app, world, ['Manage Flow']);
    const wide = await makeKeyFor(t.app, world, ['Manage Flow'], null);
    const body = { name: 'By key' };
    const made = (await scenario(t, { method: 'POST', path: '/v1/sites', key, body }, { status: 201, events: ['site.created'] })).json as Shown;
    expect(made.bot).toBe(`f${world.bot.id}`);
    const bearer = { authorization: `Bearer ${key}` };
    await scenario(t, patch(sibling.site.id, { greeting: 'x' }, bearer), { status: 403 });
    await scenario(t, { method: 'DELETE', path: `/v1/sites/${sibling.site.id}`, key }, { status: 403 });
    await scenario(t, { method: 'POST', path: '/v1/sites', key: wide, body }, { status: 400 });
    const named = await scenario(
      t,
      { method: 'POST', path: '/v1/sites', key: wide, body, headers: { 'x-bot': `f${sibling.bot.id}` } },
      { status: 201, events: ['site.created'] },
    );
    expect((named.json as Shown).bot).toBe(`f${sibling.bot.id}`);

    const bots = async (request: { key?: string; headers?: Record<string, string> }) => {
      const reply = await call(t, { method: 'GET', path: '/v1/sites', ...request });
      return new Set((reply.json as { data: Shown[] }).data.map((one) => one.bot));
    };
    const both = new Set([`f${world.bot.id}`, `f${sibling.bot.id}`]);
    expect(await bots({ key })).toEqual(new Set([`f${world.bot.id}`]));
    expect(await bots({ key: wide })).toEqual(both);
    expect(await bots({ key: wide, headers: { 'x-bot': `f${sibling.bot.id}` } })).toEqual(new Set([`f${sibling.bot.id}`]));
    expect(await bots({ headers: { cookie: owner.cookie ?? '' } })).toEqual(both);
  });

  test('another workspace’s site and bot answer like ones that never were', async () => {
    const headers = { cookie: owner.cookie ?? '', 'x-csrf-token': owner['x-csrf-token'] ?? '' };
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/sites/${id}`, headers }), other.site.id);
    await sameAsUnknown(t, (id) => patch(id, { greeting: 'x' }, headers), other.site.id);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: `/v1/sites/${id}`, key: world.key }), other.site.id);
    await sameAsUnknown(t, (id) => ({ method: 'POST', path: `/v1/sites/${id}/rotate-key`, headers }), other.site.id);
    await sameAsUnknown(t, (id) => ({ method: 'POST', path: '/v1/sites', headers: { ...headers, 'x-bot': `f${id}` }, body: { name: 'x' } }), other.bot.id);
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: '/v1/sites', headers: { ...headers, 'x-bot': `f${id}` } }), other.bot.id);
  });
});
