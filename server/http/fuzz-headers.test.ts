// Headers as bytes, which no HTTP client would send and a socket will: whatever comes is refused by Node or answered in
// the envelope of its door, never with a fault of ours, never with a line of the asker's own making. What once got a
// wrong answer stays under `seeds`. FUZZ_SEED and FUZZ_CASES make it another run or a longer one (700 cases are all).
import { fractionOf, randomOf } from '@parley/engine/session.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doors } from '../doors.ts';
import { plugins } from '../main.ts';
import { databaseKinds } from '../testing/databases.ts';
import { type RawReply, sendRaw } from '../testing/doubles/raw-client.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { type Listening, listen } from '../testing/listen.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';

const seed = Number(process.env.FUZZ_SEED ?? 1);
const cases = Number(process.env.FUZZ_CASES ?? 80);

/** Every header that any of our files reads, or a reply could be made of. */
const names = [
  'Accept',
  'Accept-Encoding',
  'Access-Control-Request-Headers',
  'Access-Control-Request-Method',
  'Authorization',
  'Connection',
  'Content-Encoding',
  'Content-Type',
  'Cookie',
  'Expect',
  'Host',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Origin',
  'Prefer',
  'Range',
  'Referer',
  'Sec-Fetch-Site',
  'Sec-WebSocket-Extensions',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Protocol',
  'Sec-WebSocket-Version',
  'Traceparent',
  'Upgrade',
  'X-Api-Key',
  'X-Bot',
  'X-Client-Flow-Ns',
  'X-Client-Workspace-Id',
  'X-Csrf-Token',
  'X-Forwarded-For',
  'X-HTTP-Method-Override',
  'X-Request-Id',
  'X-Workspace',
];

const hostile: [what: string, bytes: string][] = [
  ['nothing', ''],
  ['a control byte', 'a\x01b'],
  ['a tab', 'https://a\tb'],
  ['a delete', 'a\x7fb'],
  ['a null', 'a\0b'],
  ['a return alone', 'a\rSet-Cookie: planted=1'],
  ['a feed alone', 'a\nSet-Cookie: planted=1'],
  ['latin-1', 'caf\xe9'],
  ['every byte of latin-1', Buffer.from(Array.from({ length: 128 }, (_, at) => at + 128)).toString('latin1')],
  ['UTF-8', Buffer.from('https://日本語.example').toString('latin1')],
  ['overlong UTF-8', 'https://a\xc0\xaf.example'],
  ['an origin with a path', 'https://a.example/<script>'],
  ['an origin and latin-1', 'https://\xe9.example'],
  ['an origin and a control byte', 'https://a\x01.example'],
  ['quotes and commas', '"a", "b;c", \\"'],
  ['a long text', 'x'.repeat(8_000)],
  ['a longer text than all headers may be', 'x'.repeat(40_000)],
  ['many numbers', '9'.repeat(300)],
  ['not a number', '-1e999'],
  ['prototype', '__proto__'],
];

type Target = { name: string; line: string; body?: string; headers?: [string, string][] };

const offer: [string, string][] = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
];

const json = (body: unknown) => JSON.stringify(body);

/** Each kind of thing that answers: reads, writes, streams, sockets, refusals, preflights, pages, health. */
const targetsOf = ({ site }: World, chat: string): Target[] => [
  { name: 'native read', line: 'GET /v1/me' },
  { name: 'native write', line: 'POST /v1/tags', body: json({ name: 'a' }) },
  { name: 'native sign-in', line: 'POST /v1/sign-in', body: json({ email: 'a@example.com', password: 'wrong-password' }) },
  { name: 'native stream', line: `GET /v1/chats/${chat}/events` },
  { name: 'native refusal of a stream', line: 'GET /v1/chats/nobody/events' },
  { name: 'native socket', line: `GET /v1/chats/${chat}/ws`, headers: offer },
  { name: 'native refusal of a socket', line: 'GET /v1/chats/nobody/ws' },
  { name: 'chats at the root', line: 'GET /chats' },
  { name: 'native preflight', line: 'OPTIONS /v1/me' },
  { name: 'platform read', line: 'GET /api/flow/tags' },
  { name: 'platform write', line: 'POST /api/flow/create-tag', body: json({ name: 'a' }) },
  { name: 'platform delete by override', line: 'POST /api/flow/delete-tag-by-name', body: json({ name: 'nobody' }) },
  { name: 'platform preflight', line: 'OPTIONS /api/flow/tags' },
  { name: 'widget read', line: `GET /api/v1/chat/config?key=${site.site_key}` },
  { name: 'widget start', line: `POST /api/v1/chat/conversations?key=${site.site_key}`, body: json({ name: 'a' }) },
  { name: 'widget conversation of nobody', line: `GET /api/v1/chat/conversations/nobody/messages?key=${site.site_key}` },
  { name: 'widget preflight', line: 'OPTIONS /api/v1/chat/conversations' },
  { name: 'a call nobody waits for', line: `POST /hooks/wait/1-1-${'A'.repeat(22)}`, body: json({ a: 1 }) },
  { name: 'a path of nobody', line: 'GET /nothing/here' },
  { name: 'a path of nobody at the widget', line: 'GET /api/v1/chat/nothing' },
  { name: 'the reference', line: 'GET /api-docs' },
  { name: 'a document', line: 'GET /openapi.json' },
  { name: 'the first page', line: 'GET /' },
  { name: 'a page', line: 'GET /app/' },
  { name: 'the demo page', line: 'GET /demo' },
  { name: 'health', line: 'GET /livez' },
  { name: 'readiness', line: 'GET /readyz' },
  { name: 'metrics', line: 'GET /metrics' },
];

