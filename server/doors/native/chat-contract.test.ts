// The seven calls as their contract has them, rule by rule, the table of statuses row by row, and the codes of errors: what
// clients that were written for others of this family rely on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ErrorCode, statusOf } from '../../errors.ts';
import { databaseKinds } from '../../testing/databases.ts';
import {
  addFlows,
  type ChatBody,
  type ChatClient,
  chatClient,
  echo,
  failing,
  hourLong,
  type MessageBody,
  twoQuestions,
} from '../../testing/doubles/chat-client.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Problem = { detail: string; code: string; status: number; request_id: string; error?: string; errors: object[] };

describe.each(databaseKinds)('the contract of chats on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let client: ChatClient;
  let flows: { [slug: string]: { id: number; sub_flow_ns: string } };
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    client = chatClient(t, world.key);
    flows = await addFlows(t, world.key, [twoQuestions, hourLong, echo, failing]);
  });
  afterAll(() => t.close());

  test('1: every call is there at / and at /v1, with and without a slash at its end, and nothing is redirected', async () => {
    const id = await client.create('two');
    for (const root of ['', '/v1']) {
      for (const slash of ['', '/']) {
        const replies = [
          await client.ask('GET', `${root}/chats${slash}`),
          await client.ask('POST', `${root}/chats${slash}`, { from_flow: 'two' }),
          await client.ask('GET', `${root}/chats/${id}${slash}`),
          await client.ask('POST', `${root}/chats/${id}/messages${slash}`, { message: 'Hello' }),
          await client.ask('GET', `${root}/chats/${id}/messages${slash}`),
          await client.ask('POST', `${root}/chats/${id}/input${slash}`, { message: 'Hello' }),
          await client.ask('POST', `${root}/chats/${id}/abort${slash}`),
        ];
        expect(replies.map((one) => one.status)).toEqual(replies.map(() => 200));
        const other = await client.create('two');
        expect((await client.ask('DELETE', `${root}/chats/${other}${slash}`)).json).toEqual({ result: true });
      }
    }
  });

  test('2: a message may be called message or content, message wins, and what else comes along is ignored', async () => {
    const id = await client.create('echo');
    const extras = { id: 7, chat: 'other', owner: 'somebody', sender: 'x', receiver: 'y', user_id: 3, chat_id: 'z', type: 'user' };
    const said = async (body: object) => (await client.post<{ messages: MessageBody[] }>(`/chats/${id}/messages`, body)).messages[0]?.content;
    expect(await said({ content: 'one', ...extras })).toBe('You said one.');
    expect(await said({ message: 'two', content: 'one', ...extras })).toBe('You said two.');
    const none = await client.ask('POST', `/chats/${id}/messages`, extras);
    expect([none.status, none.json]).toMatchObject([422, { code: 'invalid_request', errors: [{ type: 'required', loc: ['message'] }] }]);
    const asking = await client.create('two', { message: 'go' });
    expect((await client.ask('POST', `/chats/${asking}/input`, { content: 'first', ...extras })).json).toMatchObject({
      message: { content: 'first', chat: asking },
    });
  });

  test('3: a flow is named by slug, sub_flow_ns or number, as flow or project; owner may be there and means nothing', async () => {
    const { id, sub_flow_ns } = flows.two as { id: number; sub_flow_ns: string };
    const made = async (body: object) => (await client.ask('POST', '/chats', body)).json as ChatBody & { owner: string; from_type: string };
    for (const name of ['two', id, String(id), sub_flow_ns])
      expect(await made({ from_type: 'flow', from_flow: name, owner: 'u999' })).toMatchObject({ status: 'ready' });
    expect(await made({ from_type: 'project', from_project: id })).toMatchObject({ from_type: 'project', owner: String(world.account.id) });
    expect(await made({ from_flow: 'two' })).toMatchObject({ from_type: 'flow' });
    const template = await made({ from_type: 'template' });
    expect(template).toMatchObject({ from_type: 'template', status: 'ready' });
    expect(await made({ from_type: 'flow' })).toMatchObject({ status: 422, code: 'invalid_request' });
    expect(await made({ from_flow: 'nothing' })).toMatchObject({ status: 404, detail: 'Flow not found' });
    expect(await made({ from_flow: `f${world.bot.id + 50}s${id}` })).toMatchObject({ detail: 'Flow not found' });
  });

  test('5: lists are bare arrays whose next page is named in headers', async () => {
    for (let n = 0; n < 3; n += 1) await client.create('echo', { name: `Page ${n}` });
    const first = await client.ask('GET', '/chats?q=page&limit=2');
    expect((first.json as ChatBody[]).map((one) => one.name)).toEqual(['Page 2', 'Page 1']);
    expect(first.headers['x-next-cursor']).toBe((first.json as ChatBody[])[1]?.id);
    const [, next] = /^<(\?.*)>; rel="next"$/.exec(String(first.headers.link)) ?? [];
    const second = await client.ask('GET', `/chats${next}`);
    expect((second.json as ChatBody[]).map((one) => one.name)).toEqual(['Page 0']);
    expect(second.headers.link).toBeUndefined();
  });

  test('6: objects begin with the historical keys, in their order', async () => {
    const id = await client.create('two', { message: 'go' });
    const keys = (value: object, count: number) => Object.keys(value).slice(0, count);
    const message = (await client.get<object[]>(`/chats/${id}/messages`))[0] ?? {};
    expect(keys(message, 8)).toEqual(['id', 'chat', 'owner', 'type', 'sender', 'receiver', 'content', 'created']);
    expect(keys(await client.chat(id), 9)).toEqual(['id', 'object', 'name', 'from_type', 'from_flow', 'from_template', 'flow_version', 'owner', 'status']);
    const answered = await client.post<object>(`/chats/${id}/input`, { message: 'x' });
    expect(answered).toMatchObject({ detail: 'Input sent to assistant.', run_id: expect.stringMatching(/^run_/), input_id: expect.stringMatching(/^inp_/) });
    expect(await client.post(`/chats/${id}/abort`)).toMatchObject({ detail: `Assistant for chat ${id} terminated.`, run: { state: 'cancelled' } });
    expect(await client.post(`/chats/${id}/abort`)).toMatchObject({ detail: 'No active run.', run: null });
  });

  test('7: what is refused says why in a text, with `error` beside it for /input and /abort alone', async () => {
    const id = await client.create('two');
    const refused = async (...ask: Parameters<ChatClient['ask']>) => {
      const reply = await client.ask(...ask);
      expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      return reply.json as Problem;
    };
    const input = await refused('POST', `/chats/${id}/input`, { message: 'x' });
    expect(input).toMatchObject({ status: 409, code: 'no_pending_input', error: input.detail, request_id: expect.any(String) });
    const gone = await refused('POST', '/chats/nothere/abort');
    expect(gone).toMatchObject({ status: 404, detail: 'Chat not found', error: 'Chat not found' });
    expect(await refused('GET', '/chats/nothere')).not.toHaveProperty('error');
    for (const odd of ['NotHere', 'not-here', '1', `c${'x'.repeat(100)}`])
      expect(await refused('GET', `/chats/${odd}`)).toMatchObject({ status: 404, detail: 'Chat not found' });
    expect(await refused('POST', `/chats/${id}/messages`, '{"message":')).toMatchObject({ status: 400, code: 'invalid_json' });
    expect(await refused('POST', `/chats/${id}/messages`, { message: 7 })).toMatchObject({
      status: 422,
      code: 'invalid_request',
      errors: [{ loc: ['message'] }],
    });
    expect(await refused('POST', `/chats/${id}/messages`, { message: 'x'.repeat(2_000_000) })).toMatchObject({ status: 413, code: 'payload_too_large' });
    expect(await refused('PUT', `/chats/${id}`, {})).toMatchObject({ status: 405, code: 'method_not_allowed' });
  });

  test('each code of an error has the status of the contract', () => {
    const codes: Partial<Record<ErrorCode, number>> = {
      ...{ invalid_json: 400, unauthorized: 401, forbidden: 403, not_found: 404, method_not_allowed: 405, payload_too_large: 413, invalid_request: 422 },
      ...{ chat_busy: 409, input_pending: 409, no_pending_input: 409, input_ambiguous: 409, input_already_resolved: 409, idempotency_in_progress: 409 },
      ...{ input_expired: 410, idempotency_key_reused: 422, rate_limited: 429, queue_full: 429, draining: 503 },
    };
    expect(statusOf).toMatchObject(codes);
  });

  test('8: a key comes in either header; one that is wrong, or two that differ, are refused', async () => {
    const path = '/chats';
    const with401 = async (headers: Record<string, string>) => {
      const reply = await call(t, { method: 'GET', path, headers });
      expect([reply.status, reply.json]).toMatchObject([401, { code: 'unauthorized', detail: 'Could not validate credentials' }]);
    };
    const second = await makeKeyFor(t.app, world, ['chats:read']);
    for (const name of ['x-api-key', 'X-API-KEY', 'X-Api-Key'])
      expect((await call(t, { method: 'GET', path, headers: { [name]: world.key } })).status).toBe(200);
    expect((await call(t, { method: 'GET', path, headers: { 'x-api-key': world.key, authorization: `Bearer ${world.key}` } })).status).toBe(200);
    await with401({ 'x-api-key': world.key, authorization: `Bearer ${second}` });
    await with401({ 'x-api-key': world.key, authorization: 'Bearer wrong' });
    await with401({ 'x-api-key': 'wrong' });
    await with401({});
    expect((await call(t, { method: 'POST', path, headers: { 'x-api-key': second }, body: { from_flow: 'two' } })).json).toMatchObject({
      code: 'forbidden',
      status: 403,
    });
  });

  test('keys of one member see the same chats as far as they reach; nobody else sees them at all', async () => {
    const id = await client.create('two');
    const second = await makeKeyFor(t.app, world, ['chats:read', 'chats:write']);
    const everywhere = await makeKeyFor(t.app, world, ['chats:read', 'chats:write'], null);
    const looks = (key: string, headers: Record<string, string> = {}) => call(t, { method: 'GET', path: `/chats/${id}`, key, headers });
    for (const key of [second, everywhere]) expect((await looks(key)).json).toMatchObject({ id });
    expect((await looks(everywhere, { 'x-bot': `f${world.bot.id}` })).json).toMatchObject({ id });
    // What one began the other goes on with, and a workspace's key needs no bot to be named.
    expect(await chatClient(t, everywhere).say(id, 'go')).toMatchObject({ status: 'wait_for_human_input' });
    const listed = await chatClient(t, everywhere).get<ChatBody[]>('/chats?limit=200');
    expect(listed.map((one) => one.id)).toContain(id);

    const headers = await session(t.app, world.account);
    const other = await call(t, { method: 'POST', path: '/v1/bots', headers, body: { name: 'Second', workspace: world.workspace.id } });
    const bot = (other.json as { id: number; flow_ns: string }).flow_ns;
    const elsewhere = await call(t, {
      method: 'POST',
      path: '/v1/keys',
      headers,
      body: { name: 'b', bot, scopes: ['Manage Flow', 'chats:read', 'chats:write'] },
    });
    const foreign = (elsewhere.json as { key: string }).key;
    expect((await looks(foreign)).status).toBe(404);
    await addFlows(t, foreign, [twoQuestions]);
    const twice = await chatClient(t, everywhere).ask('POST', '/chats', { from_flow: 'two' });
    expect([twice.status, twice.json]).toMatchObject([400, { detail: expect.stringContaining('f1s2') }]);
    expect((await chatClient(t, everywhere).ask('POST', '/chats', { from_flow: flows.two?.sub_flow_ns })).status).toBe(200);
    expect((await chatClient(t, everywhere).ask('POST', '/chats', { from_flow: 'two' }, { 'x-bot': bot })).status).toBe(200);

    const { account } = await makeMember(t.app, world, 'admin');
    const colleague = await session(t.app, account);
    const missing = { status: 404, json: { detail: 'Chat not found', code: 'not_found' } };
    expect(await call(t, { method: 'GET', path: `/v1/chats/${id}`, headers: colleague })).toMatchObject(missing);
    const stranger = await makeWorld(t.app);
    expect(await looks(stranger.key)).toMatchObject(missing);
    for (const path of ['messages', 'runs', 'inputs', 'events', 'webhook/failures'])
      expect(await call(t, { method: 'GET', path: `/chats/${id}/${path}`, key: stranger.key }), path).toMatchObject(missing);
    for (const path of ['messages', 'input', 'abort', 'fork'])
      expect(await call(t, { method: 'POST', path: `/chats/${id}/${path}`, key: stranger.key, body: { message: 'x' } }), path).toMatchObject(missing);
    for (const method of ['PATCH', 'DELETE'] as const)
      expect(await call(t, { method, path: `/chats/${id}`, key: stranger.key, body: {} })).toMatchObject(missing);
  });

  test('the table of statuses: what each one allows, and what refuses it', async () => {
    const code = async (id: string, path: string, body: object) => {
      const { status, json } = await client.ask('POST', `/chats/${id}/${path}`, body);
      return status === 200 ? (json as ChatBody).status : (json as Problem).code;
    };
    const stands = async (id: string) => {
      const { status, active_run_id, last_run_id, stop_reason } = await client.chat(id);
      return [status, active_run_id !== null, last_run_id !== null, stop_reason];
    };
    // ready: no run yet; messages.
    const id = await client.create('two');
    expect(await stands(id)).toEqual(['ready', false, false, null]);
    expect(await code(id, 'input', { message: 'x' })).toBe('no_pending_input');
    expect(await client.post(`/chats/${id}/abort`)).toMatchObject({ detail: 'No active run.', status: 'ready' });
    expect(await code(id, 'messages', { message: 'go' })).toBe('wait_for_human_input');
    // wait_for_human_input: input, abort; a message is the answer, also for who would be refused where it runs.
    expect(await stands(id)).toEqual(['wait_for_human_input', true, true, null]);
    expect(await code(id, 'input', { message: 'one' })).toBe('wait_for_human_input');
    expect(await code(id, 'messages', { message: 'two', on_busy: 'reject' })).toBe('completed');
    // completed: a message begins a new conversation.
    expect(await stands(id)).toEqual(['completed', false, true, 'graph_complete']);
    expect(await code(id, 'input', { message: 'x' })).toBe('no_pending_input');
    expect((await client.say(id, 'again')).messages.map((one) => one.content)).toEqual(['Hello.', 'One?']);
    expect(await code(id, 'abort', {})).toBe('completed');
    expect(await stands(id)).toEqual(['completed', false, true, 'cancelled']);
    // running: abort; messages wait, are refused, or begin anew.
    const busy = await client.create('hour');
    expect(await code(busy, 'messages', { message: 'go' })).toBe('running');
    expect(await stands(busy)).toEqual(['running', true, true, null]);
    expect(await code(busy, 'messages', { message: 'x', on_busy: 'reject' })).toBe('chat_busy');
    expect(await code(busy, 'input', { message: 'x' })).toBe('no_pending_input');
    expect(await client.say(busy, 'later')).toMatchObject({ state: 'queued', id: '' });
    expect(await client.say(busy, 'now', { on_busy: 'interrupt' })).toMatchObject({ state: 'complete', status: 'running' });
    const { last_run_id: run } = await client.chat(busy);
    const retry = await client.ask('POST', `/chats/${busy}/runs/${run}/retry`, {});
    expect(retry.json).toMatchObject({ code: 'chat_busy' });
    expect(await code(busy, 'abort', {})).toBe('completed');
    // error: messages, retry.
    const broken = await client.create('failing', { message: 'go' });
    expect(await code(broken, 'input', { message: 'boom' })).toBe('error');
    expect(await stands(broken)).toEqual(['error', false, true, 'error']);
    const { last_run_id: failed, last_error } = await client.chat(broken);
    expect(last_error).toMatch(/more than 200 blocks/);
    expect(await client.get(`/chats/${broken}/runs/${failed}`)).toMatchObject({
      state: 'failed',
      error: { code: 'flow_failed', node_id: expect.stringMatching(/^a\./) },
    });
    expect((await client.ask('POST', `/chats/${broken}/runs/${failed}/retry`, { from: 'turn:1' })).json).toMatchObject({
      state: 'waiting',
      attempt: 2,
      retry_of: failed,
    });
    expect(await code(broken, 'messages', { message: 'fine' })).toBe('completed');
  });

  test('the queue holds ten; what waits is said in order as soon as the chat is free', async () => {
    const id = await client.create('hour', { message: 'go' });
    for (let n = 0; n < 10; n += 1) expect(await client.say(id, `later ${n}`)).toMatchObject({ state: 'queued' });
    const full = await client.ask('POST', `/chats/${id}/messages`, { message: 'more' });
    expect([full.status, full.json, full.headers['retry-after']]).toMatchObject([429, { code: 'queue_full' }, '5']);
    expect(await client.post(`/chats/${id}/abort`)).toMatchObject({ status: 'completed' });
    expect(await client.texts(id)).toEqual(['go']);
  });

  test('an Idempotency-Key has one effect: the same body its reply, another one a refusal', async () => {
    const id = await client.create('echo');
    const send = (message: string) => client.ask('POST', `/chats/${id}/messages`, { message }, { 'idempotency-key': `k-${id}` });
    const [one, two] = [await send('hi'), await send('hi')];
    expect([two.text, two.headers['idempotent-replayed']]).toEqual([one.text, 'true']);
    expect([(await send('other')).json]).toMatchObject([{ status: 422, code: 'idempotency_key_reused' }]);
    const remove = () => client.ask('DELETE', `/chats/${id}`, undefined, { 'idempotency-key': `d-${id}` });
    expect([(await remove()).json, (await remove()).json]).toEqual([{ result: true }, { result: true }]);
    expect((await client.ask('DELETE', `/chats/${id}`)).status).toBe(404);
  });
});
