import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { customEventNamed, logCustomEvent } from '../../store/custom-events.ts';
import { insertSubscriber } from '../../store/subscribers.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeWorld, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Shown = { id: number; name: string; created_at: number };
type Logged = { id: number; subscriber: { id: number; user_ns: string }; data: unknown; created_at: number };

describe.each(databaseKinds)('custom events on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  const create = async (name: string, key = world.key): Promise<Shown> =>
    (await scenario(t, { method: 'POST', path: '/v1/custom-events', key, body: { name } }, { status: 201, events: ['custom_event.created'] })).json;

  test('a custom event is made, read, renamed and deleted', async () => {
    const made = await create('ordered');
    const path = `/v1/custom-events/${made.id}`;
    await scenario(t, { method: 'GET', path, key: world.key }, { status: 200, body: made });
    const renamed = { ...made, name: 'ordered_online' };
    await scenario(
      t,
      { method: 'PATCH', path, key: world.key, body: { name: renamed.name } },
      { status: 200, body: renamed, events: ['custom_event.updated'] },
    );
    const found = await call(t, { method: 'GET', path: '/v1/custom-events?q=ONLINE', key: world.key });
    expect(found.json).toEqual({ data: [renamed], next: null });
    await scenario(t, { method: 'DELETE', path, key: world.key }, { status: 204, events: ['custom_event.deleted'] });
    await scenario(t, { method: 'GET', path, key: world.key }, { status: 404 });
    await scenario(t, { method: 'GET', path: `${path}/log`, key: world.key }, { status: 404 });
  });

  test('what a flow logs under a name shows in the log of its event, newest first', async () => {
    const made = await create('Clicked');
    const subscriberId = await t.app.transact(async (tx) => {
      const one = await insertSubscriber(tx, world.bot.id, { channel: 'web', user_id: 'clicker' }, t.clock.now());
      // As a turn does: by name, in any case.
      const event = await customEventNamed(tx, world.bot.id, 'CLICKED', t.clock.now());
      expect(event.id).toBe(made.id);
      for (const data of [{ n: 1 }, 'two', null])
        await logCustomEvent(tx, world.bot.id, { eventId: event.id, subscriberId: one?.id ?? 0, data }, t.clock.now());
      return one?.id ?? 0;
    });
    const page = async (query: string): Promise<{ data: Logged[]; next: string | null }> =>
      (await call(t, { method: 'GET', path: `/v1/custom-events/${made.id}/log${query}`, key: world.key })).json;
    const first = await page('?limit=2');
    expect(first.data.map(({ data }) => data)).toEqual([null, 'two']);
    expect(first.data[0]?.subscriber).toEqual({ id: subscriberId, user_ns: `f${world.bot.id}u${subscriberId}` });
    const rest = await page(`?limit=2&cursor=${first.next}`);
    expect(rest.data.map(({ data }) => data)).toEqual([{ n: 1 }]);
    expect(rest.next).toBeNull();
  });

  test('a name is unique in the bot whatever its case, and two bots may have the same', async () => {
    await create('Same');
    const two = await create('Different');
    await scenario(t, { method: 'POST', path: '/v1/custom-events', key: world.key, body: { name: 'sAME' } }, { status: 409 });
    await scenario(t, { method: 'PATCH', path: `/v1/custom-events/${two.id}`, key: world.key, body: { name: 'SAME' } }, { status: 409 });
    await create('Same', other.key);
  });

  test('another bot’s event answers like one that never was', async () => {
    const event = await create('Ours');
    const key = other.key;
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/custom-events/${id}`, key }), event.id);
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/custom-events/${id}/log`, key }), event.id);
    await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: `/v1/custom-events/${id}`, key, body: { name: 'Theirs' } }), event.id);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: `/v1/custom-events/${id}`, key }), event.id);
  });

  test('a key needs Manage Flow', async () => {
    const key = await makeKeyFor(t.app, world, ['chats:read', 'chats:write', 'Send Message']);
    await scenario(t, { method: 'GET', path: '/v1/custom-events', key }, { status: 403 });
    await scenario(t, { method: 'POST', path: '/v1/custom-events', key, body: { name: 'No' } }, { status: 403 });
  });
});