/** A request as bytes; a header given takes the place of our own. */
function bytesOf(world: World, { line, body, headers }: Target, given: [string, string][]): Buffer {
  const own: [string, string][] = [
    ['Host', '127.0.0.1'],
    ['X-Api-Key', line.includes('key=') ? world.site.site_key : world.key],
    ...(headers ?? [['Connection', 'close'] as [string, string]]),
    ...(body === undefined ? [] : [['Content-Type', 'application/json'] as [string, string], ['Content-Length', String(body.length)] as [string, string]]),
  ];
  const taken = new Set(given.map(([name]) => name.toLowerCase()));
  const lines = [...own.filter(([name]) => !taken.has(name.toLowerCase())), ...given].map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`, 'latin1');
}

/** So many of them, other ones for every seed and name. */
function sampled<T>(all: T[], ...by: (string | number)[]): T[] {
  const random = randomOf(Math.floor(fractionOf(...by.map(String)) * 2 ** 32), 0);
  const order = all.map((one) => ({ one, at: random() })).sort((a, b) => a.at - b.at);
  return order.slice(0, cases).map(({ one }) => one);
}

/** Requests that once got a wrong answer, or were meant to. */
const seeds: [line: string, given: [string, string][]][] = [
  // Repeated as Access-Control-Allow-Origin, which Node refuses to write: a 500.
  ['GET /api/v1/chat/config', [['Origin', 'https://a\x01.example']]],
  ['OPTIONS /api/v1/chat/conversations', [['Origin', 'caf\xe9']]],
  ['GET /api/v1/chat/nothing', [['Origin', Buffer.from('https://日本語.example').toString('latin1')]]],
];

describe.each(databaseKinds)('on %s', (kind) => {
  let t: TestApp;
  let on: Listening;
  let world: World;
  let targets: Target[];
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    const document = {
      format: 'flow/1',
      id: 'sample',
      name: 'Sample',
      triggers: { go: { type: 'start', to: 'a' } },
      groups: { a: { blocks: [{ id: 'e', type: 'end' }] } },
    };
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
    const chat = await call(t, { method: 'POST', path: '/v1/chats', key: world.key, body: { name: 'Fuzz', from_type: 'flow', from_flow: 'sample' } });
    targets = targetsOf(world, (chat.json as { id: string }).id);
    on = await listen(t.app, { plugins });
  });
  afterAll(async () => {
    await on.close();
    await t.close();
  });

  function check(what: string, [reply]: RawReply[]): void {
    // Nothing at all would be a connection that was cut.
    expect(reply, what).toBeDefined();
    const { status, headers, body } = reply as RawReply;
    expect(status < 500, `${what} → ${status} ${body.slice(0, 200)}`).toBe(true);
    expect(headers['set-cookie'] ?? '', what).not.toContain('planted');
    // What is no origin is repeated to nobody: not every byte that can be read may be written back.
    expect(headers['access-control-allow-origin'] ?? 'https://a.example', what).toMatch(/^(null|[a-z]+:\/\/[\w.:[\]-]+)$/);
    if (status < 400 || body === '') return;
    expect(headers['content-type'], `${what} → ${status} ${body.slice(0, 200)}`).toMatch(/json/);
    const { message, detail, error } = JSON.parse(body) as { message?: string; detail?: string; error?: string };
    expect(message ?? detail ?? error, what).toMatch(/\w{3,}/);
  }

  test.each(names)('%s, whatever it says', async (name) => {
    const values = [...hostile.map(([what, value]) => ({ what, given: [value] })), { what: 'two values', given: ['https://a.example', 'caf\xe9'] }];
    const asks = targets.flatMap((target) => values.map(({ what, given }) => ({ target, what, given: given.map((value): [string, string] => [name, value]) })));
    for (const { target, what, given } of sampled(asks, seed, name))
      check(`${target.name}, ${name}: ${what}`, await sendRaw(on.port, bytesOf(world, target, given)));
  });

  test('more headers than anybody has', async () => {
    for (const target of targets) {
      for (const count of [100, 1_500, 3_000, 20_000]) {
        const given = Array.from({ length: count }, (_, at): [string, string] => [`x${at}`, '']);
        check(`${target.name}, ${count} headers`, await sendRaw(on.port, bytesOf(world, target, given)));
        const origins = Array.from({ length: count }, (): [string, string] => ['Origin', 'a']);
        check(`${target.name}, ${count} origins`, await sendRaw(on.port, bytesOf(world, target, origins)));
      }
    }
  });

  test.each(seeds)('once wrong: %s %j', async (line, given) => {
    check(line, await sendRaw(on.port, bytesOf(world, { name: line, line }, given)));
  });

  test('no word of a request but its id and its origin comes back in a header', async () => {
    const mark = 'zqxjk-mark';
    const isRepeated = new Set(['X-Request-Id', 'Origin']);
    for (const target of targets) {
      for (const name of names) {
        if (isRepeated.has(name) || name === 'Expect' || name === 'Connection') continue;
        const replies = await sendRaw(on.port, bytesOf(world, target, [[name, name === 'Host' ? `${mark}.example` : mark]]));
        expect(JSON.stringify(replies.map(({ headers }) => headers)), `${target.name}, ${name}`).not.toContain(mark);
      }
    }
  });

  test('every door is asked', () => {
    for (const door of doors) expect(targets.some(({ line }) => line.includes(` ${door.prefix}/`))).toBe(true);
  });
});
