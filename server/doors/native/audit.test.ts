import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Fact = { id: number; kind: string; at: number; actor: { kind: string; id: number | null; name: string }; request_id: string | null };

describe.each(databaseKinds)('audit on %s', (kind) => {
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

  const list = async (query = '', request: { headers?: Record<string, string>; key?: string } = { headers: owner }) =>
    (await scenario(t, { method: 'GET', path: `/v1/audit${query}`, ...request }, { status: 200 })).json as { data: Fact[]; next: string | null };

  test('says who did what to what, when and from where, and leaves daily work out', async () => {
    t.clock.advance(1000);
    const headers = { ...owner, 'x-request-id': 'req-1' };
    const reply = await call(t, { method: 'POST', path: '/v1/keys', headers, body: { name: 'Shop', bot: null, scopes: ['Manage Flow'] } });
    const key = reply.json as { id: number; prefix: string; key: string };
    await call(t, { method: 'POST', path: '/api/flow/create-tag', key: world.key, body: { name: 'vip' } });
    const { data } = await list('?limit=1');
    expect(data).toEqual([
      {
        id: data[0]?.id,
        kind: 'key.created',
        at: t.clock.now(),
        actor: { kind: 'account', id: world.account.id, name: 'Olive Owner' },
        subject: `key:${key.id}`,
        data: { name: 'Shop', prefix: key.prefix, scopes: ['Manage Flow'] },
        ip: '127.0.0.1',
        request_id: 'req-1',
      },
    ]);
    expect(JSON.stringify(await list())).not.toContain(key.key);
  });

  test('is filtered by kind, by who, and by when', async () => {
    t.clock.advance(1000);
    const from = t.clock.now();
    const manager = await makeKeyFor(t.app, world, ['Manage Team']);
    const { id } = await t.app.db.selectFrom('api_key').select('id').orderBy('id', 'desc').limit(1).executeTakeFirstOrThrow();
    t.clock.advance(1000);
    await scenario(t, { method: 'PATCH', path: '/v1/settings', key: manager, body: { name: 'By key' } }, { status: 200, events: ['settings.updated'] });
    const kinds = async (query: string) => (await list(query)).data.map((one) => one.kind);
    expect(await kinds(`?from=${from}`)).toEqual(['settings.updated', 'key.created']);
    expect(await kinds(`?from=${from}&until=${from + 1}`)).toEqual(['key.created']);
    expect(await kinds(`?actor=key:${id}`)).toEqual(['settings.updated']);
    expect(await kinds('?kind=site.created')).toEqual(['site.created']);
    expect((await list(`?actor=${world.account.id}`)).data.every((one) => one.actor.kind === 'account')).toBe(true);
    for (const query of ['?actor=me', '?from=yesterday', '?until=-1'])
      await scenario(t, { method: 'GET', path: `/v1/audit${query}`, headers: owner }, { status: 422 });
  });

  test('pages from the newest to the oldest without a gap', async () => {
    const all = (await list()).data.map((one) => one.id);
    expect(all).toEqual([...all].sort((a, b) => b - a));
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await list(`?limit=3&cursor=${cursor}`);
      seen.push(...page.data.map((one) => one.id));
      cursor = page.next;
    }
    expect(seen).toEqual(all);
  });

  test('is for owners and admins, and for keys that manage the team', async () => {
    const get = { method: 'GET' as const, path: '/v1/audit' };
    for (const role of ['builder', 'agent', 'viewer'] as const) {
      await scenario(t, { ...get, headers: await session(t.app, (await makeMember(t.app, world, role)).account) }, { status: 403 });
    }
    await scenario(t, { ...get, headers: await session(t.app, (await makeMember(t.app, world, 'admin')).account) }, { status: 200 });
    await scenario(t, { ...get, key: await makeKeyFor(t.app, world, ['Manage Flow']) }, { status: 403 });
    await scenario(t, { ...get, key: await makeKeyFor(t.app, world, ['Manage Team']) }, { status: 200 });
  });

  test('shows a workspace its own and nothing of another or of the installation', async () => {
    const ours = (await list()).data.map((one) => one.id);
    const theirs = (await list('', { key: other.key })).data.map((one) => one.id);
    expect(ours.some((id) => theirs.includes(id))).toBe(false);
    expect((await list('', { key: other.key })).data.map((one) => one.kind)).toEqual(['key.created', 'site.created', 'bot.created', 'workspace.created']);
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: '/v1/audit', headers: { ...owner, 'x-workspace': String(id) } }), other.workspace.id);
  });
});
