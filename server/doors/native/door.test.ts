import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite } from '../../commands/invites.ts';
import { createLabel } from '../../commands/labels.ts';
import { createTag } from '../../commands/tags.ts';
import type { Route } from '../../http/route.ts';
import { customEventNamed } from '../../store/custom-events.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { formOf } from '../../testing/files/form.ts';
import { call, type Request, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';
import { nativeDoor } from './door.ts';

// What holds for every route of this door, those of tomorrow included.

/** THE LIST of what anyone may call, by operation: to add one is a decision, not an oversight. */
const forAnyone = ['getSetup', 'completeSetup', 'signIn', 'getBrand', 'lookAtInvite', 'acceptInvite', 'readFile'];

const routes = nativeDoor.routes;
/** A WebSocket looks at its path when it is asked for an upgrade. */
const named = routes.filter((route) => route.path.includes('{id}') && route.access !== 'operator' && route.socket === undefined);

function requestOf(route: Route, id: string | number = 1): Request {
  const body = route.docs.example ?? (route.body ? {} : undefined);
  return { method: route.method, path: `/v1${route.path.replace('{id}', String(id))}`, ...(body === undefined ? {} : { body }) };
}

test('every route is documented, with an example where it takes a body', () => {
  const ids = routes.map((route) => route.docs.id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { docs, body } of routes) {
    expect(docs.summary, docs.id).toMatch(/^[A-Z].*[^.]$/);
    if (body) expect(body.safeParse(docs.example).success, docs.id).toBe(true);
  }
});

test('what creates answers 201, what deletes 204', () => {
  // The calls of /chats keep the statuses their clients know.
  for (const { method, status, reply, docs } of routes.filter((one) => !one.path.startsWith('/chats'))) {
    if (method === 'DELETE') expect([docs.id, reply]).toEqual([docs.id, undefined]);
    if (/^(create|init$|completeSetup|acceptInvite)/.test(docs.id)) expect([docs.id, status]).toEqual([docs.id, 201]);
  }
});

describe.each(databaseKinds)('all native routes on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let owner: Record<string, string>;
  beforeAll(async () => {
    // The sweep knocks at every door many times over.
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    owner = await session(t.app, world.account);
  });
  afterAll(() => t.close());

  const atBot = () => ({ ...owner, 'x-bot': `f${world.bot.id}` });

  test('nobody comes in without a credential, but where everyone may', async () => {
    const open: string[] = [];
    for (const route of routes) {
      const reply = await t.server.inject({
        method: route.method,
        url: requestOf(route).path,
        payload: route.body ? '{}' : undefined,
        headers: route.body ? { 'content-type': 'application/json' } : {},
      });
      if (reply.statusCode !== 401) open.push(route.docs.id);
    }
    expect(open.sort()).toEqual([...forAnyone].sort());
  });

  test('a wrong credential is refused everywhere, also where none is needed', async () => {
    for (const route of routes) await scenario(t, { ...requestOf(route), key: 'pk_live_guess' }, { status: 401 });
  });

  test('a session writes nothing without its CSRF token, or with another’s', async () => {
    const stolen = (await session(t.app, other.account))['x-csrf-token'];
    for (const route of routes.filter((one) => one.method !== 'GET')) {
      const { cookie = '' } = owner;
      await scenario(t, { ...requestOf(route), headers: { cookie } }, { status: 403 });
      await scenario(t, { ...requestOf(route), headers: { cookie, 'x-csrf-token': stolen } }, { status: 403 });
    }
  });

  test('what is for people is refused to keys, even to one with all scopes', async () => {
    const forPeople = routes.filter((one) => ['person', 'installation_own', 'team_own', 'operator'].includes(one.access));
    expect(forPeople.length).toBeGreaterThan(10);
    for (const route of forPeople) await scenario(t, { ...requestOf(route), key: world.key }, { status: 403 });
  });

  test('a thing of another workspace answers like one that never was, at every path that names one', async () => {
    const caller = {
      kind: 'account' as const,
      account: other.account,
      signIn: { hash: '', account_id: 0, created_at: 0, seen_at: 0, expires_at: 0, ip: null, agent: null },
    };
    const holder = { caller, tenant: { workspaceId: other.workspace.id, botId: 0, role: 'owner' as const } };
    const { invite: open } = await t.app.transact((tx) => invite(t.app, tx, holder, { email: 'x@example.com', role: 'viewer' }));
    const { id: keyId } = await t.app.db.selectFrom('api_key').select('id').where('workspace_id', '=', other.workspace.id).executeTakeFirstOrThrow();
    const { db } = t.app;
    const { id: subscriber } = await db.selectFrom('subscriber').select('id').where('bot_id', '=', other.bot.id).executeTakeFirstOrThrow();
    const { id: label } = await t.app.transact((tx) => createLabel(t.app, tx, { workspaceId: other.workspace.id, botId: 0, role: 'owner' }, 'Theirs'));
    const { id: tag } = await t.app.transact((tx) => createTag(t.app, tx, { workspaceId: other.workspace.id, botId: other.bot.id, role: 'owner' }, 'Theirs'));
    const made = await call(t, { method: 'POST', path: '/v1/fields', key: other.key, body: { owner: 'user', name: 'theirs' } });
    const { id: field } = made.json as { id: number };
    const { id: event } = await t.app.transact((tx) => customEventNamed(tx, other.bot.id, 'theirs', 0));
    const { id: flow } = await db.selectFrom('flow').select('id').where('bot_id', '=', other.bot.id).executeTakeFirstOrThrow();
    const chat = await call(t, { method: 'POST', path: '/v1/chats', key: other.key, body: { from_flow: 'welcome', message: 'Hello' } });
    const { id: conversation } = await db.selectFrom('conversation').select('id').where('bot_id', '=', other.bot.id).executeTakeFirstOrThrow();
    const reply = await call(t, { method: 'POST', path: '/v1/canned-replies', key: other.key, body: { shortcut: 'hello', text: 'Hello!' } });
    const { id: canned } = reply.json as { id: number };
    const form = formOf({ name: 'theirs.txt', type: 'text/plain', bytes: Buffer.from('theirs') });
    const sent = await call(t, { method: 'POST', path: '/v1/files', key: other.key, headers: form.headers, body: form.body });
    expect(sent.status, sent.text).toBe(201);
    const theirs: Record<string, number | string> = {
      f: (sent.json as { id: string }).id,
      flows: flow,
      subscribers: subscriber,
      labels: label,
      tags: tag,
      fields: field,
      'custom-events': event,
      conversations: conversation,
      'canned-replies': canned,
      chats: (chat.json as { id: string }).id,
      workspaces: other.workspace.id,
      bots: other.bot.id,
      members: (await makeMember(t.app, other, 'agent')).account.id,
      invites: open.id,
      keys: keyId,
      sites: other.site.id,
    };
    expect(named.length).toBeGreaterThan(15);
    for (const route of named) {
      const id = theirs[route.path.split('/')[1] ?? ''];
      expect(id, `${route.path}: tell this test a foreign id`).toBeDefined();
      await sameAsUnknown(t, (one) => ({ ...requestOf(route, one), headers: atBot() }), id ?? 0);
      if (route.access !== 'person') await sameAsUnknown(t, (one) => ({ ...requestOf(route, one), key: world.key }), id ?? 0);
    }
  });

  test('a path that cannot be an id is not found, whatever it is', async () => {
    for (const route of named) {
      for (const id of ['x', '-1', '1.5', '1e3', '%00', '9'.repeat(16), "1'--"])
        await scenario(t, { ...requestOf(route, id), headers: atBot() }, { status: 404 });
    }
  });
});
