import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identitySecrets } from '../../commands/sites.ts';
import { fireTimers } from '../../jobs/timers.ts';
import { restTrigger } from '../../store/cooldowns.ts';
import { findByChannelId } from '../../store/subscribers.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeSite, newToken, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, meetOnSite, type Request, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

/** Asks a name and greets by it. */
const greeter = {
  format: 'flow/1',
  id: 'greeter',
  name: 'Greeter',
  vars: { name: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        { id: 'name', type: 'ask', kind: 'text', text: 'Who are you?', save: 'name', timeout: '1d', to: { timeout: 'late' } },
        { id: 'hi', type: 'text', text: 'Hi {{ name }}, we write to {{ subscriber.phone }}.' },
        { id: 'end', type: 'end' },
      ],
    },
    late: {
      blocks: [
        { id: 'gone', type: 'text', text: 'Are you still there?' },
        { id: 'late_end', type: 'end' },
      ],
    },
  },
};

type Person = { id: number; user_ns: string; name: string; email: string | null; phone: string | null; tags: string[]; fields: Record<string, string> };
type Talk = { id: number; seq: number; messages: number; subscriber: { id: number; name: string } };

describe.each(databaseKinds)('two subscribers become one on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    await meetOnSite(t, world, greeter);
    for (const name of ['VIP', 'Trial']) await call(t, { method: 'POST', path: '/v1/tags', key: world.key, body: { name } });
    for (const name of ['Gold', 'Press']) await call(t, { method: 'POST', path: '/v1/labels', key: world.key, body: { name } });
    for (const name of ['City', 'Size']) await call(t, { method: 'POST', path: '/v1/fields', key: world.key, body: { owner: 'user', name, type: 'text' } });
  });
  afterAll(() => t.close());

  const ask = (method: Request['method'], path: string, body?: object): Request => ({ method, path: `/v1${path}`, key: world.key, body });
  const get = async <T>(path: string): Promise<T> => (await call(t, ask('GET', path))).json as T;
  const make = async (body: object): Promise<Person> =>
    (await scenario(t, ask('POST', '/subscribers', body), { status: 201, events: ['subscriber.created'] })).json;
  const merging = (into: number, from: number | string) => ask('POST', `/subscribers/${into}/merge`, { from });
  const merge = async (into: number, from: number | string): Promise<Person> =>
    (await scenario(t, merging(into, from), { status: 200, events: ['subscriber.merged'] })).json;
  const talksOf = async (id: number) => (await get<{ data: Talk[] }>(`/conversations?subscriber=${id}`)).data;
  const personOf = async (email: string) => (await get<{ data: Person[] }>(`/subscribers?email=${email}`)).data;
  let met = 0;
  /** Somebody on the website; the newest person of that address is theirs. */
  const visit = async (email: string, name = `Visitor ${met}`, site: { site_key: string } = world.site) => {
    met += 1;
    const visitor = visitorOf(t, site);
    await visitor.open({ message: `hi ${met}`, name, email });
    const [person] = await personOf(email);
    return { visitor, id: person?.id ?? 0 };
  };
  const texts = (page: { data: { body: string }[] }) => page.data.map(({ body }) => body);

  test('what hangs on the one hangs on the other, whose own values win', async () => {
    const into = await make({ user_id: 'kept', name: 'Jane', email: 'jane@example.com', add_tags: ['VIP'], add_labels: ['Gold'], fields: { City: 'Rome' } });
    const more = { add_tags: ['VIP', 'Trial'], add_labels: ['Gold', 'Press'], fields: { City: 'Oslo', Size: 'M' } };
    const from = await make({ user_id: 'gone', name: 'J.', first_name: 'Jane', email: 'JANE@example.com', phone: '+49 30 901820', ...more });
    await call(t, ask('POST', '/custom-events', { name: 'bought' }));
    const { workspace, bot } = world;
    await t.app.transact(async (tx) => {
      const [flow] = await tx.selectFrom('flow').select('id').where('bot_id', '=', bot.id).limit(1).execute();
      const event = await tx.selectFrom('custom_event').select('id').where('bot_id', '=', bot.id).executeTakeFirstOrThrow();
      await tx.insertInto('custom_event_log').values({ bot_id: bot.id, event_id: event.id, subscriber_id: from.id, data: '{}', at: 1 }).execute();
      const flowId = flow?.id ?? 0;
      for (const [id, trigger, until] of [
        [into.id, 'both', 5],
        [from.id, 'both', 9],
        [from.id, 'theirs', 7],
      ] as const)
        await restTrigger(tx, id, { flowId, trigger, until });
    });
    const count = async () => (await t.app.db.selectFrom('tally').select('n').where('list', '=', 'subscriber').where('owner_id', '=', bot.id).execute())[0]?.n;
    const before = await count();
    expect((await get<{ data: Person[] }>(`/subscribers/${into.id}/same`)).data.map(({ id }) => id)).toEqual([from.id]);
    const merged = await merge(into.id, from.user_ns);
    const all = { id: into.id, name: 'Jane', first_name: 'Jane', email: 'jane@example.com', phone: '+4930901820', tags: ['VIP', 'Trial'] };
    expect(merged).toMatchObject({ ...all, labels: ['Gold', 'Press'], fields: { City: 'Rome', Size: 'M' } });
    expect(await get(`/subscribers/${into.id}`)).toEqual(merged);
    expect(await count()).toBe((before ?? 0) - 1);
    await scenario(t, ask('GET', `/subscribers/${from.id}`), { status: 404 });
    expect((await get<{ data: Person[] }>(`/subscribers/${into.id}/same`)).data).toEqual([]);
    const log = await t.app.db.selectFrom('custom_event_log').select('subscriber_id').where('bot_id', '=', bot.id).execute();
    expect(log).toEqual([{ subscriber_id: into.id }]);
    const rests = await t.app.db.selectFrom('cooldown').select(['trigger_id', 'until']).where('subscriber_id', '=', into.id).orderBy('trigger_id').execute();
    expect(rests).toEqual([
      { trigger_id: 'both', until: 9 },
      { trigger_id: 'theirs', until: 7 },
    ]);
    // Whom a program calls by the name of the one that is gone is the one that was kept, and nobody is made beside them.
    expect((await findByChannelId(t.app.db, bot.id, 'api', 'gone'))?.id).toBe(into.id);
    await scenario(t, ask('POST', '/subscribers', { user_id: 'gone' }), { status: 409 });
    expect(((await call(t, ask('PUT', '/subscribers', { user_id: 'gone', name: 'Jane D.' }))).json as Person).id).toBe(into.id);
    const audit = await get<{ data: { kind: string; subject: string; data: object }[] }>(`/audit?workspace=${workspace.id}`);
    expect(audit.data[0]).toMatchObject({ kind: 'subscriber.merged', data: { from: from.id, channel: 'api' } });
  });

  test('whatever table hangs on a subscriber is thought of', async (ctx) => {
    if (kind !== 'sqlite') ctx.skip('the tables are the same');
    const found = await sql<{ name: string }>`select m.name from sqlite_master m, pragma_foreign_key_list(m.name) f where f."table" = 'subscriber'`.execute(
      t.app.db,
    );
    const moved = ['conversation', 'cooldown', 'custom_event_log', 'device', 'subscriber_alias', 'subscriber_label', 'subscriber_tag'];
    expect(found.rows.map(({ name }) => name).sort()).toEqual(moved);
  });

  test('a conversation that waits goes on, under its numbers and its token, and every door shows the one who was kept', async () => {
    const kept = await make({ email: 'anna@example.com', name: 'Anna Kept', phone: '+49 30 901821' });
    const { visitor, id } = await visit('Anna@example.com', 'Anna W.');
    const [before] = await talksOf(id);
    expect((await personOf('anna@example.com')).map((one) => one.id)).toEqual([id, kept.id]);
    await merge(kept.id, id);
    const [talk] = await talksOf(kept.id);
    expect(talk).toMatchObject({ id: before?.id, seq: before?.seq, messages: before?.messages, subscriber: { id: kept.id, name: 'Anna Kept' } });
    await visitor.send('Anna');
    expect(texts(await visitor.read()).at(-1)).toBe('Hi Anna, we write to +4930901821.');
    const authors = await t.app.db
      .selectFrom('message')
      .select('author_id')
      .where('conversation_id', '=', talk?.id ?? 0)
      .where('direction', '=', 'in')
      .execute();
    expect(new Set(authors.map((one) => one.author_id))).toEqual(new Set([kept.id]));
    const shown = await call(t, { method: 'GET', path: `/api/subscriber/get-info?user_ns=${kept.user_ns}`, key: world.key });
    expect([shown.status, shown.text]).toEqual([200, expect.stringContaining('Anna Kept')]);
    await scenario(t, { method: 'GET', path: `/api/subscriber/get-info?user_ns=f${world.bot.id}u${id}`, key: world.key }, { status: 404 });
    // The five calls begin nothing beside what the token has.
    const again = { name: 'Anna', email: 'anna@example.com', message: 'again', visitor_token: visitor.token };
    expect((await call(t, { method: 'POST', path: '/api/v1/chat/conversations', headers: { 'x-api-key': world.site.site_key }, body: again })).status).toBe(
      409,
    );
  });

  test('what waits for time waits as long as the bot rests', async () => {
    const kept = await make({ email: 'late@example.com' });
    const { visitor, id } = await visit('late@example.com');
    await call(t, ask('POST', `/subscribers/${kept.id}/pause`, { minutes: 2 * 24 * 60 }));
    await merge(kept.id, id);
    const passDay = async () => {
      t.clock.advance(25 * 3_600_000);
      await fireTimers(t.app);
    };
    await passDay();
    expect(texts(await visitor.read()).at(-1)).toBe('Who are you?');
    await passDay();
    expect(texts(await visitor.read()).at(-1)).toBe('Are you still there?');
  });

  test('a token that proves nothing opens only what was begun under it, reads nothing of the other and erases nothing of theirs', async () => {
    const site = await makeSite(t, world, { anonymous: 1, settings: JSON.stringify({ identity: 'optional' }) });
    const signature = (userId: string) =>
      createHmac('sha256', identitySecrets(t.app, site)[0] ?? '')
        .update(userId)
        .digest('hex');
    const prove = (token: string, userId: string) =>
      call(
        t,
        visitorOf(t, site).ask('POST', '/identify', { visitor_token: token, user_id: userId, signature: signature(userId), email: 'victim@example.com' }),
      );
    const proven = (await prove(newToken(), 'u1')).json as { visitor_token: string };
    const victim = visitorOf(t, site, proven.visitor_token);
    const { conversation_token: secret } = await victim.open({ message: 'My secret' });
    const [{ id: victimId } = { id: 0 }] = await personOf('victim@example.com');
    const { visitor: stranger, id: strangerId } = await visit('victim@example.com', 'Mallory', site);
    const listed = async (one: typeof victim) => (await one.list()).data.map(({ id }) => id);
    await merge(victimId, strangerId);
    expect((await listed(stranger)).length).toBe(1);
    const { conversation_token: another } = await stranger.open({ message: 'Another', name: 'Owned', email: 'mallory@example.com', another: true });
    expect(await listed(stranger)).toEqual(expect.arrayContaining([another]));
    expect(await listed(stranger)).not.toContain(secret);
    const all = await call(t, stranger.ask('GET', '/visitor/export', undefined, stranger.credential));
    expect(all.json).toMatchObject({ name: '', email: null });
    expect(all.text).not.toContain('My secret');
    expect((await call(t, stranger.ask('POST', '/identify', { visitor_token: stranger.token, user_id: 'x', name: 'Owned' }))).status).toBe(200);
    expect((await prove(stranger.token, 'u-mallory')).status).toBe(200);
    expect(await get<Person>(`/subscribers/${victimId}`)).toMatchObject({ email: 'victim@example.com', name: 'Mallory' });
    // Whoever has proved who they are sees it all.
    expect((await listed(victim)).length).toBe(3);
    await scenario(t, stranger.ask('DELETE', '/visitor', undefined, stranger.credential), { status: 204, events: ['subscriber.updated'] });
    expect(await listed(victim)).toEqual([secret]);
    expect((await stranger.call('GET', '/messages')).status).toBe(404);
  });

  test('it makes no difference which of the two is kept', async () => {
    const site = await makeSite(t, world, { anonymous: 1 });
    const mine = await visit('both@example.com', 'One', site);
    const theirs = await visit('both@example.com', 'Two', site);
    await merge(mine.id, theirs.id);
    for (const { visitor } of [mine, theirs]) expect((await visitor.list()).data.length).toBe(1);
    await scenario(t, mine.visitor.ask('DELETE', '/visitor', undefined, mine.visitor.credential), { status: 204, events: ['subscriber.updated'] });
    expect((await theirs.visitor.call('GET', '/messages')).status).toBe(200);
  });

  test('a chat of a program that is part of somebody is deleted without them', async () => {
    const kept = await make({ email: 'chat@example.com' });
    const chat = (await call(t, ask('POST', '/chats', { name: 'Chat', from_type: 'flow', from_flow: 'greeter' }))).json as { id: string };
    const row = await t.app.db.selectFrom('conversation').select('subscriber_id').where('public_id', '=', chat.id).executeTakeFirstOrThrow();
    await merge(kept.id, row.subscriber_id);
    expect((await call(t, ask('DELETE', `/chats/${chat.id}`))).status).toBeLessThan(300);
    await scenario(t, ask('GET', `/subscribers/${kept.id}`), { status: 200 });
  });

  test('of two that are made one both ways at once, one is left', async () => {
    const [a, b] = [await visit('race@example.com'), await visit('race@example.com')];
    const replies = await Promise.all([call(t, merging(a.id, b.id)), call(t, merging(b.id, a.id)), a.visitor.send('Ann'), b.visitor.send('Bea')]);
    expect([replies[0].status, replies[1].status].sort()).toEqual([200, 404]);
    const [left, ...none] = await personOf('race@example.com');
    expect(none).toEqual([]);
    expect((await talksOf(left?.id ?? 0)).length).toBe(2);
    for (const { visitor } of [a, b]) expect(texts(await visitor.read()).at(-1)).toMatch(/^Hi (Ann|Bea)/);
  });

  test('nobody becomes one with themselves, with somebody of another bot, or by whom it is not for', async () => {
    const one = await make({ user_id: 'alone' });
    await scenario(t, merging(one.id, one.id), { status: 409 });
    await scenario(t, ask('POST', `/subscribers/${one.id}/merge`, {}), { status: 422 });
    const foreign = (await call(t, { method: 'POST', path: '/v1/subscribers', key: other.key, body: { user_id: 'foreign' } })).json as Person;
    await sameAsUnknown(t, (id: number) => merging(one.id, id), foreign.id);
    await sameAsUnknown(t, (id: number) => merging(id, one.id), foreign.id);
    await scenario(t, merging(one.id, foreign.user_ns), { status: 404 });
    await sameAsUnknown(t, (id) => ask('GET', `/subscribers/${id}/same`), foreign.id);
    const agent = { ...(await session(t.app, (await makeMember(t.app, world, 'agent')).account)), 'x-bot': `f${world.bot.id}` };
    await scenario(t, { ...merging(one.id, foreign.id), key: undefined, headers: agent } as Request, { status: 403 });
    await scenario(t, { ...merging(one.id, foreign.id), key: await makeKeyFor(t.app, world, ['Send Message']) }, { status: 403 });
  });
});
