import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Access } from '../auth.ts';
import { doors } from '../doors.ts';
import { serverOf } from '../main.ts';
import { sendRaw } from '../testing/doubles/raw-client.ts';
import { makeKeyFor, makeWorld, type World } from '../testing/factories.ts';
import { doorsWith, listen } from '../testing/listen.ts';
import { call, scenario } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { type Door, route } from './route.ts';
import { buildServer } from './serve.ts';

let t: TestApp;
let world: World;
beforeAll(async () => {
  t = await testApp();
  world = await makeWorld(t.app);
});
afterAll(() => t.close());

const nothing = { type: 'about:blank', errors: [] };

describe('a refusal comes in the envelope of the door its path belongs to', () => {
  test.each([
    ['GET', '/api/nowhere', 404, { message: 'Not found: GET /api/nowhere' }],
    ['DELETE', '/api/flow/tags', 405, { message: 'DELETE is not allowed here; use GET, HEAD.' }],
    ['PATCH', '/api/flow/create-tag/', 405, { message: 'PATCH is not allowed here; use POST.' }],
    ['GET', '/api/%zz', 400, { message: 'The address is not valid: percent-encode it as UTF-8.' }],
    ['GET', '/api/%C0%AF', 400, { message: 'The address is not valid: percent-encode it as UTF-8.' }],
    ['GET', '/apis/flow/tags', 404, { detail: 'Not found: GET /apis/flow/tags', code: 'not_found', status: 404, title: 'Not Found', ...nothing }],
    ['GET', '/v1/nowhere?q=1', 404, { detail: 'Not found: GET /v1/nowhere', code: 'not_found', status: 404, title: 'Not Found', ...nothing }],
    [
      'DELETE',
      '/v1/me',
      405,
      {
        detail: expect.stringContaining('DELETE is not allowed here; use GET'),
        code: 'method_not_allowed',
        status: 405,
        title: 'Method Not Allowed',
        ...nothing,
      },
    ],
    [
      'GET',
      '/v1/%zz',
      400,
      { detail: 'The address is not valid: percent-encode it as UTF-8.', code: 'bad_request', status: 400, title: 'Bad Request', ...nothing },
    ],
  ] as const)('%s %s', async (method, path, status, body) => {
    const reply = await call(t, { method, path, key: world.key });
    expect(reply.status).toBe(status);
    expect(reply.json).toEqual('detail' in body ? { ...body, request_id: reply.headers['x-request-id'] } : body);
    expect(reply.headers['content-type']).toBe(`application/${'detail' in body ? 'problem+' : ''}json; charset=utf-8`);
  });

  test('405 names the methods there are', async () => {
    await scenario(t, { method: 'PATCH', path: '/api/flow/tags' }, { status: 405, headers: { allow: /^GET, HEAD, OPTIONS$/ } });
  });

  test('a long path is not echoed whole', async () => {
    const reply = await call(t, { method: 'GET', path: `/api/${'x'.repeat(5000)}` });
    expect(reply.text.length).toBeLessThan(300);
  });

  test('a fault of ours says nothing but its id, and the log has the rest', async () => {
    const faulty = route({
      method: 'GET',
      path: '/faulty',
      access: 'anyone',
      docs: { id: 'faulty', tag: 'Test', summary: '' },
      run: async () => {
        throw new Error('relation "secret_table" does not exist');
      },
    });
    const server = buildServer(
      t.app,
      doorsWith('platform', [faulty]).map((door) => ({ ...door, authenticate: async () => ({ kind: 'anyone' }) as const })),
      { checkReplies: true, plugins: [] },
    );
    const reply = await server.inject({ path: '/api/faulty', headers: { 'x-request-id': 'fault-1' } });
    expect(reply.statusCode).toBe(500);
    expect(reply.json()).toEqual({ message: 'Something went wrong on our side. The request id finds it in the log.', request_id: 'fault-1' });
    const line = t.lines.find((one) => one.includes('fault-1') && one.includes('"error"'));
    expect(line).toMatch(/secret_table.*serve\.test\.ts/s);
    await server.close();
  });
});

