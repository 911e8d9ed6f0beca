// A bad network and a server that is killed: what was said arrives once and in order, at those who know the stream and at
// those who know only the five calls.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parleyJson, type Running, startServer } from '../../testing/command-line.ts';
import { makePlace, type Place } from '../../testing/databases.ts';
import { type Line, openLine } from '../../testing/doubles/line.ts';
import { blocksOf } from '../../testing/doubles/readers.ts';

type Keys = { api_key: string; site_key: string };

let place: Place;
let server: Running;
let keys: Keys;
let base: string;
const token = 'v'.repeat(43);

beforeEach(async () => {
  place = await makePlace('sqlite');
  const asked = ['init', '--email', 'a@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];
  keys = (await parleyJson<Keys>(asked, { DATA_DIR: place.dataDir })).json;
  server = await startServer({ DATA_DIR: place.dataDir, RATE_LIMITS: 'off' });
  base = server.url;
});
afterEach(async () => {
  await server.stop();
  await place.remove();
});

const chat = (path: string): string => `${base}/api/v1/chat${path}`;
const own = (): Record<string, string> => ({ 'x-api-key': keys.site_key, 'content-type': 'application/json' });

/** Asks until there is an answer: what a client does that loses its network. */
async function insist(ask: () => Promise<Response>): Promise<unknown> {
  for (;;) {
    const answer = await ask()
      .then(
        (reply) => (reply.status < 500 ? reply.json() : null),
        () => null,
      )
      .then(null, () => null);
    if (answer !== null) return answer;
    await sleep(20);
  }
}

async function begin(): Promise<{ cursor: number }> {
  const opening = { visitor_token: token, client_id: 'first', message: 'Hello', name: 'Jane', email: 'j@example.com' };
  return (await insist(() => fetch(chat('/conversations?v=2'), { method: 'POST', headers: own(), body: JSON.stringify(opening) }))) as { cursor: number };
}

/** A client of v2: the stream, and again from its last number whenever it breaks off. It takes nothing out by itself. */
async function follow(cursor: number, bodies: string[], isOver: () => boolean): Promise<void> {
  let last = cursor;
  while (!isOver()) {
    const leave = new AbortController();
    const watch = setInterval(() => isOver() && leave.abort(), 50);
    const blocks = blocksOf();
    try {
      const reply = await fetch(chat(`/conversations/${token}/stream`), { headers: { ...own(), 'last-event-id': String(last) }, signal: leave.signal });
      for await (const chunk of reply.body ?? []) {
        for (const { id, event, data } of blocks(chunk)) {
          if (id !== null) last = id;
          if (event === 'message') bodies.push((data as { body?: string }).body ?? '');
        }
      }
    } catch {
      await sleep(20);
    }
    clearInterval(watch);
  }
}

/** A client of the five calls: it asks for what came since. */
async function poll(bodies: string[], isOver: () => boolean): Promise<void> {
  let since = '';
  while (!isOver()) {
    const query = since === '' ? '' : `?since=${since}`;
    const news = (await insist(() => fetch(chat(`/conversations/${token}/messages${query}`), { headers: own() }))) as { body: string; timestamp: string }[];
    for (const { body, timestamp } of news) {
      bodies.push(body);
      since = timestamp;
    }
    await sleep(100);
  }
}

test('a thousand messages over a line that is cut every two seconds for a minute', async () => {
  const direct = base;
  const target = new URL(base);
  const line: Line = await openLine({ host: target.hostname, port: Number(target.port) });
  const { cursor } = await begin();
  const before = ((await insist(() => fetch(chat(`/conversations/${token}/messages`), { headers: own() }))) as unknown[]).length;
  const people = (await insist(() => fetch(`${direct}/v1/conversations`, { headers: { authorization: `Bearer ${keys.api_key}` } }))) as {
    data: { subscriber: { user_ns: string } }[];
  };
  const user_ns = people.data[0]?.subscriber.user_ns;
  base = `http://127.0.0.1:${line.port}`;

  const said = Array.from({ length: 1000 }, (_, n) => `message ${n}`);
  const [streamed, polled]: [string[], string[]] = [[], []];
  let isSaid = false;
  const isOver = () => isSaid && streamed.length >= said.length && polled.length >= before + said.length;
  const clients = Promise.all([follow(cursor, streamed, isOver), poll(polled, isOver)]);
  const speaking = (async () => {
    for (const content of said) {
      const begun = performance.now();
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${keys.api_key}` };
      const reply = await fetch(`${direct}/api/subscriber/send-text`, { method: 'POST', headers, body: JSON.stringify({ user_ns, content }) });
      if (!reply.ok) throw new Error(await reply.text());
      await reply.arrayBuffer();
      await sleep(Math.max(0, 58 - (performance.now() - begun)));
    }
    isSaid = true;
  })();
  for (let cut = 0; cut < 30; cut += 1) {
    await sleep(2_000);
    await line.cut();
    await line.restore();
  }
  await speaking;
  await clients;
  expect(streamed.slice(-said.length)).toEqual(said);
  expect(streamed).toHaveLength(said.length);
  expect(polled.slice(before)).toEqual(said);
  await line.close();
}, 240_000);

test('a server that is killed in the middle of a conversation costs a pause and no word', async () => {
  const { cursor } = await begin();
  const said = Array.from({ length: 120 }, (_, n) => `word ${n}`);
  const streamed: string[] = [];
  const inbound = () => streamed.filter((body) => body.startsWith('word '));
  const following = follow(cursor, streamed, () => inbound().length >= said.length);
  for (const [n, message] of said.entries()) {
    const sending = insist(() =>
      fetch(chat(`/conversations/${token}/messages?v=2`), { method: 'POST', headers: own(), body: JSON.stringify({ client_id: `c${n}`, message }) }),
    );
    if (n % 40 === 20) {
      server.signal('SIGKILL');
      await server.ended;
      server = await startServer({ DATA_DIR: place.dataDir, RATE_LIMITS: 'off' });
      base = server.url;
    }
    await sending;
  }
  await following;
  expect(inbound()).toEqual(said);
  const listed = (await insist(() => fetch(chat(`/conversations/${token}/messages`), { headers: own() }))) as { body: string }[];
  expect(listed.map(({ body }) => body).filter((body) => body.startsWith('word '))).toEqual(said);
}, 240_000);
