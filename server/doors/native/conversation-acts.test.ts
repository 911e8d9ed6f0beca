import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fireTimers } from '../../jobs/timers.ts';
import { giveSign } from '../../live.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { openWebSocket } from '../../testing/doubles/readers.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, meetOnSite, type Request, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

/** Asks a name, waits a day, then hands over; people done, it says so. */
const helper = {
  format: 'flow/1',
  id: 'helper',
  name: 'Helper',
  vars: { name: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        {
          id: 'name',
          type: 'ask',
          kind: 'text',
          text: 'Who are you?',
          save: 'name',
          timeout: '1d',
          retry: { max: 1 },
          to: { timeout: 'late', invalid: 'desk' },
        },
        { id: 'is_later', type: 'if', cases: [{ id: 'later', when: { l: 'name', op: 'eq', r: 'later' } }], to: { 'case:later': 'pause', else: 'desk' } },
      ],
    },
    pause: {
      blocks: [
        { id: 'see_you', type: 'text', text: 'See you later.' },
        { id: 'a_day', type: 'wait', for: '1d', to: { next: 'desk' } },
      ],
    },
    late: {
      blocks: [
        { id: 'gone', type: 'text', text: 'Are you still there?' },
        { id: 'late_end', type: 'end' },
      ],
    },
    desk: {
      blocks: [{ id: 'people', type: 'handoff', text: 'One moment, {{ name }}.', timeout: '10m', to: { resolved: 'after', timeout: 'late' } }],
    },
    after: {
      blocks: [
        { id: 'bye', type: 'text', text: 'Glad we could help.' },
        { id: 'end', type: 'end' },
      ],
    },
  },
};

type Shown = { id: number; status: string; handler: string; assignee: number | null; taken_at: number | null; waiting_since: number | null; unread: number };
type Message = { id: number; seq: number; direction: string; text: string; author: { kind: string; id: number | null; name: string } };

