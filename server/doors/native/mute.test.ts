import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fireTimers } from '../../jobs/timers.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeSite, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, meetOnSite, type Request, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

/** Asks a name, for a day; then hands over. */
const helper = {
  format: 'flow/1',
  id: 'helper',
  name: 'Helper',
  vars: { name: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: { blocks: [{ id: 'name', type: 'ask', kind: 'text', text: 'Who are you?', save: 'name', timeout: '1d', to: { timeout: 'late', next: 'desk' } }] },
    late: {
      blocks: [
        { id: 'gone', type: 'text', text: 'Are you still there?' },
        { id: 'end', type: 'end' },
      ],
    },
    desk: { blocks: [{ id: 'people', type: 'handoff', text: 'One moment, {{ name }}.', to: { resolved: 'bye' } }] },
    bye: {
      blocks: [
        { id: 'bye', type: 'text', text: 'Good bye.' },
        { id: 'over', type: 'end' },
      ],
    },
  },
};

type Shown = { id: number; handler: string; status: string; muted_at: number | null; waiting_since: number | null; messages: number };

describe.each(databaseKinds)('muted conversations on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let agent: { id: number; name: string };
  let headers: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    await meetOnSite(t, world, helper);
    const { account } = await makeMember(t.app, world, 'agent');
    agent = { id: account.id, name: account.name };
    headers = { ...(await session(t.app, account)), 'x-bot': `f${world.bot.id}` };
  });
  afterAll(() => t.close());

  const get = async <T>(path: string): Promise<T> => (await call(t, { method: 'GET', path: `/v1/conversations${path}`, headers })).json as T;
  const post = (path: string, body: object = {}): Request => ({ method: 'POST', path: `/v1/conversations/${path}`, headers, body });
  const mute = async (id: number, on: boolean): Promise<Shown> => (await scenario(t, post(`${id}/mute`, { on }), { status: 200 })).json as Shown;
  const look = (id: number) => get<Shown>(`/${id}`);
  const isUnassigned = async (id: number) => (await get<{ data: Shown[] }>('?view=unassigned')).data.some((one) => one.id === id);
  const waiting = async () => (await get<{ waiting: number }>('/counts')).waiting;
  const acts = async (id: number) =>
    (await get<{ data: { data: { act: string; by: { name: string } | null } }[] }>(`/${id}/events?kind=conversation`)).data.map(
      ({ data }) => `${data.act} ${data.by?.name ?? 'nobody'}`,
    );
  const begin = async (site: { site_key: string } = world.site, more: object = {}) => {
    const visitor = visitorOf(t, site);
    await visitor.open({ message: 'hi', name: 'Jane', email: 'jane@example.com', ...more });
    const [newest] = (await get<{ data: Shown[] }>('?limit=1')).data;
    return { id: newest?.id ?? 0, visitor, texts: async () => (await visitor.read()).data.map(({ body }) => body) };
  };

  test('what is written is kept, calls nobody and is answered by no flow', async () => {
    const { id, visitor, texts } = await begin();
    await visitor.send('Jane');
    expect([await isUnassigned(id), await waiting()]).toEqual([true, 1]);
    expect(await mute(id, true)).toMatchObject({ muted_at: t.clock.now(), waiting_since: null });
    expect([await isUnassigned(id), await waiting()]).toEqual([false, 0]);
    await visitor.send('Buy cheap watches');
    expect((await texts()).slice(-2)).toEqual(['One moment, Jane.', 'Buy cheap watches']);
    expect([await isUnassigned(id), await waiting()]).toEqual([false, 0]);
    expect((await get<{ data: Shown[] }>('?view=all')).data.find((one) => one.id === id)).toMatchObject({ muted_at: t.clock.now(), waiting_since: null });
    await scenario(t, post(`${id}/hand-back`), { status: 409 });
    await mute(id, true);
    expect(await mute(id, false)).toMatchObject({ muted_at: null, handler: 'people' });
    expect(await isUnassigned(id)).toBe(true);
    await visitor.send('Sorry');
    expect(await waiting()).toBe(1);
    expect(await acts(id)).toEqual([`muted ${agent.name}`, `unmuted ${agent.name}`]);
    await scenario(t, post(`${id}/status`, { status: 'done' }), { status: 200 });
  });

  test('a flow that waits is silent and its time stands still until it is heard again', async () => {
    const { id, visitor, texts } = await begin();
    const pass = async (hours: number) => {
      t.clock.advance(hours * 3_600_000);
      await fireTimers(t.app);
    };
    await mute(id, true);
    await pass(48);
    await visitor.send('Jane');
    expect(await texts()).toEqual(['hi', 'Who are you?', 'Jane']);
    await mute(id, false);
    await pass(23);
    expect((await texts()).length).toBe(3);
    await visitor.send('Jane it is');
    expect((await texts()).at(-1)).toBe('One moment, Jane it is.');
    await mute(id, true);
    await scenario(t, post(`${id}/status`, { status: 'done' }), { status: 200 });
    expect(await texts()).not.toContain('Good bye.');
    // A reply opens it again, and still calls nobody.
    await visitor.send('Hello?');
    expect(await look(id)).toMatchObject({ status: 'open', waiting_since: null });
    expect([await isUnassigned(id), (await texts()).at(-1)]).toEqual([false, 'Hello?']);
  });

  test('a time that is up in a muted conversation comes once it is heard again', async () => {
    const { id, texts } = await begin();
    await mute(id, true);
    await mute(id, false);
    t.clock.advance(25 * 3_600_000);
    await fireTimers(t.app);
    expect((await texts()).at(-1)).toBe('Are you still there?');
  });

  test('what looks like a program is muted at its beginning where the site says so, and only there', async () => {
    const bot = { website: 'https://spam.example', nonce: 'made.up.one' };
    const usual = await begin(world.site, bot);
    expect(await look(usual.id)).toMatchObject({ muted_at: null });
    expect(await usual.texts()).toEqual(['hi', 'Who are you?']);
    const strict = await makeSite(t, world, { settings: JSON.stringify({ mute_suspected: true }), auto_reply: 'Thanks!', flow: helper.id });
    const marked = await begin(strict, bot);
    expect(await look(marked.id)).toMatchObject({ muted_at: t.clock.now(), waiting_since: null, messages: 1 });
    expect(await marked.texts()).toEqual(['hi']);
    expect(await acts(marked.id)).toEqual(['muted nobody']);
    expect(await isUnassigned(marked.id)).toBe(false);
    await mute(marked.id, false);
    expect(await isUnassigned(marked.id)).toBe(true);
    // Nobody is refused or muted who only speaks the five calls, which bring no sign.
    const five = { name: 'Ann', email: 'ann@example.com', message: 'hi', visitor_token: 'five-calls-of-an-old-client' };
    const begun = await call(t, { method: 'POST', path: '/api/v1/chat/conversations', headers: { 'x-api-key': strict.site_key }, body: five });
    expect(begun.status).toBe(201);
    expect((await get<{ data: Shown[] }>('?limit=1')).data[0]).toMatchObject({ muted_at: null });
    const honest = await begin(strict);
    expect(await look(honest.id)).toMatchObject({ muted_at: null });
  });

  test('nobody mutes what is not theirs, or who only reads', async () => {
    const { id } = await begin();
    const other = await makeWorld(t.app);
    await sameAsUnknown(t, (one: number) => ({ method: 'POST', path: `/v1/conversations/${one}/mute`, key: other.key, body: { on: true } }), id);
    const viewer = { ...(await session(t.app, (await makeMember(t.app, world, 'viewer')).account)), 'x-bot': `f${world.bot.id}` };
    await scenario(t, { ...post(`${id}/mute`, { on: true }), headers: viewer }, { status: 403 });
    await scenario(t, post(`${id}/mute`), { status: 422 });
  });
});
