// What every operation of this door promises, held for each of the list below. A new operation is a line in it.
import { fieldTypes } from '@parley/engine/field.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKey, policies, type Scope, scopes } from '../../auth.ts';
import { createKey } from '../../commands/keys.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeWorld, type World } from '../../testing/factories.ts';
import { call, type Reply, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';
import { platformDoor } from './door.ts';

type Thing = { ns: string; name: string };
type Things = { tag: Thing; userField: Thing; botField: Thing; subscriber: Thing; subFlow: Thing; node: Thing; password: string };

type Operation = {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  scope: Scope | null;
  /** A call that succeeds on these things; of a read, its query. */
  body?: (things: Things) => object;
  /** What it looks up by the ids or names in its body. */
  names?: 'Tag' | 'User field' | 'Bot field' | 'Subscriber' | 'Sub flow';
};

const flow = { scope: 'Manage Flow' } as const;
const team = { scope: 'Manage Team' } as const;

const operations: Operation[] = [
  { ...flow, method: 'GET', path: '/flow/subflows' },
  { ...flow, method: 'DELETE', path: '/flow/delete-sub-flow', names: 'Sub flow', body: ({ subFlow }) => ({ sub_flow_ns: subFlow.ns }) },
  { ...flow, method: 'POST', path: '/flow/set-default-start-flow', names: 'Sub flow', body: ({ subFlow }) => ({ sub_flow_ns: subFlow.ns }) },
  { ...flow, method: 'POST', path: '/flow/set-web-chat-widget-default-start-flow', names: 'Sub flow', body: ({ subFlow }) => ({ sub_flow_ns: subFlow.ns }) },
  { ...flow, method: 'GET', path: '/subscribers' },
  { ...flow, method: 'GET', path: '/subscriber/get-info', names: 'Subscriber', body: ({ subscriber }) => ({ user_ns: subscriber.ns }) },
  { ...flow, method: 'GET', path: '/subscriber/get-info-by-user-id', names: 'Subscriber', body: ({ subscriber }) => ({ user_id: subscriber.name }) },
  { ...flow, method: 'POST', path: '/subscriber/create', body: ({ subscriber }) => ({ email: `${subscriber.name}@example.com` }) },
  { ...flow, method: 'POST', path: '/subscriber/pause-bot', names: 'Subscriber', body: ({ subscriber }) => ({ user_ns: subscriber.ns }) },
  { ...flow, method: 'POST', path: '/subscriber/resume-bot', names: 'Subscriber', body: ({ subscriber }) => ({ user_ns: subscriber.ns }) },
  {
    ...flow,
    method: 'POST',
    path: '/subscriber/log-custom-event',
    names: 'Subscriber',
    body: ({ subscriber }) => ({ user_ns: subscriber.ns, event_name: 'ordered', number_value: 1 }),
  },
  { ...flow, method: 'GET', path: '/subscriber/chat-messages', names: 'Subscriber', body: ({ subscriber }) => ({ user_ns: subscriber.ns }) },
  { ...flow, method: 'POST', path: '/subscriber/send-text', names: 'Subscriber', body: ({ subscriber }) => ({ user_ns: subscriber.ns, content: 'Hello' }) },
  {
    ...flow,
    method: 'POST',
    path: '/subscriber/send-sub-flow',
    names: 'Subscriber',
    body: ({ subscriber, subFlow }) => ({ user_ns: subscriber.ns, sub_flow_ns: subFlow.ns }),
  },
  {
    ...flow,
    method: 'POST',
    path: '/subscriber/send-node',
    names: 'Subscriber',
    body: ({ subscriber, node }) => ({ user_ns: subscriber.ns, node_ns: node.ns }),
  },
  { ...flow, method: 'POST', path: '/subscriber/send-main-flow', names: 'Subscriber', body: ({ subscriber }) => ({ user_ns: subscriber.ns }) },
  { ...flow, method: 'GET', path: '/flow/tags' },
  { ...flow, method: 'POST', path: '/flow/create-tag', body: ({ tag }) => ({ name: `${tag.name} too` }) },
  { ...flow, method: 'DELETE', path: '/flow/delete-tag', names: 'Tag', body: ({ tag }) => ({ tag_ns: tag.ns }) },
  { ...flow, method: 'DELETE', path: '/flow/delete-tag-by-name', names: 'Tag', body: ({ tag }) => ({ name: tag.name }) },
  { ...flow, method: 'GET', path: '/flow/user-fields' },
  { ...flow, method: 'POST', path: '/flow/create-user-field', body: ({ tag }) => ({ name: `${tag.name} field`, var_type: 'text', value: '' }) },
  { ...flow, method: 'DELETE', path: '/flow/delete-user-field', names: 'User field', body: ({ userField }) => ({ var_ns: userField.ns }) },
  { ...flow, method: 'DELETE', path: '/flow/delete-user-field-by-name', names: 'User field', body: ({ userField }) => ({ name: userField.name }) },
  { ...flow, method: 'POST', path: '/flow/update-user-field', names: 'User field', body: ({ userField }) => ({ var_ns: userField.ns, display_type: 'pin' }) },
  { ...flow, method: 'GET', path: '/flow/bot-fields' },
  { ...flow, method: 'POST', path: '/flow/create-bot-field', body: ({ tag }) => ({ name: `${tag.name} field`, var_type: 'text', value: '' }) },
  { ...flow, method: 'PUT', path: '/flow/set-bot-field', names: 'Bot field', body: ({ botField }) => ({ var_ns: botField.ns, value: 'x' }) },
  { ...flow, method: 'PUT', path: '/flow/set-bot-field-by-name', names: 'Bot field', body: ({ botField }) => ({ name: botField.name, value: 'x' }) },
  { ...flow, method: 'PUT', path: '/flow/set-bot-fields', names: 'Bot field', body: ({ botField }) => ({ data: [{ var_ns: botField.ns, value: 'x' }] }) },
  {
    ...flow,
    method: 'PUT',
    path: '/flow/set-bot-fields-by-name',
    names: 'Bot field',
    body: ({ botField }) => ({ data: [{ name: botField.name, value: 'x' }] }),
  },
  { ...flow, method: 'DELETE', path: '/flow/delete-bot-field', names: 'Bot field', body: ({ botField }) => ({ var_ns: botField.ns }) },
  { ...flow, method: 'DELETE', path: '/flow/delete-bot-field-by-name', names: 'Bot field', body: ({ botField }) => ({ name: botField.name }) },
  { ...team, method: 'GET', path: '/team-flows' },
  { ...team, method: 'GET', path: '/team-info' },
  { ...team, method: 'GET', path: '/team-members' },
  { scope: null, method: 'GET', path: '/me' },
  {
    scope: null,
    method: 'PUT',
    path: '/user/change-password',
    body: ({ password }) => ({ current_password: password, password: 'Battery-staple-7', password_confirmation: 'Battery-staple-7' }),
  },
];

const named = operations.map((operation) => ({ ...operation, name: `${operation.method} ${operation.path}` }));
const reads = named.filter((one) => one.method === 'GET');
const writes = named.filter((one) => one.body !== undefined && one.method !== 'GET');
const deletes = named.filter((one) => one.method === 'DELETE');
const scoped = named.filter((one) => one.scope !== null);
const ofBot = named.filter((one) => one.scope === 'Manage Flow');
const lookups = named.filter((one) => one.names !== undefined);

test('the list names every operation of the door, with its scope', () => {
  const served = platformDoor.routes.map((route) => `${route.method} ${route.path} ${policies[route.access].scope}`);
  expect(named.map((one) => `${one.name} ${one.scope}`).sort()).toEqual(served.sort());
});

describe.each(databaseKinds)('the door on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  const ask = (operation: Operation, key?: string, body?: unknown): Request => ({
    method: operation.method,
    path: `/api${operation.path}${operation.method === 'GET' && body !== undefined ? `?${new URLSearchParams(body as Record<string, string>)}` : ''}`,
    ...(key === undefined ? {} : { key }),
    ...(body === undefined || operation.method === 'GET' ? {} : { body }),
  });

  function expectHeaders(reply: Reply): void {
    for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) expect(String(reply.headers[name]), name).toMatch(/^\d+$/);
    expect(reply.headers['x-request-id']).toBeTruthy();
    expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
  }

  async function keyWithQuota(quotaPerHour: number, held: readonly Scope[]): Promise<string> {
    const { account, bot, workspace } = world;
    const ours = { workspaceId: workspace.id, botId: bot.id, accountId: account.id, name: 'with a quota', scopes: held };
    return (await t.app.transact((tx) => createKey(t.app, tx, { ...ours, environment: 'live', expiresAt: null, quotaPerHour }))).secret;
  }

  async function makeFlow(owner: World, id: string): Promise<{ sub_flow_ns: string; nodes: { node_ns: string }[] }> {
    const groups = { hello: { blocks: [{ id: 'hi', type: 'text', text: 'Hello!', to: { next: '@end' } }] } };
    const document = { format: 'flow/1', id, name: id, triggers: { go: { type: 'start', to: 'hello' } }, groups };
    await call(t, { method: 'POST', path: '/v1/flows', key: owner.key, body: { document, publish: true } });
    const made = (await call(t, { method: 'GET', path: `/v1/flows/${id}`, key: owner.key })).json as { sub_flow_ns: string; nodes: { node_ns: string }[] };
    await call(t, { method: 'POST', path: '/api/flow/set-default-start-flow', key: owner.key, body: { sub_flow_ns: made.sub_flow_ns } });
    return made;
  }

  let count = 0;
  async function makeThings(owner: World): Promise<Things> {
    count += 1;
    const name = `thing ${count}`;
    const make = async (path: string, body: object): Promise<Thing> => {
      const { data } = (await call(t, { method: 'POST', path: `/api/flow/${path}`, key: owner.key, body })).json as {
        data: { tag_ns: string; var_ns: string };
      };
      return { ns: data.tag_ns ?? data.var_ns, name };
    };
    const field = { name, var_type: 'text', value: '' };
    const phone = `49309018${String(count).padStart(4, '0')}`;
    const flow = await makeFlow(owner, `thing_${count}`);
    const { data } = (await call(t, { method: 'POST', path: '/api/subscriber/create', key: owner.key, body: { phone, name } })).json as {
      data: { user_ns: string };
    };
    return {
      subscriber: { ns: data.user_ns, name: phone },
      subFlow: { ns: flow.sub_flow_ns, name },
      node: { ns: flow.nodes[0]?.node_ns ?? '', name },
      tag: await make('create-tag', { name }),
      userField: await make('create-user-field', field),
      botField: await make('create-bot-field', field),
      password: owner.password,
    };
  }

  test.each(named)('$name without a valid key is 401', async (operation) => {
    // Wrong keys are counted per address; a minute later they are forgotten.
    t.clock.advance(60_000);
    const foreign = makeKey('live');
    for (const key of [undefined, foreign, `${foreign.slice(0, -1)}-`, 'nonsense']) {
      const reply = await scenario(t, ask(operation, key, '{'), {
        status: 401,
        body: { message: 'Unauthenticated.' },
        headers: { 'www-authenticate': /^Bearer$/ },
      });
      expectHeaders(reply);
    }
    const two = { ...ask(operation, world.key), headers: { 'x-api-key': other.key } };
    await scenario(t, two, { status: 401, body: { message: 'Unauthenticated.' } });
  });

  test.each(scoped)('$name without the scope $scope is 403 and names it, before the body is looked at', async (operation) => {
    const key = await makeKeyFor(
      t.app,
      world,
      scopes.filter((scope) => scope !== operation.scope),
    );
    const reply = await scenario(t, ask(operation, key, '{'), { status: 403, body: { message: `This key lacks the scope "${operation.scope}".` } });
    expectHeaders(reply);
  });

  test.each(writes)('$name refuses what is not JSON with 400 and what is not valid with 422', async (operation) => {
    expectHeaders(await scenario(t, ask(operation, world.key, '{"name": '), { status: 400, body: { message: 'The body is not valid JSON.' } }));
    const deep = `{"name": ${'['.repeat(65)}${']'.repeat(65)}}`;
    await scenario(t, ask(operation, world.key, deep), { status: 400, body: { message: 'The JSON is nested more than 64 levels deep.' } });
    for (const body of [{}, undefined, [], { name: [], var_ns: {}, tag_ns: 1, data: 'x', value: '' }]) {
      const reply = await scenario(t, ask(operation, world.key, body), { status: 422 });
      expectHeaders(reply);
      const { message, errors } = reply.json as { message: string; errors: Record<string, string[]> };
      expect(Object.values(errors).flat()[0]).toBe(message);
    }
    const text = { ...ask(operation, world.key, 'name=x'), headers: { 'content-type': 'text/plain' } };
    await scenario(t, text, { status: 415, body: { message: 'Send JSON, with Content-Type: application/json.' } });
  });

  test.each(named)('$name is the only way to use its path', async (operation) => {
    const reply = await scenario(
      t,
      { ...ask(operation, world.key), method: 'PATCH' },
      { status: 405, headers: { allow: new RegExp(`\\b${operation.method}\\b`) } },
    );
    expect((reply.json as { message: string }).message).toMatch(/^PATCH is not allowed here; use /);
    expectHeaders(reply);
    const path = `/api${operation.path}/nowhere`;
    expectHeaders(await scenario(t, { ...ask(operation, world.key), path }, { status: 404, body: { message: `Not found: ${operation.method} ${path}` } }));
  });

  test.each(reads)('$name answers with its headers, also to a client that sends a request id', async (operation) => {
    const reply = await scenario(
      t,
      { ...ask(operation, world.key, operation.body?.(await makeThings(world))), headers: { 'x-request-id': 'mine-1' } },
      { status: 200, headers: { 'x-request-id': /^mine-1$/ } },
    );
    expectHeaders(reply);
    expect(reply.json).toMatchObject({ status: 'ok', data: expect.anything() });
  });

  test.each(writes)('$name has one effect and one reply under an Idempotency-Key', async (operation) => {
    const body = operation.body?.(await makeThings(world));
    const request = { ...ask(operation, world.key, body), headers: { 'idempotency-key': operation.name } };
    const first = await call(t, request);
    expect([first.status, first.text]).toEqual([200, expect.stringContaining('"status":"ok"')]);
    expectHeaders(first);
    const again = await scenario(t, request, { status: 200, headers: { 'idempotent-replayed': /^true$/ } });
    expect(again.text).toBe(first.text);
    expectHeaders(again);
    await scenario(t, { ...request, body: { ...body, more: 1 } }, { status: 422 });
  });

  test.each(deletes)('$name is also POST with X-HTTP-Method-Override, and its parameters may stand in the query', async (operation) => {
    const post = (body: object) => ({ ...ask(operation, world.key, body), method: 'POST' as const });
    const override = { headers: { 'x-http-method-override': 'delete' } };
    const first = operation.body?.(await makeThings(world)) ?? {};
    expect((await call(t, { ...post(first), ...override })).json).toEqual({ status: 'ok' });
    await scenario(t, { ...post(first), ...override }, { status: 404, body: { message: `${operation.names} not found.` } });
    await scenario(t, post(first), { status: 405 });
    const second = operation.body?.(await makeThings(world)) as Record<string, string>;
    const inQuery = { ...ask(operation, world.key), path: `/api${operation.path}?${new URLSearchParams(second)}` };
    expect((await call(t, inQuery)).json).toEqual({ status: 'ok' });
    await scenario(t, inQuery, { status: 404, body: { message: `${operation.names} not found.` } });
  });

  test.each(lookups)('$name cannot tell what others have from what nobody has', async (operation) => {
    const theirs = await makeThings(other);
    const f = `f${world.bot.id}`;
    const nobody = {
      tag: { ns: `${f}t999999`, name: 'nobody' },
      userField: { ns: `${f}v999999`, name: 'nobody' },
      botField: { ns: `${f}v999999`, name: 'nobody' },
      subscriber: { ns: `${f}u999999`, name: 'nobody' },
      subFlow: { ns: `${f}s999999`, name: 'nobody' },
      node: { ns: `${f}n999999`, name: 'nobody' },
    };
    const missing = { status: 404, body: { message: `${operation.names} not found.` } };
    const toTheirs = await scenario(t, ask(operation, world.key, operation.body?.(theirs)), missing);
    const toNobody = await scenario(t, ask(operation, world.key, operation.body?.({ ...nobody, password: '' })), missing);
    expect(toTheirs.text).toBe(toNobody.text);
    // The same numbers under this bot's own prefix are another's still.
    const renamed = JSON.parse(JSON.stringify(operation.body?.(theirs)).replaceAll(`f${other.bot.id}`, f)) as object;
    await scenario(t, ask(operation, world.key, renamed), missing);
    expect((await call(t, ask(operation, other.key, operation.body?.(theirs)))).status).toBe(200);
  });

  test.each(reads)('$name shows nothing of another workspace', async (operation) => {
    await makeThings(other);
    const { text } = await call(t, ask(operation, world.key, operation.body?.(await makeThings(world))));
    for (const secret of [`"f${other.bot.id}`, other.account.email]) expect(text).not.toContain(secret);
  });

  test.each(ofBot)('$name takes a workspace-wide key that names its bot', async (operation) => {
    const key = await makeKeyFor(t.app, world, scopes, null);
    const body = operation.body?.(await makeThings(world));
    const as = (headers: Record<string, string>): Request => ({ ...ask(operation, key, body), headers });
    expectHeaders(await scenario(t, as({}), { status: 400, body: { message: 'Name the bot in the header x-client-flow-ns, for example f1.' } }));
    const noBot = { status: 404, body: { message: 'Bot not found.' } };
    for (const bot of [`f${other.bot.id}`, 'f999999', 'nonsense']) await scenario(t, as({ 'x-client-flow-ns': bot }), noBot);
    const mine = { 'x-client-flow-ns': `f${world.bot.id}`, 'x-client-workspace-id': String(world.workspace.id) };
    await scenario(t, as({ ...mine, 'x-client-workspace-id': String(other.workspace.id) }), { status: 403 });
    expect((await call(t, as(mine))).status).toBe(200);
  });

  test.each(['/team-info', '/team-flows', '/team-members', '/me'])('GET %s takes a workspace-wide key without a bot', async (path) => {
    const key = await makeKeyFor(t.app, world, scopes, null);
    expect((await call(t, { method: 'GET', path: `/api${path}`, key })).status).toBe(200);
    await scenario(t, { method: 'GET', path: `/api${path}`, key, headers: { 'x-client-workspace-id': '999999' } }, { status: 403 });
  });

  test('a key of one bot is refused when the headers name another', async () => {
    const message = 'This key belongs to another bot or workspace than the headers name.';
    const foreign: Record<string, string>[] = [
      { 'x-client-flow-ns': `f${other.bot.id}` },
      { 'x-client-flow-ns': 'nonsense' },
      { 'x-client-workspace-id': String(other.workspace.id) },
    ];
    for (const headers of foreign) await scenario(t, { method: 'GET', path: '/api/flow/tags', key: world.key, headers }, { status: 403, body: { message } });
  });

  const anything = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constantFrom('f1t1', 'f1v1', `f1v${'9'.repeat(15)}`, 'x'.repeat(70_000)));
  const bodies = fc.oneof(
    anything,
    fc.record(
      {
        name: anything,
        tag_ns: anything,
        var_ns: anything,
        value: anything,
        var_type: fc.constantFrom(...fieldTypes),
        description: anything,
        is_template_field: anything,
        display_type: anything,
        data: fc.oneof(anything, fc.array(fc.record({ name: anything, var_ns: anything, value: anything }, { requiredKeys: [] }), { maxLength: 21 })),
        password: anything,
      },
      { requiredKeys: [] },
    ),
  );

  test.each(writes)('$name has an answer to every body', async (operation) => {
    const key = await keyWithQuota(0, scopes);
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const reply = await call(t, ask(operation, key, JSON.stringify(body)));
        expect([200, 400, 404, 409, 422, 429], reply.text).toContain(reply.status);
        expect(reply.json).toHaveProperty(reply.status === 200 ? 'status' : 'message');
      }),
      { numRuns: 60 },
    );
  });

  test.each(reads)('$name has an answer to every query', async (operation) => {
    const key = await keyWithQuota(0, scopes);
    const queries = fc.dictionary(
      fc.constantFrom('limit', 'per_page', 'page', 'name', 'type', 'role', 'more', 'phone', 'user_ns', 'user_id', 'user_field_ns', 'start_time', 'is_channel'),
      fc.oneof(fc.string({ unit: 'binary' }), fc.integer().map(String)),
    );
    await fc.assert(
      fc.asyncProperty(queries, async (query) => {
        const reply = await call(t, ask(operation, key, query));
        expect([200, 400, 404, 422], reply.text).toContain(reply.status);
      }),
      { numRuns: 60 },
    );
  });

  test('over its quota a key gets 429 and numbers that hold, until the hour is over', async () => {
    const key = await keyWithQuota(3, ['Manage Team']);
    const info: Request = { method: 'GET', path: '/api/team-info', key };
    const reset = String(Math.ceil((t.clock.now() + 3_600_000) / 1000));
    const numbers = (remaining: number) => ({
      'x-ratelimit-limit': /^3$/,
      'x-ratelimit-remaining': new RegExp(`^${remaining}$`),
      'x-ratelimit-reset': new RegExp(`^${reset}$`),
    });
    for (const remaining of [2, 1, 0]) await scenario(t, info, { status: 200, headers: numbers(remaining) });
    t.clock.advance(600_000);
    const over = { status: 429, headers: { ...numbers(0), 'retry-after': /^3000$/ } };
    const refused = await scenario(t, info, over);
    expect((refused.json as { message: string }).message).toMatch(/Try again in 3000 s\.$/);
    // Before the body is looked at, and after the scope was.
    await scenario(t, { method: 'PUT', path: '/api/user/change-password', key, body: '{' }, over);
    await scenario(t, { method: 'GET', path: '/api/flow/tags', key }, { status: 403 });
    await scenario(t, { ...info, key: world.key }, { status: 200 });
    t.clock.advance(3_000_000);
    await scenario(t, info, { status: 200, headers: { 'x-ratelimit-remaining': /^2$/ } });
  });
});

test('with rate limits off all limit headers are 0', async () => {
  const t = await testApp('sqlite', { RATE_LIMITS: 'off' });
  const world = await makeWorld(t.app);
  const zero = { 'x-ratelimit-limit': /^0$/, 'x-ratelimit-remaining': /^0$/, 'x-ratelimit-reset': /^0$/ };
  await scenario(t, { method: 'GET', path: '/api/me', key: world.key }, { status: 200, headers: zero });
  await scenario(t, { method: 'GET', path: '/api/me' }, { status: 401, headers: zero });
  await scenario(t, { method: 'GET', path: '/api/nowhere' }, { status: 404, headers: zero });
  await t.close();
});
