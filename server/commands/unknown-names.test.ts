// What a flow names and the bot does not have is said and led out by its own way; nothing is dropped in silence.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepsAfter } from '../store/sessions.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { eventsOf } from './save-step.ts';

describe.each(databaseKinds)('names a bot does not have, on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await platform('/api/flow/create-user-field', { name: 'City', var_type: 'text', value: '' });
    await platform('/api/flow/create-user-field', { name: 'age', var_type: 'number', value: '' });
    await platform('/api/flow/create-tag', { name: 'VIP' });
  });
  afterAll(() => t.close());

  async function platform(path: string, body: object): Promise<void> {
    const reply = await call(t, { method: 'POST', path, key: world.key, body });
    expect(reply.status, reply.text).toBeLessThan(300);
  }

  let made = 0;
  async function run(blocks: object[]): Promise<{ said: string[]; logs: string[]; trace: { block: string; port: string; reason?: string }[] }> {
    made += 1;
    const document = {
      format: 'flow/1',
      id: `names${made}`,
      name: 'Names',
      triggers: { go: { type: 'start', to: 'a' } },
      groups: {
        a: { blocks },
        b: { blocks: [{ id: 'no', type: 'text', text: 'Not there.', to: { next: '@end' } }] },
      },
    };
    const reply = await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
    expect(reply.status, reply.text).toBe(201);
    const chat = (await call(t, { method: 'POST', path: '/chats', key: world.key, body: { from_flow: document.id, message: 'hi' } })).json as { id: string };
    const { id } = await t.app.db.selectFrom('conversation').select('id').where('public_id', '=', chat.id).executeTakeFirstOrThrow();
    const said = await t.app.db.selectFrom('message').select('text').where('conversation_id', '=', id).where('direction', '=', 'out').orderBy('seq').execute();
    const steps = await stepsAfter(t.app.db, id, 0, 100);
    return {
      said: said.map((one) => one.text),
      logs: steps.flatMap(eventsOf).flatMap((one) => (one.kind === 'log' ? [one.text] : [])),
      trace: steps.flatMap((one) => JSON.parse(one.trace)),
    };
  }

  const tell = { id: 't', type: 'text', text: '{{ subscriber.city }} {{ subscriber.age }} {{ subscriber.tags | json }}', to: { next: '@end' } };

  test('what is there is changed, by any spelling, and seen in the same turn', async () => {
    const block = { id: 's', type: 'subscriber', fields: { city: 'Berlin', age: '41' }, add_tags: ['vip'], to: { not_found: 'b' } };
    const { said, logs } = await run([block, tell]);
    expect(said).toEqual(['Berlin 41 ["vip"]']);
    expect(logs).toEqual([]);
  });

  test('one tag that is not there leads out by not_found, after what is there has been changed', async () => {
    const block = {
      id: 's',
      type: 'subscriber',
      fields: { age: 7 },
      add_tags: ['vip', 'nobody made this'],
      add_labels: ['neither this'],
      to: { not_found: 'b' },
    };
    const { said, trace } = await run([block, tell]);
    expect(said).toEqual(['Not there.']);
    expect(trace[0]).toMatchObject({
      block: 'a.s',
      port: 'not_found',
      set: { 'subscriber.age': '7' },
      reason: 'not there: the tag nobody made this, the label neither this',
    });
    const age = await t.app.db.selectFrom('field').select('id').where('name_key', '=', 'age').where('bot_id', '=', world.bot.id).executeTakeFirstOrThrow();
    const people = await t.app.db.selectFrom('subscriber').select('fields').where('bot_id', '=', world.bot.id).execute();
    expect(people.map((one) => JSON.parse(one.fields)[age.id])).toContain('7');
  });

  test('an unknown field does the same, and without a way of its own it goes on', async () => {
    const block = { id: 's', type: 'subscriber', fields: { shoe_size: 44 } };
    expect((await run([{ ...block, to: { not_found: 'b' } }, tell])).said).toEqual(['Not there.']);
    const { said, logs } = await run([block, { ...tell, text: 'On, {{ subscriber.shoe_size | default("barefoot") }}.' }]);
    expect(said).toEqual(['On, barefoot.']);
    expect(logs).toEqual(['Nothing was set: there is no field subscriber.shoe_size.']);
  });

  test('set says it as well, of fields of the person and of the bot, and of values that do not fit', async () => {
    const assignments = [
      { var: 'subscriber.shoe_size', value: 44 },
      { var: 'bot.counter', value: 1 },
      { var: 'subscriber.age', value: 'old' },
    ];
    const { said, logs } = await run([
      { id: 's', type: 'set', set: assignments },
      { ...tell, text: '[{{ subscriber.shoe_size }}{{ bot.counter }}{{ subscriber.age }}]' },
    ]);
    expect(said).toEqual(['[]']);
    expect(logs).toEqual([
      'Nothing was set: there is no field subscriber.shoe_size.',
      'Nothing was set: there is no field bot.counter.',
      'Nothing was set: the field subscriber.age takes a number.',
    ]);
  });

  test('a hand-over to somebody who answers nobody here goes by no_agent, or to whoever comes', async () => {
    const elsewhere = await makeWorld(t.app);
    // Computed: who is named outright is looked up when the flow is published.
    const to = (agent: string, ways?: object) =>
      run([{ id: 'h', type: 'handoff', text: 'One moment.', to_agent: `{{ '${agent}' }}`, ...(ways && { to: ways }) }]);
    const named = await to(`${elsewhere.account.id}`, { no_agent: 'b' });
    expect(named.said).toEqual(['One moment.', 'Not there.']);
    expect(named.trace[0]).toMatchObject({ block: 'a.h', port: 'no_agent', reason: `nobody answers as ${elsewhere.account.id}` });
    expect((await to('bob')).said).toEqual(['One moment.']);
    const queued = await t.app.db.selectFrom('conversation').select(['assignee_id', 'handler']).orderBy('id', 'desc').limit(1).executeTakeFirst();
    expect(queued).toEqual({ assignee_id: null, handler: 'people' });
    await to(`${world.account.id}`);
    const theirs = await t.app.db.selectFrom('conversation').select(['assignee_id', 'handler']).orderBy('id', 'desc').limit(1).executeTakeFirst();
    expect(theirs).toEqual({ assignee_id: world.account.id, handler: 'people' });
  });
});
