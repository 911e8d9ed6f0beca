import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, meetOnSite, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

/** Asks for an order, keeps a token it was given, and hands over. */
const helper = {
  format: 'flow/1',
  id: 'helper',
  name: 'Helper',
  vars: {
    order: { type: 'text' },
    token: { type: 'text', default: 'tok_12345678' },
    cart: { type: 'object', default: { sum: 9, password: 'Hunter2-hunter2' } },
  },
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      title: 'Welcome',
      blocks: [
        {
          id: 'order',
          type: 'ask',
          kind: 'text',
          text: 'What is your\norder number?',
          save: 'order',
          retry: { max: 1 },
          to: { invalid: 'desk', next: 'desk' },
        },
      ],
    },
    desk: { blocks: [{ id: 'people', type: 'handoff', text: 'One moment.', to: { resolved: '@end' } }] },
  },
};

type Shown = { id: number; hit?: { message: number; text: string; marks: [number, number][] } | null; last_message: { author: { id: number | null } } | null };
type Counts = { waiting: number; latest: { conversation: number; name: string; text: string; message: number } | null };

describe.each(databaseKinds)('conversations, as they are read, on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let agent: { id: number; name: string };
  let headers: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    await meetOnSite(t, world, helper);
    const { account } = await makeMember(t.app, world, 'agent');
    agent = { id: account.id, name: account.name };
    headers = { ...(await session(t.app, account)), 'x-bot': `f${world.bot.id}` };
  });
  afterAll(() => t.close());

  let people = 0;
  const begin = async (message: string, context: object = {}): Promise<{ id: number; name: string; say: (text: string) => Promise<void> }> => {
    people += 1;
    const name = `Jane ${people}`;
    t.clock.advance(1_000);
    const body = { visitor_token: `person-${people}-of-this-file-${'x'.repeat(20)}`, client_id: 'a', name, email: `j${people}@example.com`, message, context };
    const sent = { 'x-api-key': world.site.site_key, 'user-agent': 'Mozilla/5.0 (test)' };
    const opened = await call(t, { method: 'POST', path: '/api/v1/chat/conversations?v=2', headers: sent, body });
    expect(opened.status, opened.text).toBe(201);
    const token = (opened.json as { conversation_token: string }).conversation_token;
    const [newest] = (await get<{ data: Shown[] }>('/conversations?limit=1')).data;
    let said = 0;
    const say = async (text: string) => {
      said += 1;
      const one = {
        method: 'POST',
        path: `/api/v1/chat/conversations/${token}/messages?v=2`,
        headers: sent,
        body: { client_id: `m${said}`, message: text },
      } as const;
      expect((await call(t, one)).status).toBe(201);
    };
    return { id: newest?.id ?? 0, name, say };
  };
  const get = async <T>(path: string): Promise<T> => {
    const reply = await call(t, { method: 'GET', path: `/v1${path}`, headers });
    expect(reply.status, reply.text).toBe(200);
    return reply.json as T;
  };
  const post = (path: string, body: object) => scenario(t, { method: 'POST', path: `/v1/conversations/${path}`, headers, body }, { status: 200 });

  test('a search finds what was said and who said it, with the hit and where it stands; with a view and a cursor', async () => {
    const first = await begin('Where is my Crème brûlée?');
    const second = await begin('I want a refund, not a crème');
    await second.say('B-77 creme');
    const found = (await get<{ data: Shown[] }>('/conversations?q=creme')).data;
    expect(found.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect(found[0]?.hit).toEqual({ message: expect.any(Number), text: 'B-77 creme', marks: [[5, 10]] });
    expect(found[1]?.hit).toMatchObject({ text: 'Where is my Crème brûlée?', marks: [[12, 17]] });
    expect((await get<{ data: Shown[] }>('/conversations?q=creme&view=bot')).data.map(({ id }) => id)).toEqual([first.id]);
    const page = await get<{ data: Shown[]; next: string }>('/conversations?q=creme&limit=1');
    expect((await get<{ data: Shown[] }>(`/conversations?q=creme&limit=1&cursor=${page.next}`)).data.map(({ id }) => id)).toEqual([first.id]);
    const [byPerson] = (await get<{ data: Shown[] }>(`/conversations?q=${encodeURIComponent(first.name)}`)).data;
    expect(byPerson).toMatchObject({ id: first.id, hit: null });
    expect((await get<{ data: Shown[] }>('/conversations?limit=1')).data[0]).not.toHaveProperty('hit');
    expect((await get<{ data: Shown[] }>('/conversations?q=nobody+said+this')).data).toEqual([]);
    const messages = await get<{ data: { id: number; text: string }[] }>(
      `/conversations/${second.id}/messages?sort=newest&cursor=${(found[0]?.hit?.message ?? 0) + 1}`,
    );
    expect(messages.data[0]).toMatchObject({ id: found[0]?.hit?.message, text: 'B-77 creme' });
    const stranger = await makeWorld(t.app);
    const foreign = await call(t, { method: 'GET', path: '/v1/conversations?q=creme', key: stranger.key });
    expect(foreign.json).toEqual({ data: [], next: null });
  });

  test('which of those one shows are still in a view is asked by their numbers', async () => {
    const one = await begin('alpha');
    const two = await begin('beta');
    await two.say('gone to people');
    const ids = `${one.id},${two.id},987654`;
    const inView = async (view: string) => (await get<{ data: Shown[] }>(`/conversations?view=${view}&ids=${ids}`)).data.map(({ id }) => id);
    expect(await inView('all')).toEqual([two.id, one.id]);
    expect(await inView('bot')).toEqual([one.id]);
    expect(await inView('unassigned')).toEqual([two.id]);
    expect((await get<{ data: Shown[] }>(`/conversations?q=alpha&ids=${ids}`)).data.map(({ id }) => id)).toEqual([one.id]);
    await scenario(t, { method: 'GET', path: '/v1/conversations?ids=1;2', headers }, { status: 422 });
    const stranger = await makeWorld(t.app);
    expect((await call(t, { method: 'GET', path: `/v1/conversations?ids=${ids}`, key: stranger.key })).json).toEqual({ data: [], next: null });
  });

  test('who wrote last of those that wait is told with what they said', async () => {
    const before = await get<Counts>('/conversations/counts');
    const { id, name, say } = await begin('hello');
    await say('C-1');
    expect(await get<Counts>('/conversations/counts')).toMatchObject({ waiting: before.waiting + 1, latest: { conversation: id, name, text: 'C-1' } });
    await say('Is anybody there?');
    const { latest } = await get<Counts>('/conversations/counts');
    expect(latest).toMatchObject({ conversation: id, text: 'Is anybody there?' });
    await post(`${id}/assign`, { assignee: world.account.id });
    expect((await get<Counts>('/conversations/counts')).latest?.conversation).not.toBe(id);
    await post(`${id}/assign`, { assignee: agent.id });
    expect((await get<Counts>('/conversations/counts')).latest?.conversation).toBe(id);
    await scenario(t, { method: 'POST', path: `/v1/conversations/${id}/messages`, headers, body: { text: 'Yes' } }, { status: 201 });
    expect((await get<Counts>('/conversations/counts')).latest?.conversation).not.toBe(id);
    expect((await get<Shown>(`/conversations/${id}`)).last_message?.author.id).toBe(agent.id);
  });

  test('where it was begun is shown, as the browser told it, with what makes it look like a program', async () => {
    const context = { url: 'https://shop.example/shoes?a=1', title: 'Shoes', referrer: 'https://search.example/', locale: 'pt-BR', tz: 'Europe/Lisbon' };
    const { id } = await begin('hi', context);
    expect(await get(`/conversations/${id}/visit`)).toEqual({
      ...{ url: context.url, title: 'Shoes', referrer: context.referrer, locale: 'pt-BR', time_zone: 'Europe/Lisbon', browser: 'Mozilla/5.0 (test)' },
      ...{ consent: null, marks: ['no_nonce'], said: {} },
    });
    const stranger = await makeWorld(t.app);
    await sameAsUnknown(t, (one: number) => ({ method: 'GET', path: `/v1/conversations/${one}/visit`, key: stranger.key }), id);
    const sending = await makeKeyFor(t.app, world, ['Send Message']);
    await scenario(t, { method: 'GET', path: `/v1/conversations/${id}/visit`, key: sending }, { status: 403 });
  });

  test('where the flow stands is said in words, secrets hidden, with the version whose blocks a hand-back may name', async () => {
    const { id, say } = await begin('hi');
    expect(await get(`/conversations/${id}/session`)).toMatchObject({
      at: { flow: 'helper', name: 'Helper', block: 'hello.order' },
      blocks: { 'hello.order': { group: 'Welcome', label: 'Question', says: 'What is your order number?' } },
      vars: { token: '••••••', cart: { sum: 9, password: '••••••' } },
      hand_back: { flow: 'helper', version: 1 },
    });
    await say('D-1');
    expect(await get(`/conversations/${id}/session`)).toMatchObject({
      status: 'handed_off',
      vars: { order: 'D-1' },
      blocks: { 'desk.people': { group: 'desk' }, 'hello.order': { group: 'Welcome' } },
    });
    await post(`${id}/status`, { status: 'done' });
    const changed = { ...helper, groups: { ...helper.groups, later: { blocks: [{ id: 'bye', type: 'end' }] } } };
    const { rev } = await get<{ rev: number }>('/flows/helper');
    await scenario(t, { method: 'PUT', path: '/v1/flows/helper', key: world.key, body: { document: changed, rev } }, { status: 200, events: ['flow.updated'] });
    await scenario(t, { method: 'POST', path: '/v1/flows/helper/publish', key: world.key, body: {} }, { status: 200, events: ['flow.published'] });
    // Its run is over: it begins anew in what is published.
    expect(await get(`/conversations/${id}/session`)).toMatchObject({ status: 'ended', version: 1, hand_back: { flow: 'helper', version: 2 } });
  });

  test('what was done is told up to a number, and the page after it begins where it ended', async () => {
    const { id, say } = await begin('hi');
    await post(`${id}/take-over`, {});
    await say('a');
    await post(`${id}/hand-back`, {});
    const acts = (query: string) =>
      get<{ data: { seq: number; data: { act: string } }[]; next: string | null }>(`/conversations/${id}/events?kind=conversation${query}`);
    const all = (await acts('')).data;
    expect(all.map(({ data }) => data.act)).toEqual(['taken', 'handed_back']);
    const [taken] = all;
    expect(await acts(`&until=${taken?.seq ?? 0}`)).toMatchObject({ data: [taken], next: null });
    expect((await acts(`&cursor=${taken?.seq ?? 0}`)).data).toEqual(all.slice(1));
    expect(await acts(`&until=${taken?.seq ?? 0}&cursor=${taken?.seq ?? 0}`)).toEqual({ data: [], next: null });
    expect((await acts(`&until=${taken?.seq ?? 0}&limit=1`)).next).not.toBeNull();
  });
});
