import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { callerName } from '../auth.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeKeyFor, makeWorld, type World } from '../testing/factories.ts';
import { doorsWith } from '../testing/listen.ts';
import { call, type Reply } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { makeLimits, networkOf, tighter } from './limits.ts';
import { type Limit, route } from './route.ts';
import { buildServer } from './serve.ts';

const perMinute: Limit = { name: 'test', per: 'caller', max: 5, windowMs: 60_000 };
const ping = route({
  method: 'POST',
  path: '/ping',
  access: 'signed_in',
  limits: [perMinute],
  docs: { id: 'ping', tag: 'Test', summary: '' },
  run: async () => undefined,
});

async function setQuota(t: TestApp, world: World, quota: number): Promise<void> {
  await t.app.transact((tx) => tx.updateTable('api_key').set({ quota_per_hour: quota }).where('workspace_id', '=', world.workspace.id).execute());
}

describe.each(databaseKinds)('a window on %s', (kind) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp(kind);
  });
  afterAll(() => t.close());

  test('counts every hit once, however many come at once', async () => {
    const limits = makeLimits(t.app);
    const states = await Promise.all(Array.from({ length: 200 }, () => limits.hit({ ...perMinute, max: 100 }, 'burst')));
    expect(states.map(({ remaining }) => remaining).sort((a, b) => b - a)).toEqual(Array.from({ length: 200 }, (_, n) => 99 - n));
    expect(new Set(states.map(({ resetAt }) => resetAt))).toEqual(new Set([t.clock.now() + 60_000]));
  });

  test('ends when it says, to the millisecond', async () => {
    const limits = makeLimits(t.app);
    const first = await limits.hit(perMinute, 'edge');
    t.clock.set(first.resetAt - 1);
    expect((await limits.hit(perMinute, 'edge')).remaining).toBe(3);
    t.clock.set(first.resetAt);
    expect(await limits.hit(perMinute, 'edge')).toEqual({ limit: 5, remaining: 4, resetAt: first.resetAt + 60_000, windowMs: 60_000 });
  });

  test('is nobody else’s', async () => {
    const limits = makeLimits(t.app);
    for (let n = 0; n < 9; n += 1) await limits.hit(perMinute, 'noisy');
    expect((await limits.hit(perMinute, 'quiet')).remaining).toBe(4);
    expect((await limits.hit({ ...perMinute, name: 'other' }, 'noisy')).remaining).toBe(4);
  });

  test('is shared by nodes that share a database', async () => {
    const [one, other] = [makeLimits(t.app), makeLimits(t.app)];
    const states = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 ? one : other).hit({ ...perMinute, max: 40 }, 'nodes')));
    const left = Math.min(...states.map(({ remaining }) => remaining));
    expect(left).toBe(t.app.database.isShared ? 0 : 20);
  });
});

describe.skipIf(!databaseKinds.includes('postgres'))('without its database', () => {
  test('a node counts alone, and again together when it is back', async () => {
    const t = await testApp('postgres');
    await t.app.transact((tx) => tx.schema.alterTable('rate_window').renameTo('rate_window_away').execute());
    const limits = makeLimits(t.app);
    const states = await Promise.all(Array.from({ length: 3 }, () => limits.hit(perMinute, 'alone')));
    expect(states.map(({ remaining }) => remaining)).toEqual([4, 3, 2]);
    await t.app.transact((tx) => tx.schema.alterTable('rate_window_away').renameTo('rate_window').execute());
    expect((await limits.hit(perMinute, 'alone')).remaining).toBe(1);
    expect((await makeLimits(t.app).hit(perMinute, 'alone')).remaining).toBe(4);
    await t.close();
  });
});

