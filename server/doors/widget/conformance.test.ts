// The five calls to the byte: what is written here is what goes over the wire, status line, headers in their order, and
// body. Only the date is taken out.
import { connect } from 'node:net';
import { type Message, plainText } from '@parley/engine/message.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { receiveFile } from '../../commands/files.ts';
import type { Author } from '../../commands/open-turn.ts';
import { speak } from '../../commands/sending.ts';
import { sendReply } from '../../commands/site-conversations.ts';
import { type Site, updateSite } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeSite } from '../../testing/doubles/widget-client.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('the five calls to the byte on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let site: Site;
  let port: number;

  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await t.app.transact((tx) => tx.deleteFrom('flow_start').where('bot_id', '=', world.bot.id).execute());
    port = Number(new URL(await t.server.listen({ host: '127.0.0.1', port: 0 })).port);
  });
  afterAll(() => t.close());
  beforeEach(async () => {
    t.clock.set(Date.UTC(2026, 0, 15, 10, 30, 0));
    site = await makeSite(t, world);
  });

  /** The bytes sent and, until the other end closes, the bytes received. */
  function exchange(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      const parts: Buffer[] = [];
      socket.on('data', (some: Buffer) => parts.push(some));
      socket.on('error', reject);
      socket.on('close', () =>
        resolve(
          Buffer.concat(parts)
            .toString('utf8')
            .replace(/^Date: .*\r\n/im, ''),
        ),
      );
      socket.write(request);
    });
  }

  function ask(method: string, path: string, body?: string, headers: string[] = []): Promise<string> {
    const key = headers.some((one) => /^x-api-key/i.test(one)) ? [] : [`X-Api-Key: ${site.site_key}`];
    const typed = body === undefined ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`];
    const all = ['Host: chat.example', 'X-Request-Id: r1', 'Connection: close', ...key, ...typed, ...headers];
    return exchange(`${method} /api/v1/chat${path} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body ?? ''}`);
  }
  const opening = (more: object = {}) => JSON.stringify({ name: 'Jane Doe', email: 'jane@example.com', message: 'Hello', visitor_token: 'visitor-1', ...more });

  type Said = { limits?: [limit: number, remaining: number]; cache?: string; vary?: string; origin?: string; more?: string; reset?: number };

  /** A whole reply. */
  function bytes(
    status: string,
    body: string,
    { limits: [limit, remaining] = [60, 59], cache = 'no-store', vary = 'Origin', origin, more = '', reset = 60 }: Said = {},
  ): string {
    return `HTTP/1.1 ${status}
cache-control: ${cache}
content-security-policy: default-src 'none'; frame-ancestors 'none'
cross-origin-resource-policy: cross-origin
referrer-policy: no-referrer
x-content-type-options: nosniff
x-request-id: r1
vary: ${vary}
${origin === undefined ? '' : `access-control-allow-origin: ${origin}\n`}access-control-expose-headers: Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Content-Disposition, ETag
ratelimit-limit: ${limit}
ratelimit-remaining: ${remaining}
ratelimit-reset: ${reset}
${more}content-type: application/json; charset=utf-8
content-length: ${Buffer.byteLength(body)}
Connection: close

