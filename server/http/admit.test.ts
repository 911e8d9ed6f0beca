import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorld, type World } from '../testing/factories.ts';
import { doorsWith } from '../testing/listen.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { route } from './route.ts';
import { buildServer } from './serve.ts';

const docs = { tag: 'Test', summary: '' };

describe('a person’s cookie', () => {
  let t: TestApp;
  let cookie: string;
  let token: string;
  beforeAll(async () => {
    t = await testApp('sqlite', { PUBLIC_URL: 'https://chat.example.com' });
    const world = await makeWorld(t.app, { email: 'olive@example.com' });
    const reply = await call(t, { method: 'POST', path: '/v1/sign-in', body: { email: 'olive@example.com', password: world.password } });
    const set = [reply.headers['set-cookie']].flat().map((one) => String(one).split(';')[0] ?? '');
    cookie = set.join('; ');
    token = set.find((one) => one.startsWith('csrf='))?.slice(5) ?? '';
  });
  afterAll(() => t.close());

  const rename = (headers: Record<string, string>) =>
    call(t, { method: 'PATCH', path: '/v1/me', headers: { cookie, host: 'chat.example.com', ...headers }, body: { name: 'Olive' } });

  test.each<[string, Record<string, string>]>([
    ['our own page', { 'sec-fetch-site': 'same-origin', origin: 'https://chat.example.com' }],
    ['our own page behind a proxy that rewrites the host', { origin: 'https://chat.example.com', host: '10.0.0.7:8080' }],
    ['our own page under another name', { origin: 'http://localhost:8080', host: 'localhost:8080' }],
    ['a program', {}],
    ['the address bar', { 'sec-fetch-site': 'none' }],
  ])('writes from %s, with the token', async (_name, headers) => {
    expect((await rename({ ...headers, 'x-csrf-token': token })).status).toBe(200);
    expect((await rename({ ...headers, 'x-csrf-token': 'wrong' })).status).toBe(403);
    expect((await rename(headers)).status).toBe(403);
  });

  test.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }],
    ['another site, in an old browser', { origin: 'https://evil.example' }],
    ['a name that begins like ours', { origin: 'https://chat.example.com.evil.example' }],
    ['our name without encryption', { origin: 'http://chat.example.com:81' }],
    ['a sandbox', { origin: 'null' }],
    ['nonsense', { origin: ';;;' }],
  ])('writes nothing from %s, even with the token', async (_name, headers) => {
    const reply = await rename({ ...headers, 'x-csrf-token': token });
    expect([reply.status, (reply.json as { detail: string }).detail]).toEqual([403, 'Another site may not do this in your name. Open the console itself.']);
  });

  test('reads from anywhere, because no other site can see the reply', async () => {
    const reply = await call(t, { method: 'GET', path: '/v1/me', headers: { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } });
    expect([reply.status, reply.headers['access-control-allow-origin'], reply.headers['cross-origin-resource-policy']]).toEqual([
      200,
      undefined,
      'same-origin',
    ]);
  });

  test('is not looked at beside a key, which no page sends by itself', async () => {
    const world = await makeWorld(t.app);
    const reply = await call(t, {
      method: 'POST',
      path: '/api/flow/create-tag',
      key: world.key,
      headers: { origin: 'https://evil.example' },
      body: { name: 'from a browser' },
    });
    expect(reply.status).toBe(200);
  });
});

describe('the address of a caller', () => {
  const where = route({
    method: 'GET',
    path: '/where',
    access: 'anyone',
    docs: { id: 'where', ...docs },
    run: async ({ request, reply }) => void reply.header('x-address', request.address),
  });
  const asked = async (t: TestApp, headers: Record<string, string>, remoteAddress = '127.0.0.1') => {
    const server = buildServer(t.app, doorsWith('native', [where]), { checkReplies: true, plugins: [] });
    const reply = await server.inject({ path: '/v1/where', headers, remoteAddress });
    await server.close();
    return reply.headers['x-address'];
  };

  test('is the peer’s, whatever it claims', async () => {
    const t = await testApp();
    const claims: Record<string, string>[] = [{ 'x-forwarded-for': '1.2.3.4' }, { forwarded: 'for=1.2.3.4' }, { 'x-real-ip': '1.2.3.4' }];
    for (const headers of claims) expect(await asked(t, headers)).toBe('127.0.0.1');
    expect(await asked(t, {}, '::ffff:203.0.113.7')).toBe('203.0.113.7');
    await t.close();
  });

  test('is what a trusted proxy says, and only the part it can know', async () => {
    const t = await testApp('sqlite', { TRUST_PROXY: '127.0.0.1,10.0.0.0/8' });
    expect(await asked(t, { 'x-forwarded-for': '1.2.3.4' })).toBe('1.2.3.4');
    expect(await asked(t, { 'x-forwarded-for': '6.6.6.6, 1.2.3.4' })).toBe('1.2.3.4');
    expect(await asked(t, { 'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.1.2.3' })).toBe('1.2.3.4');
    expect(await asked(t, { 'x-forwarded-for': '<script>' })).toBe('127.0.0.1');
    expect(await asked(t, { 'x-forwarded-for': '1.2.3.4' }, '203.0.113.9')).toBe('203.0.113.9');
    await t.close();
  });

  test('cannot be changed to guess on: 1,000 guesses from one place are held to its limit', async () => {
    const t = await testApp();
    const statuses: number[] = [];
    for (let n = 0; n < 1000; n += 1) {
      const headers = { 'x-forwarded-for': `9.9.${n >> 8}.${n & 255}` };
      statuses.push((await call(t, { method: 'GET', path: '/v1/me', key: `pk_live_${n}`, headers })).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(60);
    expect(statuses.filter((status) => status === 429)).toHaveLength(940);
    await t.close();
  });
});

describe('credentials', () => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp();
    world = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  test.each<[string, (key: string) => Record<string, string>, number]>([
    ['a bearer', (key) => ({ authorization: `Bearer ${key}` }), 200],
    ['a bearer in small letters', (key) => ({ authorization: `bearer ${key}` }), 200],
    ['a header of its own', (key) => ({ 'x-api-key': key }), 200],
    ['both, the same', (key) => ({ authorization: `Bearer ${key}`, 'x-api-key': key }), 200],
    ['both, different', (key) => ({ authorization: `Bearer ${key}`, 'x-api-key': `${key}x` }), 401],
    ['another scheme', (key) => ({ authorization: `Basic ${key}` }), 401],
    ['nothing behind the scheme', () => ({ authorization: 'Bearer ' }), 401],
    ['a mistyped key', (key) => ({ authorization: `Bearer ${key.slice(0, -1)}` }), 401],
    ['a key of 8 KiB', (key) => ({ authorization: `Bearer ${key.repeat(100)}` }), 401],
  ])('%s', async (_name, headers, status) => {
    for (const path of ['/api/flow/tags', '/v1/me']) {
      const reply = await call(t, { method: 'GET', path, headers: headers(world.key) });
      expect([path, reply.status]).toEqual([path, status]);
    }
  });
});
