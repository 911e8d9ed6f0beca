import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteKey } from '../../store/keys.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { rawClient, sendRaw } from '../../testing/doubles/raw-client.ts';
import { openWebSocket, readStream, type SocketClient } from '../../testing/doubles/readers.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { echo } from '../../testing/samples/echo.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('web sockets on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let base: string;
  let port: number;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: echo, publish: true } });
    base = await t.server.listen({ host: '127.0.0.1', port: 0 });
    port = Number(new URL(base).port);
  });
  afterAll(() => t.close());

  const newChat = async (): Promise<string> =>
    ((await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: 'echo', message: 'hi' } })).json as { id: string }).id;
  const bearer = (key = world.key) => ({ authorization: `Bearer ${key}` });
  const url = (path: string) => `${base.replace('http', 'ws')}${path}`;
  const open = (id: string, headers: Record<string, string> = bearer(), prefix = '') => openWebSocket(url(`${prefix}/chats/${id}/ws`), headers);
  const ticketFor = async (id: string, key = world.key) =>
    ((await call(t, { method: 'POST', path: `/chats/${id}/ws-ticket`, key })).json as { ticket: string }).ticket;
  const eventsOf = (client: SocketClient) => client.frames.filter((one) => one.event !== undefined);

  test('a chat is held over one connection, under the numbers of the event stream', async () => {
    const id = await newChat();
    for (const prefix of ['', '/v1']) {
      const text = `at${prefix}`;
      const client = await open(id, bearer(), prefix);
      expect(client.ws.protocol).toBe('chats.v1');
      expect(await client.ask('ping')).toEqual({ id: 1, result: {} });
      expect(await client.ask('subscribe', { after: 0 })).toEqual({ id: 2, result: { after: 0 } });
      expect((await client.ask('message.send', { message: text })).result).toMatchObject({ content: text, status: 'wait_for_human_input' });
      await client.until((frames) => frames.some((one) => one.data?.message?.content === `${text}!`));
      client.ws.close();
      const stream = await readStream(`${base}/chats/${id}/events?after=0`, bearer(), (seen) => seen.some((one) => one.data.message?.content === `${text}!`));
      expect(eventsOf(client).slice(0, stream.length)).toEqual(stream.map(({ id: seq, event, data }) => ({ event, seq, data })));
    }
  });

  test('an input is answered, a run is cancelled, and what cannot be is said in the answer', async () => {
    const client = await open(await newChat());
    expect((await client.ask('input.respond', { message: 'yes' })).result).toMatchObject({ detail: 'Input sent to assistant.' });
    expect((await client.ask('run.cancel')).result).toMatchObject({ status: 'completed' });
    expect((await client.ask('input.respond', { message: 'yes' })).error?.code).toBe('no_pending_input');
    expect((await client.ask('message.send', {})).error).toEqual({ code: 'invalid_request', message: 'The message field is required.' });
    expect((await client.ask('message.sing', {})).error?.message).toMatch(/^There is no method message\.sing; there are message\.send, /);
    client.ws.send('{');
    await client.until((frames) => frames.some((one) => one.error?.code === 'invalid_json'));
    client.ws.close();
  });

  test('without subscribing nothing is told, and after unsubscribing no more', async () => {
    const client = await open(await newChat());
    await client.ask('message.send', { message: 'one' });
    await sleep(100);
    expect(eventsOf(client)).toEqual([]);
    await client.ask('subscribe');
    await client.until((frames) => frames.some((one) => one.event === 'chat.snapshot'));
    await client.ask('unsubscribe');
    await client.ask('message.send', { message: 'two' });
    await sleep(100);
    expect(eventsOf(client).map((one) => one.event)).toEqual(['chat.snapshot']);
    client.ws.close();
  });

  test('a reader may only read: sending needs chats:write', async () => {
    const client = await open(await newChat(), bearer(await makeKeyFor(t.app, world, ['chats:read'])));
    expect((await client.ask('message.send', { message: 'x' })).error?.code).toBe('forbidden');
    expect((await client.ask('subscribe', { after: 0 })).result).toEqual({ after: 0 });
    client.ws.close();
  });

  test('a stranger is closed with 4401, an unknown chat with 4404, and a plain request is told what it is', async () => {
    const id = await newChat();
    const other = await makeWorld(t.app);
    expect((await (await open(id, {})).closed).code).toBe(4401);
    expect((await (await open(id, bearer('pk_live_wrong'))).closed).code).toBe(4401);
    expect((await (await open(id, bearer(other.key))).closed).code).toBe(4404);
    expect((await (await open('cnever')).closed).code).toBe(4404);
    expect((await call(t, { method: 'GET', path: `/chats/${id}/ws`, key: world.key })).status).toBe(400);
    expect((await call(t, { method: 'GET', path: `/chats/${id}/ws` })).status).toBe(401);
  });

  test('a ticket opens one connection, once, for its chat, within its time', async () => {
    const [id, another] = [await newChat(), await newChat()];
    const ticket = await ticketFor(id);
    const withTicket = (text: string, chat = id) => openWebSocket(url(`/chats/${chat}/ws?ticket=${text}`));
    expect((await (await withTicket(ticket, another)).closed).code).toBe(4401);
    const client = await withTicket(ticket);
    expect((await client.ask('message.send', { message: 'by ticket' })).result).toMatchObject({ content: 'by ticket' });
    expect((await (await withTicket(ticket)).closed).code).toBe(4401);
    expect((await (await withTicket(`${ticket.slice(0, -2)}xx`)).closed).code).toBe(4401);
    const late = await ticketFor(id);
    t.clock.advance(30_000);
    expect((await (await withTicket(late)).closed).code).toBe(4401);
    client.ws.close();
  });

  test('what a ticket opened ends with the key it was made with', async () => {
    const id = await newChat();
    const key = await makeKeyFor(t.app, world, ['chats:read', 'chats:write']);
    const client = await openWebSocket(url(`/chats/${id}/ws?ticket=${await ticketFor(id, key)}`));
    const begun = performance.now();
    await t.app.transact(async (tx) => {
      const row = await tx.selectFrom('api_key').select('id').where('prefix', '=', key.slice(0, 14)).executeTakeFirstOrThrow();
      await deleteKey(tx, world.workspace.id, row.id);
    });
    expect((await client.closed).code).toBe(4401);
    expect(performance.now() - begun).toBeLessThan(20_000);
  }, 10_000);

  test('a page of another site cannot open one with the cookie of who is signed in', async () => {
    const { account } = await makeMember(t.app, world, 'owner');
    const { cookie } = await session(t.app, account);
    const headers = { cookie, 'x-bot': String(world.bot.id) };
    const made = await call(t, {
      method: 'POST',
      path: '/chats',
      headers: { ...(await session(t.app, account)), ...headers },
      body: { from_flow: 'echo', message: 'hi' },
    });
    const { id } = made.json as { id: string };
    const ask = (origin: string) =>
      `GET /chats/${id}/ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: ${origin}\r\nCookie: ${cookie}\r\nX-Bot: ${world.bot.id}\r\n\r\n`;
    expect((await sendRaw(port, ask('https://evil.example')))[0]?.status).toBe(403);
    const own = await rawClient(port);
    own.send(ask(`http://127.0.0.1:${port}`));
    expect((await own.waitFor(1))[0]?.status).toBe(101);
    own.end();
  });

  test('a frame that is none, from someone who was refused already, harms nobody', async () => {
    const id = await newChat();
    const client = await rawClient(port);
    client.send(
      `GET /chats/${id}/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nnot a frame`,
    );
    await client.closed;
    const staying = await open(id);
    expect(await staying.ask('ping')).toEqual({ id: 1, result: {} });
    staying.ws.close();
  });

  test('requests that offer another upgrade keep their bodies', async () => {
    const id = await newChat();
    const body = JSON.stringify({ message: 'h2c' });
    const [reply] = await sendRaw(
      port,
      `POST /chats/${id}/messages HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nAuthorization: Bearer ${world.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect([reply?.status, JSON.parse(reply?.body ?? '{}').content]).toEqual([200, 'h2c']);
  });

  test('who sends frames faster than they can be answered is closed with 4429, who sends too large a one with 1009', async () => {
    const id = await newChat();
    const flooding = await open(id);
    for (let n = 0; n < 2_000; n += 1) flooding.ws.send(JSON.stringify({ id: n, method: 'message.send', params: { message: `${n}` } }));
    expect((await flooding.closed).code).toBe(4429);
    const large = await open(id);
    large.ws.send('x'.repeat(1024 * 1024 + 1));
    expect((await large.closed).code).toBe(1009);
  }, 20_000);

  test('of connections that are alike the newest twenty stay', async () => {
    const id = await newChat();
    const clients: SocketClient[] = [];
    for (let n = 0; n < 21; n += 1) clients.push(await open(id));
    expect((await clients[0]?.closed)?.code).toBe(4409);
    expect(await clients[20]?.ask('ping')).toEqual({ id: 1, result: {} });
    expect(await clients[1]?.ask('ping')).toEqual({ id: 1, result: {} });
    for (const { ws } of clients) ws.close();
  });

  test('a server that stops tells its clients to come back', async () => {
    const own = await testApp(kind);
    const ownWorld = await makeWorld(own.app);
    await call(own, { method: 'POST', path: '/v1/flows', key: ownWorld.key, body: { document: echo, publish: true } });
    const { id } = (await call(own, { method: 'POST', path: '/chats', key: ownWorld.key, body: { from_flow: 'echo', message: 'hi' } })).json as { id: string };
    const address = await own.server.listen({ host: '127.0.0.1', port: 0 });
    const client = await openWebSocket(`${address.replace('http', 'ws')}/chats/${id}/ws`, bearer(ownWorld.key));
    const closing = own.close();
    expect((await client.closed).code).toBe(1012);
    await closing;
  });
});
