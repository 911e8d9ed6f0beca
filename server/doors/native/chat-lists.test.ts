// What the Chats API tells of a chat's past: whose run a message belongs to, what happened in which order, and which chats
// there are.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { readStream } from '../../testing/doubles/readers.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const flow = (id: string, blocks: object[], more: object = {}) => ({
  format: 'flow/1',
  id,
  name: id,
  triggers: { go: { type: 'start', to: 'a' } },
  groups: { a: { blocks } },
  ...more,
});

const asking = flow(
  'asking',
  [
    { id: 'hi', type: 'text', text: 'Hello {{ param.name }}, {{ plan }}.' },
    {
      id: 'q',
      type: 'ask',
      kind: 'choice',
      text: 'Which?',
      options: [
        { id: 'a', label: 'Apple' },
        { id: 'b', label: 'Pear' },
      ],
      retry: { max: 3, text: 'One of the two.' },
      timeout: '1h',
      to: { timeout: 'a.end', invalid: 'a.end' },
    },
    { id: 'end', type: 'end' },
  ],
  { params: { name: { type: 'text', default: 'you' } }, vars: { plan: { type: 'text', default: 'free' } } },
);
const waiting = flow('waiting', [
  { id: 'w', type: 'wait', for: '1h' },
  { id: 'e', type: 'end' },
]);

type Chat = { id: string; name: string; status: string; from_flow: string; last_run_id: string | null; stop_reason: string | null; pending_inputs: object[] };
type Message = { id: string; content: string; run_id: string | null; node_id: string | null };
type Event = { id: string | null; event: string; data: { [name: string]: never } };

