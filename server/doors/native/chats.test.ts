import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeWorld, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const order = {
  format: 'flow/1',
  id: 'order',
  name: 'Order',
  vars: { number: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'ask' } },
  groups: {
    ask: {
      blocks: [
        { id: 'hi', type: 'text', text: 'Welcome.' },
        {
          id: 'q',
          type: 'ask',
          kind: 'text',
          text: 'Your order number?',
          save: 'number',
          check: { regex: '^[A-Z]{2}\\d+$' },
          retry: { max: 3, text: 'Two letters and digits, please.' },
          to: { invalid: '@end' },
        },
        { id: 'ok', type: 'text', text: 'Looking for {{ number }}.' },
        { id: 'done', type: 'end' },
      ],
    },
  },
};

const waiting = {
  format: 'flow/1',
  id: 'waiting',
  name: 'Waiting',
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'w', type: 'wait', for: '1h' },
        { id: 't', type: 'text', text: 'An hour later.' },
        { id: 'e', type: 'end' },
      ],
    },
  },
};

type ChatBody = { id: string; status: string; pending_inputs: { prompt: string; reason: string }[] };
type MessageBody = { id: string; type: string; content: string; status: string; messages: { content: string }[] };

describe.each(databaseKinds)('chats on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    for (const document of [order, waiting]) await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
  });
  afterAll(() => t.close());

  const newChat = async (flow = 'order'): Promise<string> => {
    const made = await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'My Chatbot', from_type: 'flow', from_flow: flow } });
    expect(made.status).toBe(200);
    return (made.json as ChatBody).id;
  };
  const statusOf = async (id: string) => ((await call(t, { method: 'GET', path: `/chats/${id}`, key: world.key })).json as ChatBody).status;

  test('the seven calls run a flow from creation to its end', async () => {
    const id = await newChat();
    expect(await statusOf(id)).toBe('ready');
    const first = await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'Hello' } });
    expect(first.json).toMatchObject({
      type: 'user',
      content: 'Hello',
      status: 'wait_for_human_input',
      messages: [{ content: 'Welcome.' }, { content: 'Your order number?' }],
    });
    const chat = (await call(t, { method: 'GET', path: `/v1/chats/${id}/`, key: world.key })).json as ChatBody;
    expect(chat).toMatchObject({ status: 'wait_for_human_input', pending_inputs: [{ prompt: 'Your order number?', reason: 'ask' }] });
    const wrong = await call(t, { method: 'POST', path: `/chats/${id}/input`, key: world.key, body: { content: 'nope', type: 'user' } });
    expect(wrong.json).toMatchObject({
      detail: 'Input sent to assistant.',
      status: 'wait_for_human_input',
      messages: [{ content: 'Two letters and digits, please.' }],
    });
    const right = await call(t, { method: 'POST', path: `/v1/chats/${id}/input/`, key: world.key, body: { message: 'AB12' } });
    expect(right.json).toMatchObject({ status: 'completed', messages: [{ content: 'Looking for AB12.' }] });
    const history = (await call(t, { method: 'GET', path: `/chats/${id}/messages`, key: world.key })).json as MessageBody[];
    expect(history.map((one) => `${one.type}: ${one.content}`)).toEqual([
      'user: Hello',
      'assistant: Welcome.',
      'assistant: Your order number?',
      'user: nope',
      'assistant: Two letters and digits, please.',
      'user: AB12',
      'assistant: Looking for AB12.',
    ]);
    const again = await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'Hi again' } });
    expect(
      (again.json as MessageBody).messages.map((one) => one.content),
      'a completed chat starts anew',
    ).toEqual(['Welcome.', 'Your order number?']);
    await scenario(t, { method: 'DELETE', path: `/chats/${id}`, key: world.key }, { status: 200, body: { result: true } });
    await scenario(
      t,
      { method: 'GET', path: `/chats/${id}`, key: world.key },
      { status: 404, body: (body: { detail: string }) => expect(body.detail).toBe('Chat not found') },
    );
  });

  test('a key may come in X-API-KEY, errors are problems whose detail is a text', async () => {
    const id = await newChat();
    const read = await call(t, { method: 'GET', path: '/chats', headers: { 'x-api-key': world.key } });
    expect((read.json as ChatBody[]).map((one) => one.id)).toContain(id);
    const refused = await call(t, { method: 'GET', path: '/chats', headers: { 'x-api-key': 'wrong' } });
    expect([refused.status, (refused.json as { detail: string }).detail]).toEqual([401, 'Could not validate credentials']);
    const none = await call(t, { method: 'POST', path: `/chats/${id}/input`, key: world.key, body: { message: 'x' } });
    expect([none.status, none.json]).toMatchObject([409, { code: 'no_pending_input', error: (none.json as { detail: string }).detail }]);
    expect((await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: 'nothing' } })).json).toMatchObject({
      detail: 'Flow not found',
      code: 'not_found',
    });
    expect((await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_type: 'flow' } })).status).toBe(422);
    expect((await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: '{"message":' })).status).toBe(400);
  });

  test('a chat that waits for time is running, takes one message at a time when asked to, and is aborted', async () => {
    const id = await newChat('waiting');
    expect((await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'go' } })).json).toMatchObject({
      status: 'running',
    });
    const busy = await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'x', on_busy: 'reject' } });
    expect([busy.status, (busy.json as { code: string }).code]).toEqual([409, 'chat_busy']);
    for (let count = 0; count < 10; count += 1)
      expect((await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'later' } })).json).toMatchObject({
        state: 'queued',
      });
    expect((await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'later' } })).status).toBe(429);
    expect((await call(t, { method: 'POST', path: `/chats/${id}/abort`, key: world.key })).json).toMatchObject({
      detail: `Assistant for chat ${id} terminated.`,
      status: 'completed',
    });
    expect((await call(t, { method: 'POST', path: `/v1/chats/${id}/abort`, key: world.key })).json).toMatchObject({ detail: 'No active run.' });
  });

  test('keys of one member see the same chats, and nobody else does', async () => {
    const id = await newChat();
    const second = await makeKeyFor(t.app, world, ['chats:read']);
    expect((await call(t, { method: 'GET', path: `/chats/${id}`, key: second })).status).toBe(200);
    expect((await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: second, body: { message: 'x' } })).status).toBe(403);
    const other = await makeWorld(t.app);
    expect((await call(t, { method: 'GET', path: `/chats/${id}`, key: other.key })).status).toBe(404);
  });

  test('a repeated message with the same Idempotency-Key is said once', async () => {
    const id = await newChat();
    const ask = {
      method: 'POST' as const,
      path: `/chats/${id}/messages`,
      key: world.key,
      body: { message: 'Hello' },
      headers: { 'idempotency-key': `m-${id}` },
    };
    const [first, second] = [await call(t, ask), await call(t, ask)];
    expect(second.text).toBe(first.text);
    expect((await call(t, { method: 'GET', path: `/chats/${id}/messages`, key: world.key })).json as unknown[]).toHaveLength(3);
  });
});