test('memory is bounded by forgetting the windows that began first', async () => {
  const t = await testApp();
  const limits = makeLimits(t.app);
  await limits.hit(perMinute, 'first');
  for (let n = 0; n < 60_000; n += 1) await limits.hit(perMinute, `caller ${n}`);
  expect((await limits.hit(perMinute, 'first')).remaining).toBe(4);
  expect((await limits.hit(perMinute, 'caller 59999')).remaining).toBe(3);
  await t.close();
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:0:0:0:1', '2001:db8:1:2::/64'],
  ['2001:db8::1:0:0:0:9', '2001:db8:0:1::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('of two limits the one that refuses first is shown', () => {
  const state = { limit: 9, remaining: 3, resetAt: 100, windowMs: 1000 };
  expect(tighter(null, state)).toBe(state);
  expect(tighter(state, { ...state, remaining: 2 })).toEqual({ ...state, remaining: 2 });
  expect(tighter(state, { ...state, remaining: 4 })).toBe(state);
  expect(tighter(state, { ...state, resetAt: 200 })).toEqual({ ...state, resetAt: 200 });
});

describe('an obedient client finishes without a single 429', () => {
  let t: TestApp;
  let world: World;
  beforeEach(async () => {
    t = await testApp();
    world = await makeWorld(t.app);
  });
  afterEach(() => t.close());

  /** What a reply says: how many more, and until when (ms). */
  type Told = { left: number; until: number };
  const platform = ({ headers }: Reply): Told => ({ left: Number(headers['x-ratelimit-remaining']), until: Number(headers['x-ratelimit-reset']) * 1000 });
  const native = ({ headers }: Reply): Told => {
    const [, r, s] = /^"default";r=(\d+);t=(\d+)$/.exec(String(headers.ratelimit)) ?? [];
    return { left: Number(r), until: t.clock.now() + Number(s) * 1000 };
  };

  /** Asks until it has `wanted` replies, with as many requests at once as it was told it may. */
  async function finish(ask: () => Promise<Reply>, read: (reply: Reply) => Told, wanted: number): Promise<number[]> {
    const statuses: number[] = [];
    let told = read(await ask());
    while (statuses.length < wanted) {
      if (told.left === 0) t.clock.set(Math.max(t.clock.now(), told.until));
      const replies = await Promise.all(Array.from({ length: Math.min(Math.max(told.left, 1), 8) }, ask));
      statuses.push(...replies.map(({ status }) => status));
      // Replies come in any order: of one window the smallest number is the latest word.
      const latest = replies.map(read).sort((a, b) => b.until - a.until || a.left - b.left)[0];
      if (latest) told = latest;
      t.clock.advance(700);
    }
    return statuses;
  }

  test('by the platform’s headers', async () => {
    await setQuota(t, world, 20);
    const statuses = await finish(() => call(t, { method: 'GET', path: '/api/flow/tags', key: world.key }), platform, 90);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  test('by the native door’s headers, also where a route has a limit of its own', async () => {
    const server = buildServer(t.app, doorsWith('native', [ping]), { checkReplies: true, plugins: [] });
    const statuses = await finish(() => call({ ...t, server }, { method: 'POST', path: '/v1/ping', key: world.key }), native, 30);
    expect(new Set(statuses)).toEqual(new Set([204]));
    await server.close();
  });

  test('by Retry-After alone, once told', async () => {
    await setQuota(t, world, 3);
    const ask = () => call(t, { method: 'GET', path: '/api/flow/tags', key: world.key });
    for (let n = 0; n < 3; n += 1) expect((await ask()).status).toBe(200);
    t.clock.advance(1234);
    const refused = await ask();
    expect([refused.status, refused.headers['x-ratelimit-remaining'], refused.headers['x-ratelimit-limit']]).toEqual([429, '0', '3']);
    expect(refused.json).toEqual({ message: expect.stringMatching(/^Too many requests: 3 are allowed in 3600 s\. Try again in 3599 s\.$/) });
    t.clock.advance(Number(refused.headers['retry-after']) * 1000);
    expect((await ask()).status).toBe(200);
  });
});

describe('what counts', () => {
  let t: TestApp;
  let world: World;
  beforeEach(async () => {
    t = await testApp();
    world = await makeWorld(t.app);
    await setQuota(t, world, 10);
  });
  afterEach(() => t.close());
  const left = (reply: Reply) => reply.headers['x-ratelimit-remaining'];

  test('is every request of a key that is one, refused ones too, and each key for itself', async () => {
    const ask = { method: 'POST' as const, path: '/api/flow/create-tag', key: world.key };
    expect(left(await call(t, { ...ask, body: { name: 'a' } }))).toBe('9');
    expect(left(await call(t, { ...ask, body: {} }))).toBe('8');
    expect(left(await call(t, { ...ask, body: '{' }))).toBe('7');
    expect(left(await call(t, { ...ask, body: 'x', headers: { 'content-type': 'text/plain' } }))).toBe('6');
    const weak = await makeKeyFor(t.app, world, []);
    await setQuota(t, world, 10);
    const refused = await call(t, { ...ask, key: weak, body: {} });
    expect([refused.status, left(refused)]).toEqual([403, '9']);
    expect(left(await call(t, { ...ask, body: {} }))).toBe('5');
  });

  test('is nothing that strangers do: they are counted by their own address, and a right key is never held up', async () => {
    const wrong = () => call(t, { method: 'GET', path: '/api/flow/tags', key: `${world.key.slice(0, -1)}!` });
    const replies: Reply[] = [];
    for (let n = 0; n < 62; n += 1) replies.push(await wrong());
    expect(replies.map(({ status }) => status)).toEqual([...Array<number>(60).fill(401), 429, 429]);
    expect(replies.slice(58).map(left)).toEqual(['1', '0', '0', '0']);
    expect(replies[61]?.headers['retry-after']).toBe('60');
    const right = await call(t, { method: 'GET', path: '/api/flow/tags', key: world.key });
    expect([right.status, left(right)]).toEqual([200, '9']);
  });

  test('is nothing at all with limits off, at every door', async () => {
    const off = await testApp('sqlite', { RATE_LIMITS: 'off' });
    const free = await makeWorld(off.app);
    await setQuota(off, free, 2);
    for (let n = 0; n < 65; n += 1) {
      const [ok, wrong, anyone] = await Promise.all([
        call(off, { method: 'GET', path: '/api/flow/tags', key: free.key }),
        call(off, { method: 'GET', path: '/api/flow/tags', key: 'pk_live_wrong' }),
        call(off, { method: 'POST', path: '/v1/invites/look', body: { token: 'nobody’s' } }),
      ]);
      expect([ok.status, wrong.status, anyone.status]).toEqual([200, 401, 404]);
      expect([ok, wrong].map(({ headers }) => [headers['x-ratelimit-limit'], left({ headers } as Reply), headers['x-ratelimit-reset']])).toEqual([
        ['0', '0', '0'],
        ['0', '0', '0'],
      ]);
      expect(anyone.headers).not.toHaveProperty('ratelimit');
    }
    await off.close();
  });
});

test('no two callers share a name, and an address does not appear in it', () => {
  expect(callerName({ kind: 'anyone' }, '203.0.113.7')).not.toContain('203');
  expect(callerName({ kind: 'anyone' }, '203.0.113.7')).not.toBe(callerName({ kind: 'anyone' }, '203.0.113.8'));
});