describe.each(databaseKinds)('people in conversations on %s', (kind) => {
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
  /** Somebody on the website, whom the flow has asked for their name. */
  const begin = async (): Promise<{ id: number; say: (text: string) => Promise<void> }> => {
    people += 1;
    const token = `person-${people}-of-this-test-file`;
    const ask = (path: string, body: object) => call(t, { method: 'POST', path: `/api/v1/chat${path}`, headers: { 'x-api-key': world.site.site_key }, body });
    await ask('/conversations', { name: `Jane ${people}`, email: `jane${people}@example.com`, message: 'hi', visitor_token: token });
    const [newest] = (await get<{ data: Shown[] }>('/conversations?limit=1&channel=web')).data;
    return { id: newest?.id ?? 0, say: async (text) => void (await ask(`/conversations/${token}/messages`, { message: text })) };
  };
  const get = async <T>(path: string): Promise<T> => (await call(t, { method: 'GET', path: `/v1${path}`, headers })).json as T;
  const post = (path: string, body: object = {}): Request => ({ method: 'POST', path: `/v1/conversations/${path}`, headers, body });
  const does = async (path: string, body: object = {}): Promise<Shown> => (await scenario(t, post(path, body), { status: 200 })).json as Shown;
  const look = (id: number) => get<Shown>(`/conversations/${id}`);
  const said = async (id: number) => (await get<{ data: Message[] }>(`/conversations/${id}/messages`)).data;
  const texts = async (id: number) => (await said(id)).map((one) => one.text);
  const acts = async (id: number) =>
    (await get<{ data: { data: { act: string; by: { name: string } | null } }[] }>(`/conversations/${id}/events?kind=conversation`)).data.map(
      ({ data }) => `${data.act} ${data.by?.name ?? 'flow'}`,
    );
  const inView = async (view: string) => (await get<{ data: Shown[] }>(`/conversations?view=${view}`)).data.map((one) => one.id);
  const passTime = async (ms: number) => {
    t.clock.advance(ms);
    await fireTimers(t.app);
  };

  test('an agent answers, and the person reads it; who answers first has the conversation', async () => {
    const { id, say } = await begin();
    expect(await look(id)).toMatchObject({ handler: 'bot', waiting_since: null, status: 'open', assignee: null });
    await say('Jane');
    expect(await look(id)).toMatchObject({ handler: 'people', waiting_since: t.clock.now() });
    expect(await inView('unassigned')).toContain(id);
    await scenario(t, post(`${id}/messages`, { text: 'Hello *Jane*' }), {
      status: 201,
      body: (one: Message) => expect(one).toMatchObject({ direction: 'out', text: 'Hello *Jane*', author: { kind: 'agent', ...agent } }),
    });
    expect(await look(id)).toMatchObject({ handler: 'people', waiting_since: null, assignee: agent.id });
    expect(await inView('mine')).toContain(id);
    expect(await inView('unassigned')).not.toContain(id);
    await say('And my order?');
    expect((await look(id)).waiting_since).not.toBeNull();
    expect(await texts(id)).toEqual(['hi', 'Who are you?', 'Jane', 'One moment, Jane.', 'Hello *Jane*', 'And my order?']);
    expect(await acts(id)).toEqual([`assigned ${agent.name}`]);
  });

  test('a note is among the team: it goes to no channel and takes nothing over', async () => {
    const { id } = await begin();
    await scenario(t, post(`${id}/messages`, { text: 'A good customer', note: true }), {
      status: 201,
      body: (one: Message) => expect(one).toMatchObject({ direction: 'note', author: { kind: 'agent' } }),
    });
    expect(await look(id)).toMatchObject({ handler: 'bot', assignee: null });
    const seen = await call(t, {
      method: 'GET',
      path: `/api/v1/chat/conversations/person-${people}-of-this-test-file/messages`,
      headers: { 'x-api-key': world.site.site_key },
    });
    expect(seen.text).not.toContain('A good customer');
  });

  test('taken over, the bot is silent and its time stands still; handed back, it goes on where it waits', async () => {
    const { id, say } = await begin();
    expect(await does(`${id}/take-over`)).toMatchObject({ handler: 'people', assignee: agent.id, taken_at: t.clock.now() });
    expect(await get(`/conversations/${id}/session`)).toMatchObject({ status: 'waiting', is_stopped: true, at: { flow: 'helper', block: 'hello.name' } });
    await say('help, a person');
    await passTime(25 * 3_600_000);
    expect(await texts(id)).toEqual(['hi', 'Who are you?', 'help, a person']);
    expect(await does(`${id}/hand-back`)).toMatchObject({ handler: 'bot', assignee: null, taken_at: null });
    await say('Jane');
    expect((await texts(id)).slice(3)).toEqual(['Jane', 'One moment, Jane.']);
    expect(await acts(id)).toEqual([`taken ${agent.name}`, `handed_back ${agent.name}`]);
    await scenario(t, post(`${id}/take-over`), { status: 200 });
  });

  test('its clock stood still while people had it: what was left to wait is left', async () => {
    const { id } = await begin();
    await passTime(20 * 3_600_000);
    await does(`${id}/take-over`);
    await passTime(25 * 3_600_000);
    await does(`${id}/hand-back`);
    await passTime(3 * 3_600_000);
    expect((await texts(id)).at(-1)).toBe('Who are you?');
    await passTime(2 * 3_600_000);
    expect((await texts(id)).at(-1)).toBe('Are you still there?');
  });

  test('where the workspace cancels clocks instead, the question waits without an end, and what only waited for time goes on', async () => {
    const owner = await session(t.app, world.account);
    const settle = (handoff_timers: string) => ({ method: 'PATCH' as const, path: '/v1/settings', headers: owner, body: { handoff_timers } });
    await scenario(t, settle('cancel'), { status: 200, events: ['settings.updated'] });
    const asked = await begin();
    await does(`${asked.id}/take-over`);
    await does(`${asked.id}/hand-back`);
    await passTime(48 * 3_600_000);
    expect((await texts(asked.id)).at(-1)).toBe('Who are you?');
    await asked.say('later');
    const paused = await begin();
    await paused.say('later');
    expect((await texts(paused.id)).at(-1)).toBe('See you later.');
    await does(`${paused.id}/take-over`);
    await does(`${paused.id}/hand-back`);
    await passTime(0);
    expect((await texts(paused.id)).at(-1)).toBe('One moment, later.');
    await scenario(t, settle('freeze'), { status: 200, events: ['settings.updated'] });
  });

  test('it is handed back at a chosen block, and not at one the flow does not have', async () => {
    const { id } = await begin();
    await scenario(t, post(`${id}/hand-back`), { status: 409 });
    await does(`${id}/take-over`);
    await scenario(t, post(`${id}/hand-back`, { block: 'nowhere.else' }), {
      status: 422,
      body: (one: { detail: string }) => expect(one.detail).toBe('The flow has no block nowhere.else.'),
    });
    expect(await look(id)).toMatchObject({ handler: 'people' });
    expect(await does(`${id}/hand-back`, { block: 'after' })).toMatchObject({ handler: 'bot' });
    expect((await texts(id)).at(-1)).toBe('Glad we could help.');
    // Its run is over; it may begin again where somebody says.
    await does(`${id}/take-over`);
    await does(`${id}/hand-back`, { block: 'hello' });
    expect((await texts(id)).at(-1)).toBe('Who are you?');
  });

  test('a flow that handed over waits no longer once somebody answers, and goes on when the conversation is closed', async () => {
    const { id, say } = await begin();
    await say('Jane');
    await scenario(t, post(`${id}/messages`, { text: 'I am here' }), { status: 201 });
    await passTime(11 * 60_000);
    expect((await texts(id)).at(-1)).toBe('I am here');
    expect(await does(`${id}/status`, { status: 'done' })).toMatchObject({ status: 'done', waiting_since: null });
    expect((await texts(id)).at(-1)).toBe('Glad we could help.');
    expect(await inView('closed')).toContain(id);
    await does(`${id}/status`, { status: 'done' });
    await say('thanks');
    expect(await look(id)).toMatchObject({ status: 'open', handler: 'people' });
    expect(await acts(id)).toEqual([`assigned ${agent.name}`, `closed ${agent.name}`, `opened Jane ${people}`]);
  });

  test('nobody comes: the flow goes on by its timeout', async () => {
    const { say, id } = await begin();
    await say('Jane');
    await passTime(11 * 60_000);
    expect((await texts(id)).at(-1)).toBe('Are you still there?');
    expect(await look(id)).toMatchObject({ status: 'open' });
  });

  test('closed while taken over, the flow is over; reopened, people have it', async () => {
    const { id, say } = await begin();
    await does(`${id}/take-over`);
    expect(await does(`${id}/status`, { status: 'done' })).toMatchObject({ taken_at: null });
    await scenario(t, post(`${id}/hand-back`), { status: 409 });
    expect(await does(`${id}/status`, { status: 'open' })).toMatchObject({ status: 'open', handler: 'people', waiting_since: null });
    await say('Jane');
    expect((await texts(id)).at(-1)).toBe('Jane');
    expect(await acts(id)).toEqual([`taken ${agent.name}`, `closed ${agent.name}`, `opened ${agent.name}`]);
  });

  test('it is assigned to members who answer people, and to nobody', async () => {
    const { id } = await begin();
    const { account: viewer } = await makeMember(t.app, world, 'viewer');
    expect(await does(`${id}/assign`, { assignee: world.account.id })).toMatchObject({ assignee: world.account.id });
    expect(await does(`${id}/assign`, { assignee: world.account.id })).toMatchObject({ assignee: world.account.id });
    expect(await does(`${id}/assign`, { assignee: null })).toMatchObject({ assignee: null });
    await scenario(t, post(`${id}/assign`, { assignee: viewer.id }), { status: 422 });
    await scenario(t, post(`${id}/assign`, { assignee: (await makeWorld(t.app)).account.id }), { status: 422 });
    expect(await acts(id)).toEqual([`assigned ${agent.name}`, `assigned ${agent.name}`]);
  });

  test('files that the agent uploaded go along with an answer, once and not those of others', async () => {
    const { id } = await begin();
    const upload = async (as: Record<string, string>): Promise<string> => {
      const form = new FormData();
      form.append('file', new File(['2 shoes'], 'invoice.txt', { type: 'text/plain' }));
      const packed = new Response(form);
      const body = Buffer.from(await packed.arrayBuffer());
      const sent = { ...as, 'content-type': packed.headers.get('content-type') ?? '' };
      return ((await scenario(t, { method: 'POST', path: '/v1/files', headers: sent, body }, { status: 201 })).json as { id: string }).id;
    };
    const file = await upload(headers);
    await scenario(t, post(`${id}/messages`, { attachments: [file] }), {
      status: 201,
      body: (one: object) =>
        expect(one).toMatchObject({ text: '', attachments: [{ id: file, name: 'invoice.txt', size: 7, view_url: expect.stringContaining('/f/') }] }),
    });
    const [last] = (await get<{ data: { attachments: { url: string }[] }[] }>(`/conversations/${id}/messages?sort=newest&limit=1`)).data;
    const link = new URL(last?.attachments[0]?.url ?? '');
    expect((await call(t, { method: 'GET', path: `${link.pathname}${link.search}` })).text).toBe('2 shoes');
    await scenario(t, post(`${id}/messages`, { text: 'again', attachments: [file] }), { status: 422 });
    const owners = await upload({ ...(await session(t.app, world.account)), 'x-bot': `f${world.bot.id}` });
    await scenario(t, post(`${id}/messages`, { text: 'not mine', attachments: [owners] }), { status: 422 });
    expect(await texts(id)).toEqual(['hi', 'Who are you?', '']);
  });

  test('what is unread is unread by each', async () => {
    const { id, say } = await begin();
    expect(await look(id)).toMatchObject({ unread: 1, last_message: { text: 'Who are you?', direction: 'out' } });
    await scenario(t, post(`${id}/read`), { status: 204 });
    expect((await look(id)).unread).toBe(0);
    await say('Jane');
    await say('Hello?');
    expect((await look(id)).unread).toBe(2);
    const [, , jane] = await said(id);
    await scenario(t, post(`${id}/read`, { up_to: jane?.seq ?? 0 }), { status: 204 });
    expect((await look(id)).unread).toBe(1);
    await scenario(t, post(`${id}/read`, { up_to: 1 }), { status: 204 });
    expect((await look(id)).unread).toBe(1);
    const others = await call(t, { method: 'GET', path: `/v1/conversations/${id}`, key: world.key });
    expect(others.json).toMatchObject({ unread: 3 });
  });

  test('lists are by view, person and page, newest activity first; the newest messages come first when asked', async () => {
    const { id, say } = await begin();
    t.clock.advance(1000);
    await say('Jane');
    expect((await inView('all'))[0]).toBe(id);
    expect(await inView('bot')).not.toContain(id);
    expect((await get<{ data: Shown[] }>(`/conversations?q=JANE${people}%40EX`)).data.map((one) => one.id)).toEqual([id]);
    const first = await get<{ data: Shown[]; next: string }>('/conversations?view=all&limit=2');
    const second = await get<{ data: Shown[] }>(`/conversations?view=all&limit=2&cursor=${first.next}`);
    expect([...first.data, ...second.data].map((one) => one.id)).toEqual((await inView('all')).slice(0, 4));
    const counts = await get<Record<string, number>>('/conversations/counts');
    for (const view of ['mine', 'unassigned', 'all', 'bot', 'closed']) expect(counts[view], view).toBe((await inView(view)).length);
    const newest = await get<{ data: Message[]; next: string }>(`/conversations/${id}/messages?sort=newest&limit=3`);
    const older = await get<{ data: Message[]; next: null }>(`/conversations/${id}/messages?sort=newest&limit=3&cursor=${newest.next}`);
    expect([...newest.data, ...older.data]).toEqual((await said(id)).toReversed());
    expect(older.next).toBeNull();
  });

  test('a viewer reads and does nothing; a key needs its scope; another bot has no such conversation', async () => {
    const { id } = await begin();
    const { account } = await makeMember(t.app, world, 'viewer');
    const looking = { ...(await session(t.app, account)), 'x-bot': `f${world.bot.id}` };
    const writes: [string, object][] = [
      ['messages', { text: 'x' }],
      ['assign', { assignee: null }],
      ['status', { status: 'done' }],
      ['take-over', {}],
      ['hand-back', {}],
      ['typing', { on: true }],
    ];
    for (const [path, body] of writes) await scenario(t, { ...post(`${id}/${path}`, body), headers: looking }, { status: 403 });
    await scenario(t, { method: 'GET', path: `/v1/conversations/${id}/events`, headers: looking }, { status: 200 });
    const building = await makeKeyFor(t.app, world, ['Manage Flow']);
    await scenario(t, { method: 'POST', path: `/v1/conversations/${id}/messages`, key: building, body: { text: 'x' } }, { status: 403 });
    const other = await makeWorld(t.app);
    for (const [path, body] of [...writes, ['read', {}] as [string, object]]) {
      await sameAsUnknown(t, (one: number) => ({ method: 'POST', path: `/v1/conversations/${one}/${path}`, key: other.key, body }), id);
    }
    await scenario(t, post(`${id}/messages`, { text: '  ' }), { status: 422 });
    await scenario(t, post(`${id}/messages`, { text: 'x', attachments: ['nothing'] }), { status: 422 });
  });

  test('who types, looks on and reads is told at once, without a number, to those who look on', async () => {
    const { id } = await begin();
    const base = (await t.server.listen({ host: '127.0.0.1', port: 0 })).replace('http', 'ws');
    const connect = async (one: Record<string, string>) => {
      const { ticket } = (await scenario(t, { method: 'POST', path: '/v1/events/ws-ticket', headers: one }, { status: 201 })).json as { ticket: string };
      const client = await openWebSocket(`${base}/v1/events/ws?ticket=${encodeURIComponent(ticket)}`);
      await client.ask('subscribe');
      return { client, ticket };
    };
    const own = await connect({ ...(await session(t.app, world.account)), 'x-bot': `f${world.bot.id}` });
    const theirs = await connect(headers);
    await theirs.client.ask('viewing', { conversation: id, on: true });
    await scenario(t, post(`${id}/typing`, { on: true }), { status: 204 });
    await scenario(t, post(`${id}/read`), { status: 204 });
    await scenario(t, post(`${id}/messages`, { text: 'Hello' }), { status: 201 });
    const told = (event: string) => own.client.frames.find((one) => one.event === event);
    await own.client.until(() => ['viewing', 'typing', 'read', 'changed'].every((one) => told(`conversation.${one}`)));
    expect(told('conversation.typing')).toEqual({
      event: 'conversation.typing',
      seq: null,
      data: { conversation: id, who: { kind: 'agent', ...agent }, on: true },
    });
    expect(told('conversation.viewing')?.data).toMatchObject({ conversation: id, on: true });
    const page = { url: 'https://shop.example/', title: 'Shop' };
    const place = { workspaceId: world.workspace.id, botId: world.bot.id, conversationId: id };
    giveSign(t.app.live, place, { kind: 'present', page, who: { kind: 'subscriber', id: 1, name: '' } });
    await own.client.until(() => told('conversation.present') !== undefined);
    expect(told('conversation.present')).toMatchObject({ seq: null, data: { conversation: id, who: { kind: 'subscriber', id: 1 }, page } });
    expect(told('conversation.read')?.data).toMatchObject({ conversation: id, up_to: expect.any(Number) });
    expect((await theirs.client.ask('typing', { conversation: 987_654, on: true })).error?.code).toBe('not_found');
    const again = await openWebSocket(`${base}/v1/events/ws?ticket=${encodeURIComponent(own.ticket)}`);
    expect((await again.closed).code).toBe(4401);
    const foreign = await connect({ authorization: `Bearer ${(await makeWorld(t.app)).key}` });
    await scenario(t, post(`${id}/typing`, { on: false }), { status: 204 });
    await own.client.until((frames) => frames.some((one) => (one.data as { on?: boolean } | undefined)?.on === false));
    await sleep(50);
    expect(foreign.client.frames.filter((one) => one.event?.startsWith('conversation.'))).toEqual([]);
    for (const one of [own, theirs, foreign]) one.client.ws.close();
  }, 20_000);
});
