import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../app.ts';
import type { About, Live } from '../live.ts';
import { deleteKey } from '../store/keys.ts';
import { databaseKinds } from '../testing/databases.ts';
import { faultProxy } from '../testing/doubles/fault-proxy.ts';
import { rawClient } from '../testing/doubles/raw-client.ts';
import { blocksOf, readStream, type Seen, watchNext } from '../testing/doubles/readers.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../testing/factories.ts';
import { echo } from '../testing/samples/echo.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';

/** Counts who listens: what is opened must be closed. */
function counted(live: Live): { live: Live; count: () => number } {
  let count = 0;
  const listen: Live['listen'] = (about: About, listener) => {
    count += 1;
    const stop = live.listen(about, listener);
    return () => {
      count -= 1;
      stop();
    };
  };
  return { live: { ...live, listen }, count: () => count };
}

describe.each(databaseKinds)('streams on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let base: string;
  let port: number;
  let listeners: () => number;
  beforeAll(async () => {
    t = await testApp(kind);
    const watched = counted(t.app.live);
    Object.assign(t.app, { live: watched.live } satisfies Partial<App>);
    listeners = watched.count;
    world = await makeWorld(t.app);
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: echo, publish: true } });
    base = await t.server.listen({ host: '127.0.0.1', port: 0 });
    port = Number(new URL(base).port);
  });
  afterAll(() => t.close());

  const newChat = async (): Promise<string> =>
    ((await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: 'echo', message: 'hi' } })).json as { id: string }).id;
  const say = (id: string, message: string) => call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message } });
  const bearer = (key = world.key) => ({ authorization: `Bearer ${key}` });
  const has = (text: string) => (seen: Seen[]) => seen.some((one) => one.data.message?.content === text);
  const nobodyListens = async (): Promise<void> => {
    for (let tries = 0; listeners() > 0 && tries < 200; tries += 1) await sleep(10);
    expect(listeners()).toBe(0);
  };

  test('everything so far, then what happens, in order and without a gap', async () => {
    const id = await newChat();
    const reading = readStream(`${base}/chats/${id}/events?after=0`, bearer(), has('three!'));
    for (const text of ['one', 'two', 'three']) await say(id, text);
    const seen = await reading;
    expect(seen.map((one) => one.id)).toEqual(seen.map((_, at) => at + 1));
    const texts = seen.flatMap((one) => (one.event === 'message.completed' ? [one.data.message?.content] : []));
    expect(texts).toEqual(['hi', 'Say something.', 'one', 'one!', 'Say something.', 'two', 'two!', 'Say something.', 'three', 'three!', ...texts.slice(10)]);
    await nobodyListens();
  });

  test('a stream that was cut goes on after the last event seen, without repeating one, and says the same as before', async () => {
    const id = await newChat();
    const first = await readStream(`${base}/v1/chats/${id}/events?after=0`, bearer(), (seen) => seen.length >= 2);
    const last = first.at(-1)?.id ?? 0;
    await say(id, 'more');
    const rest = await readStream(`${base}/chats/${id}/events`, { ...bearer(), 'last-event-id': String(last) }, has('more!'));
    expect(rest[0]?.id).toBe(last + 1);
    const again = await readStream(`${base}/chats/${id}/events?after=0`, bearer(), has('more!'));
    expect(again.slice(0, last)).toEqual(first.slice(0, last));
    expect(again.slice(last)).toEqual(rest);
  });

  test('without a cursor it begins with how things stand; with one from elsewhere, or from before what is kept, it says so', async () => {
    const id = await newChat();
    const reading = readStream(`${base}/chats/${id}/events`, bearer(), has('now'));
    await sleep(100);
    await say(id, 'now');
    const seen = await reading;
    expect(seen[0]).toMatchObject({ event: 'chat.snapshot', data: { chat: { id, status: 'wait_for_human_input' } } });
    expect(seen[1]).toMatchObject({ id: (seen[0]?.id ?? 0) + 1, event: 'input.resolved' });
    expect(seen[2]).toMatchObject({ id: (seen[0]?.id ?? 0) + 2, data: { message: { content: 'now' } } });
    const first = (after: number) => readStream(`${base}/chats/${id}/events?after=${after}`, bearer(), (all) => all.length > 0).then(([one]) => one);
    expect(await first(99_999)).toMatchObject({ event: 'stream.resync', data: { chat: { id } } });
    await t.app.transact(async (tx) => {
      await tx.deleteFrom('step').where('last_seq', '<=', 5).execute();
    });
    expect(await first(1)).toMatchObject({ event: 'stream.resync', data: { chat: { id } } });
  });

  test('a stranger is refused as anywhere, a wrong cursor is told what one is, and HEAD ends at once', async () => {
    const id = await newChat();
    const other = await makeWorld(t.app);
    const path = `/chats/${id}/events`;
    expect((await call(t, { method: 'GET', path })).status).toBe(401);
    expect((await call(t, { method: 'GET', path, key: other.key })).status).toBe(404);
    expect((await call(t, { method: 'GET', path, key: world.key, headers: { 'last-event-id': 'x' } })).status).toBe(400);
    const head = await fetch(`${base}${path}`, { method: 'HEAD', headers: bearer() });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await nobodyListens();
  });

  test('cut at random bytes again and again, every event is seen once and in order', async () => {
    const id = await newChat();
    const proxy = await faultProxy(port);
    const seen: number[] = [];
    let random = 7;
    const talking = (async () => {
      for (let n = 0; n < 25; n += 1) await say(id, `n${n}`);
    })();
    let isDone = false;
    for (let cuts = 0; !isDone && cuts < 400; cuts += 1) {
      random = (random * 48_271) % 2_147_483_647;
      proxy.fault = { cutReplyAt: 500 + (random % 6_000), splitBytes: 1 + (random % 700) };
      const url = `http://127.0.0.1:${proxy.port}/chats/${id}/events?after=0`;
      const blocks = blocksOf();
      const cursor: Record<string, string> = seen.length > 0 ? { 'last-event-id': String(seen.at(-1)) } : {};
      const reply = await fetch(url, { headers: { ...bearer(), ...cursor }, signal: AbortSignal.timeout(400) }).catch(() => null);
      const reader = reply?.body?.getReader();
      for (;;) {
        const part = await reader?.read().catch(() => undefined);
        if (!part?.value) break;
        for (const one of blocks(part.value)) {
          if (one.id !== null) seen.push(one.id);
          isDone ||= one.data.message?.content === 'n24!';
        }
      }
    }
    await talking;
    await proxy.close();
    expect(isDone).toBe(true);
    expect(seen).toEqual(seen.map((_, at) => at + 1));
    await nobodyListens();
  }, 60_000);

  test('the socket of a stream answers nothing else: a second request on it ends it, one behind it waits for ever', async () => {
    const id = await newChat();
    const ask = `GET /chats/${id}/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\n\r\n`;
    const other = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';
    const later = await rawClient(port);
    later.send(ask);
    await later.waitFor(1);
    later.send(other);
    await later.closed;
    expect(later.replies().map(({ status }) => status)).toEqual([200]);

    const behind = await rawClient(port);
    let received = '';
    const told = new Promise<void>((resolve) => {
      behind.socket.on('data', (bytes) => {
        received += bytes.toString('latin1');
        if (received.includes('pipelined!')) resolve();
      });
    });
    behind.send(ask + other);
    await behind.waitFor(1);
    await say(id, 'pipelined');
    await told;
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    behind.end();
    await nobodyListens();
  });

  test('whoever leaves while the first page is read leaves nothing behind', async () => {
    const id = await newChat();
    await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        const client = await rawClient(port, { readsNothing: true });
        client.send(`GET /chats/${id}/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\n\r\n`);
        await sleep(at % 8);
        client.socket.resetAndDestroy();
      }),
    );
    await sleep(100);
    await nobodyListens();
  });

  test('a key that is revoked and a member who is removed lose their streams within five seconds, others do not', async () => {
    const id = await newChat();
    const key = await makeKeyFor(t.app, world, ['chats:read']);
    const { account } = await makeMember(t.app, world, 'admin');
    const { cookie } = await session(t.app, account);
    const stays = new AbortController();
    const staying = await fetch(`${base}/chats/${id}/events`, { headers: bearer(), signal: stays.signal });
    const begun = performance.now();
    const ends = (seen: Seen[]) => seen.some((one) => one.event === 'error');
    const reading = [
      readStream(`${base}/chats/${id}/events`, bearer(key), ends),
      readStream(`${base}/v1/events`, { cookie, 'x-workspace': String(world.workspace.id) }, ends),
    ];
    await sleep(100);
    await t.app.transact(async (tx) => {
      const row = await tx.selectFrom('api_key').select('id').where('prefix', '=', key.slice(0, 14)).executeTakeFirstOrThrow();
      await deleteKey(tx, world.workspace.id, row.id);
      await tx.deleteFrom('member').where('account_id', '=', account.id).execute();
    });
    for (const seen of await Promise.all(reading)) expect(seen.at(-1)).toMatchObject({ event: 'error', data: { code: 'unauthorized' } });
    expect(performance.now() - begun).toBeLessThan(20_000);
    const left = staying.body?.getReader();
    expect((await left?.read())?.done).toBe(false);
    stays.abort();
  }, 15_000);

  test('a chat that is deleted ends its streams', async () => {
    const id = await newChat();
    const reading = readStream(`${base}/chats/${id}/events?after=0`, bearer(), (seen) => seen.some((one) => one.event === 'error'));
    await sleep(100);
    await call(t, { method: 'DELETE', path: `/chats/${id}`, key: world.key });
    expect((await reading).at(-1)).toMatchObject({ event: 'error', data: { code: 'not_found' } });
  });

  test('a server that stops sends its readers elsewhere', async () => {
    const own = await testApp(kind);
    const ownWorld = await makeWorld(own.app);
    await call(own, { method: 'POST', path: '/v1/flows', key: ownWorld.key, body: { document: echo, publish: true } });
    const body = { name: 'x', from_flow: 'echo', message: 'hi' };
    const { id } = (await call(own, { method: 'POST', path: '/chats', key: ownWorld.key, body })).json as { id: string };
    const address = await own.server.listen({ host: '127.0.0.1', port: 0 });
    const reading = readStream(`${address}/chats/${id}/events?after=0`, bearer(ownWorld.key), (seen) => seen.some((one) => one.event === 'reconnect'));
    await sleep(200);
    await own.close();
    expect((await reading).at(-1)?.event).toBe('reconnect');
  });
});

