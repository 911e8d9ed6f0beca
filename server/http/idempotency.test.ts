import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AppError, invalidField } from '../errors.ts';
import { eventsAfter } from '../store/events.ts';
import { databaseKinds } from '../testing/databases.ts';
import { faultProxy } from '../testing/doubles/fault-proxy.ts';
import { rawClient, sendRaw } from '../testing/doubles/raw-client.ts';
import { makeKeyFor, makeWorld, type World } from '../testing/factories.ts';
import { doorsWith, listen } from '../testing/listen.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { type Context, route } from './route.ts';
import { buildServer } from './serve.ts';

const docs = { tag: 'Test', summary: '' };
const name = z.object({ name: z.string() });

/** Writes a tag, then does what the test says. */
function writing(path: string, then: (context: Context<unknown, unknown, { name: string }>, id: number) => unknown) {
  return route({
    method: 'POST',
    path,
    access: 'bot_manage',
    body: name,
    reply: z.object({ id: z.int() }),
    status: 201,
    docs: { ...docs, id: path.slice(1) },
    run: (context) =>
      context.app.transact(async (tx) => {
        // Nothing in the table keeps a second one out: only the key does.
        const row = { bot_id: context.tenant.botId, name: context.body.name, name_key: context.app.random.uuid(), created_at: 0 };
        const { id } = await tx.insertInto('tag').values(row).returning('id').executeTakeFirstOrThrow();
        await then(context, id);
        return { id };
      }),
  });
}

const failing = { with: null as Error | null };
const routes = [
  writing('/plain', ({ reply }, id) => reply.header('location', `/v1/plain/${id}`)),
  writing('/moody', () => {
    if (failing.with) throw failing.with;
  }),
  { ...writing('/secret', ({ reply }) => reply.cookie('half', 'secret', { maxAgeS: 1, httpOnly: true })), secret: true },
  route({ method: 'POST', path: '/quiet', access: 'bot_manage', body: name, reply: name, docs: { ...docs, id: 'quiet' }, run: async ({ body }) => body }),
  route({ method: 'DELETE', path: '/nothing', access: 'bot_manage', docs: { ...docs, id: 'nothing' }, run: ({ app }) => app.transact(async () => undefined) }),
  route({
    method: 'POST',
    path: '/open',
    access: 'anyone',
    body: name,
    reply: z.object({ at: z.string() }),
    docs: { ...docs, id: 'open' },
    run: async ({ app }) => ({ at: app.random.uuid() }),
  }),
  route({
    method: 'POST',
    path: '/untrue',
    access: 'bot_manage',
    reply: z.object({ kept: z.boolean() }),
    docs: { ...docs, id: 'untrue' },
    run: async ({ app }) => {
      await app.transact(async () => ({ kept: true }));
      return { kept: false };
    },
  }),
];

