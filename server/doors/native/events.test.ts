import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { readFor, readStream, type Seen } from '../../testing/doubles/readers.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { echo } from '../../testing/samples/echo.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('the events of a workspace on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let url: string;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: echo, publish: true } });
    url = `${await t.server.listen({ host: '127.0.0.1', port: 0 })}/v1/events`;
    t.clock.advance(10_000);
  });
  afterAll(() => t.close());

  const bearer = (key = world.key) => ({ authorization: `Bearer ${key}` });
  const isEcho = (one: Seen): boolean => one.event === 'flow.published' && (one.data.data as { slug?: string }).slug === 'echo';
  const facts = (seen: Seen[]) => seen.filter((one) => one.id !== null);
  const allFacts = async (headers: Record<string, string>): Promise<Seen[]> => facts(await readFor(400, `${url}?after=0`, headers));
  const all = async (headers: Record<string, string>): Promise<string[]> => (await allFacts(headers)).map((one) => one.event);

  test('facts are told with their numbers, and again after any of them', async () => {
    const seen = await readStream(`${url}?after=0`, bearer(), (some) => some.some(isEcho));
    const numbers = facts(seen).map((one) => one.id ?? 0);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(seen.find(isEcho)?.data).toMatchObject({
      actor: { kind: 'key', name: 'test key' },
      bot: world.bot.id,
      data: { slug: 'echo', version: 1 },
    });
    const rest = await readStream(url, { ...bearer(), 'last-event-id': String(numbers[0]) }, (some) => some.some(isEcho));
    expect(facts(rest).map((one) => one.id)).toEqual(numbers.slice(1));
  });

  test('a fact that happens is told while one looks on, and a conversation that moves as a word without a number', async () => {
    const reading = readStream(url, bearer(), (seen) => ['flow.created', 'conversation.changed'].every((event) => seen.some((one) => one.event === event)));
    await sleep(100);
    const made = await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: 'echo', message: 'hi' } });
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: { ...echo, id: 'another' } } });
    await sleep(50);
    t.clock.advance(10_000);
    const seen = await reading;
    expect(seen[0]).toMatchObject({ event: 'stream.snapshot', id: expect.any(Number) });
    expect(seen.find((one) => one.event === 'conversation.changed')).toMatchObject({
      id: null,
      data: { conversation: expect.any(Number), seq: (made.json as { last_seq: number }).last_seq },
    });
  }, 15_000);

  test('each sees what they may: the audit log who manages the team, another workspace nobody', async () => {
    const flow = ['flow.created', 'flow.published'];
    const managing = await all(bearer(await makeKeyFor(t.app, world, ['Manage Team', 'Manage Flow'], null)));
    expect(managing).toEqual(expect.arrayContaining(['workspace.created', 'key.created', ...flow]));
    const building = await all(bearer(await makeKeyFor(t.app, world, ['Manage Flow'])));
    expect(building).toEqual(expect.arrayContaining(flow));
    expect(building).not.toContain('key.created');
    expect(await all(bearer(await makeKeyFor(t.app, world, ['chats:read'])))).toEqual([]);
    const { account } = await makeMember(t.app, world, 'viewer');
    const { cookie } = await session(t.app, account);
    expect(await all({ cookie })).toEqual(expect.arrayContaining(flow));
    expect(await all({ cookie })).not.toContain('key.created');
    const other = await makeWorld(t.app);
    t.clock.advance(10_000);
    expect(new Set((await allFacts(bearer(other.key))).map((one) => one.data.bot))).toEqual(new Set([other.bot.id]));
    expect((await call(t, { method: 'GET', path: '/v1/events' })).status).toBe(401);
  }, 15_000);
});