describe('what every path takes', () => {
  test('HEAD is GET without the body', async () => {
    const get = await call(t, { method: 'GET', path: '/api/flow/tags', key: world.key });
    const head = await call(t, { method: 'HEAD', path: '/api/flow/tags', key: world.key });
    expect([head.status, head.text, head.headers['content-length'], head.headers['content-type']]).toEqual([
      200,
      '',
      get.headers['content-length'],
      get.headers['content-type'],
    ]);
    expect((await call(t, { method: 'HEAD', path: '/api/flow/tags' })).status).toBe(401);
  });

  test('a slash at the end changes nothing and redirects nobody', async () => {
    const asked = { method: 'GET' as const, key: world.key };
    const plain = await call(t, { ...asked, path: '/api/flow/tags?limit=1' });
    const slashed = await call(t, { ...asked, path: '/api/flow/tags/?limit=1' });
    expect([slashed.status, (slashed.json as { data: object }).data]).toEqual([200, (plain.json as { data: object }).data]);
  });

  test('OPTIONS is told the methods and nothing that would let another site in', async () => {
    for (const path of ['/api/flow/create-tag', '/v1/me']) {
      const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };
      const reply = await call(t, { method: 'OPTIONS', path, headers });
      expect([reply.status, reply.text]).toEqual([204, '']);
      expect(reply.headers.allow).toMatch(/OPTIONS$/);
    }
    expect((await call(t, { method: 'OPTIONS', path: '/api/nowhere' })).status).toBe(404);
  });

  test('POST may mean DELETE only where the door says so, and GET never', async () => {
    const headers = { 'x-http-method-override': 'delete' };
    const body = { name: 'never made' };
    expect((await call(t, { method: 'POST', path: '/api/flow/delete-tag-by-name', key: world.key, headers, body })).json).toEqual({
      message: 'Tag not found.',
    });
    expect((await call(t, { method: 'GET', path: '/api/flow/delete-tag-by-name', key: world.key, headers })).status).toBe(405);
    expect((await call(t, { method: 'POST', path: '/v1/me', key: world.key, headers, body: {} })).json).toMatchObject({
      detail: expect.stringMatching(/^POST is not allowed/),
    });
    expect((await call(t, { method: 'POST', path: '/api/flow/tags', key: world.key, headers: { 'x-http-method-override': 'GET' }, body: {} })).status).toBe(
      405,
    );
  });

  test('an absolute address is its path: the host in it is not believed', async () => {
    const on = await listen(t.app);
    const ask = (target: string) => sendRaw(on.port, `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.key}\r\n\r\n`);
    const [reply] = await ask('http://evil.example/api/flow/tags');
    expect([reply?.status, reply?.body.includes('evil')]).toEqual([200, false]);
    expect((await ask('http://evil.example'))[0]).toMatchObject({ status: 404 });
    await on.close();
  });
});

describe('a part of the path', () => {
  const echo = route({
    method: 'GET',
    path: '/echo/{id}',
    access: 'anyone',
    params: z.object({ id: z.string().max(300) }),
    reply: z.object({ id: z.string() }),
    docs: { id: 'echo', tag: 'Test', summary: '' },
    run: async ({ params }) => params,
  });
  test.each([
    ['plain', 200, 'plain'],
    ['%F0%9F%98%80', 200, '😀'],
    ['a%2Fb', 200, 'a/b'],
    ['a+b%20c', 200, 'a+b c'],
    ['%252F', 200, '%2F'],
    ['%00', 404, null],
    ['x'.repeat(301), 404, null],
    ['%zz', 400, null],
    ['%C0%AF', 400, null],
    ['..%2f..%2fetc%2fpasswd', 200, '../../etc/passwd'],
    ['a/b', 404, null],
    ['', 404, null],
  ])('%s', async (part, status, id) => {
    const server = buildServer(t.app, doorsWith('native', [echo]), { checkReplies: true, plugins: [] });
    const reply = await server.inject({ path: `/v1/echo/${part}` });
    expect([reply.statusCode, id === null ? null : reply.json()]).toEqual([status, id === null ? null : { id }]);
    await server.close();
  });
});

