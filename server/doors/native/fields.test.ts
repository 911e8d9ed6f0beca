import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Shown = { id: number; var_ns: string; owner: string; name: string; type: string; value: string; updated_at: number };
type List = { data: Shown[]; next: string | null };

describe.each(databaseKinds)('fields on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  const post = (body: object, key = world.key) => ({ method: 'POST' as const, path: '/v1/fields', key, body });
  const create = async (body: object): Promise<Shown> => (await scenario(t, post(body), { status: 201, events: ['field.created'] })).json;
  const patch = (id: number | string, body: object) => ({ method: 'PATCH' as const, path: `/v1/fields/${id}`, key: world.key, body });
  const list = async (query = ''): Promise<List> => (await call(t, { method: 'GET', path: `/v1/fields${query}`, key: world.key })).json;

  test('a user field is made with the usual, changed by what is given, and keeps its type', async () => {
    const made = await create({ owner: 'user', name: ' City ' });
    const usual = { type: 'text', description: '', display: 'default', value: '', created_at: t.clock.now(), updated_at: t.clock.now() };
    expect(made).toEqual({ id: made.id, var_ns: `f${world.bot.id}v${made.id}`, owner: 'user', name: 'City', ...usual });
    t.clock.advance(1000);
    const change = { name: 'Town', description: 'Where they live', display: 'pin', value: 'Rome' };
    const after = { ...made, ...change, updated_at: t.clock.now() };
    await scenario(t, patch(made.var_ns, change), { status: 200, body: after, events: ['field.updated'] });
    await scenario(t, patch(made.id, { ...change, type: 'number' }), { status: 200, body: after });
    await scenario(t, { method: 'GET', path: `/v1/fields/${made.id}`, key: world.key }, { status: 200, body: after });
    await scenario(t, { method: 'DELETE', path: `/v1/fields/${made.id}`, key: world.key }, { status: 204, events: ['field.deleted'] });
    await scenario(t, { method: 'GET', path: `/v1/fields/${made.id}`, key: world.key }, { status: 404 });
  });

  test('a bot field has a value, which is set as its type wants it', async () => {
    const made = await create({ owner: 'bot', name: 'tables', type: 'number', value: 12 });
    expect(made.value).toBe('12');
    const is = (value: string) => (body: Shown) => expect(body.value).toBe(value);
    await scenario(t, patch(made.id, { value: '007.50' }), { status: 200, body: is('7.5'), events: ['bot_field.set'] });
    await scenario(t, patch(made.id, { name: 'seats', value: null }), { status: 200, body: is(''), events: ['field.updated', 'bot_field.set'] });
    await scenario(t, patch(made.id, { value: 'many' }), {
      status: 422,
      body: (problem: { errors: object[] }) => expect(problem.errors).toMatchObject([{ loc: ['value'], msg: 'The value field must be a number.' }]),
    });
    await scenario(t, post({ owner: 'bot', name: 'born', type: 'date', value: '2026-02-30' }), { status: 422 });
    const user = await create({ owner: 'user', name: 'age', type: 'number' });
    await scenario(t, patch(user.id, { value: 'old' }), { status: 422 });
    await scenario(t, patch(user.id, { value: 18 }), { status: 200, body: is('18'), events: ['field.updated'] });
  });

  test('names are unique among the fields of one owner, and the list tells owners apart', async () => {
    const user = await create({ owner: 'user', name: 'Plan' });
    const bot = await create({ owner: 'bot', name: 'plan' });
    await scenario(t, post({ owner: 'user', name: 'PLAN' }), { status: 409 });
    const size = await create({ owner: 'user', name: 'Plan size' });
    await scenario(t, patch(size.id, { name: 'plan' }), { status: 409 });
    const ids = ({ data }: List) => data.map(({ id }) => id);
    expect(ids(await list('?q=plan'))).toEqual([size.id, bot.id, user.id]);
    expect(ids(await list('?q=plan&owner=user&sort=name'))).toEqual([user.id, size.id]);
    expect(ids(await list('?q=plan&owner=bot'))).toEqual([bot.id]);
    const first = await list('?q=plan&sort=oldest&limit=2');
    expect(ids(first)).toEqual([user.id, bot.id]);
    expect(ids(await list(`?q=plan&sort=oldest&limit=2&cursor=${first.next}`))).toEqual([size.id]);
    for (const wrong of [{ name: 'x' }, { owner: 'team', name: 'x' }, { owner: 'user', name: '' }, { owner: 'user', name: 'x', type: 'colour' }])
      await scenario(t, post(wrong), { status: 422 });
    await scenario(t, { method: 'GET', path: '/v1/fields?owner=team', key: world.key }, { status: 422 });
  });

  test('who was given no value of their own has the usual one in a flow', async () => {
    await create({ owner: 'user', name: 'tariff', value: 'Free' });
    const hello = {
      blocks: [
        { id: 'hi', type: 'text', text: 'Plan {{ subscriber.tariff }}' },
        { id: 'done', type: 'end' },
      ],
    };
    const document = { format: 'flow/1', id: 'plans', name: 'Plans', triggers: { go: { type: 'start', to: 'hello' } }, groups: { hello } };
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
    await call(t, { method: 'POST', path: '/v1/chats', key: world.key, body: { from_flow: 'plans', message: 'hi' } });
    const said = await t.app.db.selectFrom('message').select('text').where('direction', '=', 'out').orderBy('id', 'desc').executeTakeFirst();
    expect(said?.text).toBe('Plan Free');
  });

  test('another bot’s field answers like one that never was', async () => {
    const field = await create({ owner: 'user', name: 'Ours' });
    const key = other.key;
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `/v1/fields/${id}`, key }), field.id);
    await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: `/v1/fields/${id}`, key, body: { name: 'Theirs' } }), field.id);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: `/v1/fields/${id}`, key }), field.id);
    expect((await list('?q=ours')).data).toEqual([field]);
  });

  test('a viewer reads and does not write; a key needs Manage Flow', async () => {
    const viewer = { ...(await session(t.app, (await makeMember(t.app, world, 'viewer')).account)), 'x-bot': `f${world.bot.id}` };
    await scenario(t, { method: 'GET', path: '/v1/fields', headers: viewer }, { status: 200 });
    await scenario(t, { method: 'POST', path: '/v1/fields', headers: viewer, body: { owner: 'user', name: 'No' } }, { status: 403 });
    await scenario(t, post({ owner: 'user', name: 'No' }, await makeKeyFor(t.app, world, ['Send Message'])), { status: 403 });
  });
});