`
      .replaceAll('\n', '\r\n')
      .concat(body);
  }
  /** Where the connection is closed because of what came, Node says so in its own place. */
  const closing = (reply: string): string => reply.replace('\r\nConnection: close', '').replace('\r\ncontent-type', '\r\nconnection: close\r\ncontent-type');
  const bodyOf = (reply: string): string => reply.slice(reply.indexOf('\r\n\r\n') + 4);
  const path = '/conversations/visitor-1/messages';

  test('1: what the widget says first; nothing when it is known already', async () => {
    const config = { cache: 'public, max-age=60, stale-while-revalidate=600', vary: 'Origin, X-Api-Key, Authorization, Accept' };
    const greeting = '{"greeting":"Hi there! How can we help?"}';
    const etag = 'etag: "QzkiRJUpMKqS7ySatqCLbG"\n';
    expect(await ask('GET', '/config')).toBe(bytes('200 OK', greeting, { ...config, more: etag }));
    expect(await ask('GET', '/config/')).toBe(bytes('200 OK', greeting, { ...config, more: etag, limits: [60, 58] }));
    expect(await ask('HEAD', '/config')).toBe(bytes('200 OK', greeting, { ...config, more: etag, limits: [60, 57] }).replace(greeting, ''));
    const known = bytes('304 Not Modified', '', { ...config, more: etag, limits: [60, 57] }).replace(/content-type: .*\r\ncontent-length: 0\r\n/, '');
    // It does not count.
    expect(await ask('GET', '/config', undefined, ['If-None-Match: "QzkiRJUpMKqS7ySatqCLbG"'])).toBe(known);
    expect(await ask('GET', '/config', undefined, ['If-None-Match: W/"other", "QzkiRJUpMKqS7ySatqCLbG"'])).toBe(known);
  });

  test('2: begun, with the words of the site and without', async () => {
    const begun = await ask('POST', '/conversations', opening());
    const token = /"conversation_token":"([\w-]{43})"/.exec(begun)?.[1] ?? '';
    expect(begun).toBe(bytes('201 Created', `{"conversation_token":"${token}","auto_reply":null}`, { limits: [5, 4] }));
    site = await makeSite(t, world, { auto_reply: "Thanks for reaching out! We'll get back to you soon." });
    const answered = await ask('POST', '/conversations', opening());
    const other = /"conversation_token":"([\w-]{43})"/.exec(answered)?.[1] ?? '';
    expect(answered).toBe(
      bytes('201 Created', `{"conversation_token":"${other}","auto_reply":"Thanks for reaching out! We'll get back to you soon."}`, { limits: [5, 4] }),
    );
  });

  test('2: the four documented refusals', async () => {
    await ask('POST', '/conversations', opening());
    const refused = async (more: object, status: string, error: string, remaining: number) =>
      expect(await ask('POST', '/conversations', opening(more))).toBe(bytes(status, `{"error":"${error}"}`, { limits: [5, remaining] }));
    await refused({ email: undefined }, '422 Unprocessable Entity', 'Name, email, message, and visitor_token are required', 3);
    await refused({ email: 'nonsense' }, '422 Unprocessable Entity', 'Invalid email address', 2);
    await refused({ message: 'x'.repeat(10_001) }, '422 Unprocessable Entity', 'Message is too long (maximum 10000 characters)', 1);
    await refused({}, '409 Conflict', 'A conversation with this visitor token already exists', 0);
    expect(await ask('POST', '/conversations', opening())).toBe(
      bytes('429 Too Many Requests', '{"error":"Rate limit exceeded"}', { limits: [5, 0], more: 'retry-after: 60\n' }),
    );
  });

  test('2: those that are ours', async () => {
    const refused = async (body: string, status: string, error: string, remaining: number, change = (reply: string) => reply) =>
      expect(await ask('POST', '/conversations', body)).toBe(change(bytes(status, `{"error":"${error}"}`, { limits: [5, remaining] })));
    await refused(opening({ name: 'n'.repeat(256) }), '422 Unprocessable Entity', 'Name is too long (maximum 255 characters)', 4);
    await refused(opening({ visitor_token: 'a b' }), '422 Unprocessable Entity', 'Visitor token must be 1 to 255 URL-safe characters', 3);
    await refused('{"name":', '400 Bad Request', 'Invalid JSON', 2, closing);
    await refused('{}', '422 Unprocessable Entity', 'Name, email, message, and visitor_token are required', 1);
    site = await makeSite(t, world, { settings: '{"min_token":22}' });
    await refused(opening(), '422 Unprocessable Entity', 'Visitor token is too short (minimum 22 characters)', 4);
  });

  test('3: messages, all and since', async () => {
    await ask('POST', '/conversations', opening());
    await ask('POST', path, '{"message":"Anybody?"}');
    const first = '{"direction":"inbound","body":"Hello","timestamp":"2026-01-15T10:30:00Z","author":"Jane Doe"}';
    const second = '{"direction":"inbound","body":"Anybody?","timestamp":"2026-01-15T10:30:01Z","author":"Jane Doe"}';
    expect(await ask('GET', path)).toBe(bytes('200 OK', `[${first},${second}]`));
    expect(await ask('GET', `${path}?since=2026-01-15T10:30:00Z`)).toBe(bytes('200 OK', `[${second}]`, { limits: [60, 58] }));
    expect(await ask('GET', `${path}?since=2026-01-15T11:30:00.5+01:00`)).toBe(bytes('200 OK', `[${second}]`, { limits: [60, 57] }));
    expect(await ask('GET', `${path}?since=2026-01-15T10:30:01Z`)).toBe(bytes('200 OK', '[]', { limits: [60, 56] }));
    expect(await ask('GET', `${path}?since=soon`)).toBe(bytes('422 Unprocessable Entity', '{"error":"Invalid since parameter"}', { limits: [60, 55] }));
  });

  test('3: everything a message can hold, as text: choices numbered, cards as titles, media and files by their links; notes never', async () => {
    site = await makeSite(t, world, { settings: '{"show_agents":true}' });
    await ask('POST', '/conversations', opening());
    const row = await t.app.db.selectFrom('conversation').selectAll().where('site_id', '=', site.id).executeTakeFirstOrThrow();
    const bot = { kind: 'bot' as const, id: null, name: 'bot' };
    const say = async (message: Message, author: Author = bot) => {
      await t.app.transact((tx) => speak(t.app, tx, row, { message, text: plainText(message), author }));
    };
    const choice = (id: string, label: string) => ({ id, label, payload: `opt:${id}` });
    await say({
      kind: 'text',
      text: 'Which **one**?',
      input: { kind: 'choice', block: 'q', canSkip: false, choices: [choice('a', 'Red'), choice('b', 'Blue')] },
    });
    await say({ kind: 'media', media: 'image', url: 'https://cdn.example/a.png', caption: 'A cat' });
    await say({ kind: 'cards', cards: [{ id: 'c', title: 'Sofa', text: 'Soft', buttons: [{ id: 'b', label: 'Buy', payload: 'p' }] }] });
    await say({ kind: 'text', text: 'I am Ada' }, { kind: 'agent', id: 1, name: 'Ada' });
    await say({ kind: 'text', text: 'among us' });
    await t.app.transact((tx) =>
      tx.updateTable('message').set({ direction: 'note' }).where('conversation_id', '=', row.id).where('text', '=', 'among us').execute(),
    );
    const told = (JSON.parse(bodyOf(await ask('GET', path))) as { body: string; author: string }[]).map(({ body, author }) => [body, author]);
    expect(told).toEqual([
      ['Hello', 'Jane Doe'],
      ['Which one?\n1. Red\n2. Blue', 'Support'],
      ['A cat\nhttps://cdn.example/a.png', 'Support'],
      ['Sofa\n1. Buy', 'Support'],
      ['I am Ada', 'Ada'],
    ]);
  });

  test('4: a reply, what is refused of one, and a closed conversation', async () => {
    await ask('POST', '/conversations', opening());
    const reply = async (body: string, status: string, answer: string, remaining: number) =>
      expect(await ask('POST', path, body)).toBe(bytes(status, answer, { limits: [20, remaining] }));
    await reply('{"message":"Hi"}', '201 Created', '{"status":"ok"}', 19);
    await reply('{"message":" "}', '422 Unprocessable Entity', '{"error":"Message is required"}', 18);
    await reply('{"message":7}', '422 Unprocessable Entity', '{"error":"Message is required"}', 17);
    await reply(JSON.stringify({ message: '😀'.repeat(10_000) }), '201 Created', '{"status":"ok"}', 16);
    await reply(JSON.stringify({ message: '😀'.repeat(10_001) }), '422 Unprocessable Entity', '{"error":"Message is too long (maximum 10000 characters)"}', 15);
    const close = { status: 'done', closed_at: t.clock.now() };
    await t.app.transact((tx) => tx.updateTable('conversation').set(close).where('site_id', '=', site.id).execute());
    await reply('{"message":"Still there?"}', '201 Created', '{"status":"ok"}', 14);
    await t.app.transact(async (tx) => {
      await tx.updateTable('conversation').set(close).where('site_id', '=', site.id).execute();
      await updateSite(tx, site.workspace_id, site.id, undefined, { settings: '{"reopen":false}' }, t.clock.now());
    });
    await reply('{"message":"Still there?"}', '409 Conflict', '{"error":"Conversation is closed"}', 13);
  });

  test('5: a file, whole, in part, shown or saved; and what is none', async () => {
    await ask('POST', '/conversations', opening());
    const conversation = await t.app.db.selectFrom('conversation').selectAll().where('site_id', '=', site.id).executeTakeFirstOrThrow();
    const by = { kind: 'subscriber' as const, id: conversation.subscriber_id };
    const upload = { workspaceId: site.workspace_id, botId: site.bot_id, conversation, by, name: 'note é.txt', bytes: [Buffer.from('some words')] as never };
    const file = await receiveFile(t.app, upload, (row) => row);
    const said = { reply: { text: 'See' }, clientId: 'c1', attachments: [file.public_id] };
    const { row } = await t.app.transact((tx) => sendReply(t.app, tx, site, conversation, said));
    const at = `/conversations/visitor-1/files/${row.id}/${file.id}`;
    const got = async (query: string, headers: string[] = []) => {
      const [head = '', body = ''] = (await ask('GET', `${at}${query}`, undefined, headers)).split('\r\n\r\n');
      const wanted = /^(HTTP|content-|accept-ranges|etag|x-content-type-options|cross-origin|cache-control)/i;
      return [
        ...head
          .split('\r\n')
          .filter((line) => wanted.test(line))
          .sort(),
        body,
      ];
    };
    const whole = (disposition: string) => [
      'HTTP/1.1 200 OK',
      'accept-ranges: bytes',
      'cache-control: private, max-age=900',
      `content-disposition: ${disposition}; filename="note _.txt"; filename*=UTF-8''note%20%C3%A9.txt`,
      'content-length: 10',
      "content-security-policy: sandbox; default-src 'none'",
      'content-type: text/plain; charset=utf-8',
      'cross-origin-resource-policy: cross-origin',
      `etag: "${file.sha256.slice(0, 32)}"`,
      'x-content-type-options: nosniff',
      'some words',
    ];
    for (const query of ['', '?disposition=attachment', '?disposition=nonsense']) expect(await got(query)).toEqual(whole('attachment'));
    expect(await got('?disposition=inline')).toEqual(whole('inline'));
    expect(await got('', ['Range: bytes=5-'])).toEqual(expect.arrayContaining(['HTTP/1.1 206 Partial Content', 'content-range: bytes 5-9/10', 'words']));
    const missing = '{"error":"File not found"}';
    const other = `/conversations/visitor-1/files`;
    for (const wrong of [`${other}/${row.id}/999999`, `${other}/${row.id + 1}/${file.id}`, `${other}/x/y`, `${other}/${row.id}/-1`, `${other}/9e99/1e3`]) {
      expect(bodyOf(await ask('GET', wrong)), wrong).toBe(missing);
    }
    const listed = JSON.parse(bodyOf(await ask('GET', path))) as { body: string }[];
    expect(listed[1]?.body).toMatch(/^See\nnote é\.txt\nhttp.*\/f\/[\w-]{22}\?exp=\d+&sig=[\w-]{43}/);
  });

  test('who may not, is told so, in the documented order: key, origin, site, conversation', async () => {
    const wrong = '{"error":"Invalid API key"}';
    // A fixed minute per address, from the first wrong key.
    expect(await ask('GET', '/config', undefined, ['X-Api-Key: site_wrong'])).toBe(bytes('401 Unauthorized', wrong));
    expect(await ask('POST', '/conversations', '{', ['X-Api-Key: '])).toBe(bytes('401 Unauthorized', wrong, { limits: [60, 58] }));
    site = await makeSite(t, world, { origins: '["https://shop.example"]' });
    const evil = 'https://evil.example';
    expect(await ask('GET', '/config', undefined, [`Origin: ${evil}`])).toBe(bytes('403 Forbidden', '{"error":"Origin not allowed"}', { origin: evil }));
    expect(await ask('GET', path, undefined, ['Origin: https://shop.example'])).toBe(
      bytes('404 Not Found', '{"error":"Conversation not found"}', { origin: 'https://shop.example' }),
    );
    site = await makeSite(t, world, { settings: '{"enabled":false}' });
    expect(await ask('GET', '/config')).toBe(bytes('404 Not Found', '{"error":"Resource not found"}'));
    expect(await ask('GET', path)).toBe(bytes('404 Not Found', '{"error":"Resource not found"}'));
  });

  test('a preflight is let through without a key and without an end', async () => {
    for (const where of ['/config', '/conversations', path]) {
      expect(await ask('OPTIONS', where, undefined, ['Origin: https://a.example', 'Access-Control-Request-Method: POST', 'X-Api-Key: none'])).toBe(
        `HTTP/1.1 204 No Content
