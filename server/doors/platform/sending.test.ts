import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receiveReply } from '../../commands/receive-reply.ts';
import { workOnce } from '../../jobs/worker.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const asking = {
  format: 'flow/1',
  id: 'asking',
  name: 'Asking',
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        { id: 'hi', type: 'text', text: 'Hello!' },
        {
          id: 'q',
          type: 'ask',
          kind: 'text',
          text: 'Your name?',
          save: 'subscriber.first_name',
          timeout: '10m',
          retry: { max: 1 },
          to: { timeout: 'late', invalid: 'late' },
        },
        { id: 'thanks', type: 'text', text: 'Thanks, {{ subscriber.first_name }}.', to: { next: '@end' } },
      ],
    },
    late: { blocks: [{ id: 'bye', type: 'text', text: 'Come back any time.', to: { next: '@end' } }] },
  },
};
const picture = {
  format: 'flow/1',
  id: 'picture',
  name: 'Picture',
  triggers: { go: { type: 'keyword', any: ['picture'], to: 'show' } },
  groups: { show: { blocks: [{ id: 'see', type: 'media', kind: 'image', url: 'https://x.example/cat.png', caption: 'A cat', to: { next: '@end' } }] } },
};

type Message = { id: number; type: string; content: string; [more: string]: unknown };

