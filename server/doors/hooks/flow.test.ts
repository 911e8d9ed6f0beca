import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, type Reply, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const paid = {
  format: 'flow/1',
  id: 'paid',
  name: 'Paid',
  params: { number: { type: 'text' } },
  triggers: {
    go: { type: 'start', to: 'a' },
    shop: { type: 'webhook', hook: 'paid', to: 'a' },
    other: { type: 'webhook', to: 'b' },
  },
  groups: {
    a: { blocks: [{ id: 't', type: 'text', text: '{{ param.number }}: {{ param.trigger.data.lines | size }} lines.', to: { next: '@end' } }] },
    b: { blocks: [{ id: 'q', type: 'ask', kind: 'text', text: 'Is it right?', retry: { max: 1 }, to: { invalid: '@end', next: '@end' } }] },
  },
};

type Hook = { trigger: string; hook: string; url: string; live: boolean };

describe.each(databaseKinds)('webhooks that set flows off on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let hooks: Hook[];
  beforeAll(async () => {
    t = await testApp(kind);
    [world, other] = [await makeWorld(t.app), await makeWorld(t.app)];
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: paid, publish: true } });
    hooks = (await json<{ data: Hook[] }>(call(t, { method: 'GET', path: '/v1/flows/paid/hooks', key: world.key }))).data;
  });
  afterAll(() => t.close());

  const json = async <T>(reply: Promise<Reply>): Promise<T> => (await reply).json;
  const pathOf = (trigger: string): string => new URL(hooks.find((one) => one.trigger === trigger)?.url ?? 'http://none').pathname;
  const post = async (path: string, body: unknown, headers = {}) => {
    const reply = await call(t, { method: 'POST', path, body, headers });
    return [reply.status, reply.json];
  };
  const begun = [200, { status: 'ok', begun: true }];
  const notBegun = [200, { status: 'ok', begun: false }];
  type Person = { id: number; email: string | null; user_id: string; name: string };
  const people = async () => (await json<{ data: Person[] }>(call(t, { method: 'GET', path: '/v1/subscribers', key: world.key }))).data;
  const told = async (find: (one: Person) => boolean): Promise<string[]> => {
    const id = (await people()).find(find)?.id ?? 0;
    const rows = await t.app.db
      .selectFrom('message')
      .innerJoin('conversation', 'conversation.id', 'message.conversation_id')
      .select('text')
      .where('subscriber_id', '=', id)
      .orderBy('message.id')
      .execute();
    return rows.map((row) => row.text);
  };

  test('a flow tells its addresses to whoever may change it, and to nobody else', async () => {
    expect(hooks).toEqual([
      { trigger: 'other', hook: 'other', url: expect.stringMatching(/\/hooks\/flow\/\d+-\d+-[\w-]{22}$/), live: true },
      { trigger: 'shop', hook: 'paid', url: expect.stringMatching(/\/hooks\/flow\/\d+-\d+-[\w-]{22}$/), live: true },
    ]);
    expect(hooks[0]?.url).not.toBe(hooks[1]?.url);
    const { account } = await makeMember(t.app, world, 'viewer');
    const headers = { ...(await session(t.app, account)), 'x-bot': String(world.bot.id) };
    await scenario(t, { method: 'GET', path: '/v1/flows/paid/hooks', headers }, { status: 403 });
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/flows/${id}/hooks`, key: other.key }), 'paid');
  });

  test('a call finds the person or makes them, and the flow knows what was sent', async () => {
    const path = pathOf('shop');
    expect(await post(path, { email: 'Jane@example.com', name: 'Jane', number: 'A-17', lines: [1, 2] })).toEqual(begun);
    const isJane = ({ email }: Person) => email === 'Jane@example.com';
    expect(await told(isJane)).toEqual(['A-17: 2 lines.']);
    expect(await post(path, { email: 'jane@EXAMPLE.com', name: 'Somebody else', number: 'A-18' })).toEqual(begun);
    const jane = (await people()).filter(isJane);
    expect(
      jane.map((one) => one.name),
      'who is known stays as they are',
    ).toEqual(['Jane']);
    expect(await post(path, { user_ns: `f${world.bot.id}u${jane[0]?.id}`, number: 'A-19', lines: [1] })).toEqual(begun);
    expect(await told(isJane)).toEqual(['A-17: 2 lines.', 'A-18: 0 lines.', 'A-19: 1 lines.']);
    expect(await post(path, { user_id: 4711, number: 'A-20' })).toEqual(begun);
    expect(await post(path, { phone: '+49 30 901820', number: 'A-21' })).toEqual(begun);
    expect(await told(({ user_id }) => user_id === '4711')).toEqual(['A-20: 0 lines.']);
  });

  test('sent again under the same id it changes nothing, also at the same moment', async () => {
    const once = { 'webhook-id': 'evt_1' };
    const body = { email: 'again@example.com', number: 'B' };
    const replies = await Promise.all([post(pathOf('shop'), body, once), post(pathOf('shop'), body, once)]);
    expect(replies.map(([status]) => status)).toEqual([200, 200]);
    expect(await post(pathOf('shop'), body, once)).toEqual(notBegun);
    expect(await told(({ email }) => email === 'again@example.com')).toEqual(['B: 0 lines.']);
    expect(await post(pathOf('shop'), body, { 'webhook-id': 'evt_2' })).toEqual(begun);
    expect(await told(({ email }) => email === 'again@example.com')).toHaveLength(2);
  });

  test('a flow that is under way is not interrupted, and the caller is told', async () => {
    const body = { email: 'busy@example.com' };
    expect(await post(pathOf('other'), body)).toEqual(begun);
    expect(await post(pathOf('shop'), body)).toEqual(notBegun);
    expect(await told(({ email }) => email === 'busy@example.com')).toEqual(['Is it right?']);
  });

  test.each<[string, unknown, number, RegExp]>([
    ['says nobody', { number: 'A' }, 422, /user_ns, user_id, phone and email/],
    ['is a list', [{ email: 'a@example.com' }], 422, /JSON object/],
    ['is a text', '"jane"', 422, /JSON object/],
    ['is no JSON', '{"email":', 400, /JSON/],
    ['has a number that is none', { phone: '12' }, 422, /country code/],
    ['has an address that is none', { email: 'jane' }, 422, /e-mail/],
    ['names somebody who is not there', { user_ns: 'f1u987654321' }, 422, /no such subscriber/],
    ['is too large', { email: 'a@example.com', all: Array(70).fill('x'.repeat(1_000)) }, 413, /64 KB/],
  ])('a body that %s is refused with the reason', async (_what, body, status, reason) => {
    const before = (await people()).length;
    const reply = await call(t, { method: 'POST', path: pathOf('shop'), body });
    expect([reply.status, reply.json]).toEqual([status, { error: expect.stringMatching(reason) }]);
    expect(await people()).toHaveLength(before);
  });

  test('an address that no flow has is not found, whatever of it is true; one that is not published is told', async () => {
    const [, bot, flow, token = ''] = /^\/hooks\/flow\/(\d+)-(\d+)-(.+)$/.exec(pathOf('shop')) ?? [];
    const wrong = [
      `${bot}-${flow}-${'A'.repeat(22)}`,
      `${other.bot.id}-${flow}-${token}`,
      `${bot}-${Number(flow) - 1}-${token}`,
      `${bot}-987654321-${token}`,
      `${token}`,
    ];
    for (const one of wrong) expect((await post(`/hooks/flow/${one}`, { email: 'a@example.com' }))[0], one).toBe(404);
    const renamed = { ...paid, triggers: { ...paid.triggers, shop: { type: 'webhook', hook: 'sold', to: 'a' } } };
    await call(t, { method: 'PUT', path: '/v1/flows/paid', key: world.key, body: { document: renamed, rev: 1 } });
    const draft = (await json<{ data: Hook[] }>(call(t, { method: 'GET', path: '/v1/flows/paid/hooks', key: world.key }))).data;
    expect(draft.map(({ hook, live }) => [hook, live])).toEqual([
      ['other', true],
      ['sold', false],
    ]);
    const sold = new URL(draft[1]?.url ?? '').pathname;
    expect((await post(sold, { email: 'a@example.com' }))[0]).toBe(409);
    await call(t, { method: 'POST', path: '/v1/flows/paid/publish', key: world.key, body: {} });
    expect(await post(sold, { email: 'a@example.com', number: 'C' })).toEqual(begun);
    expect((await post(pathOf('shop'), { email: 'a@example.com' }))[0], 'the old address opens nothing').toBe(404);
  });
});
