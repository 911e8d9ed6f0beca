import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scopes } from '../../auth.ts';
import { ensureSetupToken } from '../../commands/setup.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { beginEvents, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const key = 'operator-token-for-tests';

describe.each(databaseKinds)('the operator on %s', (kind) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp(kind);
  });
  afterAll(() => t.close());

  const init = { email: 'olive@example.com', password: 'correct horse battery', workspace: 'Acme', bot: 'Helper' };
  const post = (path: string, body: object) => ({ method: 'POST' as const, path: `/v1/operator/${path}`, key, body });

  test('makes an owner with a workspace, a bot, a key of it and a site, and set-up is over', async () => {
    const token = await ensureSetupToken(t.app);
    const reply = await scenario(t, post('init', init), { status: 201, events: [...beginEvents, 'key.created'] });
    const made = reply.json as { workspace: { id: number }; bot: { id: number }; owner: { id: number }; api_key: string; site_key: string };
    expect(made).toEqual({
      workspace: { id: made.workspace.id, name: 'Acme' },
      bot: { id: made.bot.id, flow_ns: `f${made.bot.id}`, name: 'Helper' },
      owner: { id: made.owner.id, email: 'olive@example.com' },
      api_key: expect.stringMatching(/^pk_live_/),
      site_key: expect.stringMatching(/^site_/),
    });
    const me = await scenario(t, { method: 'GET', path: '/v1/me', key: made.api_key }, { status: 200 });
    expect(me.json).toMatchObject({
      id: made.owner.id,
      name: 'olive',
      key: { bot: `f${made.bot.id}`, scopes: [...scopes] },
      workspaces: [{ id: made.workspace.id, role: 'owner' }],
    });
    await scenario(t, { method: 'GET', path: '/v1/setup' }, { status: 200, body: { needed: false } });
    await scenario(t, { method: 'POST', path: '/v1/setup', body: { ...init, name: 'Eve', token } }, { status: 409 });
    await scenario(t, post('init', { ...init, email: 'OLIVE@example.com' }), { status: 409 });
    await scenario(t, post('init', { ...init, email: 'other@example.com', password: 'short' }), { status: 422 });
    await scenario(t, post('init', { ...init, email: 'other@example.com', name: 'Otto' }), {
      status: 201,
      events: [...beginEvents, 'key.created'],
    });
    const actors = await t.app.db.selectFrom('event').select('actor_kind').distinct().execute();
    expect(actors).toEqual([{ actor_kind: 'operator' }]);
  });

  test('sets a password anew, which ends all sign-ins', async () => {
    const world = await makeWorld(t.app);
    const headers = await session(t.app, world.account);
    const made = (
      await scenario(t, post('reset-password', { email: world.account.email.toUpperCase() }), { status: 200, events: ['account.password_changed'] })
    ).json as { password: string };
    expect(made).toEqual({ email: world.account.email, password: expect.stringMatching(/^[\w-]{20}$/) });
    await scenario(t, { method: 'GET', path: '/v1/me', headers }, { status: 401 });
    const signIn = (password: string) => ({ method: 'POST' as const, path: '/v1/sign-in', body: { email: world.account.email, password } });
    await scenario(t, signIn(world.password), { status: 401, events: ['account.sign_in_failed'] });
    await scenario(t, signIn(made.password), { status: 200, events: ['account.signed_in'] });
    const chosen = { email: world.account.email, password: 'chosen one' };
    await scenario(t, post('reset-password', chosen), { status: 200, body: chosen, events: ['account.password_changed'] });
    await scenario(t, signIn('chosen one'), { status: 200, events: ['account.signed_in'] });
    await scenario(t, post('reset-password', { email: 'nobody@example.com' }), { status: 404 });
  });

  test('lists, makes and revokes keys of every workspace', async () => {
    const world = await makeWorld(t.app);
    const other = await makeWorld(t.app);
    const agent = await makeMember(t.app, world, 'agent');
    const ask = { email: world.account.email, bot: `f${world.bot.id}`, name: 'Backend' };
    const made = (await scenario(t, post('keys', ask), { status: 201, events: ['key.created'] })).json as { id: number; key: string };
    expect(made).toMatchObject({ name: 'Backend', workspace: world.workspace.id, bot: ask.bot, scopes: [...scopes], owner: { id: world.account.id } });
    await scenario(t, { method: 'GET', path: '/v1/me', key: made.key }, { status: 200 });
    const listed = (await call(t, { method: 'GET', path: '/v1/operator/keys', key })).json as { data: { workspace: number }[] };
    const workspaces = new Set(listed.data.map((one) => one.workspace));
    expect(workspaces.has(world.workspace.id) && workspaces.has(other.workspace.id)).toBe(true);
    expect(JSON.stringify(listed)).not.toContain(made.key);

    await scenario(t, post('keys', { ...ask, email: agent.account.email }), {
      status: 201,
      body: (shown: object) => expect(shown).toMatchObject({ scopes: ['Send Message', 'chats:read', 'chats:write'] }),
      events: ['key.created'],
    });
    await scenario(t, post('keys', { ...ask, email: agent.account.email, scopes: ['Manage Team'] }), { status: 422 });
    await scenario(t, post('keys', { ...ask, email: other.account.email }), { status: 404 });
    await scenario(t, post('keys', { ...ask, bot: 'f987654321' }), { status: 404 });
    const revoke = { method: 'DELETE' as const, path: `/v1/operator/keys/${made.id}`, key };
    await scenario(t, revoke, { status: 204, events: ['key.revoked'] });
    await scenario(t, revoke, { status: 404 });
    await scenario(t, { method: 'GET', path: '/v1/me', key: made.key }, { status: 401 });
  });

  test('is nobody else: neither a key nor an owner comes in, and it comes in nowhere else', async () => {
    const world: World = await makeWorld(t.app);
    const headers = await session(t.app, world.account);
    for (const request of [
      post('init', { ...init, email: 'eve@example.com' }),
      post('reset-password', { email: world.account.email }),
      post('keys', { email: world.account.email, bot: world.bot.id, name: 'x' }),
      { method: 'GET' as const, path: '/v1/operator/keys' },
      { method: 'DELETE' as const, path: '/v1/operator/keys/1' },
    ]) {
      await scenario(t, { ...request, key: undefined, headers }, { status: 403 });
      await scenario(t, { ...request, key: world.key }, { status: 403 });
      await scenario(t, { ...request, key: undefined }, { status: 401 });
      await scenario(t, { ...request, key: 'operator-token-for-test' }, { status: 401 });
    }
    for (const path of ['/v1/me', '/v1/bots', '/v1/keys', '/v1/workspaces', '/v1/sites', '/v1/audit'])
      await scenario(t, { method: 'GET', path, key }, { status: 403 });
  });
});