describe('checks come in one order', () => {
  test('401, then 403, 429, 400, 415, 422, 404', async () => {
    const ask = { method: 'DELETE' as const, path: '/api/flow/delete-tag' };
    const weak = await makeKeyFor(t.app, world, ['Send Message']);
    const bad = { ...ask, body: '{', headers: { 'content-type': 'text/plain' } };
    expect((await call(t, bad)).status).toBe(401);
    expect((await call(t, { ...bad, key: weak })).status).toBe(403);
    expect((await call(t, { ...bad, key: world.key })).status).toBe(415);
    expect((await call(t, { ...ask, key: world.key, body: '{' })).status).toBe(400);
    expect((await call(t, { ...ask, key: world.key, body: '{"tag_ns":1}' })).status).toBe(422);
    expect((await call(t, { ...ask, key: world.key, body: { tag_ns: 'f1t999999' } })).status).toBe(404);
  });

  test.each([
    ['a charset', 'application/json; charset=utf-8', 200],
    ['a charset in quotes', 'application/json;charset="UTF-8"', 200],
    ['capitals', 'Application/JSON', 200],
    ['a JSON dialect', 'application/vnd.api+json', 200],
    ['a JSON dialect with a charset', 'application/merge-patch+json; charset=utf-8', 200],
    ['another charset', 'application/json; charset=iso-8859-1', 415],
    ['text', 'text/plain', 415],
    ['a form', 'application/x-www-form-urlencoded', 415],
    ['a multipart form', 'multipart/form-data; boundary=x', 415],
    ['no type', '', 415],
    ['nonsense', ';;;', 415],
  ])('a body with %s', async (name, type, status) => {
    const reply = await t.server.inject({
      method: 'POST',
      path: '/api/flow/create-tag',
      headers: { authorization: `Bearer ${world.key}`, 'content-type': type },
      payload: JSON.stringify({ name: `typed ${name}` }),
    });
    expect([reply.statusCode, reply.json()]).toEqual([
      status,
      status === 200 ? expect.objectContaining({ status: 'ok' }) : { message: expect.stringMatching(/^Send .*\.$/) },
    ]);
  });

  test('no body is an empty one, whatever its type', async () => {
    for (const type of [undefined, 'application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { authorization: `Bearer ${world.key}`, ...(type === undefined ? {} : { 'content-type': type }) };
      const reply = await t.server.inject({ method: 'POST', path: '/api/flow/create-tag', headers });
      expect([reply.statusCode, reply.json()]).toEqual([422, { message: 'The name field is required.', errors: { name: ['The name field is required.'] } }]);
    }
  });
});

describe('headers', () => {
  const all = {
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-request-id': expect.any(String),
  };

  test.each([
    ['a reply', 'GET', '/api/flow/tags'],
    ['a refusal', 'POST', '/api/flow/create-tag'],
    ['an unknown path', 'GET', '/nowhere'],
    ['a wrong method', 'PUT', '/api/flow/tags'],
    ['a malformed address', 'GET', '/api/%zz'],
    ['a preflight', 'OPTIONS', '/api/flow/tags'],
  ] as const)('%s carries the headers that keep browsers out of trouble', async (_name, method, path) => {
    const reply = await call(t, { method, path, key: world.key, headers: { origin: 'https://evil.example', cookie: 'sid=x' } });
    expect(reply.headers).toMatchObject(all);
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control') || name === 'server' || name === 'x-powered-by')).toEqual([]);
    expect(reply.headers).not.toHaveProperty('strict-transport-security');
  });

  test('an installation behind https says so', async () => {
    const secure = await testApp('sqlite', { PUBLIC_URL: 'https://chat.example.com' });
    expect((await call(secure, { method: 'GET', path: '/nowhere' })).headers['strict-transport-security']).toBe('max-age=31536000');
    await secure.close();
  });

  test.each([
    ['a plain id', { 'x-request-id': 'abc-123:4.5_6' }, 'abc-123:4.5_6'],
    ['a trace', { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' }, '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['an id with spaces', { 'x-request-id': 'a b' }, null],
    ['an id that is markup', { 'x-request-id': '<script>' }, null],
    ['an id that is too long', { 'x-request-id': 'x'.repeat(101) }, null],
    ['a broken trace', { traceparent: '00-xyz' }, null],
  ])('%s is taken over, or replaced', async (_name, headers: Record<string, string>, expected) => {
    const got = (await call(t, { method: 'GET', path: '/api/nowhere', headers })).headers['x-request-id'];
    if (expected === null) expect(got).toMatch(/^[0-9a-f-]{36}$/);
    else expect(got).toBe(expected);
  });
});

describe('the start', () => {
  test.each([undefined, 'everyone', 'toString'])('is stopped by a route whose access is %s', (access) => {
    const undeclared = route({
      method: 'GET',
      path: '/open',
      access: access as Access,
      docs: { id: 'open', tag: 'Test', summary: '' },
      run: async () => undefined,
    });
    const build = () => buildServer(t.app, doorsWith('native', [undeclared]), { checkReplies: true, plugins: [] });
    expect(build).toThrow('GET /v1/open declares no policy');
  });

  test('every route that is registered is a door’s, or on this list', async () => {
    const served: string[] = [];
    const server = serverOf(t.app, [(one) => void one.addHook('onRoute', ({ method, url }) => void served.push(`${[method].flat().join()} ${url}`))]);
    await server.ready();
    const ofDoors = doors.flatMap(({ prefix, roots = [], routes }) =>
      routes.flatMap(({ method, path }) => {
        const names = roots.some((root) => path === root || path.startsWith(`${root}/`)) ? ['', prefix] : [prefix];
        return names.map((name) => `${method} ${name}${path.replace(/\{(\w+)\}/g, ':$1')}`);
      }),
    );
    const beside = [
      /^GET \/(api|api-docs)(\/|$)/,
      /^GET \/((v1|hooks)\/)?openapi\.json$/,
      /^GET \/docs\/[\w.-]+$/,
      /^GET \/(livez|readyz|healthz|metrics)$/,
      /^GET \/(setup|demo|widget\.js|favicon\.\w+|robots\.txt)?$/,
      /^GET \/(app|assets|widget)(\/\*)?$/,
      /^GET \/b\/:slug$/,
    ];
    const unknown = served.filter((one) => !one.startsWith('HEAD ') && !ofDoors.includes(one) && !beside.some((pattern) => pattern.test(one)));
    expect(unknown, 'a new page is named in this test; a new call belongs to a door, where it declares its policy').toEqual([]);
    expect(ofDoors.filter((one) => !served.includes(one))).toEqual([]);
    await server.close();
  });
});

describe('strangers', () => {
  // The address that a waiting flow or a trigger gave out, and the signature of a file's link, are the credential of whoever has them.
  const open = [
    'GET /v1/brand',
    'GET /v1/f/{id}',
    'GET /v1/setup',
    'POST /hooks/flow/{address}',
    'POST /hooks/wait/{address}',
    'POST /v1/invites/accept',
    'POST /v1/invites/look',
    'POST /v1/setup',
    'POST /v1/sign-in',
  ];
  const all = doors.flatMap((door) => door.routes.map((one) => ({ door, one, name: `${one.method} ${door.prefix}${one.path}` })));

  test('are let in only where this list says so', () => {
    expect(
      all
        .filter(({ one }) => one.access === 'anyone')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(open);
  });

  test.each<[string, Record<string, string>]>([
    ['without a credential', {}],
    ['with a key that is none', { authorization: 'Bearer pk_live_none' }],
    ['with a cookie that is none', { cookie: 'sid=none; csrf=none', 'x-csrf-token': 'none' }],
    ['with an operator’s token that is none', { authorization: 'Bearer operator-token-for-test' }],
  ])('are asked who they are, %s', async (_name, headers) => {
    const quiet = await testApp('sqlite', { RATE_LIMITS: 'off' });
    for (const { door, one, name } of all.filter((each) => !open.includes(each.name))) {
      const path = `${door.prefix}${one.path.replace(/\{\w+\}/g, '1')}`;
      const reply = await call(quiet, { method: one.method, path, headers, ...(one.method === 'GET' ? {} : { body: {} }) });
      expect([name, reply.status]).toEqual([name, 401]);
      if (one.method === 'GET') expect([name, (await call(quiet, { method: 'HEAD', path, headers })).status]).toEqual([name, 401]);
    }
    await quiet.close();
  });
});

test('reading changes nothing', async () => {
  const quiet = await testApp('sqlite', { RATE_LIMITS: 'off' });
  const one = await makeWorld(quiet.app);
  const tables = ['account', 'workspace', 'member', 'bot', 'site', 'event', 'tag', 'field', 'invite', 'setting', 'idempotency'] as const;
  const rows = async () => JSON.stringify(await Promise.all(tables.map((table) => quiet.app.db.selectFrom(table).selectAll().execute())));
  const before = await rows();
  for (const door of doors) {
    for (const { path, stream } of door.routes.filter(({ method }) => method === 'GET')) {
      const url = `${door.prefix}${path.replace(/\{\w+\}/g, '1')}`;
      // The reply of a stream does not end.
      for (const method of stream ? (['HEAD'] as const) : (['GET', 'HEAD'] as const)) {
        const reply = await call(quiet, { method, path: url, key: one.key, headers: { 'x-http-method-override': 'DELETE', 'idempotency-key': 'read' } });
        expect(reply.status).toBeLessThan(500);
      }
    }
  }
  expect(await rows()).toBe(before);
  await quiet.close();
});

describe('the log', () => {
  test('has one line for a request, with its route and without what it carried', async () => {
    const canary = 'Canary-7f3a9';
    const before = t.lines.length;
    const id = 'logged-1';
    await call(t, {
      method: 'GET',
      path: `/api/flow/tags?name=${canary}&key=${canary}`,
      key: world.key,
      headers: { 'x-request-id': id, cookie: `sid=${canary}` },
    });
    await call(t, { method: 'POST', path: '/api/flow/create-tag', key: world.key, body: { name: canary } });
    await call(t, { method: 'POST', path: '/api/flow/create-tag', key: world.key, body: { name: canary } });
    await call(t, { method: 'POST', path: '/api/flow/create-tag', key: `pk_live_${canary}`, body: { name: canary } });
    await call(t, { method: 'GET', path: `/api/${canary}` });
    await call(t, { method: 'POST', path: '/v1/sign-in', body: { email: `${canary}@example.com`, password: canary } });
    await call(t, { method: 'POST', path: '/v1/sign-in', body: `{"email":"${canary}` });
    const lines = t.lines.slice(before);
    expect(lines.filter((line) => line.includes('"message":"request"'))).toHaveLength(7);
    expect(lines.filter((line) => line.includes(canary) || line.includes(world.key))).toEqual([]);
    expect(JSON.parse(lines.find((line) => line.includes(id)) ?? '')).toEqual({
      time: expect.any(String),
      level: 'info',
      message: 'request',
      request: id,
      method: 'GET',
      route: '/api/flow/tags',
      status: 200,
      ms: expect.any(Number),
      workspace: world.workspace.id,
      caller: 'key',
    });
  });
});

describe('what a route does', () => {
  const tests: Door['routes'] = [
    route({
      method: 'POST',
      path: '/half',
      access: 'bot_manage',
      body: z.object({ name: z.string() }),
      reply: z.object({ id: z.int() }),
      docs: { id: 'half', tag: 'Test', summary: '' },
      run: ({ app, tenant, body, reply }) =>
        app.transact(async (tx) => {
          reply.header('x-half', 'done');
          reply.cookie('half', 'done', { maxAgeS: 60, httpOnly: true });
          const at = app.clock.now();
          const row = { bot_id: tenant.botId, name: body.name, name_key: body.name, created_at: at };
          await tx.insertInto('tag').values(row).execute();
          // The second is refused by the database, after the first was written.
          await tx
            .insertInto('tag')
            .values({ ...row, created_at: null as never })
            .execute();
          return { id: 1 };
        }),
    }),
  ];

  test('is undone whole when it fails after part of its work', async () => {
    const server = buildServer(t.app, doorsWith('platform', tests), { checkReplies: true, plugins: [] });
    for (const key of [undefined, 'half-1', 'half-1']) {
      const headers = { authorization: `Bearer ${world.key}`, ...(key ? { 'idempotency-key': key } : {}) };
      const reply = await server.inject({ method: 'POST', path: '/api/half', headers, payload: { name: 'half-written' } });
      expect(reply.statusCode).toBeGreaterThanOrEqual(409);
      expect([reply.headers['set-cookie'], reply.headers['x-half'], reply.headers['idempotent-replayed']]).toEqual([undefined, undefined, undefined]);
    }
    const left = await t.app.db.selectFrom('tag').select('id').where('name', '=', 'half-written').execute();
    expect(left).toEqual([]);
    await server.close();
  });
});
