// What a program may ask of a chat besides the seven calls: names of its own for messages, marks in the history, an empty
// history, limits, an end, and a key that is held to less than its member.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workOnce } from '../../jobs/worker.ts';
import { databaseKinds } from '../../testing/databases.ts';
import {
  addFlows,
  type ChatBody,
  type ChatClient,
  chatClient,
  echo,
  failing,
  flowOf,
  hourLong,
  type MessageBody,
  twoQuestions,
} from '../../testing/doubles/chat-client.ts';
import { makeWorld, session, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Made = { id: number; key: string };

describe.each(databaseKinds)('lines of chats on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let client: ChatClient;
  let flows: { [slug: string]: { id: number; sub_flow_ns: string } };
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await t.app.transact((tx) => tx.updateTable('api_key').set({ quota_per_hour: 0 }).execute());
    client = chatClient(t, world.key);
    flows = await addFlows(t, world.key, [twoQuestions, hourLong, echo, failing]);
  });
  afterAll(() => t.close());

  const pass = async (ms: number): Promise<void> => {
    await t.pass(ms);
    await workOnce(t.app);
  };

  test('a message sent again under the same name is the same message, wherever it stands', async () => {
    const id = await client.create('two');
    const first = await client.say(id, 'go', { client_message_id: 'one' });
    expect(first).toMatchObject({ client_message_id: 'one', messages: [{ content: 'Hello.' }, { content: 'One?' }] });
    const again = await client.say(id, 'go', { client_message_id: 'one' });
    expect(again).toEqual(first);
    await client.say(id, 'first');
    // Later, too: with the answer it had, and how the chat stands now.
    expect(await client.say(id, 'go', { client_message_id: 'one' })).toEqual(first);
    expect(await client.texts(id)).toEqual(['go', 'Hello.', 'One?', 'first', 'Two?']);
    const other = await client.ask('POST', `/chats/${id}/messages`, { message: 'else', client_message_id: 'one' });
    expect([other.status, other.json]).toMatchObject([422, { code: 'idempotency_key_reused' }]);
    const elsewhere = await client.create('two');
    expect((await client.say(elsewhere, 'else', { client_message_id: 'one' })).id).not.toBe(first.id);

    const busy = await client.create('hour', { message: 'go' });
    for (let n = 0; n < 2; n += 1)
      expect(await client.say(busy, 'later', { client_message_id: 'q' })).toMatchObject({ state: 'queued', client_message_id: 'q' });
    await pass(3_600_000);
    expect(await client.texts(busy)).toEqual(['go', 'An hour later.', 'later']);
    expect(await client.say(busy, 'later', { client_message_id: 'q' })).toMatchObject({ state: 'complete', content: 'later' });
  });

  test('each message says in which turn of which run it was said', async () => {
    const id = await client.create('two', { message: 'go' });
    await client.say(id, 'one');
    const { messages } = await client.say(id, 'two');
    const history = await client.get<MessageBody[]>(`/chats/${id}/messages`);
    expect(history.map((one) => [one.content, one.turn])).toEqual([
      ...[
        ['go', 1],
        ['Hello.', 1],
        ['One?', 1],
        ['one', 2],
        ['Two?', 2],
        ['two', 3],
        ['one and two.', 3],
      ],
    ]);
    expect(messages).toEqual(history.slice(-1));
    expect(history[0]).toMatchObject({ role: 'user', state: 'complete', visibility: 'public', node_id: null, parts: [{ type: 'text', text: 'go' }] });
    expect(history[1]).toMatchObject({ role: 'assistant', node_id: 'a.hi', sender: 'Helper', receiver: 'user', parent_run_id: null });
  });

  test('with control the history holds the marks of older clients, between the messages they stood between', async () => {
    const id = await client.create('two', { message: 'go' });
    await client.say(id, 'one');
    const whole = [
      '__STATUS_RUNNING__',
      'go',
      'Hello.',
      'One?',
      '__STATUS_WAIT_FOR_HUMAN_INPUT__',
      '__STATUS_RECEIVED_HUMAN_INPUT__',
      'one',
      'Two?',
      '__STATUS_WAIT_FOR_HUMAN_INPUT__',
    ];
    expect(await client.texts(id, '?include=control')).toEqual(whole);
    expect(await client.texts(id, '?include=tool,internal')).toEqual(whole.filter((text) => !text.startsWith('__')));
    expect(await client.texts(id, '?include=control&order=desc')).toEqual(whole.toReversed());
    for (const order of ['asc', 'desc']) {
      const pages: string[] = [];
      let query = `?include=control&limit=2&order=${order}`;
      for (let page = 0; page < 5 && query !== ''; page += 1) {
        const reply = await client.ask('GET', `/chats/${id}/messages${query}`);
        pages.push(...(reply.json as MessageBody[]).map((one) => one.content));
        query = /^<(\?.*)>/.exec(String(reply.headers.link ?? ''))?.[1] ?? '';
      }
      expect(pages).toEqual(order === 'asc' ? whole : whole.toReversed());
    }
    await client.say(id, 'two');
    const marks = (await client.get<(MessageBody & { visibility: string })[]>(`/chats/${id}/messages?include=control`)).filter(
      (one) => one.visibility === 'control',
    );
    expect(marks.at(-1)).toMatchObject({ content: '__STATUS_COMPLETED__', type: 'assistant', sender: 'system', id: expect.stringMatching(/^e\d+$/) });
    const { run_id } = await client.say(id, 'again');
    expect(await client.texts(id, `?include=control&run_id=${run_id}`)).toEqual(whole.slice(0, 5).with(1, 'again'));
    const broken = await client.create('failing', { message: 'go' });
    await client.say(broken, 'boom');
    expect((await client.texts(broken, '?include=control')).at(-1)).toBe('__STATUS_ERROR__');
    expect((await client.ask('GET', `/chats/${id}/messages?include=gossip`)).status).toBe(422);
  });

  test('the history is cleared at every door, but not while it runs', async () => {
    const id = await client.create('echo', { message: 'secret' });
    const { last_seq } = await client.chat(id);
    expect((await client.ask('DELETE', `/chats/${id}/messages`)).json).toEqual({ result: true });
    expect(await client.texts(id)).toEqual([]);
    expect(await client.chat(id)).toMatchObject({ message_count: 0, last_seq, status: 'completed' });
    for (const table of ['message', 'step', 'session'] as const) {
      const rows = await t.app.db
        .selectFrom(table)
        .selectAll()
        .where('conversation_id', '=', await numberOf(id))
        .execute();
      expect(JSON.stringify(rows), table).not.toContain('secret');
    }
    expect((await client.say(id, 'anew')).messages).toMatchObject([{ content: 'You said anew.' }]);
    expect(await client.texts(id)).toEqual(['anew', 'You said anew.']);
    const busy = await client.create('hour', { message: 'go' });
    expect((await client.ask('DELETE', `/chats/${busy}/messages`)).json).toMatchObject({ status: 409, code: 'chat_busy' });
    expect(await client.texts(busy)).toEqual(['go']);
  });

  const numberOf = async (id: string): Promise<number> =>
    (await t.app.db.selectFrom('conversation').select('id').where('public_id', '=', id).executeTakeFirstOrThrow()).id;

  test('to roll back is to begin anew as if the run had not been', async () => {
    const id = await client.create('two', { message: 'go' });
    await client.say(id, 'one');
    const { run_id: old } = (await client.get<MessageBody[]>(`/chats/${id}/messages`))[0] as MessageBody;
    expect(await client.say(id, 'anew', { on_busy: 'rollback' })).toMatchObject({
      status: 'wait_for_human_input',
      messages: [{ content: 'Hello.' }, { content: 'One?' }],
    });
    expect(await client.texts(id)).toEqual(['anew', 'Hello.', 'One?']);
    expect(await client.chat(id)).toMatchObject({ message_count: 3 });
    expect(await client.get(`/chats/${id}/runs/${old}`)).toMatchObject({ state: 'cancelled', stop_reason: 'superseded' });
  });

  test('a run is stopped after its turns, and one that lasts too long when its time is over, though nobody asks', async () => {
    const id = await client.create('two', {
      message: 'go',
      limits: { max_turns: 2, max_cost: '0.50', max_total_tokens: 200_000, max_tool_calls: 50, on_exceed: 'stop' },
    });
    expect(await client.chat(id)).toMatchObject({
      status: 'wait_for_human_input',
      limits: { max_turns: 2, max_cost: '0.50', max_total_tokens: 200_000, max_tool_calls: 50, on_exceed: 'stop' },
    });
    expect(await client.say(id, 'one')).toMatchObject({ status: 'completed' });
    expect(await client.chat(id)).toMatchObject({ status: 'completed', stop_reason: 'max_turns', pending_inputs: [] });
    const [run] = await client.get<{ id: string }[]>(`/chats/${id}/runs`);
    expect(run).toMatchObject({ state: 'stopped', stop_reason: 'max_turns', turns: 2, limits: { max_turns: 2 } });
    // The next message begins anew, with as many turns.
    expect(await client.say(id, 'again')).toMatchObject({ status: 'wait_for_human_input' });

    const slow = await client.create('two', { message: 'go', limits: { max_duration_ms: 60_000 } });
    await pass(30_000);
    expect(await client.chat(slow)).toMatchObject({ status: 'wait_for_human_input' });
    await pass(30_001);
    expect(await client.chat(slow)).toMatchObject({ status: 'completed', stop_reason: 'duration_exceeded' });
    const late = await client.ask('POST', `/chats/${slow}/input`, { message: 'x' });
    expect(late.json).toMatchObject({ code: 'no_pending_input' });

    const busy = await client.create('hour', { message: 'go', limits: { max_duration_ms: 60_000 } });
    expect(await client.say(busy, 'later')).toMatchObject({ state: 'queued' });
    await pass(60_001);
    // What waited its turn has it now, in a run of its own.
    expect(await client.texts(busy)).toEqual(['go', 'later']);
    expect(await client.chat(busy)).toMatchObject({ status: 'running' });
    for (const wrong of [{ max_turns: 0 }, { max_duration_ms: 'x' }, { max_cost: 0.5 }, { on_exceed: 'pause' }, { max_words: 1 }])
      expect((await client.ask('POST', '/chats', { from_flow: 'two', limits: wrong })).status, JSON.stringify(wrong)).toBe(422);
  });

  test('a chat with an end ends: what it asked expires, and nothing more is said in it', async () => {
    const id = await client.create('two', { message: 'go', expires_in: 3_600 });
    const [pending] = (await client.chat(id)).pending_inputs;
    const { expires_at } = await client.chat(id);
    expect(Date.parse(expires_at as string)).toBe(t.clock.now() + 3_600_000);
    await pass(3_600_000);
    expect(await client.chat(id)).toMatchObject({ status: 'completed', stop_reason: 'input_timeout', pending_inputs: [] });
    const refusals = [
      await client.ask('POST', `/chats/${id}/messages`, { message: 'x' }),
      await client.ask('POST', `/chats/${id}/input`, { message: 'x' }),
      await client.ask('POST', `/chats/${id}/input`, { message: 'x', input_id: pending?.id }),
    ];
    expect(refusals.map((one) => [one.status, (one.json as { code: string }).code])).toEqual([
      [410, 'gone'],
      [410, 'gone'],
      [410, 'input_expired'],
    ]);
    expect(await client.texts(id)).toEqual(['go', 'Hello.', 'One?']);
    // Its end is looked at by whoever comes first.
    const quick = await client.create('two', { message: 'go', expires_in: 10 });
    t.clock.advance(10_000);
    expect((await client.ask('POST', `/chats/${quick}/messages`, { message: 'x' })).status).toBe(410);
  });

  test('what is said while people have the chat reaches them at once, and so does their answer', async () => {
    await addFlows(t, world.key, [
      flowOf('people', [
        { id: 'h', type: 'handoff', text: 'One moment.' },
        { id: 'e', type: 'end' },
      ]),
    ]);
    const id = await client.create('people', { message: 'help' });
    expect(await client.say(id, 'are you there?')).toMatchObject({ state: 'complete', status: 'running', messages: [] });
    expect(await client.texts(id)).toEqual(['help', 'One moment.', 'are you there?']);
    const headers = { ...(await session(t.app, world.account)), 'x-bot': `f${world.bot.id}` };
    const conversation = await numberOf(id);
    const reply = await call(t, { method: 'POST', path: `/v1/conversations/${conversation}/messages`, headers, body: { text: 'Here I am.' } });
    expect(reply.status, reply.text).toBeLessThan(300);
    const [last] = (await client.get<(MessageBody & { sender: string })[]>(`/chats/${id}/messages?order=desc&limit=1`)) ?? [];
    expect(last).toMatchObject({ content: 'Here I am.', type: 'assistant', sender: 'Olive Owner' });
    const { last_run_id: run } = await client.chat(id);
    expect((await client.ask('POST', `/chats/${id}/runs/${run}/retry`, {})).json).toMatchObject({ code: 'chat_busy' });
  });

  test('in a chat that is over nothing has its turn any more; nor where the flow is gone', async () => {
    const id = await client.create('hour', { message: 'go', expires_in: 60 });
    await client.say(id, 'later');
    await pass(60_000);
    expect(await client.chat(id)).toMatchObject({ status: 'completed', stop_reason: 'duration_exceeded' });
    expect(await client.texts(id)).toEqual(['go']);
    await addFlows(t, world.key, [{ ...hourLong, id: 'fleeting' }]);
    const other = await client.create('fleeting', { message: 'go' });
    await client.say(other, 'later');
    expect((await client.ask('DELETE', '/v1/flows/fleeting')).status).toBe(204);
    await pass(3_600_000);
    expect(await client.chat(other)).toMatchObject({ status: 'error', last_error: expect.stringContaining('no longer') });
    expect((await client.ask('POST', `/chats/${other}/messages`, { message: 'x' })).json).toMatchObject({ status: 404, detail: 'Flow not found' });
  });

  test('a chat is changed: what is not named stays, and limits hold for what runs', async () => {
    const id = await client.create('two', { message: 'go', metadata: { order: 7 } });
    const patch = (body: object) => client.ask('PATCH', `/chats/${id}`, body);
    expect((await patch({ name: 'Order 7' })).json).toMatchObject({ name: 'Order 7', metadata: { order: 7 } });
    expect((await client.get<ChatBody[]>('/chats?q=order%207')).map((one) => one.id)).toEqual([id]);
    expect((await patch({ metadata: { paid: true } })).json).toMatchObject({ metadata: { paid: true } });
    expect((await patch({ limits: { max_duration_ms: 60_000 } })).json).toMatchObject({ limits: { max_duration_ms: 60_000, on_exceed: 'stop' } });
    await pass(60_001);
    expect(await client.chat(id)).toMatchObject({ stop_reason: 'duration_exceeded' });
    expect((await patch({ limits: null })).json).toMatchObject({ limits: { on_exceed: 'stop' } });
    for (const wrong of [{ owner: 3 }, { name: 7 }, { limits: { max_turns: -1 } }, { webhook: { url: 'ftp://x', secret: 'x'.repeat(20) } }])
      expect((await patch(wrong)).status, JSON.stringify(wrong)).toBe(422);
  });

  const makeKey = async (body: object): Promise<Made> => {
    const reply = await call(t, {
      method: 'POST',
      path: '/v1/keys',
      headers: await session(t.app, world.account),
      body: { name: 'k', bot: `f${world.bot.id}`, scopes: ['chats:read', 'chats:write'], ...body },
    });
    expect(reply.status, reply.text).toBe(201);
    return reply.json;
  };

  test('a key may want the words of older clients for what was cancelled and what failed', async () => {
    const legacy = chatClient(t, (await makeKey({ status_vocabulary: 'legacy' })).key);
    const id = await legacy.create('two', { message: 'go' });
    expect(await legacy.post(`/chats/${id}/abort`)).toMatchObject({ status: 'aborted' });
    const broken = await legacy.create('failing', { message: 'go' });
    expect(await legacy.say(broken, 'boom')).toMatchObject({ status: 'failed' });
    const fine = await legacy.create('echo', { message: 'go' });
    expect([(await legacy.chat(id)).status, (await legacy.chat(broken)).status, (await legacy.chat(fine)).status]).toEqual(['aborted', 'failed', 'completed']);
    expect([(await client.chat(id)).status, (await client.chat(broken)).status]).toEqual(['completed', 'error']);
    expect((await legacy.get<ChatBody[]>('/chats?status=aborted')).map((one) => one.id)).toContain(id);
    expect((await legacy.get<ChatBody[]>('/chats?status=completed')).map((one) => one.id)).not.toContain(id);
    expect(await client.get<ChatBody[]>('/chats?status=aborted')).toEqual([]);
  });

  test('a key may be held to some flows: it runs and sees no chat of another', async () => {
    const { sub_flow_ns: two = '' } = flows.two ?? {};
    const { key, id: keyId } = await makeKey({ flows: [two] });
    const held = chatClient(t, key);
    const own = await held.create('two');
    const foreign = await client.create('echo', { message: 'hi' });
    expect((await held.ask('POST', '/chats', { from_flow: 'echo' })).json).toMatchObject({ status: 404, detail: 'Flow not found' });
    expect((await held.ask('POST', '/chats', { from_type: 'template' })).json).toMatchObject({ detail: 'Flow not found' });
    expect((await held.ask('GET', `/chats/${foreign}`)).json).toMatchObject({ status: 404, detail: 'Chat not found' });
    const seen = (await held.get<ChatBody[]>('/chats?limit=200')).map((one) => one.id);
    expect([seen.includes(own), seen.includes(foreign)]).toEqual([true, false]);
    const headers = await session(t.app, world.account);
    const change = (body: object) => call(t, { method: 'PATCH', path: `/v1/keys/${keyId}`, headers, body });
    expect((await change({ flows: null })).json).toMatchObject({ flows: null });
    expect((await held.ask('GET', `/chats/${foreign}`)).status).toBe(200);
    const wish = (body: object) =>
      call(t, { method: 'POST', path: '/v1/keys', headers, body: { name: 'k', bot: `f${world.bot.id}`, scopes: ['chats:read'], ...body } });
    expect((await wish({ flows: [two], scopes: ['chats:read', 'Manage Flow'] })).json).toMatchObject({ status: 422, errors: [{ loc: ['flows'] }] });
    expect((await wish({ flows: [`f${world.bot.id}s999999`] })).json).toMatchObject({ status: 422, errors: [{ loc: ['flows'] }] });
    expect((await wish({ flows: ['two'] })).status).toBe(422);
  });

  test('a key may be held to so many calls a minute, and gives no more than it has', async () => {
    const { key, id } = await makeKey({ rate_per_minute: 3 });
    for (let n = 0; n < 3; n += 1) expect((await call(t, { method: 'GET', path: '/chats', key })).headers['ratelimit-policy']).toBe('"default";q=3;w=60');
    const over = await call(t, { method: 'GET', path: '/chats', key });
    expect([over.status, over.json, Number(over.headers['retry-after'])]).toMatchObject([429, { code: 'rate_limited' }, expect.any(Number)]);
    const headers = await session(t.app, world.account);
    await scenario(t, { method: 'PATCH', path: `/v1/keys/${id}`, headers, body: { rate_per_minute: 5 } }, { status: 200, events: ['key.updated'] });
    expect((await call(t, { method: 'GET', path: '/chats', key })).status).toBe(200);
    const maker = (await makeKey({ rate_per_minute: 100, scopes: ['Manage Team', 'chats:read'] })).key;
    const give = (body: object) =>
      call(t, { method: 'POST', path: '/v1/keys', key: maker, body: { name: 'k', bot: `f${world.bot.id}`, scopes: ['chats:read'], ...body } });
    expect((await give({})).json).toMatchObject({ rate_per_minute: 100 });
    for (const rate_per_minute of [101, null]) expect((await give({ rate_per_minute })).json).toMatchObject({ status: 403, code: 'forbidden' });
  });
});
