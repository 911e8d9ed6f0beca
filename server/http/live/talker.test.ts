import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { makeLive } from '../../live.ts';
import { rawClient } from '../../testing/doubles/raw-client.ts';
import { watchNext } from '../../testing/doubles/readers.ts';
import { makeWorld } from '../../testing/factories.ts';
import { echo } from '../../testing/samples/echo.ts';
import { call } from '../../testing/scenario.ts';
import { testApp } from '../../testing/test-app.ts';
import { Talker } from './talker.ts';

/** The other end, of which we see what it is sent. */
class FarEnd extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  pings = 0;
  closed: number | null = null;
  sent: string[] = [];
  ping(): void {
    this.pings += 1;
  }
  close(code: number): void {
    this.closed = code;
    this.readyState = 2;
  }
  send(text: string): void {
    this.sent.push(text);
  }
  terminate(): void {
    this.emit('close');
  }
  pause(): void {}
  resume(): void {}
}

function talkerOf() {
  const far = new FarEnd();
  const socket = Object.assign(new EventEmitter(), { writableNeedDrain: false, setTimeout: () => {} });
  const machine = { app: { live: makeLive(), config: { rateLimits: false }, log: { error: () => {} } } };
  const talker = new Talker({ machine, served: {}, admitted: {}, talk: { methods: {} }, pass: {}, standing: {}, alike: '', ws: far, socket } as never);
  return { far, socket, talker };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who answers pings stays, who does not is closed with 4408', () => {
  const { far, talker } = talkerOf();
  let now = performance.now();
  const pass = (): void => {
    now += 20_500;
    talker.tick(now);
  };
  pass();
  far.emit('pong');
  pass();
  expect([far.pings, far.closed]).toEqual([2, null]);
  pass();
  expect([far.pings, far.closed]).toEqual([2, 4408]);
});

test('frames are answered one by one, in the order they came', async () => {
  const { far } = talkerOf();
  for (let id = 1; id <= 5; id += 1) far.emit('message', Buffer.from(JSON.stringify({ id, method: id % 2 ? 'ping' : 'nothing' })));
  await settle();
  expect(far.sent.map((text) => JSON.parse(text).id)).toEqual([1, 2, 3, 4, 5]);
});

test('answers that nobody takes are not kept without end', async () => {
  const { far, socket } = talkerOf();
  socket.writableNeedDrain = true;
  far.bufferedAmount = 1024 * 1024 + 1;
  far.emit('message', Buffer.from('{"id":1,"method":"ping"}'));
  await settle();
  expect(far.closed).toBe(1013);
});

test('one that subscribes and does not read costs no more than what it has, and is ended within ten seconds', async () => {
  const t = await testApp();
  const world = await makeWorld(t.app);
  await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: echo, publish: true } });
  const { id } = (await call(t, { method: 'POST', path: '/chats', key: world.key, body: { from_flow: 'echo', message: 'hi' } })).json as { id: string };
  const message = 'x'.repeat(60_000);
  for (let n = 0; n < 120; n += 1) await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message } });
  const port = Number(new URL(await t.server.listen({ host: '127.0.0.1', port: 0 })).port);
  const watched = watchNext(t.server.server);
  const client = await rawClient(port, { readsNothing: true });
  const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const request = `GET /chats/${id}/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\nAuthorization: Bearer ${world.key}\r\n\r\n`;
  const frame = Buffer.from('{"id":1,"method":"subscribe","params":{"after":0}}');
  // The first frame comes with the request: a text, masked with zeros.
  client.send(Buffer.concat([Buffer.from(request), Buffer.from([0x81, 0x80 | frame.length, 0, 0, 0, 0]), frame]));
  const { mostBytes, stillMs } = await watched;
  expect(mostBytes).toBeGreaterThan(60_000);
  expect(mostBytes).toBeLessThan(1024 * 1024);
  expect(stillMs).toBeLessThan(10_000);
  client.end();
  await t.close();
}, 30_000);
