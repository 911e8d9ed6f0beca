import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, type Request, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type Shown = { id: number; user_ns: string; name: string; tags: string[]; labels: string[]; fields: Record<string, string>; paused_until: number | null };
type List = { data: Shown[]; next: string | null };
type Problem = { detail: string; errors: { loc: string[] }[] };

describe.each(databaseKinds)('subscribers on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    for (const name of ['VIP', 'Trial']) await call(t, { method: 'POST', path: '/v1/tags', key: world.key, body: { name } });
    for (const name of ['Gold', 'Press']) await call(t, { method: 'POST', path: '/v1/labels', key: world.key, body: { name } });
    for (const [name, type] of Object.entries({ City: 'text', Age: 'number' }))
      await call(t, { method: 'POST', path: '/v1/fields', key: world.key, body: { owner: 'user', name, type } });
  });
  afterAll(() => t.close());

  const ask = (method: Request['method'], path = '', body?: object): Request => ({ method, path: `/v1/subscribers${path}`, key: world.key, body });
  const create = async (body: object): Promise<Shown> => (await scenario(t, ask('POST', '', body), { status: 201, events: ['subscriber.created'] })).json;

  test('somebody is made with their marks, once', async () => {
    const made = await create({
      email: 'Jane@Example.com',
      first_name: 'Jane',
      last_name: 'Doe',
      add_tags: ['vip'],
      add_labels: ['gold'],
      fields: { city: 'Rome' },
    });
    expect(made).toMatchObject({ name: 'Jane Doe', email: 'Jane@Example.com', channel: 'api', tags: ['VIP'], labels: ['Gold'], fields: { City: 'Rome' } });
    await scenario(t, ask('POST', '', { email: 'JANE@example.com' }), { status: 409 });
    await create({ user_id: 'crm-1' });
    await scenario(t, ask('POST', '', { user_id: 'crm-1' }), { status: 409 });
    await create({ phone: '+49 30 901820' });
    await scenario(t, ask('POST', '', { phone: '0049 30 901820' }), { status: 409 });
    await scenario(t, ask('POST', '', { phone: 'ring me' }), { status: 422 });
    await scenario(t, ask('POST', '', { name: 'Nobody' }), { status: 422 });
    await scenario(t, { method: 'GET', path: `/v1/subscribers/${made.user_ns}`, key: world.key }, { status: 200, body: made });
  });

  test('a change says what it changed, and what is there already is no change', async () => {
    const one = await create({ user_id: 'changes', add_tags: ['Trial'] });
    const patch = (body: object) => ask('PATCH', `/${one.id}`, body);
    const change = { name: 'Ann', add_tags: ['vip', 'trial'], remove_tags: ['nobody'], add_labels: ['Press'], fields: { age: '041', CITY: 'Bonn' } };
    const isAll = (shown: Shown) =>
      expect(shown).toMatchObject({ name: 'Ann', tags: ['VIP', 'Trial'], labels: ['Press'], fields: { Age: '41', City: 'Bonn' } });
    await scenario(t, patch(change), { status: 200, body: isAll, events: ['subscriber.updated'] });
    const [event] = await t.app.db.selectFrom('event').select('data').where('kind', '=', 'subscriber.updated').orderBy('id', 'desc').limit(1).execute();
    expect(JSON.parse(event?.data ?? '')).toEqual({ changed: ['name', 'fields', 'tags', 'labels'] });
    await scenario(t, patch(change), { status: 200, body: isAll });
    const less = (shown: Shown) => expect(shown).toMatchObject({ tags: ['Trial'], labels: [], fields: { Age: '41' } });
    await scenario(t, patch({ remove_tags: ['VIP'], remove_labels: ['press'], fields: { city: null } }), {
      status: 200,
      body: less,
      events: ['subscriber.updated'],
    });
  });

  test('what does not exist is refused by name, and nothing of the call happens', async () => {
    const one = await create({ user_id: 'slips' });
    const refused = (body: object, loc: string[], said: string) =>
      scenario(t, ask('PATCH', `/${one.id}`, { name: 'Half', ...body }), {
        status: 422,
        body: ({ detail, errors }: Problem) => expect([detail, errors[0]?.loc]).toEqual([said, loc]),
      });
    await refused({ add_tags: ['VIP', 'Whale'] }, ['add_tags'], 'There is no tag “Whale”. Create it first.');
    await refused({ add_labels: ['Silver'] }, ['add_labels'], 'There is no label “Silver”. Create it first.');
    await refused({ fields: { Shoe: 1 } }, ['fields', 'Shoe'], 'There is no user field “Shoe”. Create it first.');
    await refused({ fields: { age: 'old' } }, ['fields', 'age'], 'The field “age” must be a number.');
    await scenario(t, ask('GET', `/${one.id}`), { status: 200, body: (shown: Shown) => expect([shown.name, shown.tags]).toEqual(['', []]) });
  });

  test('PUT finds by user_id, phone or e-mail and marks whom it finds or makes', async () => {
    const put = (body: object, events: string[]) => scenario(t, ask('PUT', '', body), { status: 200, events }).then((reply) => reply.json as Shown);
    const made = await put({ email: 'put@example.com', add_tags: ['VIP'], fields: { City: 'Lund' } }, ['subscriber.created']);
    expect(made).toMatchObject({ tags: ['VIP'], fields: { City: 'Lund' } });
    const again = await put({ email: 'PUT@example.com', phone: '+46 46 222 00 00', remove_tags: ['VIP'] }, ['subscriber.updated']);
    expect(again).toMatchObject({ id: made.id, phone: '+46462220000', tags: [] });
    expect((await put({ phone: '+46462220000' }, [])).id).toBe(made.id);
    expect((await put({ user_id: 'put@example.com' }, [])).id).toBe(made.id);
    await scenario(t, ask('PUT', '', { name: 'Nobody' }), { status: 422 });
  });

  test('the list is narrowed by label and goes oldest first when asked', async () => {
    const first = await create({ user_id: 'list-1', name: 'Listed one', add_labels: ['Press'] });
    const second = await create({ user_id: 'list-2', name: 'Listed two' });
    const ids = async (query: string) => ((await call(t, ask('GET', `?${query}`))).json as List).data.map(({ id }) => id);
    expect(await ids('q=listed')).toEqual([second.id, first.id]);
    expect(await ids('q=listed&sort=oldest')).toEqual([first.id, second.id]);
    const labels: { data: { id: number }[] } = (await call(t, { method: 'GET', path: '/v1/labels?q=press', key: world.key })).json;
    expect(await ids(`label=${labels.data[0]?.id}`)).toEqual([first.id]);
    await scenario(t, ask('GET', '?sort=name'), { status: 422 });
  });

  test('the bot rests for a while or until resumed', async () => {
    const one = await create({ user_id: 'rests' });
    const until = (at: number | null) => (shown: Shown) => expect(shown.paused_until).toBe(at);
    const hour = until(t.clock.now() + 3_600_000);
    await scenario(t, ask('POST', `/${one.id}/pause`, { minutes: 60 }), { status: 200, body: hour, events: ['subscriber.paused'] });
    await scenario(t, ask('POST', `/${one.id}/resume`), { status: 200, body: until(null), events: ['subscriber.resumed'] });
    await scenario(t, ask('POST', `/${one.id}/resume`), { status: 200, body: until(null) });
    const always = until(Date.UTC(9999, 11, 31, 23, 59, 59));
    await scenario(t, ask('POST', `/${one.id}/pause`, {}), { status: 200, body: always, events: ['subscriber.paused'] });
    for (const minutes of [0, -1, 1.5, '5']) await scenario(t, ask('POST', `/${one.id}/pause`, { minutes }), { status: 422 });
  });

  test('notes of all their conversations are listed newest first, and erasing takes everything along', async () => {
    const one = await create({ email: 'noted@example.com' });
    await call(t, { method: 'POST', path: '/api/subscriber/send-text', key: world.key, body: { user_ns: one.user_ns, content: 'Hello' } });
    const talks: { data: { id: number }[] } = (await call(t, { method: 'GET', path: `/v1/conversations?subscriber=${one.id}`, key: world.key })).json;
    const talk = talks.data[0]?.id;
    const note = (text: string) => call(t, { method: 'POST', path: `/v1/conversations/${talk}/messages`, key: world.key, body: { text, note: true } });
    for (const text of ['first', 'second', 'third']) await note(text);
    type Notes = { data: { text: string; conversation: number; author: { name: string } }[]; next: string | null };
    const notes = async (query: string): Promise<Notes> => (await call(t, ask('GET', `/${one.id}/notes${query}`))).json;
    const page = await notes('?limit=2');
    expect(page.data.map(({ text, conversation, author }) => [text, conversation, author.name])).toEqual([
      ['third', talk, 'Olive Owner'],
      ['second', talk, 'Olive Owner'],
    ]);
    const rest = await notes(`?limit=2&cursor=${page.next}`);
    expect([rest.data.map(({ text }) => text), rest.next]).toEqual([['first'], null]);
    expect((await notes('?cursor=nonsense')).data).toEqual([]);
    await scenario(t, ask('DELETE', `/${one.id}`), { status: 204, events: ['subscriber.deleted'] });
    for (const path of [`/${one.id}`, `/${one.id}/notes`]) await scenario(t, ask('GET', path), { status: 404 });
    await scenario(t, { method: 'GET', path: `/v1/conversations/${talk}`, key: world.key }, { status: 404 });
    await scenario(t, ask('DELETE', `/${one.id}`), { status: 404 });
  });

  test('another bot’s subscriber answers like one that never was, whatever is asked', async () => {
    const one = await create({ user_id: 'ours' });
    const path = (id: number) => `/v1/subscribers/${id}`;
    const key = other.key;
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: path(id), key }), one.id);
    await sameAsUnknown(t, (id) => ({ method: 'PATCH', path: path(id), key, body: { name: 'Theirs' } }), one.id);
    await sameAsUnknown(t, (id) => ({ method: 'DELETE', path: path(id), key }), one.id);
    await sameAsUnknown(t, (id) => ({ method: 'POST', path: `${path(id)}/pause`, key, body: {} }), one.id);
    await sameAsUnknown(t, (id) => ({ method: 'POST', path: `${path(id)}/resume`, key }), one.id);
    await sameAsUnknown(t, (id) => ({ method: 'GET', path: `${path(id)}/notes`, key }), one.id);
    await scenario(t, { method: 'GET', path: `/v1/subscribers/${one.user_ns}`, key }, { status: 404 });
    // Their own tag of the same name is not ours to give.
    await call(t, { method: 'POST', path: '/v1/tags', key, body: { name: 'Foreign' } });
    await scenario(t, ask('PATCH', `/${one.id}`, { add_tags: ['Foreign'] }), { status: 422 });
  });

  test('a viewer reads, an agent also pauses and marks, and only builders say who they are or erase', async () => {
    const one = await create({ user_id: 'guarded' });
    const as = async (role: 'viewer' | 'agent') => ({ ...(await session(t.app, (await makeMember(t.app, world, role)).account)), 'x-bot': `f${world.bot.id}` });
    const path = `/v1/subscribers/${one.id}`;
    const viewer = await as('viewer');
    await scenario(t, { method: 'GET', path, headers: viewer }, { status: 200 });
    await scenario(t, { method: 'POST', path: `${path}/pause`, headers: viewer, body: {} }, { status: 403 });
    const agent = await as('agent');
    await scenario(t, { method: 'POST', path: `${path}/pause`, headers: agent, body: {} }, { status: 200, events: ['subscriber.paused'] });
    const patch = (body: object) => ({ method: 'PATCH' as const, path, body });
    for (const body of [{ name: 'No' }, { email: 'no@example.com', add_tags: ['VIP'] }]) await scenario(t, { ...patch(body), headers: agent }, { status: 403 });
    const marks = { add_tags: ['VIP'], add_labels: ['Press'], fields: { City: 'Kyoto' } };
    const isMarked = (shown: Shown) => expect(shown).toMatchObject({ name: '', tags: ['VIP'], labels: ['Press'], fields: { City: 'Kyoto' } });
    await scenario(t, { ...patch(marks), headers: agent }, { status: 200, body: isMarked, events: ['subscriber.updated'] });
    await scenario(t, { ...patch(marks), headers: viewer }, { status: 403 });
    const sender = await makeKeyFor(t.app, world, ['Send Message']);
    await scenario(t, { ...patch({ remove_tags: ['VIP'] }), key: sender }, { status: 200, events: ['subscriber.updated'] });
    await scenario(t, { ...patch({ name: 'No' }), key: sender }, { status: 403 });
    await scenario(t, { ...patch({ name: 'Yes' }), key: await makeKeyFor(t.app, world, ['Manage Flow']) }, { status: 200, events: ['subscriber.updated'] });
    await scenario(t, { ...patch({ add_tags: ['VIP'] }), key: await makeKeyFor(t.app, world, ['chats:read']) }, { status: 403 });
    await scenario(t, { method: 'DELETE', path, headers: agent }, { status: 403 });
    await scenario(t, { method: 'DELETE', path, key: await makeKeyFor(t.app, world, ['Send Message']) }, { status: 403 });
  });
});
