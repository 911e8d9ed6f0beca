import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isWellFormedKey, type Scope, scopes } from '../../auth.ts';
import { createBot } from '../../commands/begin.ts';
import { createKey } from '../../commands/keys.ts';
import { insertMember, setRole } from '../../store/members.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Made = { id: number; key: string; scopes: Scope[]; expires_at: number | null; quota_per_hour: number };

describe.each(databaseKinds)('keys on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let owner: Record<string, string>;
  let agent: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    owner = await session(t.app, world.account);
    agent = await session(t.app, (await makeMember(t.app, world, 'agent')).account);
  });
  afterAll(() => t.close());

  const post = (body: object, headers = owner) => ({ method: 'POST' as const, path: '/v1/keys', headers, body });
  const ids = async (headers: Record<string, string>): Promise<number[]> => {
    const reply = await call(t, { method: 'GET', path: '/v1/keys', headers });
    return (reply.json as { data: { id: number }[] }).data.map((one) => one.id);
  };

  test('a key is shown once, works at once, and is refused once revoked', async () => {
    const ask = { name: 'Shop', bot: `f${world.bot.id}`, scopes: ['Send Message', 'chats:read', 'chats:read'], expires_at: t.clock.now() + 1000 };
    const reply = await scenario(t, post(ask), { status: 201, events: ['key.created'] });
    const { key, ...shown } = reply.json as Made;
    expect(isWellFormedKey(key)).toBe(true);
    expect(shown).toEqual({
      id: shown.id,
      name: 'Shop',
      prefix: key.slice(0, 14),
      workspace: world.workspace.id,
      bot: `f${world.bot.id}`,
      scopes: ['Send Message', 'chats:read'],
      quota_per_hour: 1000,
      rate_per_minute: null,
      flows: null,
      status_vocabulary: 'usual',
      owner: { id: world.account.id, name: 'Olive Owner' },
      environment: 'live',
      created_at: t.clock.now(),
      expires_at: t.clock.now() + 1000,
      last_used_at: null,
    });
    await scenario(t, { method: 'GET', path: `/v1/keys/${shown.id}`, headers: owner }, { status: 200, body: shown });
    const tables = ['api_key', 'event', 'idempotency'] as const;
    for (const table of tables) expect(JSON.stringify(await t.app.db.selectFrom(table).selectAll().execute())).not.toContain(key);
    expect(t.lines.join('')).not.toContain(key);

    await scenario(t, { method: 'GET', path: '/v1/me', key }, { status: 200 });
    const used = async () => (await t.app.db.selectFrom('api_key').select('last_used_at').where('id', '=', shown.id).executeTakeFirst())?.last_used_at;
    // It is noted after the reply.
    await expect.poll(used, { timeout: 10_000 }).toBe(t.clock.now());
    await scenario(t, { method: 'DELETE', path: `/v1/keys/${shown.id}`, headers: owner }, { status: 204, events: ['key.revoked'] });
    await scenario(t, { method: 'GET', path: '/v1/me', key }, { status: 401 });
    await scenario(t, { method: 'DELETE', path: `/v1/keys/${shown.id}`, headers: owner }, { status: 404 });
  });

  test('a repeat of the creation does not show the secret again', async () => {
    const ask = { ...post({ name: 'once', bot: null, scopes: ['chats:read'], environment: 'test' }), headers: { ...owner, 'idempotency-key': 'k1' } };
    const reply = await scenario(t, ask, { status: 201, events: ['key.created'] });
    expect((reply.json as Made).key).toMatch(/^pk_test_/);
    await scenario(t, ask, {
      status: 409,
      body: (problem: { code: string; detail: string }) =>
        expect(problem).toMatchObject({ code: 'secret_already_shown', detail: 'already created; the secret is shown once' }),
    });
    await scenario(t, { ...ask, body: { name: 'other', bot: null, scopes: ['chats:read'] } }, { status: 422 });
  });

  test('name, expiry and quota change; an expired key is refused', async () => {
    const made = (await call(t, post({ name: 'old', bot: world.bot.id, scopes: ['chats:read'] }))).json as Made;
    const patch = (body: object) => ({ method: 'PATCH' as const, path: `/v1/keys/${made.id}`, headers: owner, body });
    const later = t.clock.now() + 5000;
    await scenario(t, patch({ name: 'new', expires_at: later, quota_per_hour: 0 }), {
      status: 200,
      body: (key: object) => expect(key).toMatchObject({ name: 'new', expires_at: later, quota_per_hour: 0 }),
      events: ['key.updated'],
    });
    await scenario(t, patch({ name: 'new' }), { status: 200 });
    await scenario(t, patch({ expires_at: t.clock.now() }), { status: 422 });
    await scenario(t, patch({ scopes: [...scopes] }), { status: 200, body: (key: Made) => expect(key.scopes).toEqual(['chats:read']) });
    await scenario(t, { method: 'GET', path: '/v1/me', key: made.key }, { status: 200 });
    t.clock.set(later);
    await scenario(t, { method: 'GET', path: '/v1/me', key: made.key }, { status: 401 });
  });

  test('nobody gives a key more than they have', async () => {
    const refused = async (body: object, headers: Record<string, string>, words: RegExp) => {
      const reply = await scenario(t, post({ name: 'more', bot: world.bot.id, ...body }, headers), { status: 403 });
      expect((reply.json as { detail: string }).detail).toMatch(words);
    };
    await refused({ scopes: ['Manage Flow'] }, agent, /^Your role here is agent, which lacks the scope "Manage Flow"/);
    await scenario(t, post({ name: 'mine', bot: world.bot.id, scopes: ['Send Message'] }, agent), { status: 201, events: ['key.created'] });

    const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
    const manager = await makeKeyFor(t.app, world, ['Manage Team', 'chats:read']);
    await refused({ scopes: ['Manage Flow'] }, bearer(manager), /^This key lacks the scope "Manage Flow"/);
    await refused({ scopes: ['chats:read'], bot: null }, bearer(manager), /one bot/);
    const sibling = await t.app.transact((tx) => createBot(t.app, tx, world.workspace.id, { name: 'Sibling', type: 'web' }));
    await refused({ scopes: ['chats:read'], bot: sibling.bot.id }, bearer(manager), /one bot/);
    await refused({ scopes: ['chats:read'], quota_per_hour: 0 }, bearer(manager), /quota of 1000/);
    const weak = await makeKeyFor(t.app, world, ['chats:read']);
    await refused({ scopes: ['chats:read'] }, bearer(weak), /lacks the scope "Manage Team"/);

    const brief = {
      workspaceId: world.workspace.id,
      botId: null,
      accountId: world.account.id,
      name: 'brief',
      scopes: ['Manage Team'] as const,
      environment: 'live' as const,
      expiresAt: t.clock.now() + 60_000,
      quotaPerHour: 100,
    };
    const { key, secret } = await t.app.transact((tx) => createKey(t.app, tx, brief));
    await refused({ scopes: ['Manage Team'], expires_at: null }, bearer(secret), /outlive/);
    const heir = (await call(t, post({ name: 'heir', bot: null, scopes: ['Manage Team'] }, bearer(secret)))).json as Made;
    expect(heir).toMatchObject({ expires_at: key.expires_at, quota_per_hour: 100, owner: { id: world.account.id } });
    await scenario(t, { method: 'PATCH', path: `/v1/keys/${key.id}`, key: secret, body: { expires_at: null } }, { status: 403 });
  });

  test('a role that shrinks takes its keys along, a membership that ends too', async () => {
    const { account } = await makeMember(t.app, world, 'builder');
    const headers = await session(t.app, account);
    const made = (await call(t, post({ name: 'builder', bot: world.bot.id, scopes: ['Manage Flow'] }, headers))).json as Made;
    const tags = { method: 'GET' as const, path: '/api/flow/tags', key: made.key };
    await scenario(t, tags, { status: 200 });
    await t.app.transact((tx) => setRole(tx, world.workspace.id, account.id, 'agent'));
    await scenario(t, tags, { status: 403 });
    await t.app.transact((tx) => tx.deleteFrom('member').where('account_id', '=', account.id).execute());
    await scenario(t, tags, { status: 401 });
  });

  test('people list and touch their own keys, owners everyone’s, a bot’s key those of its bot', async () => {
    const all = await ids(owner);
    const own = await ids(agent);
    expect(own).toHaveLength(1);
    expect(all).toEqual(expect.arrayContaining(own));
    expect(all.length).toBeGreaterThan(own.length);
    const foreign = all.find((id) => !own.includes(id));
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      await scenario(t, { method, path: `/v1/keys/${foreign}`, headers: agent, body: method === 'PATCH' ? { name: 'x' } : undefined }, { status: 404 });
    }
    const manager = await makeKeyFor(t.app, world, ['Manage Team']);
    const seen = (await call(t, { method: 'GET', path: '/v1/keys', key: manager })).json as { data: { bot: string | null }[] };
    expect(new Set(seen.data.map((one) => one.bot))).toEqual(new Set([`f${world.bot.id}`]));
  });

  test('the list pages with a cursor and ends', async () => {
    const all = await ids(owner);
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const reply = await call(t, { method: 'GET', path: `/v1/keys?limit=2&cursor=${cursor}`, headers: owner });
      const page = reply.json as { data: { id: number }[]; next: string | null };
      expect(page.data.length).toBeLessThanOrEqual(2);
      seen.push(...page.data.map((one) => one.id));
      cursor = page.next;
    }
    expect(seen).toEqual(all);
    for (const limit of ['0', '201', 'x', '1.5']) await scenario(t, { method: 'GET', path: `/v1/keys?limit=${limit}`, headers: owner }, { status: 422 });
  });

  test('another workspace’s key, bot and workspace answer like ones that never were', async () => {
    const foreign = (await t.app.db.selectFrom('api_key').select('id').where('workspace_id', '=', other.workspace.id).executeTakeFirstOrThrow()).id;
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/keys/${id}`, headers: owner }), foreign);
    await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: `/v1/keys/${id}`, headers: owner, body: { name: 'mine' } }), foreign);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: `/v1/keys/${id}`, key: world.key }), foreign);
    await sameAsUnknown(t, (id) => post({ name: 'x', bot: id, scopes: ['chats:read'] }), other.bot.id);
    await sameAsUnknown(t, (id) => post({ name: 'x', bot: null, workspace: id, scopes: ['chats:read'] }), other.workspace.id);
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: '/v1/keys', headers: { ...owner, 'x-workspace': String(id) } }), other.workspace.id);

    await t.app.transact((tx) => insertMember(tx, { workspace_id: other.workspace.id, account_id: world.account.id, role: 'agent', created_at: 0 }));
    await scenario(t, post({ name: 'x', bot: null, workspace: other.workspace.id, scopes: ['Manage Team'] }), { status: 403 });
    const made = await scenario(t, post({ name: 'x', bot: other.bot.id, workspace: other.workspace.id, scopes: ['chats:read'] }), {
      status: 201,
      events: ['key.created'],
    });
    expect(made.json).toMatchObject({ workspace: other.workspace.id, bot: `f${other.bot.id}` });
  });

  test('a session without its CSRF token writes nothing', async () => {
    const { cookie = '' } = owner;
    await scenario(t, post({ name: 'x', bot: null, scopes: ['chats:read'] }, { cookie }), { status: 403 });
    await scenario(t, { method: 'DELETE', path: '/v1/keys/1', headers: { cookie, 'x-csrf-token': agent['x-csrf-token'] ?? '' } }, { status: 403 });
  });

  test('what is missing or unknown is named', async () => {
    await scenario(t, post({}), {
      status: 422,
      body: (problem: { errors: { loc: string[] }[] }) => expect(problem.errors.map((one) => one.loc[0]).sort()).toEqual(['bot', 'name', 'scopes']),
    });
    for (const wrong of [{ scopes: [] }, { scopes: ['everything'] }, { bot: 'x1' }, { expires_at: 1 }, { quota_per_hour: -1 }]) {
      await scenario(t, post({ name: 'x', bot: null, scopes: ['chats:read'], ...wrong }), { status: 422 });
    }
  });
});
