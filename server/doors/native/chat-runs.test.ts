// The runs of a chat: listed, ended, gone on with, looked into; chats that go another way from where one stood; what people
// were asked; and what all of it used.
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
import { makeKeyFor, makeWorld, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Run = {
  id: string;
  state: string;
  stop_reason: string | null;
  attempt: number;
  turns: number;
  trigger: { type: string; message_id: string | null };
  retry_of: string | null;
};
type Span = { span_id: string; parent_span_id: string | null; name: string; attributes: { [name: string]: unknown } };

const hooked = flowOf('hooked', [
  { id: 'w', type: 'wait_webhook', timeout: '1h', to: { timeout: '@end' } },
  { id: 'e', type: 'end' },
]);

describe.each(databaseKinds)('runs of chats on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let client: ChatClient;
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    client = chatClient(t, world.key);
    await addFlows(t, world.key, [twoQuestions, hourLong, echo, failing, hooked]);
  });
  afterAll(() => t.close());

  const runs = (id: string, query = '') => client.get<Run[]>(`/chats/${id}/runs${query}`);
  const lastRun = async (id: string): Promise<string> => (await client.chat(id)).last_run_id ?? '';

  test('each run says how it came about, how it stands and how it ended; the latest first, page by page', async () => {
    const id = await client.create('two');
    expect(await runs(id)).toEqual([]);
    const first = await client.say(id, 'go');
    expect(await runs(id)).toMatchObject([
      { state: 'waiting', stop_reason: null, attempt: 1, turns: 1, finished: null, flow_version: 1, trigger: { type: 'message', message_id: first.id } },
    ]);
    await client.say(id, 'one');
    await client.say(id, 'two');
    await client.say(id, 'again');
    await client.post(`/chats/${id}/abort`);
    await client.say(id, 'once more');
    await client.say(id, 'anew', { on_busy: 'interrupt' });
    const all = await runs(id);
    expect(all.map((run) => [run.state, run.stop_reason, run.turns])).toEqual([
      ...[
        ['waiting', null, 1],
        ['cancelled', 'superseded', 1],
        ['cancelled', 'cancelled', 1],
        ['succeeded', 'graph_complete', 3],
      ],
    ]);
    expect(await client.get(`/chats/${id}/runs/${all[3]?.id}`)).toEqual(all[3]);
    const page = await client.ask('GET', `/chats/${id}/runs?limit=3`);
    expect(page.json).toEqual(all.slice(0, 3));
    expect(await client.get(`/chats/${id}/runs${/^<(\?.*)>/.exec(String(page.headers.link))?.[1]}`)).toEqual(all.slice(3));
    expect((await client.ask('GET', `/chats/${id}/runs/run_987654321`)).json).toMatchObject({ status: 404, code: 'not_found' });
    const other = await client.create('two', { message: 'x' });
    expect((await client.ask('GET', `/chats/${other}/runs/${all[0]?.id}`)).status).toBe(404);
  });

  test('a run that waits for time is running, and one cancelled by name keeps why', async () => {
    const id = await client.create('hour', { message: 'go' });
    const run = await lastRun(id);
    expect(await client.get(`/chats/${id}/runs/${run}`)).toMatchObject({ state: 'running' });
    const cancel = (body: object = {}) => client.ask('POST', `/chats/${id}/runs/${run}/cancel`, body);
    const done = await cancel({ reason: 'too late', mode: 'immediate', wait_ms: 100 });
    expect(done.json).toMatchObject({
      detail: `Assistant for chat ${id} terminated.`,
      status: 'completed',
      run: { id: run, state: 'cancelled', stop_reason: 'cancelled', cancel_reason: 'too late' },
    });
    expect((await cancel()).json).toMatchObject({ detail: 'No active run.', run: { id: run, cancel_reason: 'too late' } });
    // The next one is not meant.
    await client.say(id, 'again');
    expect((await cancel()).json).toMatchObject({ detail: 'No active run.', status: 'running' });
    expect((await client.ask('POST', `/chats/${id}/runs/run_987654321/cancel`, {})).status).toBe(404);
    const reading = await makeKeyFor(t.app, world, ['chats:read']);
    expect((await call(t, { method: 'POST', path: `/chats/${id}/runs/${run}/cancel`, key: reading, body: {} })).status).toBe(403);
  });

  test('a run that failed goes on with the block that did, from a turn, or from its start', async () => {
    const id = await client.create('failing', { message: 'go' });
    await client.say(id, 'boom');
    const failed = await lastRun(id);
    const retry = (run: string, body: object = {}) => client.ask('POST', `/chats/${id}/runs/${run}/retry`, body);
    const before = await client.texts(id);
    // The same again, which fails again.
    expect((await retry(failed)).json).toMatchObject({ state: 'failed', attempt: 2, retry_of: failed, trigger: { type: 'retry' } });
    const second = await lastRun(id);
    expect((await retry(second, { from: 'turn:1' })).json).toMatchObject({ status: 422, code: 'invalid_request' });
    const asked = (await retry(failed, { from: 'turn:1' })).json as Run;
    expect(asked).toMatchObject({ state: 'waiting', attempt: 2, retry_of: failed });
    expect(await client.chat(id)).toMatchObject({ status: 'wait_for_human_input', pending_inputs: [{ run_id: asked.id }] });
    expect((await retry(failed)).json).toMatchObject({ status: 409, code: 'chat_busy' });
    expect(await client.say(id, 'fine')).toMatchObject({ status: 'completed', messages: [{ content: 'Fine.' }] });
    // Nothing was said again.
    expect((await client.texts(id)).slice(before.length)).toEqual([expect.stringContaining('went wrong'), 'fine', 'Fine.']);
    expect((await retry(asked.id, { from: 'start' })).json).toMatchObject({ state: 'waiting', attempt: 3, retry_of: asked.id });
    expect((await client.texts(id)).at(-1)).toBe('Go on?');
    for (const from of ['turn:x', 'end', 7]) expect((await retry(failed, { from })).status).toBe(422);
  });

  test('begun anew, a run knows the message it was begun with; gone on with, what it knew', async () => {
    const id = await client.create('echo', { message: 'hello' });
    await client.post(`/chats/${id}/runs/${await lastRun(id)}/retry`, { from: 'start' });
    expect(await client.texts(id)).toEqual(['hello', 'You said hello.', 'You said hello.']);
    await client.post(`/chats/${id}/runs/${await lastRun(id)}/retry`, { from: 'start' });
    expect((await client.texts(id)).at(-1)).toBe('You said hello.');
    const two = await client.create('two', { message: 'go' });
    await client.say(two, 'red');
    await client.post(`/chats/${two}/abort`);
    await client.post(`/chats/${two}/runs/${await lastRun(two)}/retry`);
    expect(await client.say(two, 'blue')).toMatchObject({ status: 'completed', messages: [{ content: 'red and blue.' }] });
    // Its timer goes on, too.
    const hour = await client.create('hour', { message: 'go' });
    await client.post(`/chats/${hour}/abort`);
    expect(await client.post(`/chats/${hour}/runs/${await lastRun(hour)}/retry`)).toMatchObject({ state: 'running' });
    await t.pass(3_600_000);
    await workOnce(t.app);
    expect((await client.texts(hour)).at(-1)).toBe('An hour later.');
    // Whom it waited for will not answer twice.
    const hook = await client.create('hooked', { message: 'go' });
    await client.post(`/chats/${hook}/abort`);
    expect((await client.ask('POST', `/chats/${hook}/runs/${await lastRun(hook)}/retry`, {})).json).toMatchObject({ status: 422 });
  });

  test('a fork begins with the same past and goes its own way', async () => {
    const id = await client.create('two', { message: 'go', metadata: { order: 7 }, limits: { max_turns: 9 } });
    const { id: red } = await client.say(id, 'red');
    await client.say(id, 'blue');
    const whole = ['go', 'Hello.', 'One?', 'red', 'Two?', 'blue', 'red and blue.'];
    const fork = (body: object = {}) => client.post<ChatBody>(`/chats/${id}/fork`, body);
    const other = await fork({ message_id: red, name: 'Other' });
    expect(other).toMatchObject({
      name: 'Other',
      status: 'wait_for_human_input',
      metadata: { order: 7 },
      limits: { max_turns: 9 },
      message_count: 5,
      pending_inputs: [{ prompt: 'Two?' }],
    });
    expect(await client.say(other.id, 'green')).toMatchObject({ status: 'completed', messages: [{ content: 'red and green.' }] });
    expect(await client.texts(other.id)).toEqual([...whole.slice(0, 5), 'green', 'red and green.']);
    expect(await client.texts(id)).toEqual(whole);
    expect(await runs(other.id)).toMatchObject([{ state: 'succeeded', trigger: { type: 'fork' } }]);
    const history = await client.get<(MessageBody & { node_id: string | null })[]>(`/chats/${other.id}/messages`);
    expect(history.map((one) => [one.type, one.node_id]).slice(0, 5)).toEqual([
      ['user', null],
      ['assistant', 'a.hi'],
      ['assistant', 'a.q1'],
      ['user', null],
      ['assistant', 'a.q2'],
    ]);
    const turn = await fork({ from: 'turn:1' });
    expect(await client.texts(turn.id)).toEqual(whole.slice(0, 3));
    expect(turn.pending_inputs).toMatchObject([{ prompt: 'One?' }]);
    const all = await fork();
    expect([all.status, all.stop_reason, await client.texts(all.id)]).toEqual(['completed', 'graph_complete', whole]);
    expect(await client.say(all.id, 'anew')).toMatchObject({ status: 'wait_for_human_input' });
    expect(await client.post(`/chats/${await client.create('two')}/fork`)).toMatchObject({ status: 'ready', message_count: 0 });
    const hook = await client.create('hooked', { message: 'go' });
    expect((await client.ask('POST', `/chats/${hook}/fork`, {})).json).toMatchObject({ status: 409, code: 'conflict' });
    expect((await client.ask('POST', `/chats/${id}/fork`, { message_id: '987654321' })).status).toBe(404);
    expect((await client.ask('POST', `/chats/${id}/fork`, { from: 'turn:77' })).status).toBe(404);
    expect((await client.ask('POST', `/chats/${id}/fork`, { from: 'turn:1', message_id: red })).status).toBe(422);
  });

  test('what is too much to be kept at every turn is no place to go on from, and says so', async () => {
    const id = await client.create('two', { message: 'go' });
    const { id: long } = await client.say(id, 'x'.repeat(40_000));
    expect((await client.ask('POST', `/chats/${id}/fork`, { message_id: long })).json).toMatchObject({ status: 409, code: 'conflict' });
    expect(await client.post(`/chats/${id}/fork`, { from: 'turn:1' })).toMatchObject({ status: 'wait_for_human_input' });
    await client.post(`/chats/${id}/abort`);
    expect(await client.post(`/chats/${id}/fork`)).toMatchObject({ status: 'completed', stop_reason: 'cancelled', message_count: 5 });
  });

  test('the trace of a run is a tree of its turns and blocks, with names and without values', async () => {
    const id = await client.create('two', { message: 'go' });
    await client.say(id, 'private');
    await client.say(id, 'two');
    const reply = await client.ask('GET', `/chats/${id}/runs/${await lastRun(id)}/trace`);
    const { spans, complete, trace_id } = reply.json as { spans: Span[]; complete: boolean; trace_id: string };
    expect([complete, trace_id]).toEqual([true, expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const root = spans[0] as Span;
    expect(root).toMatchObject({ name: 'invoke_workflow', parent_span_id: null });
    const turns = spans.filter((span) => span.name === 'turn');
    expect(turns.map((span) => [span.parent_span_id, span.attributes.turn])).toEqual([1, 2, 3].map((turn) => [root.span_id, turn]));
    const ofTurn = (at: number) => spans.filter((span) => span.parent_span_id === turns[at]?.span_id).map((span) => span.attributes['block.id']);
    expect([ofTurn(0), ofTurn(2)]).toEqual([['a.hi'], ['a.q2', 'a.sum', 'a.end']]);
    expect(spans.find((span) => span.attributes['block.id'] === 'a.q1')?.attributes).toMatchObject({ 'block.set': ['one'] });
    expect(reply.text).not.toContain('private');
  });

  test('what people were asked stays to be read, with what became of it', async () => {
    const id = await client.create('two', { message: 'go' });
    const { id: answer } = await client.say(id, 'one');
    const list = (query = '') => client.get<object[]>(`/chats/${id}/inputs${query}`);
    const [pending] = (await client.chat(id)).pending_inputs;
    expect(await list()).toMatchObject([
      { ...pending, status: 'pending', closed: null, message_id: null, node_id: 'a.q2' },
      { prompt: 'One?', status: 'resolved', message_id: answer, node_id: 'a.q1', closed: expect.any(String) },
    ]);
    await client.post(`/chats/${id}/abort`);
    expect(await list('?status=expired')).toMatchObject([{ id: pending?.id, status: 'expired', message_id: null }]);
    expect(await list('?status=pending')).toEqual([]);
    expect(await list('?limit=1')).toHaveLength(1);
  });

  test('what was used is counted by key, flow and day, and no model was asked', async () => {
    const key = await makeKeyFor(t.app, world, ['chats:read', 'chats:write']);
    const own = chatClient(t, key);
    t.clock.advance(1_000);
    const from = t.clock.now();
    for (let n = 0; n < 2; n += 1) await own.create('echo', { message: 'hi' });
    const broken = await own.create('failing', { message: 'go' });
    await own.say(broken, 'boom');
    type Usage = { complete: boolean; data: { key?: number; runs: number; failed_runs: number; model?: null; day?: string; total_tokens: number }[] };
    const usage = (query: string) => own.get<Usage>(`/v1/usage?from=${from}&${query}`);
    const mine = (await usage('group_by=key,model')).data.filter((row) => row.runs === 3);
    expect(mine).toMatchObject([
      { key: expect.any(Number), model: null, runs: 3, failed_runs: 1, total_tokens: 0, model_calls: 0, cost: { amount: '0.000000' } },
    ]);
    expect((await usage('group_by=flow')).data.map((row) => row.runs).toSorted()).toEqual([1, 2]);
    expect((await usage('group_by=day')).data).toMatchObject([{ day: new Date(from).toISOString().slice(0, 10), runs: 3 }]);
    expect(await usage('')).toMatchObject({ complete: true, data: [{ runs: 3 }] });
    expect((await own.get<Usage>(`/v1/usage?from=0&until=1`)).data).toEqual([]);
    const stranger = await makeWorld(t.app);
    expect((await chatClient(t, stranger.key).get<Usage>('/v1/usage')).data).toEqual([]);
    for (const query of ['group_by=person', 'from=5&until=4', `from=0&until=${from}`])
      expect((await own.ask('GET', `/v1/usage?${query}`)).status, query).toBe(422);
  });
});
