// A message whose sender asks for events gets what comes of it as it happens; a run is told again whenever it is asked for;
// and closing what listens ends nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { addFlows, type ChatClient, chatClient, echo, hourLong, twoQuestions } from '../../testing/doubles/chat-client.ts';
import { blocksOf, openWebSocket, readStream, type Seen } from '../../testing/doubles/readers.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Line = { event: string; seq: number | null; data: { [name: string]: never } };

describe.each(databaseKinds)('streams of chats on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let client: ChatClient;
  let base: string;
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    client = chatClient(t, world.key);
    await addFlows(t, world.key, [twoQuestions, hourLong, echo]);
    base = await t.server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => t.close());

  const bearer = () => ({ authorization: `Bearer ${world.key}` });

  /** Reads what a POST streams, until it ends or `enough`. */
  async function stream(id: string, body: object, headers: Record<string, string> = {}, enough: (seen: Seen[]) => boolean = () => false): Promise<Seen[]> {
    const leave = new AbortController();
    const reply = await fetch(`${base}/chats/${id}/messages`, {
      method: 'POST',
      headers: { ...bearer(), 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify(body),
      signal: leave.signal,
    });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(reply.headers.get('x-accel-buffering')).toBe('no');
    const seen: Seen[] = [];
    const blocks = blocksOf();
    for await (const chunk of reply.body ?? []) {
      seen.push(...blocks(chunk));
      if (enough(seen)) break;
    }
    leave.abort();
    return seen;
  }

  const names = (seen: readonly { event: string }[]) => seen.map((one) => one.event);
  const asked = (seen: Seen[]) => seen.some((one) => one.event === 'input.requested');
  const wholeEcho = ['run.started', 'message.completed', 'message.completed', 'run.finished', 'done'];

  test('a message is answered by its run as it happens, to the end', async () => {
    const id = await client.create('echo');
    const seen = await stream(id, { message: 'hi' });
    expect(names(seen)).toEqual(wholeEcho);
    expect(seen.map((one) => one.id)).toEqual([1, 2, 3, 4, null]);
    expect(seen[0]?.data).toMatchObject({ chat: id, run_id: expect.stringMatching(/^run_/), trigger: { type: 'message' } });
    expect(seen[2]?.data.message).toMatchObject({ content: 'You said hi.', type: 'assistant' });
    expect(seen[3]?.data).toMatchObject({ outcome: 'succeeded', stop_reason: 'graph_complete' });
    // The second run of a chat is told from its own beginning.
    expect((await stream(id, { message: 'again' })).map((one) => one.id)).toEqual([5, 6, 7, 8, null]);
  });

  test('a run that asks stays open while it is answered elsewhere, and leaving it ends nothing', async () => {
    const id = await client.create('two');
    const listening = stream(id, { message: 'go' });
    await expect.poll(async () => (await client.chat(id)).status, { timeout: 15_000 }).toBe('wait_for_human_input');
    expect(names(await stream(id, { message: 'one' }, {}, asked))).toEqual([
      'input.resolved',
      'message.completed',
      'message.completed',
      'chat.status',
      'input.requested',
    ]);
    expect(await client.chat(id)).toMatchObject({ status: 'wait_for_human_input' });
    await client.say(id, 'two');
    const seen = await listening;
    expect(names(seen).at(-1)).toBe('done');
    expect(seen.flatMap(({ data }) => (data.message as { content: string } | undefined)?.content ?? [])).toEqual([
      'go',
      'Hello.',
      'One?',
      'one',
      'Two?',
      'two',
      'one and two.',
    ]);
  });

  test('under an Idempotency-Key the same call says nothing again and streams again, from the beginning or from where it was cut', async () => {
    const id = await client.create('two');
    const key = { 'idempotency-key': `s-${id}` };
    const first = await stream(id, { message: 'go' }, key, asked);
    const again = await stream(id, { message: 'go' }, key, asked);
    expect(again).toEqual(first);
    expect(await client.texts(id)).toEqual(['go', 'Hello.', 'One?']);
    await client.say(id, 'one');
    await client.say(id, 'two');
    const rest = await stream(id, { message: 'go' }, { ...key, 'last-event-id': String(first.at(-1)?.id) });
    expect(rest[0]?.id).toBe((first.at(-1)?.id ?? 0) + 1);
    expect(names(rest).slice(-2)).toEqual(['run.finished', 'done']);
    // All of it is over: what is left to tell is that it is.
    expect(names(await stream(id, { message: 'go' }, { ...key, 'last-event-id': String(rest.at(-2)?.id) }))).toEqual(['done']);
    const other = await fetch(`${base}/chats/${id}/messages`, {
      method: 'POST',
      headers: { ...bearer(), ...key, 'content-type': 'application/json', accept: 'text/event-stream' },
      body: '{"message":"other"}',
    });
    expect([other.status, await other.json()]).toMatchObject([422, { code: 'idempotency_key_reused' }]);
  });

  test('a message that waits its turn is streamed once it has it', async () => {
    const id = await client.create('hour', { message: 'go' });
    const listening = stream(id, { message: 'later', client_message_id: 'mine' });
    await expect.poll(async () => (await client.say(id, 'later', { client_message_id: 'mine' })).state, { timeout: 15_000 }).toBe('queued');
    t.clock.advance(3_600_000);
    const { workOnce } = await import('../../jobs/worker.ts');
    await workOnce(t.app);
    await expect.poll(async () => (await client.chat(id)).status, { timeout: 15_000 }).toBe('running');
    await client.post(`/chats/${id}/abort`);
    const seen = await listening;
    expect(names(seen)).toEqual(['run.started', 'message.completed', 'chat.status', 'run.finished', 'done']);
    expect(seen[1]?.data.message).toMatchObject({ content: 'later', client_message_id: 'mine' });
    expect(seen[3]?.data).toMatchObject({ outcome: 'cancelled', stop_reason: 'cancelled' });
  });

  test('a refusal is a problem and no stream', async () => {
    const id = await client.create('hour', { message: 'go' });
    const reply = await call(t, {
      method: 'POST',
      path: `/chats/${id}/messages`,
      key: world.key,
      body: { message: 'x', on_busy: 'reject' },
      headers: { accept: 'text/event-stream' },
    });
    expect([reply.status, reply.json]).toMatchObject([409, { code: 'chat_busy' }]);
  });

  test('a run is told from its first event to its last however often it is asked for, in blocks or in lines', async () => {
    const id = await client.create('echo');
    const { run_id: one } = await client.say(id, 'first');
    await client.say(id, 'second');
    const path = `${base}/chats/${id}/runs/${one}/events`;
    const seen = await readStream(path, bearer(), () => false);
    expect(names(seen)).toEqual(wholeEcho);
    expect(await readStream(`${base}/chats/${id}/events?run_id=${one}`, bearer(), () => false)).toEqual(seen);
    expect((await readStream(`${path}?after=2`, bearer(), () => false)).map((each) => each.id)).toEqual([3, 4, null]);
    expect(names(await readStream(`${path}?channels=lifecycle`, bearer(), () => false))).toEqual(['run.started', 'run.finished', 'done']);
    const lines = await fetch(path, { headers: { ...bearer(), accept: 'application/x-ndjson' } });
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const told = (await lines.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(told.map(({ event, seq, data }) => ({ event, id: seq, data }))).toEqual(seen);
    expect((await client.ask('GET', `/chats/${id}/runs/run_987654321/events`)).status).toBe(404);
  });

  test('what is superseded ends its own run and not the next', async () => {
    const id = await client.create('two');
    const { run_id: one } = await client.say(id, 'go');
    const { run_id: two } = await client.say(id, 'anew', { on_busy: 'interrupt' });
    await client.post(`/chats/${id}/abort`);
    const ofOne = await readStream(`${base}/chats/${id}/runs/${one}/events`, bearer(), () => false);
    const ofTwo = await readStream(`${base}/chats/${id}/runs/${two}/events`, bearer(), () => false);
    expect(names(ofOne).slice(-3)).toEqual(['input.expired', 'run.finished', 'done']);
    expect(ofOne.at(-2)?.data).toMatchObject({ outcome: 'cancelled', stop_reason: 'superseded', run_id: one });
    expect(names(ofTwo)[0]).toBe('run.started');
    expect(ofTwo.at(-2)?.data).toMatchObject({ stop_reason: 'cancelled', run_id: two });
    expect([...ofOne, ...ofTwo].flatMap((each) => each.id ?? [])).toEqual(Array.from({ length: (await client.chat(id)).last_seq }, (_, at) => at + 1));
  });

  test('channels of a chat keep their numbers, and what is not asked for is passed over', async () => {
    const id = await client.create('echo');
    for (let n = 0; n < 40; n += 1) await client.say(id, `m${n}`);
    const ends = await readStream(`${base}/chats/${id}/events?after=0&channels=lifecycle`, bearer(), (seen) => seen.length === 80);
    expect(new Set(names(ends))).toEqual(new Set(['run.started', 'run.finished']));
    expect(ends.map((one) => one.id)).toEqual(Array.from({ length: 80 }, (_, at) => 2 * at + (at % 2 === 0 ? 1 : 2)));
    const listening = readStream(`${base}/chats/${id}/events?after=158&channels=messages,tools`, bearer(), (seen) => seen.length === 3);
    await client.say(id, 'last');
    expect((await listening).map((one) => one.id)).toEqual([159, 162, 163]);
    expect((await client.ask('GET', `/chats/${id}/events?channels=gossip`)).status).toBe(422);
  });

  test('a WebSocket subscribes to one run or some channels, stays open when the run is over, and cancels by name', async () => {
    const id = await client.create('two');
    const { run_id: one } = await client.say(id, 'go');
    const socket = await openWebSocket(`${base.replace('http', 'ws')}/chats/${id}/ws`, bearer());
    expect((await socket.ask('subscribe', { after: 0, run_id: one, channels: ['lifecycle'] })).result).toEqual({ after: 0 });
    const wrong = await socket.ask('run.cancel', { run_id: 'run_987654321' });
    expect(wrong.error).toMatchObject({ code: 'not_found' });
    const cancelled = await socket.ask('run.cancel', { run_id: one, reason: 'enough', mode: 'graceful' });
    expect(cancelled.result).toMatchObject({ run: { id: one, state: 'cancelled', cancel_reason: 'enough' } });
    await socket.until((frames) => frames.some((frame) => frame.event === 'done'));
    expect(socket.frames.flatMap((frame) => frame.event ?? [])).toEqual([
      'run.started',
      'chat.status',
      'input.requested',
      'input.expired',
      'run.finished',
      'done',
    ]);
    expect((await socket.ask('ping')).result).toEqual({});
    socket.ws.close();
    await socket.closed;
  });
});