describe.each(databaseKinds)('an Idempotency-Key on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let server: ReturnType<typeof buildServer>;
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    server = buildServer(t.app, doorsWith('native', routes), { checkReplies: true, plugins: [] });
  });
  afterAll(async () => {
    await server.close();
    await t.close();
  });

  const ask = (
    path: string,
    key: string | undefined,
    body: unknown = { name: key },
    more: Partial<{ key: string; method: 'POST' | 'DELETE'; headers: Record<string, string> }> = {},
  ) =>
    call(
      { ...t, server },
      {
        method: 'POST',
        path: `/v1${path}`,
        key: world.key,
        body,
        ...more,
        headers: { ...(key === undefined ? {} : { 'idempotency-key': key }), ...more.headers },
      },
    );
  const tags = async (text: string): Promise<number> => (await t.app.db.selectFrom('tag').select('id').where('name', '=', text).execute()).length;
  const isReplay = (reply: { headers: object }) => (reply.headers as Record<string, string>)['idempotent-replayed'] === 'true';

  test('gets the first reply again: status, body and headers', async () => {
    const first = await ask('/plain', 'one');
    const again = await ask('/plain', 'one');
    expect([first.status, isReplay(first), again.status, isReplay(again), again.text, again.headers.location]).toEqual([
      201,
      false,
      201,
      true,
      first.text,
      first.headers.location,
    ]);
    expect(again.headers.location).toMatch(/^\/v1\/plain\/\d+$/);
    expect(await tags('one')).toBe(1);
    const gone = [await ask('/nothing', 'del', undefined, { method: 'DELETE' }), await ask('/nothing', 'del', undefined, { method: 'DELETE' })];
    expect(gone.map((reply) => [reply.status, reply.text, isReplay(reply)])).toEqual([
      [204, '', false],
      [204, '', true],
    ]);
  });

  test('takes the same body in any order of keys, and refuses another', async () => {
    await ask('/plain', 'two', '{"name":"two","x":{"a":1,"b":[1,2]}}');
    expect(isReplay(await ask('/plain', 'two', '{ "x": {"b":[1,2],"a":1.0}, "name":"two" }'))).toBe(true);
    for (const other of ['{"name":"two"}', '{"name":"two","x":{"a":1,"b":[2,1]}}', '{"name":"three"}']) {
      expect((await ask('/plain', 'two', other)).json).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    }
    expect((await ask('/plain?x=1', 'two', '{"name":"two","x":{"a":1,"b":[1,2]}}')).status).toBe(422);
    expect(await tags('three')).toBe(0);
  });

  test('belongs to one credential, bot, method and path', async () => {
    const first = await ask('/plain', 'scope');
    const wide = await makeKeyFor(t.app, world, ['Manage Flow'], null);
    const bot = await t.app.transact((tx) =>
      tx
        .insertInto('bot')
        .values({ workspace_id: world.workspace.id, name: 'B', name_key: 'b', type: 'web', created_at: 0, updated_at: 0 })
        .returningAll()
        .executeTakeFirstOrThrow(),
    );
    const others = [
      await ask('/plain', 'scope', { name: 'scope' }, { key: (await makeWorld(t.app)).key }),
      await ask('/plain', 'scope', { name: 'scope w' }, { key: wide, headers: { 'x-bot': `f${world.bot.id}` } }),
      await ask('/plain', 'scope', { name: 'scope w' }, { key: wide, headers: { 'x-bot': `f${bot.id}` } }),
      await ask('/quiet', 'scope'),
    ];
    expect(others.map(isReplay)).toEqual([false, false, false, false]);
    expect(new Set([first, ...others.slice(0, 3)].map(({ text }) => text)).size).toBe(4);
  });

  test('of 64 at once has one effect', async () => {
    const replies = await Promise.all(Array.from({ length: 64 }, () => ask('/plain', 'many')));
    const done = replies.filter(({ status }) => status === 201);
    expect(done.filter((reply) => !isReplay(reply))).toHaveLength(1);
    const waiting = replies.filter(({ status }) => status !== 201);
    expect(waiting.every(({ status, headers }) => status === 409 && headers['retry-after'] === '1')).toBe(true);
    expect(await tags('many')).toBe(1);
    expect(isReplay(await ask('/plain', 'many'))).toBe(true);
  });

  test('keeps a refusal that a repeat would meet again, and its fields', async () => {
    failing.with = new AppError('conflict', 'It is taken.', { headers: { 'x-more': 'yes' } });
    expect((await ask('/moody', 'taken')).status).toBe(409);
    failing.with = null;
    const again = await ask('/moody', 'taken');
    expect([again.status, again.headers['x-more'], isReplay(again), again.json]).toEqual([
      409,
      'yes',
      true,
      expect.objectContaining({ detail: 'It is taken.', code: 'conflict' }),
    ]);
    expect((await ask('/moody', 'taken', { name: 'other' })).status).toBe(422);
    failing.with = invalidField('name', 'No.');
    await ask('/moody', 'field');
    failing.with = null;
    expect((await ask('/moody', 'field')).json).toMatchObject({ status: 422, errors: [{ loc: ['name'], msg: 'No.' }] });
    expect([await tags('taken'), await tags('field')]).toEqual([0, 0]);
  });

  test.each([
    ['a fault of ours', new Error('injected'), 500],
    ['an outage', new AppError('unavailable', 'Away.'), 503],
    ['a full disk', new AppError('storage_full', 'Full.'), 507],
    ['a limit', new AppError('rate_limited', 'Slower.'), 429],
    ['a missing right', new AppError('forbidden', 'No.'), 403],
  ])('never keeps %s: the repeat does the work', async (text, error, status) => {
    failing.with = error;
    expect((await ask('/moody', text)).status).toBe(status);
    expect(await tags(text)).toBe(0);
    failing.with = null;
    const again = await ask('/moody', text);
    expect([again.status, isReplay(again), await tags(text)]).toEqual([201, false, 1]);
  });

  test('keeps no secret: the repeat is told so, and does nothing', async () => {
    const first = await ask('/secret', 'hidden');
    expect([first.status, String(first.headers['set-cookie'])]).toEqual([201, expect.stringContaining('half=secret')]);
    const again = await ask('/secret', 'hidden');
    expect([again.status, again.json, again.headers['set-cookie']]).toEqual([
      409,
      expect.objectContaining({ detail: 'already created; the secret is shown once' }),
      undefined,
    ]);
    expect(await tags('hidden')).toBe(1);
  });

  test('keeps the answer of a write that wrote nothing', async () => {
    expect([isReplay(await ask('/quiet', 'still')), isReplay(await ask('/quiet', 'still'))]).toEqual([false, true]);
  });

  test('is not kept for callers who are only an address', async () => {
    const [one, other] = [await ask('/open', 'nat', { name: 'x' }, { key: '' }), await ask('/open', 'nat', { name: 'x' }, { key: '' })];
    expect([one.status, other.status, one.text === other.text]).toEqual([200, 200, false]);
  });

  test.each([
    ['nothing', ''],
    ['a space first', ' x '.repeat(200)],
    ['256 characters', 'x'.repeat(256)],
    ['no ASCII', 'schlüssel'],
  ])('of %s is refused', async (_name, key) => {
    expect((await ask('/plain', key)).json).toMatchObject({ status: 400, detail: 'Idempotency-Key must be 1 to 255 printable characters.' });
  });

  test('finds a route that returns something else than it kept', async () => {
    expect((await ask('/untrue', 'lie', undefined)).status).toBe(500);
    expect((await ask('/untrue', undefined, undefined)).status).toBe(200);
  });

  test('is of no use to someone whose key was revoked', async () => {
    const key = await makeKeyFor(t.app, world, ['Manage Flow']);
    expect((await ask('/plain', 'revoked', { name: 'revoked' }, { key })).status).toBe(201);
    await t.app.transact((tx) => tx.deleteFrom('api_key').where('prefix', '=', key.slice(0, 14)).execute());
    expect((await ask('/plain', 'revoked', { name: 'revoked' }, { key })).status).toBe(401);
  });

  test('on two nodes that share a database has one effect', async () => {
    const other = buildServer({ ...t.app }, doorsWith('native', routes), { checkReplies: true, plugins: [] });
    for (let round = 0; round < 10; round += 1) {
      const text = `node ${round}`;
      const headers = { 'idempotency-key': text, authorization: `Bearer ${world.key}` };
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, n) => (n % 2 ? server : other).inject({ method: 'POST', path: '/v1/plain', headers, payload: { name: text } })),
      );
      expect(replies.filter(({ statusCode, headers }) => statusCode === 201 && !headers['idempotent-replayed'])).toHaveLength(1);
      expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([201, 409].slice(0, new Set(replies.map((one) => one.statusCode)).size)));
      expect(await tags(text)).toBe(1);
    }
    await other.close();
  });
});