describe.each(databaseKinds)('sending on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let flowNs: string;
  let nodes: { node_ns: string; block: string }[];
  let people = 0;

  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    for (const document of [asking, picture]) {
      const made = await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
      expect(made.status, made.text).toBe(201);
    }
    const flow = (await call(t, { method: 'GET', path: '/v1/flows/asking', key: world.key })).json as { sub_flow_ns: string; nodes: typeof nodes };
    flowNs = flow.sub_flow_ns;
    nodes = flow.nodes;
  });
  afterAll(() => t.close());

  const post = (path: string, body: object): Request => ({ method: 'POST', path: `/api${path}`, key: world.key, body });
  const someone = async (): Promise<string> => {
    people += 1;
    const made = await call(t, post('/subscriber/create', { phone: `4930905${String(people).padStart(4, '0')}`, name: 'Jane' }));
    return (made.json as { user_ns: string }).user_ns;
  };
  const history = async (user: string, query = 'include_bot=1'): Promise<Message[]> =>
    ((await call(t, { method: 'GET', path: `/api/subscriber/chat-messages?user_ns=${user}&limit=100&${query}`, key: world.key })).json as { data: Message[] })
      .data;
  const texts = async (user: string, query?: string) => (await history(user, query)).map((one) => `${one.type}: ${one.content}`).reverse();
  /** What they write comes in as it does on any channel; a chat of their own would be another subscriber. */
  async function write(user: string, text: string): Promise<void> {
    const subscriberId = Number(user.split('u')[1]);
    const { id } = await t.app.db.selectFrom('conversation').select('id').where('subscriber_id', '=', subscriberId).executeTakeFirstOrThrow();
    await t.app.transact((tx) => receiveReply(t.app, tx, { botId: world.bot.id, conversationId: id, reply: { text } }));
  }
  const missing = (thing: string) => ({ status: 404, body: { message: `${thing} not found.` } });

  test('a text makes the conversation it needs, is kept letter by letter, and answers its id', async () => {
    const user = await someone();
    const content = '*Hi* _there_ [x](y) \\ 1 < 2\n\u{1F600}';
    const sent = await scenario(t, post('/subscriber/send-text', { user_ns: user, content }), { status: 200 });
    const [message] = await history(user);
    expect(sent.json).toEqual({ status: 'ok', message_ids: [message?.id] });
    expect(message).toEqual({
      id: message?.id,
      mid: String(message?.id),
      user_ns: user,
      type: 'out',
      msg_type: 'text',
      sender_id: 'bot',
      agent_id: 0,
      username: 'bot',
      payload: { text: content },
      content,
      ts: t.clock.now() / 1000,
    });
    await call(t, post('/subscriber/send-text', { user_ns: user, content: 'As myself', send_as_agent: 1 }));
    const { id: agent, name } = world.account;
    expect((await history(user))[0]).toMatchObject({ type: 'agent', sender_id: String(agent), agent_id: agent, username: name, content: 'As myself' });
    expect(await t.app.db.selectFrom('conversation').select('id').where('bot_id', '=', world.bot.id).execute()).toHaveLength(1);
  });

  test('two that send at once to someone new find one conversation', async () => {
    const user = await someone();
    const replies = await Promise.all(['a', 'b', 'c'].map((content) => call(t, post('/subscriber/send-text', { user_ns: user, content }))));
    expect(replies.map((one) => one.status)).toEqual([200, 200, 200]);
    const found = await t.app.db
      .selectFrom('conversation')
      .select('id')
      .where('subscriber_id', '=', Number(user.split('u')[1]))
      .execute();
    expect(found).toHaveLength(1);
    expect((await texts(user)).sort()).toEqual(['out: a', 'out: b', 'out: c']);
  });

  test('a sub flow starts, waits and goes on; a text in between takes nothing from it', async () => {
    const user = await someone();
    const sent = (await call(t, post('/subscriber/send-sub-flow', { user_ns: user, sub_flow_ns: flowNs }))).json as { message_ids: number[] };
    expect((await history(user)).map((one) => one.id).reverse()).toEqual(sent.message_ids);
    await call(t, post('/subscriber/send-text', { user_ns: user, content: 'Take your time.' }));
    await write(user, 'Ada');
    expect(await texts(user)).toEqual(['out: Hello!', 'out: Your name?', 'out: Take your time.', 'in: Ada', 'out: Thanks, Ada.']);
    const info = (await call(t, { method: 'GET', path: `/api/subscriber/get-info?user_ns=${user}`, key: world.key })).json;
    expect(info).toMatchObject({ first_name: 'Ada', last_message_type: 'out', last_interaction: '2026-01-15 10:30:00' });
  });

  test('what cannot be sent is refused: unknown ones with 404, a flow without a start or not live with 422', async () => {
    const user = await someone();
    const f = `f${world.bot.id}`;
    await scenario(t, post('/subscriber/send-sub-flow', { user_ns: user, sub_flow_ns: `${f}s999999` }), missing('Sub flow'));
    await scenario(t, post('/subscriber/send-sub-flow', { user_ns: `${f}u999999`, sub_flow_ns: flowNs }), missing('Subscriber'));
    await scenario(t, post('/subscriber/send-node', { user_ns: user, node_ns: `${f}n999999` }), missing('Node'));
    const list = (await call(t, { method: 'GET', path: '/api/flow/subflows?name=pict', key: world.key })).json as {
      data: { name: string; sub_flow_ns: string }[];
    };
    expect(list.data.map((one) => one.name)).toEqual(['Picture']);
    const startless = post('/subscriber/send-sub-flow', { user_ns: user, sub_flow_ns: list.data[0]?.sub_flow_ns });
    await scenario(t, startless, { status: 422, body: { message: 'This flow has no start' } });
    const draft = (await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: { ...asking, id: 'draft' } } })).json as {
      sub_flow_ns: string;
    };
    const unpublished = post('/subscriber/send-sub-flow', { user_ns: user, sub_flow_ns: draft.sub_flow_ns });
    await scenario(t, unpublished, { status: 422, body: { message: 'This flow has not been published yet' } });
    expect(await texts(user)).toEqual([]);
  });

  test('a node goes on in the session that waits in its flow, or begins the flow there', async () => {
    const user = await someone();
    const node = (block: string) => nodes.find((one) => one.block === block)?.node_ns;
    await call(t, post('/subscriber/send-node', { user_ns: user, node_ns: node('hello.q') }));
    await call(t, post('/subscriber/send-node', { user_ns: user, node_ns: node('late.bye') }));
    expect(await texts(user)).toEqual(['out: Your name?', 'out: Come back any time.']);
    const id = Number(user.split('u')[1]);
    const sessions = t.app.db.selectFrom('session').innerJoin('conversation', 'conversation.id', 'session.conversation_id').select('session.status');
    expect(await sessions.where('conversation.subscriber_id', '=', id).execute()).toEqual([{ status: 'ended' }]);
  });

  test('the main flow is what the bot starts with, as chosen, and `main` takes the choice back', async () => {
    const user = await someone();
    const main = post('/subscriber/send-main-flow', { user_ns: user });
    const choose = (sub_flow_ns: string) => post('/flow/set-default-start-flow', { sub_flow_ns });
    await scenario(t, choose('main'), { status: 200, body: { status: 'ok' }, events: ['flow.start_set'] });
    await scenario(t, main, missing('Main flow'));
    await scenario(t, choose(flowNs), { status: 200, body: { status: 'ok' }, events: ['flow.start_set'] });
    await scenario(t, main, { status: 200 });
    expect(await texts(user)).toEqual(['out: Hello!', 'out: Your name?']);
    const list = (await call(t, { method: 'GET', path: '/api/flow/subflows?name=pict', key: world.key })).json as { data: { sub_flow_ns: string }[] };
    await scenario(t, choose(list.data[0]?.sub_flow_ns ?? ''), { status: 422, body: { message: 'This flow has no start' } });
    await scenario(t, choose('main'), { status: 200, events: ['flow.start_set'] });
  });

  test('pausing stops the flow: replies are kept, time stands still, and resuming lets it go on', async () => {
    const user = await someone();
    await call(t, post('/subscriber/send-sub-flow', { user_ns: user, sub_flow_ns: flowNs }));
    await scenario(t, post('/subscriber/pause-bot', { user_ns: user }), { status: 200, body: { status: 'ok' }, events: ['subscriber.paused'] });
    await write(user, 'Ada');
    t.clock.advance(3_600_000);
    await workOnce(t.app);
    expect(await texts(user)).toEqual(['out: Hello!', 'out: Your name?', 'in: Ada']);
    await scenario(t, post('/subscriber/resume-bot', { user_ns: user }), { status: 200, body: { status: 'ok' }, events: ['subscriber.resumed'] });
    await scenario(t, post('/subscriber/resume-bot', { user_ns: user }), { status: 200, body: { status: 'ok' } });
    await write(user, 'Grace');
    expect((await texts(user)).slice(3)).toEqual(['in: Grace', 'out: Thanks, Grace.']);
  });

  test('a pause of minutes ends by itself, and what fell due meanwhile happens then', async () => {
    const user = await someone();
    await call(t, post('/subscriber/send-sub-flow', { user_ns: user, sub_flow_ns: flowNs, pause_bot_minutes: 30 }));
    t.clock.advance(29 * 60_000);
    await workOnce(t.app);
    expect(await texts(user)).toEqual(['out: Hello!', 'out: Your name?']);
    t.clock.advance(60_000);
    await workOnce(t.app);
    expect((await texts(user)).at(-1)).toBe('out: Come back any time.');
    const other = await someone();
    await call(t, post('/subscriber/send-sub-flow', { user_ns: other, sub_flow_ns: flowNs }));
    await call(t, post('/subscriber/pause-bot', { user_ns: other, minutes: 5 }));
    t.clock.advance(5 * 60_000);
    await write(other, 'Ada');
    expect((await texts(other)).at(-1)).toBe('out: Thanks, Ada.');
  });

  test('the history is newest first, without the bot and notes unless asked, by time and by kind', async () => {
    const user = await someone();
    const from = Math.floor(t.clock.now() / 1000);
    await call(t, post('/subscriber/send-sub-flow', { user_ns: user, sub_flow_ns: flowNs }));
    t.clock.advance(10_000);
    await write(user, 'Ada');
    t.clock.advance(10_000);
    await write(user, 'picture');
    expect(await texts(user, '')).toEqual(['in: Ada', 'in: picture']);
    expect(await texts(user, 'include_bot=0')).toEqual(['in: Ada', 'in: picture']);
    expect(await texts(user, `include_bot=1&start_time=${from + 10}&end_time=${from + 10}`)).toEqual(['in: Ada', 'out: Thanks, Ada.']);
    expect(await texts(user, `start_time=${from + 11}`)).toEqual(['in: picture']);
    const [image] = await history(user, 'include_bot=1&msg_type=image');
    expect(image).toMatchObject({ msg_type: 'image', payload: { type: 'image', url: 'https://x.example/cat.png', title: 'A cat' } });
    expect((await texts(user, 'include_bot=1&msg_type=text')).length).toBe(5);
    const paged = await call(t, { method: 'GET', path: `/api/subscriber/chat-messages?user_ns=${user}&include_bot=1&limit=2&page=2`, key: world.key });
    const page = paged.json as { data: Message[]; meta: object };
    expect(page.data.map((one) => one.id)).toEqual((await history(user)).slice(2, 4).map((one) => one.id));
    expect(page.meta).toMatchObject({ total: 6, last_page: 3, current_page: 2 });
    const byId = `/api/subscriber/chat-messages?user_id=4930905${String(people).padStart(4, '0')}`;
    await scenario(t, { method: 'GET', path: byId, key: world.key }, { status: 200, body: (one: { data: Message[] }) => expect(one.data).toHaveLength(2) });
    await scenario(
      t,
      { method: 'GET', path: '/api/subscriber/chat-messages', key: world.key },
      {
        status: 422,
        body: { message: 'The user ns field is required.', errors: { user_ns: ['The user ns field is required.'] } },
      },
    );
  });
});
