import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const flow = (id: string, text = 'Hello!') => ({
  format: 'flow/1',
  id,
  name: 'Hello',
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        { id: 'hi', type: 'text', text },
        { id: 'done', type: 'end' },
      ],
    },
  },
});

describe.each(databaseKinds)('flows on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  test('a flow is created, published, read with its numbers, and refused twice', async () => {
    const made = await scenario(
      t,
      { method: 'POST', path: '/v1/flows', key: world.key, body: { document: flow('hello'), publish: true, message: 'first' } },
      { status: 201, events: ['flow.created', 'flow.published'] },
    );
    expect(made.json).toMatchObject({ id: 'hello', name: 'Hello', rev: 1, version: 1, problems: [] });
    await scenario(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: flow('hello') } }, { status: 409 });
    const read = await call(t, { method: 'GET', path: '/v1/flows/hello', key: world.key });
    expect(read.json).toMatchObject({ document: flow('hello'), published_version: 1, nodes: [{ block: 'hello.hi' }, { block: 'hello.done' }] });
    const byNs = await call(t, { method: 'GET', path: `/v1/flows/${(made.json as { sub_flow_ns: string }).sub_flow_ns}`, key: world.key });
    expect(byNs.text).toBe(read.text);
    expect((await call(t, { method: 'GET', path: '/v1/flows/hello/export', key: world.key })).json).toEqual(flow('hello'));
  });

  test('publishing with errors is refused with the problems, and creating with it keeps nothing', async () => {
    const broken = { ...flow('broken'), groups: { hello: { blocks: [{ id: 'hi', type: 'text', text: '{{ who }}' }] } } };
    const refused = await scenario(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: broken, publish: true } }, { status: 422 });
    expect((refused.json as { problems: { code: string }[] }).problems.map((one) => one.code).sort()).toEqual(['E01', 'E03']);
    await scenario(t, { method: 'GET', path: '/v1/flows/broken', key: world.key }, { status: 404 });
    const linted = await call(t, { method: 'POST', path: '/v1/flows/lint', key: world.key, body: { document: broken } });
    expect(linted.status).toBe(200);
    await scenario(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: { ...broken, extra: 1 } } }, { status: 422 });
  });

  test('handing over to somebody who answers nobody here blocks publishing; to a member, or to whom a template names, does not', async () => {
    const handsTo = (to_agent: string) => ({ ...flow('hands'), groups: { hello: { blocks: [{ id: 'hand', type: 'handoff', to_agent }] } } });
    const lint = async (to_agent: string): Promise<{ problems: { code: string; at: string }[] }> =>
      (await call(t, { method: 'POST', path: '/v1/flows/lint', key: world.key, body: { document: handsTo(to_agent) } })).json;
    const errors = async (to_agent: string) => (await lint(to_agent)).problems.filter(({ code }) => code.startsWith('E'));
    const viewer = await makeMember(t.app, world, 'viewer');
    const agent = await makeMember(t.app, world, 'agent');
    for (const stranger of [String(other.account.id), '987654321', String(viewer.account.id), 'Mia'])
      expect(await errors(stranger), stranger).toMatchObject([{ code: 'E05', at: 'hello.hand.to_agent' }]);
    for (const known of [String(world.account.id), String(agent.account.id), '{{ bot.on_duty }}']) expect(await errors(known), known).toEqual([]);
    const document = handsTo(String(other.account.id));
    await scenario(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } }, { status: 422 });
  });

  test('a flow whose own test fails is not published, and says which line differs', async () => {
    const tested = { ...flow('tested'), tests: [{ name: 'greets', talk: ['you: hi', 'bot: Good day!'] }] };
    const refused = await scenario(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: tested, publish: true } }, { status: 422 });
    expect((refused.json as { problems: { code: string; at: string }[] }).problems).toMatchObject([{ code: 'test', at: 'tests.greets' }]);
    const right = { ...tested, tests: [{ name: 'greets', talk: ['you: hi', 'bot: Hello!'] }] };
    await scenario(
      t,
      { method: 'POST', path: '/v1/flows', key: world.key, body: { document: right, publish: true } },
      { status: 201, events: ['flow.created', 'flow.published'] },
    );
  });

  test('a draft is saved by its revision, versions stay, and an old one is restored', async () => {
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: flow('story', 'One'), publish: true } });
    await scenario(
      t,
      { method: 'PUT', path: '/v1/flows/story', key: world.key, body: { document: flow('story', 'Two'), rev: 1 } },
      { status: 200, events: ['flow.updated'] },
    );
    await scenario(t, { method: 'PUT', path: '/v1/flows/story', key: world.key, body: { document: flow('story', 'Three'), rev: 1 } }, { status: 409 });
    await scenario(
      t,
      { method: 'POST', path: '/v1/flows/story/publish', key: world.key, body: {} },
      { status: 200, body: { version: 2 }, events: ['flow.published'] },
    );
    const versions = await call(t, { method: 'GET', path: '/v1/flows/story/versions', key: world.key });
    expect((versions.json as { data: { version: number }[] }).data.map((one) => one.version)).toEqual([2, 1]);
    await scenario(
      t,
      { method: 'POST', path: '/v1/flows/story/versions/1/restore', key: world.key },
      { status: 200, events: ['flow.updated', 'flow.restored'] },
    );
    const now = await call(t, { method: 'GET', path: '/v1/flows/story', key: world.key });
    expect(now.json).toMatchObject({ document: flow('story', 'One'), rev: 3, published_version: 2 });
    await scenario(t, { method: 'DELETE', path: '/v1/flows/story', key: world.key }, { status: 204, events: ['flow.deleted'] });
  });

  test('another workspace and a key without the scope see nothing', async () => {
    const foreign = await call(t, { method: 'GET', path: '/v1/flows/hello', key: other.key });
    const unknown = await call(t, { method: 'GET', path: '/v1/flows/nothing', key: other.key });
    expect([foreign.status, (foreign.json as { detail: string }).detail]).toEqual([unknown.status, (unknown.json as { detail: string }).detail]);
    const weak = await makeKeyFor(t.app, world, ['chats:read']);
    await scenario(t, { method: 'POST', path: '/v1/flows', key: weak, body: { document: flow('x') } }, { status: 403 });
  });
});