test('a client that is cut at any byte of the request or the reply, and sends it again, has one effect', async () => {
  const t = await testApp('sqlite', { RATE_LIMITS: 'off' });
  const world = await makeWorld(t.app);
  const on = await listen(t.app);
  const proxy = await faultProxy(on.port);
  const bytes = (text: string): string => {
    const body = JSON.stringify({ name: text });
    const head = [
      'POST /api/flow/create-tag HTTP/1.1',
      'Host: x',
      `X-API-KEY: ${world.key}`,
      `Idempotency-Key: ${text}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    return `${[...head, '', ''].join('\r\n')}${body}`;
  };
  const whole = await sendRaw(proxy.port, bytes('whole'));
  const replyBytes = 700 + (whole[0]?.body.length ?? 0);
  const cuts = [
    ...Array.from({ length: replyBytes / 13 }, (_, n) => ({ cutReplyAt: 1 + 13 * n })),
    ...Array.from({ length: bytes('cut-000').length / 29 }, (_, n) => ({ cutRequestAt: 1 + 29 * n })),
  ];
  let lost = 0;
  for (const [n, fault] of cuts.entries()) {
    const text = `cut-${String(n).padStart(3, '0')}`;
    proxy.fault = fault;
    const client = await rawClient(proxy.port);
    client.send(bytes(text));
    const [first] = await client.waitFor(1);
    client.end();
    proxy.fault = {};
    let again = await sendRaw(proxy.port, bytes(text));
    while (again[0]?.status === 409) again = await sendRaw(proxy.port, bytes(text));
    expect(again[0]?.status).toBe(200);
    if (!first && again[0]?.headers['idempotent-replayed']) lost += 1;
    if (first) expect(again[0]?.body).toBe(first.body);
  }
  const made = (await eventsAfter(t.app.db, 0, 10_000)).filter(({ kind }) => kind === 'tag.created');
  expect(made).toHaveLength(cuts.length + 1);
  // Otherwise the cuts came too early to show anything.
  expect(lost).toBeGreaterThan(30);
  await proxy.close();
  await on.close();
  await t.close();
});
