import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findAccount } from '../../store/accounts.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const pixel = 'data:image/png;base64,iVBORw0KGgo=';

describe.each(databaseKinds)('me on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let headers: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app, { email: 'olive@example.com' });
    headers = await session(t.app, world.account);
  });
  // Guesses at a password are counted, and this file makes many.
  beforeEach(() => t.clock.advance(60_000));
  afterAll(() => t.close());

  const patch = (body: object) => ({ method: 'PATCH' as const, path: '/v1/me', headers, body });

  test('a person sees their workspaces with bots, a key its own, and nobody is nobody', async () => {
    const elsewhere = await makeWorld(t.app, { workspace: 'Elsewhere' });
    const bot = { id: world.bot.id, flow_ns: `f${world.bot.id}`, name: 'Helper', type: 'web' };
    const person = {
      id: world.account.id,
      name: 'Olive Owner',
      email: 'olive@example.com',
      image: null,
      preferences: { language: 'en', scheme: 'auto', sound: false, notices: false },
      key: null,
      workspaces: [{ id: world.workspace.id, name: 'Acme', image: null, role: 'owner', bots: [bot] }],
      is_installation_owner: true,
    };
    await scenario(t, { method: 'GET', path: '/v1/me', headers }, { status: 200, body: person });
    const key = await makeKeyFor(t.app, world, ['chats:read']);
    const found = (await t.app.db.selectFrom('api_key').select('id').orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow()).id;
    const shown = { id: found, name: 'test key', workspace: world.workspace.id, bot: bot.flow_ns, scopes: ['chats:read'] };
    await scenario(t, { method: 'GET', path: '/v1/me', key }, { status: 200, body: { ...person, key: shown, is_installation_owner: false } });
    await scenario(
      t,
      { method: 'GET', path: '/v1/me', key: elsewhere.key },
      { status: 200, body: (me: object) => expect(me).toMatchObject({ is_installation_owner: false, workspaces: [{ name: 'Elsewhere' }] }) },
    );
    await scenario(t, { method: 'GET', path: '/v1/me' }, { status: 401 });
    await scenario(t, { method: 'GET', path: '/v1/me', key: 'operator-token-for-tests' }, { status: 403 });
  });

  test('a profile changes by what is given, and equal values leave no trace', async () => {
    const change = { name: 'Olive', image: pixel, preferences: { scheme: 'dark' } };
    await scenario(t, patch(change), {
      status: 200,
      body: (me: object) => expect(me).toMatchObject({ name: 'Olive', image: pixel, preferences: { language: 'en', scheme: 'dark' } }),
      events: ['account.updated'],
    });
    await scenario(t, patch(change), { status: 200 });
    await scenario(t, patch({ preferences: { language: 'de' } }), {
      status: 200,
      body: (me: object) => expect(me).toMatchObject({ preferences: { language: 'de', scheme: 'dark' } }),
      events: ['account.updated'],
    });
    await scenario(
      t,
      { method: 'PATCH', path: '/v1/me', headers, body: { preferences: { sound: true } } },
      {
        status: 200,
        events: ['account.updated'],
        body: (me: object) => expect(me).toMatchObject({ preferences: { language: 'de', scheme: 'dark', sound: true, notices: false } }),
      },
    );
    await scenario(t, patch({ image: null }), { status: 200, events: ['account.updated'] });
    for (const wrong of [
      { image: 'https://example.com/me.png' },
      { image: 'data:image/svg+xml;base64,AAAA' },
      { preferences: { scheme: 'pink' } },
      { name: '' },
      { email: 'olive' },
    ]) {
      await scenario(t, patch(wrong), { status: 422 });
    }
    await scenario(t, { ...patch(change), headers: { cookie: headers.cookie ?? '' } }, { status: 403 });
    await scenario(t, { method: 'PATCH', path: '/v1/me', key: world.key, body: change }, { status: 403 });
  });

  test('the e-mail address changes with the current password only, and never to one that is taken', async () => {
    const { account } = await makeMember(t.app, world, 'viewer');
    const field = (name: string, kind: string) => (problem: { errors: object[] }) => expect(problem.errors).toMatchObject([{ type: kind, loc: [name] }]);
    await scenario(t, patch({ email: 'new@example.com' }), { status: 422, body: field('current_password', 'required') });
    await scenario(t, patch({ email: 'new@example.com', current_password: 'guess' }), { status: 422, body: field('current_password', 'wrong') });
    await scenario(t, patch({ email: account.email.toUpperCase(), current_password: world.password }), { status: 422, body: field('email', 'taken') });
    await scenario(t, patch({ email: 'new@example.com', current_password: world.password }), { status: 200, events: ['account.updated'] });
    expect((await findAccount(t.app.db, world.account.id))?.email_key).toBe('new@example.com');
  });

  test('a new password ends the other sign-ins and keeps this one', async () => {
    const { account, password } = await makeMember(t.app, world, 'builder');
    const here = await session(t.app, account);
    const there = await session(t.app, account);
    const put = (body: object) => ({ method: 'PUT' as const, path: '/v1/me/password', headers: here, body });
    await scenario(t, put({ current_password: 'guess', password: 'staple paper clip' }), { status: 422 });
    await scenario(t, put({ current_password: password, password: 'short' }), { status: 422 });
    await scenario(t, put({ current_password: password, password: account.email }), { status: 422 });
    await scenario(t, put({ current_password: password, password: 'Aa1!aaaa' }), { status: 204, events: ['account.password_changed'] });
    await scenario(t, { method: 'GET', path: '/v1/me', headers: there }, { status: 401 });
    await scenario(t, { method: 'GET', path: '/v1/me', headers: here }, { status: 200 });
    await scenario(t, put({ current_password: password, password: 'staple paper clip' }), { status: 422 });
    const stored = (await findAccount(t.app.db, account.id))?.password_hash;
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('guesses at the current password are counted with those at the door', async () => {
    const { account } = await makeMember(t.app, world, 'builder');
    const here = await session(t.app, account);
    const guess = { method: 'PUT' as const, path: '/v1/me/password', headers: here, body: { current_password: 'guess', password: 'staple paper clip' } };
    const statuses: number[] = [];
    for (let n = 0; n < 9; n += 1) statuses.push((await call(t, guess)).status);
    statuses.push((await call(t, { method: 'POST', path: '/v1/sign-in', body: { email: account.email, password: 'guess' } })).status);
    statuses.push((await call(t, guess)).status);
    expect(statuses).toEqual([...Array(9).fill(422), 401, 429]);
    await scenario(
      t,
      { method: 'PATCH', path: '/v1/me', headers: here, body: { preferences: { scheme: 'light' } } },
      { status: 200, events: ['account.updated'] },
    );
  });

  test('open sign-ins are listed, and all others can be ended', async () => {
    const { account } = await makeMember(t.app, world, 'agent');
    const here = await session(t.app, account);
    const there = await session(t.app, account);
    const one = { created_at: t.clock.now(), seen_at: t.clock.now(), ip: null, agent: 'a browser' };
    const reply = await scenario(t, { method: 'GET', path: '/v1/me/sign-ins', headers: here }, { status: 200 });
    const { data, next } = reply.json as { data: { current: boolean }[]; next: null };
    expect(next).toBeNull();
    expect(data.sort((a, b) => Number(b.current) - Number(a.current))).toEqual([
      { ...one, current: true },
      { ...one, current: false },
    ]);
    await scenario(t, { method: 'DELETE', path: '/v1/me/sign-ins', headers: here }, { status: 204, events: ['account.sign_ins_ended'] });
    await scenario(t, { method: 'DELETE', path: '/v1/me/sign-ins', headers: here }, { status: 204 });
    await scenario(t, { method: 'GET', path: '/v1/me', headers: there }, { status: 401 });
    await scenario(t, { method: 'GET', path: '/v1/me/sign-ins', key: world.key }, { status: 403 });
  });
});