describe('a reader that does not read', () => {
  let t: TestApp;
  afterAll(() => t.close());

  test('costs no more than what it has, is ended within ten seconds, and finds the rest where it left off', async () => {
    t = await testApp();
    const world = await makeWorld(t.app);
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: echo, publish: true } });
    const body = { name: 'x', from_flow: 'echo', message: 'hi' };
    const { id } = (await call(t, { method: 'POST', path: '/chats', key: world.key, body })).json as { id: string };
    const long = 'x'.repeat(60_000);
    for (let n = 0; n < 120; n += 1) await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: long } });
    const base = await t.server.listen({ host: '127.0.0.1', port: 0 });
    const watched = watchNext(t.server.server);
    const client = await rawClient(Number(new URL(base).port), { readsNothing: true });
    client.send(`GET /chats/${id}/events?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\n\r\n`);
    const { mostBytes, stillMs } = await watched;
    expect(mostBytes).toBeGreaterThan(0);
    expect(mostBytes).toBeLessThan(1024 * 1024);
    expect(stillMs).toBeLessThan(25_000);
    const seen = await readStream(`${base}/chats/${id}/events?after=0`, { authorization: `Bearer ${world.key}` }, (all) => all.length >= 300);
    expect(seen.map((one) => one.id)).toEqual(seen.map((_, at) => at + 1));
  }, 30_000);
});