describe.each(databaseKinds)('the past of chats on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let base: string;
  let numbers: { [slug: string]: { id: number; sub_flow_ns: string } };
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    numbers = {};
    for (const document of [asking, waiting])
      numbers[document.id] = (await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } })).json;
    base = await t.server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => t.close());

  const post = async <T>(path: string, body: object): Promise<T> => {
    const reply = await call(t, { method: 'POST', path, key: world.key, body });
    expect(reply.status, reply.text).toBe(200);
    return reply.json;
  };
  const get = async <T>(path: string): Promise<T> => (await call(t, { method: 'GET', path, key: world.key })).json;
  const create = (more: object = {}): Promise<Chat> => post('/chats', { name: 'Past', from_type: 'flow', from_flow: 'asking', ...more });
  const say = (id: string, message: string): Promise<Message & { messages: Message[] }> => post(`/chats/${id}/messages`, { message });
  const eventsOf = async (id: string, isOver: (seen: Event[]) => boolean): Promise<Event[]> =>
    (await readStream(`${base}/chats/${id}/events?after=0`, { authorization: `Bearer ${world.key}` }, (seen) => isOver(seen as never))) as never;

  test('each message belongs to the run it was said in, and to the block that said it, wherever it is read', async () => {
    const { id } = await create();
    const first = await say(id, 'go');
    await say(id, 'Apple');
    const second = await say(id, 'again');
    const history = await get<Message[]>(`/chats/${id}/messages`);
    const chat = await get<Chat>(`/chats/${id}`);
    const [one, two] = [first.run_id, second.run_id];
    expect(one).not.toBe(two);
    expect(chat.last_run_id).toBe(two);
    expect(history.map(({ content, run_id, node_id }) => [content, run_id, node_id])).toEqual([
      ['go', one, null],
      ['Hello you, free.', one, 'a.hi'],
      ['Which?', one, 'a.q'],
      ['Apple', one, null],
      ['again', two, null],
      ['Hello you, free.', two, 'a.hi'],
      ['Which?', two, 'a.q'],
    ]);
    const { messages, ...mine } = first;
    expect(mine).toMatchObject(history[0] as Message);
    expect(messages).toEqual(history.slice(1, 3));
    expect(await get(`/chats/${id}/messages?run_id=${one}`)).toEqual(history.slice(0, 4));
    expect(await get(`/chats/${id}/messages?run_id=${two}&limit=2`)).toEqual(history.slice(4, 6));
    expect(await get(`/chats/${id}/messages?run_id=run_987654321`)).toEqual([]);
  });

  test('the stream tells when a run starts, what it asks with its choices, how that was answered, and how the run ended', async () => {
    const { id } = await create();
    await say(id, 'go');
    const {
      pending_inputs: [pending],
    } = await get<Chat>(`/chats/${id}`);
    await say(id, 'Plum');
    await say(id, 'Pear');
    const events = await eventsOf(id, (seen) => seen.some((one) => one.event === 'run.finished'));
    expect(events.map((one) => one.event)).toEqual([
      ...['run.started', 'message.completed', 'message.completed', 'message.completed', 'chat.status', 'input.requested'],
      ...['input.resolved', 'message.completed', 'message.completed', 'chat.status', 'input.requested'],
      ...['input.resolved', 'message.completed', 'run.finished'],
    ]);
    expect(events.map((one) => Number(one.id))).toEqual(events.map((_, at) => at + 1));
    expect(events[4]?.data).toMatchObject({ from: 'running', to: 'wait_for_human_input' });
    expect(events[5]?.data.input).toMatchObject(pending as object);
    expect(pending).toMatchObject({ prompt: 'Which?', choices: ['Apple', 'Pear'], on_timeout: 'edge' });
    expect(events[6]?.data).toMatchObject({ action: 'reply', input: { id: (pending as { id: string }).id } });
    expect(events[10]?.data.input).toMatchObject({ prompt: 'One of the two.', choices: ['Apple', 'Pear'] });
    expect(events.at(-1)?.data).toMatchObject({ outcome: 'succeeded', stop_reason: 'graph_complete' });
  });

  test('a run that is aborted or superseded says so, and stays the last that ran', async () => {
    const { id } = await create();
    const { run_id } = await say(id, 'go');
    await post(`/chats/${id}/messages`, { message: 'anew', on_busy: 'interrupt' });
    await post(`/chats/${id}/abort`, {});
    const events = await eventsOf(id, (seen) => seen.filter((one) => one.event === 'run.finished').length === 2);
    const ends = events.filter((one) => one.event === 'run.finished').map(({ data }) => data);
    expect(ends).toMatchObject([
      { run_id, outcome: 'cancelled', stop_reason: 'superseded' },
      { outcome: 'cancelled', stop_reason: 'cancelled' },
    ]);
    expect(events.filter((one) => one.event.startsWith('input.')).map((one) => one.event)).toEqual([
      ...['input.requested', 'input.expired', 'input.requested', 'input.expired'],
    ]);
    expect(await get<Chat>(`/chats/${id}`)).toMatchObject({
      status: 'completed',
      stop_reason: 'cancelled',
      last_run_id: ends[1]?.run_id,
    });
  });

  test('a question whose time is up expires', async () => {
    const { id } = await create();
    await say(id, 'go');
    const { conversation_id } = await t.app.db.selectFrom('chat').select('conversation_id').orderBy('conversation_id', 'desc').executeTakeFirstOrThrow();
    const timer = await t.app.db
      .selectFrom('timer')
      .innerJoin('session', 'session.id', 'timer.session_id')
      .select(['timer.wait', 'session.id'])
      .where('session.conversation_id', '=', conversation_id)
      .executeTakeFirstOrThrow();
    const { wakeSession } = await import('../../commands/wake-session.ts');
    const place = { botId: world.bot.id, conversationId: conversation_id, sessionId: timer.id };
    await t.app.transact((tx) => wakeSession(t.app, tx, place, { kind: 'timer', wait: timer.wait }));
    const events = await eventsOf(id, (seen) => seen.some((one) => one.event === 'run.finished'));
    expect(events.map((one) => one.event)).toContain('input.expired');
    expect(events.map((one) => one.event)).not.toContain('input.resolved');
  });

  test('variables begin every run of a chat; what the flow does not have is left out', async () => {
    const { id } = await create({ variables: { name: 'Ada', plan: 'pro', nothing: 1 } });
    for (let run = 0; run < 2; run += 1) {
      expect((await say(id, 'go')).messages[0]?.content).toBe('Hello Ada, pro.');
      await say(id, 'Apple');
    }
    const wrong = await call(t, { method: 'POST', path: '/chats', key: world.key, body: { from_flow: 'asking', variables: 'no' } });
    expect(wrong.status).toBe(422);
  });

  test('chats are listed by name, by flow however it is named, and by status, page by page', async () => {
    const made = [
      await create({ name: 'Ünlisted One' }),
      await create({ name: 'Listed two', from_flow: numbers.waiting?.sub_flow_ns }),
      await create({ name: 'Listed THREE', from_flow: numbers.waiting?.id }),
    ];
    await say(made[2]?.id ?? '', 'go');
    const ids = async (query: string) => (await get<Chat[]>(`/chats?${query}`)).map((one) => made.findIndex((other) => other.id === one.id));
    expect(await ids('q=LISTED')).toEqual([2, 1, 0]);
    expect(await ids(`q=${encodeURIComponent('ÜNL')}`)).toEqual([0]);
    expect(await ids('q=%25')).toEqual([]);
    for (const name of ['waiting', numbers.waiting?.sub_flow_ns, numbers.waiting?.id]) expect(await ids(`from_flow=${name}`)).toEqual([2, 1]);
    expect(await ids('q=listed&status=running')).toEqual([2]);
    expect(await ids('q=listed&status=ready&limit=1')).toEqual([1]);
    const page = await call(t, { method: 'GET', path: '/chats?q=listed&status=ready&limit=1', key: world.key });
    const [, link = ''] = /^<(\?.*)>; rel="next"$/.exec(String(page.headers.link)) ?? [];
    expect(((await get<Chat[]>(`/chats${link}`)) ?? []).map((one) => one.name)).toEqual(['Ünlisted One']);
    const whole = await call(t, { method: 'GET', path: '/chats?q=listed', key: world.key });
    expect(whole.headers.link).toBeUndefined();
  });

  test('a look may last until something is new, or nothing runs any more, and no longer than it is told', async () => {
    const { id } = await create({ from_flow: 'waiting' });
    const look = (query: string, tag?: string) =>
      call(t, { method: 'GET', path: `/chats/${id}?${query}`, key: world.key, headers: tag === undefined ? {} : { 'if-none-match': tag } });
    const first = await look('');
    const tag = String(first.headers.etag);
    expect((await look('wait=60&until=idle')).json).toEqual(first.json);
    const changing = look('wait=60&until=change', tag);
    await say(id, 'go');
    const changed = await changing;
    expect(changed.json).toMatchObject({ status: 'running' });
    expect(changed.headers.etag).not.toBe(tag);
    // What was missed is told at once.
    expect((await look('wait=60', tag)).json).toEqual(changed.json);
    const ending = look('wait=60&until=idle');
    await post(`/chats/${id}/abort`, {});
    expect((await ending).json).toMatchObject({ status: 'completed', stop_reason: 'cancelled' });
    const last = await look('');
    expect((await look('wait=1', String(last.headers.etag))).status).toBe(304);
    for (const wrong of ['wait=61', 'wait=-1', 'wait=x', 'until=never']) expect((await look(wrong)).status, wrong).toBe(422);
  });

  test('a message may be answered when nothing runs any more', async () => {
    const { id } = await create({ from_flow: 'waiting' });
    const ask = { method: 'POST' as const, path: `/chats/${id}/messages`, key: world.key, body: { message: 'go' } };
    const sending = call(t, { ...ask, headers: { prefer: 'respond-async, wait=30' } });
    await expect.poll(async () => (await get<Chat>(`/chats/${id}`)).status).toBe('running');
    await post(`/chats/${id}/abort`, {});
    const sent = await sending;
    expect(sent.json).toMatchObject({ content: 'go', status: 'completed', messages: [] });
    expect(sent.headers['preference-applied']).toBe('wait');
    // A preference is no promise: not longer than it says, and not where the reply is kept for a repeat.
    expect((await call(t, { ...ask, headers: { prefer: 'wait=1' } })).json).toMatchObject({ status: 'running' });
    await post(`/chats/${id}/abort`, {});
    const kept = await call(t, { ...ask, headers: { prefer: 'wait=30', 'idempotency-key': `w-${id}` } });
    expect(kept.json).toMatchObject({ status: 'running' });
    expect(kept.headers['preference-applied']).toBeUndefined();
  });

  test('the same answer once more has the result it had, another is refused, and what has expired is gone', async () => {
    const { id } = await create();
    const answer = (body: object) => call(t, { method: 'POST', path: `/chats/${id}/input`, key: world.key, body });
    const pendingId = async (): Promise<string> => ((await get<Chat>(`/chats/${id}`)).pending_inputs[0] as { id: string }).id;
    await say(id, 'go');
    const first = await pendingId();
    const wrong = await answer({ input_id: first, action: 'reply', message: 'Plum' });
    expect(wrong.json).toMatchObject({ input_id: first, message: { content: 'Plum' }, messages: [{ content: 'One of the two.' }] });
    expect((await answer({ input_id: first, message: 'Plum' })).text).toBe(wrong.text);
    const other = await answer({ input_id: first, message: 'Pear' });
    expect([other.status, other.json]).toMatchObject([409, { code: 'input_already_resolved' }]);
    const second = await pendingId();
    expect((await answer({ responses: [{ input_id: second, action: 'skip' }] })).json).toMatchObject({ message: { content: '' } });
    expect((await answer({ responses: [{}, {}] })).status).toBe(422);
    const third = await pendingId();
    await post(`/chats/${id}/abort`, {});
    const gone = await answer({ input_id: third, message: 'Pear' });
    expect([gone.status, gone.json]).toMatchObject([410, { code: 'input_expired', error: expect.any(String) }]);
    for (const unknown of ['inp_1_1_1', 'inp_x', third.replace(/\d+$/, '99')])
      expect([(await answer({ input_id: unknown, message: 'x' })).json]).toMatchObject([{ code: 'no_pending_input' }]);
    expect(await get<Message[]>(`/chats/${id}/messages`)).toHaveLength(7);
  });

  test('a template is named as a flow is, and shown', async () => {
    expect(await create({ from_type: 'template', from_flow: undefined, from_template: 'asking' })).toMatchObject({
      from_type: 'template',
      from_template: 'asking',
    });
    expect(await create({ from_type: 'project', from_flow: undefined, from_project: numbers.asking?.id })).toMatchObject({ from_template: null });
  });
});
