import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Role } from '../../auth.ts';
import { deleteMember, setRole } from '../../store/members.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, cookiesOf, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const password = 'correct horse battery';
const invalid = (problem: object) => expect(problem).toMatchObject({ detail: 'This invitation is not valid any more. Ask for a new one.' });

describe.each(databaseKinds)('invites on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let owner: Record<string, string>;
  let asAdmin: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app, { workspace: 'Elsewhere' });
    owner = await session(t.app, world.account);
    asAdmin = await session(t.app, (await makeMember(t.app, world, 'admin')).account);
  });
  // Looks and acceptances are counted, and this file makes many.
  beforeEach(() => t.clock.advance(60_000));
  afterAll(() => t.close());

  const post = (email: string, role: Role, headers = owner) => ({ method: 'POST' as const, path: '/v1/invites', headers, body: { email, role } });
  const look = (token: string) => ({ method: 'POST' as const, path: '/v1/invites/look', body: { token } });
  const accept = (token: string, body: object) => ({ method: 'POST' as const, path: '/v1/invites/accept', body: { token, ...body } });
  const invited = async (email: string, role: Role = 'agent', headers = owner): Promise<{ id: number; token: string }> => {
    const reply = await scenario(t, post(email, role, headers), { status: 201, events: ['member.invited'] });
    const { id, link } = reply.json as { id: number; link: string };
    return { id, token: link.split('#')[1] ?? '' };
  };

  test('someone new looks, joins with a name and a password, and is signed in; the link works once', async () => {
    const reply = await scenario(t, post('Ada@Example.com', 'builder'), { status: 201, events: ['member.invited'] });
    const { link, ...row } = reply.json as { id: number; link: string };
    expect(row).toEqual({ id: row.id, email: 'ada@example.com', role: 'builder', expires_at: t.clock.now() + 7 * 86_400_000 });
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:8080\/app\/join#[\w-]{43}$/);
    const token = link.split('#')[1] ?? '';
    for (const table of ['invite', 'event'] as const) expect(JSON.stringify(await t.app.db.selectFrom(table).selectAll().execute())).not.toContain(token);
    await scenario(t, { method: 'GET', path: '/v1/invites', headers: asAdmin }, { status: 200, body: { data: [row], next: null } });

    await scenario(t, look(token), { status: 200, body: { workspace: 'Acme', email: 'ada@example.com', role: 'builder', has_account: false } });
    await scenario(t, accept(token, { password }), { status: 422 });
    await scenario(t, accept(token, { name: 'Ada', password: 'short' }), { status: 422 });
    const both = await Promise.all([call(t, accept(token, { name: 'Ada', password })), call(t, accept(token, { name: 'Eve', password }))]);
    expect(both.map((one) => one.status).filter((status) => status === 201)).toHaveLength(1);
    const joined = both.find((one) => one.status === 201);
    expect(joined?.json).toMatchObject({ email: 'ada@example.com', workspaces: [{ id: world.workspace.id, role: 'builder' }], is_installation_owner: false });
    await scenario(t, { method: 'GET', path: '/v1/me', headers: { cookie: cookiesOf(joined) } }, { status: 200 });
    await scenario(t, look(token), { status: 404, body: invalid });
    await scenario(t, accept(token, { name: 'Ada', password }), { status: 404, body: invalid });
    await scenario(t, { method: 'GET', path: '/v1/invites', headers: owner }, { status: 200, body: { data: [], next: null } });
  });

  test('someone with an account joins with the password they have', async () => {
    const { token } = await invited(other.account.email.toUpperCase(), 'viewer');
    await scenario(t, look(token), { status: 200, body: (shown: object) => expect(shown).toMatchObject({ has_account: true }) });
    await scenario(t, accept(token, { password: 'a guess at it' }), { status: 401, events: ['account.sign_in_failed'] });
    const reply = await scenario(t, accept(token, { name: 'Someone Else', password: other.password }), {
      status: 201,
      events: ['member.joined', 'account.signed_in'],
    });
    expect(reply.json).toMatchObject({
      id: other.account.id,
      name: 'Olive Owner',
      workspaces: [
        { id: world.workspace.id, role: 'viewer' },
        { id: other.workspace.id, role: 'owner' },
      ],
    });
    const [event] = await t.app.db.selectFrom('event').selectAll().where('kind', '=', 'member.joined').orderBy('id', 'desc').limit(1).execute();
    expect(event).toMatchObject({ workspace_id: world.workspace.id, actor_kind: 'account', actor_id: other.account.id });
    const again = await scenario(t, post(other.account.email, 'admin'), { status: 409 });
    expect(again.json).toMatchObject({ detail: 'Someone with this e-mail address is already a member.' });
  });

  test('an invitation is no way around the limit of guesses at a password', async () => {
    const { account } = await makeMember(t.app, other, 'agent');
    const { token } = await invited(account.email);
    const statuses: number[] = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await call(t, accept(token, { password: 'guess' }))).status);
    for (let n = 0; n < 6; n += 1)
      statuses.push((await call(t, { method: 'POST', path: '/v1/sign-in', body: { email: account.email, password: 'guess' } })).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  });

  test('twenty looks a minute are enough for one address', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 21; n += 1) statuses.push((await call(t, look('guess'))).status);
    expect(statuses).toEqual([...Array(20).fill(404), 429]);
  });

  test('it ends by time, by being withdrawn, and by a newer one', async () => {
    const first = await invited('grace@example.com');
    const reply = await scenario(t, post('GRACE@example.com', 'viewer'), { status: 201, events: ['member.invite_revoked', 'member.invited'] });
    const { id, link } = reply.json as { id: number; link: string };
    const token = link.split('#')[1] ?? '';
    await scenario(t, look(first.token), { status: 404, body: invalid });
    await scenario(t, look(token), { status: 200 });
    await scenario(t, { method: 'DELETE', path: `/v1/invites/${id}`, headers: asAdmin }, { status: 204, events: ['member.invite_revoked'] });
    await scenario(t, { method: 'DELETE', path: `/v1/invites/${id}`, headers: asAdmin }, { status: 404 });
    await scenario(t, look(token), { status: 404, body: invalid });

    const late = await invited('late@example.com');
    t.clock.advance(7 * 86_400_000 - 1);
    await scenario(t, look(late.token), { status: 200 });
    t.clock.advance(1);
    await scenario(t, look(late.token), { status: 404, body: invalid });
    await scenario(t, accept(late.token, { name: 'Late', password }), { status: 404, body: invalid });
  });

  test('whoever loses the right to invite leaves no way back in', async () => {
    const { account } = await makeMember(t.app, world, 'owner');
    const headers = await session(t.app, account);
    const [asOwner, asAgent] = [await invited('me.too@example.com', 'owner', headers), await invited('me.three@example.com', 'agent', headers)];
    await t.app.transact((tx) => setRole(tx, world.workspace.id, account.id, 'admin'));
    await scenario(t, look(asOwner.token), { status: 404, body: invalid });
    await scenario(t, look(asAgent.token), { status: 200 });
    await t.app.transact((tx) => deleteMember(tx, world.workspace.id, account.id));
    await scenario(t, look(asAgent.token), { status: 404, body: invalid });
    await scenario(t, accept(asAgent.token, { name: 'Back', password }), { status: 404, body: invalid });
  });

  test('only owners and admins invite, and nobody to more than they have', async () => {
    for (const role of ['builder', 'agent', 'viewer'] as const) {
      const headers = await session(t.app, (await makeMember(t.app, world, role)).account);
      await scenario(t, post('x@example.com', 'viewer', headers), { status: 403 });
      await scenario(t, { method: 'GET', path: '/v1/invites', headers }, { status: 403 });
    }
    await scenario(t, post('x@example.com', 'owner', asAdmin), { status: 403 });
    await scenario(t, post('x@example.com', 'viewer', { authorization: `Bearer ${world.key}` }), { status: 403 });
    const key = await makeKeyFor(t.app, world, ['Manage Team', 'chats:read'], null);
    await scenario(t, post('x@example.com', 'builder', { authorization: `Bearer ${key}` }), { status: 403 });
    await scenario(t, post('x@example.com', 'viewer', { authorization: `Bearer ${key}` }), { status: 201, events: ['member.invited'] });
    await scenario(t, post('x@example.com', 'viewer', { cookie: owner.cookie ?? '' }), { status: 403 });
    await scenario(t, post('not an address', 'viewer'), { status: 422 });
  });

  test('the link is not shown again to a repeated request', async () => {
    const ask = { ...post('twice@example.com', 'viewer'), headers: { ...owner, 'idempotency-key': 'twice' } };
    await scenario(t, ask, { status: 201, events: ['member.invited'] });
    await scenario(t, ask, { status: 409 });
  });

  test('another workspace’s invitation answers like one that never was', async () => {
    const { id } = await invited(
      'theirs@example.com',
      'viewer',
      await session(t.app, other.account).then((headers) => ({ ...headers, 'x-workspace': String(other.workspace.id) })),
    );
    await sameAsUnknown(t, (one) => ({ method: 'DELETE', path: `/v1/invites/${one}`, headers: owner }), id);
  });
});
