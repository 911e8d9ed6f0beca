// Every route of every door, with what nobody means to send: never a fault of ours, always the door's envelope with a
// sentence, and whatever was accepted can be read again. FUZZ_SEED and FUZZ_CASES make it another run or a longer one;
// what a run finds is written down under `seeds`.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { doors } from '../doors.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { bodies, hardTexts, pathParts, storableTexts, values } from '../testing/samples/naughty.ts';
import { call, type Reply, type Request } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import type { Door, Route } from './route.ts';

const seed = Number(process.env.FUZZ_SEED ?? 1);
const cases = Number(process.env.FUZZ_CASES ?? 40);
const allowed = new Set([200, 201, 204, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422]);

type Ask = Pick<Request, 'method' | 'path' | 'headers' | 'body'>;

/** Requests that once got a wrong answer; each stays. */
const seeds: [door: string, ask: Ask][] = [
  ['platform', { method: 'GET', path: '/api/flow/tags?name=%C0%AF' }],
  ['platform', { method: 'GET', path: '/api/flow/tags?page=9007199254740993&limit=100' }],
  ['platform', { method: 'POST', path: '/api/flow/create-tag', body: '{"name":"a\\u0000b"}' }],
  ['native', { method: 'GET', path: '/v1/keys/%00' }],
  // Repeated as Access-Control-Allow-Origin, which Node refuses to write: a 500. Bytes on a socket: fuzz-headers.test.ts.
  ['widget', { method: 'GET', path: '/api/v1/chat/config', headers: { origin: 'https://a\u0001.example' } }],
  ['widget', { method: 'GET', path: '/api/v1/chat/nothing', headers: { origin: 'https://日本語.example' } }],
];

function makeRandom(start: number): () => number {
  let state = start >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

type Json = {
  type?: string;
  properties?: Record<string, Json>;
  items?: Json;
  anyOf?: Json[];
  allOf?: Json[];
  enum?: unknown[];
  const?: unknown;
  $ref?: string;
  $defs?: Record<string, Json>;
  minLength?: number;
  format?: string;
};

/** A value that a schema would take, or nearly: what is not understood becomes a text. */
function sample(schema: Json, root: Json = schema): unknown {
  if (schema.$ref) return sample(root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}, root);
  if (schema.const !== undefined) return schema.const;
  const first = schema.enum?.[0] ?? schema.anyOf?.[0] ?? schema.allOf?.[0];
  if (first !== undefined) return schema.enum ? first : sample(first as Json, root);
  if (schema.type === 'object') return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, sample(one, root)]));
  if (schema.type === 'array') return [sample(schema.items ?? {}, root)];
  if (schema.type === 'integer' || schema.type === 'number') return 1;
  if (schema.type === 'boolean') return true;
  return schema.format === 'email' ? 'sample@example.com' : 'Sample-text-1'.padEnd(schema.minLength ?? 0, 'x');
}

const schemaOf = (schema: z.ZodType): Json => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;

/** Everything there is to try at one route, in no order; `foreign` are ids of someone else's things. */
function* attempts(door: Door, route: Route, foreign: string[]): Generator<Ask> {
  const { method } = route;
  const texts = [...storableTexts, ...hardTexts, ...foreign];
  const path = (part = '1'): string => `${door.prefix}${route.path.replace(/\{\w+\}/g, part)}`;
  if (route.path.includes('{')) for (const part of [...pathParts, ...foreign]) yield { method, path: path(part) };
  const query = route.query ? Object.keys(schemaOf(route.query).properties ?? {}) : ['q'];
  for (const name of query) {
    for (const text of texts) if (text.length < 1000) yield { method, path: `${path()}?${name}=${encodeURIComponent(text.toWellFormed())}` };
    yield { method, path: `${path()}?${name}=1&${name}=2&${name}[]=3&__proto__=4&${name}=%C0%AF` };
  }
  if (!route.body) return;
  for (const body of bodies) yield { method, path: path(), body };
  const base = Object(route.docs.example ?? sample(schemaOf(route.body))) as Record<string, unknown>;
  yield { method, path: path(), body: base };
  for (const name of [...new Set([...Object.keys(base), ...Object.keys(schemaOf(route.body).properties ?? {})])]) {
    for (const value of [...texts, ...values, ...foreign.map(Number)]) yield { method, path: path(), body: JSON.stringify({ ...base, [name]: value }) };
    const { [name]: _left, ...rest } = base;
    yield { method, path: path(), body: rest };
    yield { method, path: path(), body: `{"${name}":1,"${name}":2}` };
  }
  // What belongs to the server is not the caller's to set.
  yield { method, path: path(), body: { ...base, id: 1, workspace_id: 1, bot_id: 1, created_at: 0, role: 'owner', account_id: 1 } };
}

