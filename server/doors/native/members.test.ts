import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Role, scopes } from '../../auth.ts';
import type { Account } from '../../store/accounts.ts';
import { insertMember, ownersOf, roleOf, setRole } from '../../store/members.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, type Request, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Listed = { data: { id: number; role: Role }[]; next: string | null };

describe.each(databaseKinds)('members on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let owner: Record<string, string>;
  let admin: Account;
  let asAdmin: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    owner = await session(t.app, world.account);
    admin = (await makeMember(t.app, world, 'admin')).account;
    asAdmin = await session(t.app, admin);
  });
  afterAll(() => t.close());

  const member = async (role: Role): Promise<Account> => (await makeMember(t.app, world, role)).account;
  const patch = (id: number, role: string, headers = owner) => ({ method: 'PATCH' as const, path: `/v1/members/${id}`, headers, body: { role } });
  const remove = (id: number, headers = owner) => ({ method: 'DELETE' as const, path: `/v1/members/${id}`, headers });

  test('members are found by name, address and role, a page at a time', async () => {
    const ada = await member('builder');
    const list = async (query: string): Promise<Listed> =>
      (await scenario(t, { method: 'GET', path: `/v1/members${query}`, headers: owner }, { status: 200 })).json;
    expect((await list('')).data.map((one) => one.id)).toEqual([ada.id, admin.id, world.account.id]);
    expect((await list('?q=OLIVE')).data.map((one) => one.id)).toEqual([world.account.id]);
    expect((await list(`?q=${encodeURIComponent(ada.email)}`)).data.map((one) => one.id)).toEqual([ada.id]);
    expect((await list('?role=admin')).data.map((one) => one.id)).toEqual([admin.id]);
    const first = await list('?limit=2');
    expect((await list(`?limit=2&cursor=${first.next}`)).data.map((one) => one.id)).toEqual([world.account.id]);
    await scenario(t, { method: 'GET', path: '/v1/members?role=king', headers: owner }, { status: 422 });
    const shown = { id: ada.id, name: ada.name, email: ada.email, image: null, role: 'builder', created_at: t.clock.now() };
    await scenario(t, { method: 'GET', path: `/v1/members/${ada.id}`, headers: await session(t.app, ada) }, { status: 200, body: shown });
  });

  test('a role changes for whoever may, and holds from the next request on', async () => {
    const agent = await member('agent');
    const headers = await session(t.app, agent);
    const create = { method: 'POST' as const, path: '/v1/bots', headers, body: { name: 'Mine' } };
    await scenario(t, create, { status: 403 });
    await scenario(t, patch(agent.id, 'admin', asAdmin), {
      status: 200,
      body: (shown: object) => expect(shown).toMatchObject({ id: agent.id, role: 'admin' }),
      events: ['member.role_changed'],
    });
    await scenario(t, patch(agent.id, 'admin', asAdmin), { status: 200 });
    await scenario(t, create, { status: 201, events: ['bot.created', 'site.created'] });
    for (const role of ['builder', 'agent', 'viewer'] as const) {
      const weak = await session(t.app, await member(role));
      await scenario(t, patch(agent.id, 'viewer', weak), { status: 403 });
      await scenario(t, remove(agent.id, weak), { status: 403 });
    }
    await scenario(t, patch(agent.id, 'king'), { status: 422 });
    await scenario(t, patch(agent.id, 'viewer', { cookie: owner.cookie ?? '' }), { status: 403 });
  });

  test('only an owner makes or unmakes owners', async () => {
    const second = await member('admin');
    const refused = async (request: Request) => {
      const reply = await scenario(t, request, { status: 403 });
      expect(reply.json).toMatchObject({ detail: 'Only an owner makes or unmakes owners.' });
    };
    await refused(patch(second.id, 'owner', asAdmin));
    await refused(patch(admin.id, 'owner', asAdmin));
    await refused(patch(world.account.id, 'viewer', asAdmin));
    await refused(remove(world.account.id, asAdmin));
    await scenario(t, patch(second.id, 'owner'), { status: 200, events: ['member.role_changed'] });
    await scenario(t, patch(second.id, 'admin'), { status: 200, events: ['member.role_changed'] });
  });

  test('a key gives no role that may do more than the key', async () => {
    const agent = await member('agent');
    const key = await makeKeyFor(t.app, world, ['Manage Team', 'chats:read'], null);
    const bearer = { authorization: `Bearer ${key}` };
    for (const role of ['owner', 'admin', 'builder']) {
      const reply = await scenario(t, patch(agent.id, role, bearer), { status: 403 });
      expect(reply.json).toMatchObject({ detail: `This key may do less than the role ${role}, and so cannot give it.` });
    }
    await scenario(t, patch(agent.id, 'viewer', bearer), { status: 200, events: ['member.role_changed'] });
    const ofBot = await scenario(t, patch(agent.id, 'agent', { authorization: `Bearer ${world.key}` }), { status: 403 });
    expect(ofBot.json).toMatchObject({ detail: 'This key belongs to one bot; a role holds in the whole workspace.' });
    const full = await makeKeyFor(t.app, world, scopes, null);
    await scenario(t, patch(agent.id, 'owner', { authorization: `Bearer ${full}` }), { status: 200, events: ['member.role_changed'] });
    await scenario(t, patch(agent.id, 'viewer'), { status: 200, events: ['member.role_changed'] });
    const weak = await makeKeyFor(t.app, world, ['Manage Flow']);
    await scenario(t, { method: 'GET', path: '/v1/members', key: weak }, { status: 403 });
  });

  test('whoever is removed is a stranger at the next request, with sign-in and keys', async () => {
    const builder = await member('builder');
    const headers = await session(t.app, builder);
    const create = { method: 'POST' as const, path: '/v1/keys', headers, body: { name: 'theirs', bot: world.bot.id, scopes: ['Manage Flow'] } };
    const { key } = (await scenario(t, create, { status: 201, events: ['key.created'] })).json as { key: string };
    await scenario(t, { method: 'GET', path: '/api/flow/tags', key }, { status: 200 });
    await t.app.transact((tx) => insertMember(tx, { workspace_id: other.workspace.id, account_id: builder.id, role: 'viewer', created_at: 0 }));

    await scenario(t, remove(builder.id, asAdmin), { status: 204, events: ['key.revoked', 'member.removed'] });
    await scenario(t, { method: 'GET', path: '/api/flow/tags', key }, { status: 401 });
    await scenario(t, { method: 'GET', path: '/v1/bots', headers: { ...headers, 'x-workspace': String(world.workspace.id) } }, { status: 404 });
    await scenario(t, { method: 'GET', path: '/v1/bots', headers: { ...headers, 'x-bot': `f${world.bot.id}` } }, { status: 404 });
    await scenario(
      t,
      { method: 'GET', path: '/v1/me', headers },
      { status: 200, body: (me: object) => expect(me).toMatchObject({ workspaces: [{ id: other.workspace.id }] }) },
    );
    await scenario(t, remove(builder.id), { status: 404 });
  });

  test('the last owner stays, even when two owners remove each other at the same moment', async () => {
    const last = 'A workspace needs an owner. Make someone else an owner first.';
    await scenario(t, patch(world.account.id, 'admin'), { status: 409, body: (problem: object) => expect(problem).toMatchObject({ detail: last }) });
    await scenario(t, remove(world.account.id), { status: 409 });
    for (let round = 0; round < 5; round += 1) {
      const second = await member('owner');
      const asSecond = await session(t.app, second);
      const both = await Promise.all([call(t, patch(second.id, 'viewer')), call(t, patch(world.account.id, 'viewer', asSecond))]);
      expect(both.map((reply) => reply.status).filter((status) => status === 200)).toHaveLength(1);
      expect(await ownersOf(t.app.db, world.workspace.id)).toHaveLength(1);
      await t.app.transact(async (tx) => {
        await setRole(tx, world.workspace.id, world.account.id, 'owner');
        await setRole(tx, world.workspace.id, second.id, 'viewer');
      });
    }
  });

  test('another workspace’s member answers like one that never was', async () => {
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/members/${id}`, headers: owner }), other.account.id);
    await sameAsUnknown(t, (id) => patch(id, 'viewer'), other.account.id);
    await sameAsUnknown(t, (id) => remove(id, { authorization: `Bearer ${world.key}` }), other.account.id);
    expect(await roleOf(t.app.db, other.workspace.id, other.account.id)).toBe('owner');
  });
});
