import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSetting } from '../../store/settings.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { beginEvents, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Shown = { id: number; name: string; role: string; bots: number };

describe.each(databaseKinds)('workspaces on %s', (kind) => {
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

  const create = async (name: string): Promise<Shown> =>
    (await scenario(t, { method: 'POST', path: '/v1/workspaces', headers: owner, body: { name } }, { status: 201, events: beginEvents })).json;

  test('whoever creates a workspace owns it, with a bot in it', async () => {
    const made = await create('Second');
    const shown = { id: made.id, name: 'Second', image: null, role: 'owner', created_at: t.clock.now(), bots: 1 };
    expect(made).toEqual(shown);
    const path = `/v1/workspaces/${made.id}`;
    await scenario(t, { method: 'GET', path, headers: owner }, { status: 200, body: shown });
    const list = await call(t, { method: 'GET', path: '/v1/workspaces', headers: owner });
    expect(list.json).toMatchObject({ data: [shown, { id: world.workspace.id, bots: 1 }], next: null });
    const bots = await call(t, { method: 'GET', path: '/v1/bots', headers: { ...owner, 'x-workspace': String(made.id) } });
    expect(bots.json).toMatchObject({ data: [{ name: 'Second', type: 'web' }] });
    const page = (await call(t, { method: 'GET', path: '/v1/workspaces?limit=1', headers: owner })).json as { next: string };
    const rest = await call(t, { method: 'GET', path: `/v1/workspaces?limit=1&cursor=${page.next}`, headers: owner });
    expect(rest.json).toMatchObject({ data: [{ id: world.workspace.id }], next: null });
  });

  test('owners and admins rename it; others may not', async () => {
    const path = `/v1/workspaces/${world.workspace.id}`;
    for (const role of ['builder', 'agent', 'viewer'] as const) {
      const headers = await session(t.app, (await makeMember(t.app, world, role)).account);
      await scenario(t, { method: 'GET', path, headers }, { status: 200, body: (shown: Shown) => expect(shown.role).toBe(role) });
      await scenario(t, { method: 'PATCH', path, headers, body: { name: 'Mine' } }, { status: 403 });
      await scenario(t, { method: 'DELETE', path, headers, body: { name: 'Acme' } }, { status: 403 });
    }
    const admin = await session(t.app, (await makeMember(t.app, world, 'admin')).account);
    const patch = { method: 'PATCH' as const, path, headers: admin, body: { name: 'Acme Inc.' } };
    await scenario(t, patch, {
      status: 200,
      body: (shown: object) => expect(shown).toMatchObject({ name: 'Acme Inc.', role: 'admin' }),
      events: ['workspace.updated'],
    });
    await scenario(t, patch, { status: 200 });
    await scenario(t, { method: 'DELETE', path, headers: admin, body: { name: 'Acme Inc.' } }, { status: 403 });
    await scenario(t, { ...patch, headers: { cookie: admin.cookie } }, { status: 403 });
  });

  test('its owner deletes it by repeating its name, and nothing of it stays but what was recorded', async () => {
    const made = await create('Doomed');
    await t.app.transact((tx) => writeSetting(tx, made.id, 'regional', {}));
    const ask = (name: string) => ({ method: 'DELETE' as const, path: `/v1/workspaces/${made.id}`, headers: owner, body: { name } });
    await scenario(t, ask('doomed'), { status: 422 });
    await scenario(t, { ...ask('Doomed'), body: {} }, { status: 422 });
    await scenario(t, ask('Doomed'), { status: 204, events: ['workspace.deleted'] });
    await scenario(t, ask('Doomed'), { status: 404 });
    for (const table of ['bot', 'site', 'member', 'setting'] as const) {
      expect(await t.app.db.selectFrom(table).selectAll().where('workspace_id', '=', made.id).execute()).toEqual([]);
    }
    const kinds = await t.app.db.selectFrom('event').select('kind').where('workspace_id', '=', made.id).orderBy('id').execute();
    expect(kinds.map((one) => one.kind)).toEqual([...beginEvents, 'workspace.deleted']);
  });

  test('the first workspace stays: its owners look after the installation', async () => {
    const ask = { method: 'DELETE' as const, path: `/v1/workspaces/${world.workspace.id}`, headers: owner, body: { name: 'Acme Inc.' } };
    await scenario(t, ask, { status: 409 });
  });

  test('another’s workspace answers like one that never was, and a key is no person', async () => {
    const path = (id: number) => `/v1/workspaces/${id}`;
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: path(id), headers: owner }), other.workspace.id);
    await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: path(id), headers: owner, body: { name: 'Mine' } }), other.workspace.id);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: path(id), headers: owner, body: { name: 'Acme' } }), other.workspace.id);
    await scenario(t, { method: 'GET', path: path(1), headers: { ...owner, 'x-workspace': String(other.workspace.id) } }, { status: 200 });
    await scenario(t, { method: 'GET', path: '/v1/workspaces', key: world.key }, { status: 403 });
    await scenario(t, { method: 'POST', path: '/v1/workspaces', key: world.key, body: { name: 'Mine' } }, { status: 403 });
  });
});