function sampled(asks: Ask[], random: () => number): Ask[] {
  const order = asks.map((ask) => ({ ask, at: random() })).sort((a, b) => a.at - b.at);
  return order.slice(0, cases).map(({ ask }) => ask);
}

function checkReply(door: Door, ask: Ask, reply: Reply): void {
  const what = `${ask.method} ${ask.path.slice(0, 200)} ${JSON.stringify(ask.body ?? null).slice(0, 300)} → ${reply.status} ${reply.text.slice(0, 300)}`;
  expect(allowed.has(reply.status), what).toBe(true);
  expect(reply.text, what).not.toMatch(/<html|\n\s+at |node_modules|\.ts:\d/);
  if (reply.status < 400) return;
  expect(String(reply.headers['content-type']), what).toBe(door.errorReply({ fields: [], problems: [] } as never, { id: '', url: '' } as never).contentType);
  expect(door.errorSchema.safeParse(reply.json).success, what).toBe(true);
  const { message, detail, error } = reply.json as { message?: string; detail?: string; error?: string };
  expect(message ?? detail ?? error, what).toMatch(/\w{3,}/);
}

describe.each(databaseKinds)('on %s', (kind) => {
  let t: TestApp;
  let bystander: World;
  let untouched: string;
  const canary = 'Bystander-5e1f';
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    // Whoever set the installation up may see and do more: the bystander is not the first.
    await makeWorld(t.app);
    bystander = await makeWorld(t.app, { workspace: canary, bot: canary, email: `${canary}@example.com` });
    await call(t, { method: 'POST', path: '/api/flow/create-tag', key: bystander.key, body: { name: canary } });
    untouched = await rowsOf(bystander);
  });
  afterAll(() => t.close());

  async function rowsOf({ workspace, bot, account }: World): Promise<string> {
    const { db } = t.app;
    const rows = await Promise.all([
      db.selectFrom('workspace').selectAll().where('id', '=', workspace.id).execute(),
      db.selectFrom('bot').selectAll().where('workspace_id', '=', workspace.id).execute(),
      db.selectFrom('site').selectAll().where('workspace_id', '=', workspace.id).execute(),
      db.selectFrom('member').selectAll().where('workspace_id', '=', workspace.id).execute(),
      db.selectFrom('api_key').select(['id', 'name', 'scopes', 'quota_per_hour']).where('workspace_id', '=', workspace.id).execute(),
      db.selectFrom('account').selectAll().where('id', '=', account.id).execute(),
      db.selectFrom('tag').selectAll().where('bot_id', '=', bot.id).execute(),
      db.selectFrom('event').selectAll().where('workspace_id', '=', workspace.id).execute(),
    ]);
    return JSON.stringify(rows);
  }

  /** Whatever the route needs: a key, a person, or the operator's token. */
  async function credentials(world: World, route: Route): Promise<Record<string, string>> {
    if (route.access === 'operator') return { authorization: `Bearer ${t.app.operatorToken}` };
    if (route.access === 'site') return { 'x-api-key': world.site.site_key };
    const isForPeople = ['person', 'team_own', 'installation_own'].includes(route.access);
    if (!isForPeople) return { authorization: `Bearer ${world.key}` };
    const signedIn = await call(t, { method: 'POST', path: '/v1/sign-in', body: { email: world.account.email, password: world.password } });
    const cookies = [signedIn.headers['set-cookie']].flat().map((one) => String(one).split(';')[0] ?? '');
    const csrf = cookies.find((one) => one.startsWith('csrf='))?.slice(5) ?? '';
    return { cookie: cookies.join('; '), 'x-csrf-token': csrf, 'x-workspace': String(world.workspace.id), 'x-bot': `f${world.bot.id}` };
  }

  // A stream has no end to wait for.
  const answersOf = (door: Door): Route[] => door.routes.filter(({ stream }) => stream === undefined);
  /** With what it is asked for in its newer form, where it has one. */
  const formsOf = (door: Door): [name: string, route: Route, accept: Record<string, string>][] =>
    answersOf(door).flatMap((route) => {
      const name = `${route.method} ${door.prefix}${route.path}`;
      const newer = { accept: 'application/vnd.chat.v2+json' };
      return [[name, route, {}], ...(route.newer ? [[`${name}, newer`, route.newer, newer] as [string, Route, Record<string, string>]] : [])];
    });
  const readsOf = (door: Door): Route[] => answersOf(door).filter(({ method, path }) => method === 'GET' && !path.includes('{'));

  describe.each(doors.map((door) => [door.name, door] as const))('the %s door', (_name, door) => {
    test.each(formsOf(door))('%s', async (name, route, accept) => {
      const random = makeRandom(seed * 7919 + name.length * 31 + name.charCodeAt(name.length - 1));
      const world = await makeWorld(t.app);
      const headers = { ...(await credentials(world, route)), ...accept };
      const { bot, workspace, account, site } = bystander;
      // The operator is the one who may reach into every workspace.
      const isOperators = route.access === 'operator';
      const theirs = [bot, workspace, account, site].map(({ id }) => String(id)).concat(`f${bot.id}`, `f${bot.id}t1`, site.site_key, account.email);
      for (const ask of sampled([...attempts(door, route, isOperators ? [] : theirs)], random)) {
        const reply = await call(t, { ...ask, headers: { ...headers, 'content-type': 'application/json' } });
        checkReply(door, ask, reply);
        if (!isOperators && !JSON.stringify(ask).includes(canary)) expect(reply.text, JSON.stringify(ask)).not.toContain(canary);
      }
      expect((await rowsOf(bystander)) === untouched, 'someone else’s workspace was changed').toBe(true);
      expect(Object.keys(Object.prototype)).toEqual([]);
      // Whatever is stored now, every list can still be read, and is what its schema says.
      if (route.method === 'GET') return;
      for (const read of readsOf(door)) {
        const ask: Ask = { method: 'GET', path: `${door.prefix}${read.path}` };
        const reply = await call(t, {
          ...ask,
          headers: await credentials(world, { ...route, access: read.access === 'operator' ? 'operator' : route.access }),
        });
        checkReply(door, ask, reply);
      }
    });
  });

  test.each(seeds)('once wrong at the %s door: %o', async (name, ask) => {
    const world = await makeWorld(t.app);
    const door = doors.find((one) => one.name === name) as Door;
    checkReply(door, ask, await call(t, { ...ask, key: world.key }));
  });

  test('texts come back as they went, or are refused', async () => {
    const world = await makeWorld(t.app);
    const accepted = new Set<string>();
    for (const text of [...storableTexts, ...hardTexts]) {
      const reply = await call(t, { method: 'POST', path: '/api/flow/create-tag', key: world.key, body: JSON.stringify({ name: text }) });
      expect([200, 400, 409, 422], text).toContain(reply.status);
      if (reply.status === 200) accepted.add((reply.json as { name: string }).name);
      if (storableTexts.includes(text) && reply.status !== 409) expect((reply.json as { name: string }).name, text).toBe(text.trim());
    }
    const listed: string[] = [];
    for (let page = 1; page < 9; page += 1) {
      const reply = await call(t, { method: 'GET', path: `/api/flow/tags?limit=10&page=${page}`, key: world.key });
      listed.push(...(reply.json as { data: { name: string }[] }).data.map(({ name }) => name));
    }
    expect(new Set(listed)).toEqual(accepted);
    for (const text of accepted) {
      const found = await call(t, { method: 'GET', path: `/api/flow/tags?limit=100&name=${encodeURIComponent(text)}`, key: world.key });
      expect(
        (found.json as { data: { name: string }[] }).data.map(({ name }) => name),
        text,
      ).toContain(text);
      expect((await call(t, { method: 'DELETE', path: '/api/flow/delete-tag-by-name', key: world.key, body: { name: text } })).status, text).toBe(200);
    }
  });

  // Thousands of requests: a machine that others use too needs longer than for most.
  test('headers are texts like any other', { timeout: 180_000 }, async () => {
    const world = await makeWorld(t.app);
    const names = [
      'authorization',
      'x-api-key',
      'cookie',
      'x-csrf-token',
      'x-client-flow-ns',
      'x-client-workspace-id',
      'x-bot',
      'x-workspace',
      'idempotency-key',
      'x-request-id',
      'traceparent',
      'x-http-method-override',
      'content-encoding',
      'content-type',
      'accept',
      'origin',
      'host',
      'expect',
    ];
    for (const door of doors) {
      for (const name of names) {
        for (const text of [...storableTexts, ...hardTexts]) {
          const value = Buffer.from(text.replace(/[\0\r\n]/g, ' '))
            .toString('latin1')
            .slice(0, 4000);
          const path = door.name === 'platform' ? '/api/flow/create-tag' : `${door.prefix}/me`;
          const ask: Ask = { method: 'POST', path, headers: { authorization: `Bearer ${world.key}`, [name]: value }, body: '{"name":"header"}' };
          checkReply(door, ask, await call(t, ask));
        }
      }
    }
  });
});
