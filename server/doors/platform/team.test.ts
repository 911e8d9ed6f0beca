import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBot } from '../../commands/begin.ts';
import { updateWorkspace } from '../../store/workspaces.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('the workspace on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app, { workspace: 'Acme', bot: 'Helper', email: 'Olive@Example.com' });
    await makeWorld(t.app, { workspace: 'Other', bot: 'Foreign helper' });
  });
  afterAll(() => t.close());

  const get = async (path: string): Promise<{ data: never[]; meta: { total: number } }> =>
    (await call(t, { method: 'GET', path: `/api${path}`, key: world.key })).json;

  test('has a name, an image and an owner', async () => {
    const info = { id: world.workspace.id, name: 'Acme', image: '', owner_id: world.account.id, owner_email: 'Olive@Example.com' };
    await scenario(t, { method: 'GET', path: '/api/team-info', key: world.key }, { status: 200, body: { data: info, status: 'ok' } });
    const image = 'data:image/png;base64,AAAA';
    await t.app.transact((tx) => updateWorkspace(tx, world.workspace.id, { image }, t.clock.now()));
    await scenario(t, { method: 'GET', path: '/api/team-info', key: world.key }, { status: 200, body: { data: { ...info, image }, status: 'ok' } });
  });

  test('lists its own bots, by name and by type', async () => {
    const { bot: second } = await t.app.transact((tx) => createBot(t.app, tx, world.workspace.id, { name: 'Shop', type: 'whatsapp_cloud' }));
    const helper = { name: 'Helper', flow_ns: `f${world.bot.id}`, type: 'web', linked_label: '' };
    const shop = { name: 'Shop', flow_ns: `f${second.id}`, type: 'whatsapp_cloud', linked_label: '' };
    expect(await get('/team-flows')).toMatchObject({ data: [helper, shop], meta: { total: 2, per_page: 10 }, status: 'ok' });
    expect((await get('/team-flows?type=whatsapp_cloud')).data).toEqual([shop]);
    expect((await get('/team-flows?name=HELP&type=')).data).toEqual([helper]);
    expect((await get('/team-flows?type=sms')).data).toEqual([]);
    const unknown =
      'The type field must be one of: web, facebook, instagram, whatsapp, whatsapp_cloud, wechat, telegram, google, slack, line, viber, vk, voice, sms, rcs, intercom, jivochat, chatwoot.';
    const refused = { status: 422, body: { message: unknown, errors: { type: [unknown] } } };
    await scenario(t, { method: 'GET', path: '/api/team-flows?type=fax', key: world.key }, refused);
  });

  test('lists its members with the roles of the family, by role, name and e-mail', async () => {
    const { account: owner } = world;
    const { account: admin } = await makeMember(t.app, world, 'admin');
    const { account: builder } = await makeMember(t.app, world, 'builder');
    const { account: viewer } = await makeMember(t.app, world, 'viewer');
    const { account: agent } = await makeMember(t.app, world, 'agent');
    const row = ({ id, name, email }: typeof owner, role: string) => ({ id, name, email, image: '', role, is_online: false });
    expect((await get('/team-members')).data).toEqual([
      row(owner, 'owner'),
      row(admin, 'admin'),
      row(builder, 'member'),
      row(viewer, 'member'),
      row(agent, 'agent'),
    ]);
    expect((await get('/team-members?role=member')).data).toEqual([row(builder, 'member'), row(viewer, 'member')]);
    expect((await get('/team-members?role=agent')).data).toEqual([row(agent, 'agent')]);
    expect((await get('/team-members?name=OLIVE%40example')).data).toEqual([row(owner, 'owner')]);
    expect((await get('/team-members?name=mia+build')).data).toEqual([row(builder, 'member')]);
    expect((await get('/team-members?limit=2&page=2')).data).toEqual([row(builder, 'member'), row(viewer, 'member')]);
    expect((await get('/team-members?name=nobody')).data).toEqual([]);
    const unknown = 'The role field must be one of: owner, admin, member, agent.';
    const refused = { status: 422, body: { message: unknown, errors: { role: [unknown] } } };
    await scenario(t, { method: 'GET', path: '/api/team-members?role=builder', key: world.key }, refused);
  });

  test('a member is online for five minutes after the console heard of them', async () => {
    const online = async (): Promise<boolean> => ((await get('/team-members?role=owner')).data as { is_online: boolean }[])[0]?.is_online === true;
    expect(await online()).toBe(false);
    await session(t.app, world.account);
    await session(t.app, world.account);
    expect(await online()).toBe(true);
    t.clock.advance(5 * 60_000);
    expect(await online()).toBe(true);
    t.clock.advance(1);
    expect(await online()).toBe(false);
  });

  test('needs the scope Manage Team', async () => {
    const key = await makeKeyFor(t.app, world, ['Manage Flow']);
    for (const path of ['/api/team-info', '/api/team-flows', '/api/team-members']) {
      await scenario(t, { method: 'GET', path, key }, { status: 403, body: { message: 'This key lacks the scope "Manage Team".' } });
    }
  });
});