cache-control: no-store
content-security-policy: default-src 'none'; frame-ancestors 'none'
cross-origin-resource-policy: same-origin
referrer-policy: no-referrer
x-content-type-options: nosniff
x-request-id: r1
vary: Origin
access-control-allow-origin: https://a.example
access-control-allow-methods: GET, HEAD, POST, DELETE, OPTIONS
access-control-allow-headers: X-Api-Key, Authorization, Content-Type, Last-Event-ID, Idempotency-Key
access-control-max-age: 7200
Connection: close

`.replaceAll('\n', '\r\n'),
      );
    }
  });

  test('the sixty-first reading and the twenty-first reply of a minute are too many, and then they are not', async () => {
    await ask('POST', '/conversations', opening());
    for (const [method, body, limit] of [
      ['GET', undefined, 60],
      ['POST', '{"message":"Hi"}', 20],
    ] as const) {
      for (let n = 0; n < limit; n += 1) expect((await ask(method, path, body)).slice(9, 11)).toBe('20');
      const over = bytes('429 Too Many Requests', '{"error":"Rate limit exceeded"}', { limits: [limit, 0], more: 'retry-after: 60\n' });
      expect(await ask(method, path, body)).toBe(over);
    }
    t.clock.advance(60_000);
    expect((await ask('GET', path)).slice(9, 12)).toBe('200');
  });
});
