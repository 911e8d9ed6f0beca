import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createField } from '../../commands/fields.ts';
import { createFlow, publishFlow } from '../../commands/flows.ts';
import { createLabel } from '../../commands/labels.ts';
import { workOnce } from '../../jobs/worker.ts';
import { giveSign, type Sign } from '../../live.ts';
import type { Conversation } from '../../store/conversations.ts';
import { listMessages } from '../../store/messages.ts';
import type { Site } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { readStream } from '../../testing/doubles/readers.ts';
import { makeSite, type Visitor, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const two = {
  format: 'flow/1',
  id: 'two',
  name: 'two',
  vars: { name: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'hello', type: 'text', text: 'Hello!' },
        { id: 'who', type: 'ask', kind: 'text', text: 'Who are you?', save: 'name' },
        { id: 'bye', type: 'text', text: 'Bye {{ name }}', to: { next: '@end' } },
      ],
    },
  },
};

describe.each(databaseKinds)('what a page says of its visitor on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let site: Site;
  let url: string;
  let visitor: Visitor;
  const row = (): Promise<Conversation> => t.app.db.selectFrom('conversation').selectAll().where('site_id', '=', site.id).executeTakeFirstOrThrow();
  const contextOf = async () => JSON.parse((await row()).context ?? '{}') as { attributes: object };

  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    const tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' as const };
    await t.app.transact(async (tx) => {
      await tx.deleteFrom('flow_start').where('bot_id', '=', world.bot.id).execute();
      await createFlow(t.app, tx, tenant, two);
      await publishFlow(t.app, tx, tenant, { slug: 'two' }, '');
      await createLabel(t.app, tx, { ...tenant }, 'VIP');
    });
    url = await t.server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => t.close());
  beforeEach(async () => {
    site = await makeSite(t, world, { anonymous: 1 });
    visitor = visitorOf(t, site);
  });

  const track = (body: object) => call(t, visitor.ask('POST', '/events', body, visitor.credential));

  test('an event sets off the flow that waits for it', async () => {
    const groups = { a: { blocks: [{ id: 'offer', type: 'text', text: 'The {{ param.trigger.data.sku }} is in season.', to: { next: '@end' } }] } };
    const seen = { format: 'flow/1', id: 'seen', name: 'seen', triggers: { go: { type: 'event', event: 'seen', interrupts: 'always', to: 'a' } }, groups };
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: seen, publish: true } });
    await visitor.open({ message: 'Hi' });
    expect((await track({ name: 'Seen', properties: { sku: 'fern' } })).status).toBe(204);
    await workOnce(t.app);
    const { id } = await row();
    const texts = (await listMessages(t.app.db, id, { limit: 20, notes: 'without' })).map((one) => one.text);
    expect(texts.at(-1)).toBe('The fern is in season.');
  });

  test('an event is noted with the visitor, under a name that is made at its first use', async () => {
    expect((await track({ name: 'looked' })).status).toBe(404);
    expect((await call(t, visitor.ask('POST', '/events', { name: 'looked' }))).status).toBe(404);
    await visitor.open({ message: 'Hi' });
    expect((await track({ name: 'added to basket', properties: { sku: 'fern', tags: ['a', 'b'], price: 2.5 } })).status).toBe(204);
    expect((await track({ name: 'Added to Basket' })).status).toBe(204);
    const { subscriber_id: subscriberId } = await row();
    const logged = await t.app.db
      .selectFrom('custom_event_log')
      .innerJoin('custom_event', 'custom_event.id', 'custom_event_log.event_id')
      .select(['custom_event.name', 'custom_event_log.data'])
      .where('custom_event_log.subscriber_id', '=', subscriberId)
      .orderBy('custom_event_log.id')
      .execute();
    expect(logged.map(({ name, data }) => [name, JSON.parse(data)])).toEqual([
      ['added to basket', { sku: 'fern', tags: ['a', 'b'], price: 2.5 }],
      ['added to basket', {}],
    ]);
  });

  test.each<[what: string, properties: object]>([
    ['4 KB', Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`p${at}`, 'x'.repeat(499)]))],
    ['50 keys', Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`p${at}`, 1]))],
    ['texts of 500', { text: 'x'.repeat(501) }],
    ['lists of 20', { list: Array.from({ length: 21 }, () => 1) }],
    ['3 levels', { a: { b: { c: { d: 1 } } } }],
  ])('an event of more than %s is refused', async (_what, properties) => {
    await visitor.open({ message: 'Hi' });
    const reply = await track({ name: 'much', properties });
    expect([reply.status, (reply.json as { field: string }).field]).toEqual([422, 'properties']);
    expect((await track({ name: 'x'.repeat(101) })).status).toBe(422);
  });

  test('a bot has at most so many kinds of events, and then the ones there are', async () => {
    const other = await makeWorld(t.app);
    const theirs = await makeSite(t, other, { anonymous: 1 });
    const one = visitorOf(t, theirs);
    await one.open({ message: 'Hi' });
    await t.app.transact((tx) =>
      tx
        .insertInto('custom_event')
        .values(Array.from({ length: 500 }, (_, at) => ({ bot_id: other.bot.id, name: `e${at}`, name_key: `e${at}`, created_at: 1 })))
        .execute(),
    );
    const said = async (name: string) => (await call(t, one.ask('POST', '/events', { name }, one.credential))).status;
    expect([await said('e499'), await said('one more')]).toEqual([204, 422]);
  });

  test('attributes of the conversation stay with it; those of the visitor are fields too', async () => {
    const tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' as const };
    const plan = await t.app.transact((tx) =>
      createField(t.app, tx, tenant, { owner: 'user', name: 'plan', type: 'text', display: 'default', description: '', value: '', isTemplate: false }),
    );
    await visitor.open({ message: 'Hi', attributes: { first: 1 } });
    const set = (of: string, attributes: object) => visitor.call('POST', '/attributes', { of, attributes });
    expect((await set('conversation', { order: '1042', [plan.name]: 'no field' })).status).toBe(204);
    const fields = async () => {
      const { subscriber_id: id } = await row();
      return JSON.parse((await t.app.db.selectFrom('subscriber').select('fields').where('id', '=', id).executeTakeFirstOrThrow()).fields) as object;
    };
    expect(await fields()).toEqual({});
    expect((await set('visitor', { [plan.name]: 'pro', first: null })).status).toBe(204);
    expect(await fields()).toEqual({ [plan.id]: 'pro' });
    expect((await contextOf()).attributes).toEqual({ order: '1042', [plan.name]: 'pro' });
    const many = Object.fromEntries(Array.from({ length: 49 }, (_, at) => [`a${at}`, at]));
    const reply = await set('conversation', many);
    expect([reply.status, (reply.json as { field: string }).field]).toEqual([422, 'attributes']);
    const stranger = visitorOf(t, site);
    expect((await stranger.call('POST', '/attributes', { attributes: { a: 1 } })).status).toBe(404);
  });

  test('labels are those the workspace has, and no others', async () => {
    await visitor.open({ message: 'Hi' });
    const labels = async () => {
      const { subscriber_id: id } = await row();
      const query = t.app.db.selectFrom('subscriber_label').innerJoin('label', 'label.id', 'subscriber_label.label_id').select('label.name');
      return (await query.where('subscriber_id', '=', id).execute()).map(({ name }) => name);
    };
    expect((await visitor.call('POST', '/labels', { add: ['vip', 'nobody made this'] })).status).toBe(204);
    expect(await labels()).toEqual(['VIP']);
    expect((await visitor.call('POST', '/labels', { remove: ['VIP'] })).status).toBe(204);
    expect(await labels()).toEqual([]);
    expect(await t.app.db.selectFrom('label').select('name').where('name', '=', 'nobody made this').execute()).toEqual([]);
  });

  test('the stream tells which block spoke and that the flow is over, by the names of its author', async () => {
    await visitor.open({ flow: 'two' });
    await visitor.send('Jane');
    const address = `${url}/api/v1/chat${visitor.path}/stream?key=${site.site_key}&cursor=0`;
    const seen = await readStream(address, {}, (all) => all.some(({ event }) => event === 'flow-end'));
    const told = seen.filter(({ event }) => event.startsWith('flow-'));
    expect(told.map(({ id, event, data }) => [id, event, (data as { block?: string }).block])).toEqual([
      [null, 'flow-step', 'a.hello'],
      [null, 'flow-step', 'a.who'],
      [null, 'flow-step', 'a.bye'],
      [null, 'flow-end', undefined],
    ]);
    expect(told.at(-1)?.data).toEqual({ flow: 'two', status: 'ended' });
    const texts = seen.filter(({ event }) => event === 'message').map(({ data }) => (data as { body: string }).body);
    expect(texts).toEqual(['Hello!', 'Who are you?', 'Jane', 'Bye Jane']);
  });

  test('whoever has the chat open is there for the team, with the page they are on, and at once for who begins to look', async () => {
    const { cursor } = await visitor.open({ message: 'Hi' });
    const { id, bot_id: botId, workspace_id: workspaceId, subscriber_id: subscriberId } = await row();
    const signs: Sign[] = [];
    const stop = t.app.live.listen({ conversation: id }, (one) => one?.sign && signs.push(one.sign));
    const present = () => signs.filter((one) => one.kind === 'present');
    const control = new AbortController();
    const reading = fetch(`${url}/api/v1/chat${visitor.path}/stream?key=${site.site_key}&cursor=${cursor}`, { signal: control.signal });
    const stream = await reading;
    await expect.poll(present, { timeout: 15_000 }).toEqual([{ kind: 'present', page: null, who: { kind: 'subscriber', id: subscriberId, name: '' } }]);
    const page = { url: 'https://shop.example/sofas?q=1', title: 'Sofas' };
    expect((await visitor.call('POST', '/presence', page)).status).toBe(204);
    expect(present().at(-1)).toMatchObject({ page });
    giveSign(t.app.live, { workspaceId, botId, conversationId: id }, { kind: 'viewing', isOn: true, who: { kind: 'agent', id: 1, name: 'Ada' } });
    await expect.poll(() => present().length, { timeout: 15_000 }).toBe(3);
    expect(present().at(-1)).toMatchObject({ page });
    for (const wrong of [{ url: 'javascript:alert(1)' }, { url: 'shop' }, {}, { ...page, title: 'x'.repeat(501) }])
      expect((await visitor.call('POST', '/presence', wrong)).status).toBe(422);
    expect((await visitor.call('POST', '/presence', { url: `https://shop.example/${'x'.repeat(1_900)}`, title: 'é'.repeat(500) })).status).toBe(204);
    const last = present().at(-1);
    expect(last?.kind === 'present' && [last.page?.url.length, last.page?.title.length]).toEqual([500, 120]);
    control.abort();
    await stream.text().catch(() => '');
    stop();
  });
});
