// What happens to people sets off flows: told by programs, by flows and by people of the team, once each, and not in the
// middle of anything that must not be interrupted.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { workOnce } from '../jobs/worker.ts';
import { leaseJobs } from '../store/jobs.ts';
import { listMessages } from '../store/messages.ts';
import { stepsAfter } from '../store/sessions.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeKeyFor, makeWorld, type World } from '../testing/factories.ts';
import { call, scenario } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { eventsOf } from './save-step.ts';
import { maxDepth } from './set-off.ts';

const says = (id: string, text: string) => ({ blocks: [{ id, type: 'text', text, to: { next: '@end' } }] });

const flow = (id: string, triggers: object, groups: object, more: object = {}) => ({ format: 'flow/1', id, name: id, triggers, groups, ...more });

const talking = flow(
  'talking',
  {
    go: { type: 'keyword', any: ['talk'], to: 'a' },
    tagged: { type: 'keyword', any: ['tag me'], to: 'b' },
    emits: { type: 'keyword', any: ['emit'], to: 'c' },
  },
  {
    a: { blocks: [{ id: 'q', type: 'ask', kind: 'text', text: 'What is it?', save: 'said', retry: { max: 1 }, to: { invalid: '@end', next: '@end' } }] },
    b: {
      blocks: [
        { id: 'back', type: 'subscriber', add_tags: ['gone'], fields: { city: 'Bonn', first_name: 'Ada' } },
        { id: 'forth', type: 'subscriber', remove_tags: ['gone'] },
        { id: 'vip', type: 'subscriber', add_tags: ['vip', 'never_made'] },
        { id: 'told', type: 'text', text: 'Tagged.', to: { next: '@end' } },
      ],
    },
    c: {
      blocks: [
        { id: 'out', type: 'emit', event: 'Shouted', data: { loud: true } },
        { id: 'did', type: 'text', text: 'Emitted.', to: { next: '@end' } },
      ],
    },
  },
  { vars: { said: { type: 'text' } } },
);

const waiting = flow(
  'waiting',
  {
    ordered: { type: 'event', event: 'ordered', cooldown: '1h', to: 'ordered' },
    big: { type: 'event', event: 'ordered', priority: 5, when: { l: 'param.trigger.data.total', op: 'gte', r: 100 }, to: 'big' },
    elsewhere: { type: 'event', event: 'ordered', priority: 9, channels: ['telegram'], to: 'elsewhere' },
    urgent: { type: 'event', event: 'urgent', interrupts: 'when_waiting', to: 'urgent' },
    vip: { type: 'tag', tag: 'VIP', on: 'added', to: 'vip' },
    gone: { type: 'tag', tag: 'gone', to: 'gone' },
    city: { type: 'field_changed', field: 'city', to: 'city' },
    first: { type: 'field_changed', field: 'first_name', to: 'first' },
    closed: { type: 'conversation', on: 'closed', to: 'closed' },
    assigned: { type: 'conversation', on: 'assigned', to: 'assigned' },
    shouted: { type: 'event', event: 'shouted', to: 'shouted' },
  },
  {
    ordered: says('o', 'Thank you for {{ param.number }}.'),
    big: says('b', 'Thank you for {{ param.trigger.data.total }}!'),
    elsewhere: says('e', 'Not here.'),
    urgent: says('u', 'Hurry, {{ param.trigger.name }}.'),
    vip: says('v', 'Welcome, {{ param.trigger.data.tag }}.'),
    gone: says('g', 'Never.'),
    city: says('ci', 'From {{ param.trigger.data.before }} to {{ param.trigger.data.value }}.'),
    first: says('f', 'Hello {{ subscriber.first_name }}.'),
    closed: says('cl', 'How was it?'),
    assigned: says('as', 'Somebody comes.'),
    shouted: says('s', 'You shouted: {{ param.trigger.data.loud }}.'),
  },
  { params: { number: { type: 'text', default: 'nothing' } } },
);

describe.each(databaseKinds)('what happens to people, on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let people = 0;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    const made = [
      ['/api/flow/create-tag', { name: 'vip' }],
      ['/api/flow/create-tag', { name: 'gone' }],
      ['/api/flow/create-user-field', { name: 'city', var_type: 'text', value: '' }],
      ['/v1/flows', { document: talking, publish: true }],
      ['/v1/flows', { document: waiting, publish: true }],
    ] as const;
    for (const [path, body] of made) expect((await call(t, { method: 'POST', path, key: world.key, body })).status, path).toBeLessThan(300);
    // The sample flow would answer whoever writes first.
    await call(t, { method: 'POST', path: '/api/flow/set-default-start-flow', key: world.key, body: { sub_flow_ns: 'main' } });
  });
  beforeEach(() => t.pass(2 * 3_600_000));
  afterAll(() => t.close());

  type Person = { id: number; conversation: number; token: string };
  const site = () => ({ 'x-api-key': world.site.site_key, 'content-type': 'application/json' });

  async function newPerson(): Promise<Person> {
    people += 1;
    const token = `visitor-of-the-trigger-tests-${people}`;
    const headers = { ...site(), accept: 'application/vnd.chat.v2+json' };
    const body = { visitor_token: token, client_id: 'one', message: 'first of all', name: 'A', email: 'a@example.com' };
    const begun = await t.app.transact((tx) =>
      tx
        .selectFrom('subscriber')
        .select((eb) => eb.fn.max('id').as('id'))
        .executeTakeFirst(),
    );
    const reply = await call(t, { method: 'POST', path: '/api/v1/chat/conversations', headers, body });
    expect(reply.status, reply.text).toBe(201);
    const row = await t.app.db.selectFrom('conversation').selectAll().where('subscriber_id', '>', Number(begun?.id)).executeTakeFirstOrThrow();
    await settle();
    return { id: row.subscriber_id, conversation: row.id, token };
  }

  const write = async ({ token }: Person, message: string): Promise<void> => {
    t.clock.advance(60_000);
    const path = `/api/v1/chat/conversations/${token}/messages`;
    expect((await call(t, { method: 'POST', path, headers: site(), body: { message } })).status).toBe(201);
  };

  const happen = async ({ id }: Pick<Person, 'id'>, name: string, data: unknown = {}): Promise<void> => {
    expect((await call(t, { method: 'POST', path: `/v1/subscribers/${id}/events`, key: world.key, body: { name, data } })).status).toBe(201);
    await settle();
  };

  /** Until nothing is due. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 50 && (await workOnce(t.app)) > 0; round += 1);
  }

  const told = async ({ conversation }: Pick<Person, 'conversation'>): Promise<string[]> =>
    (await listMessages(t.app.db, conversation, { limit: 200, notes: 'without' })).filter((one) => one.direction === 'out').map((one) => one.text);
  const logged = async ({ conversation }: Person): Promise<string[]> =>
    (await stepsAfter(t.app.db, conversation, 0, 200)).flatMap(eventsOf).flatMap((one) => (one.kind === 'log' ? [`${one.level}: ${one.text}`] : []));
  const jobs = () => t.app.db.selectFrom('job').selectAll().execute();

  test('an event of a program sets off the most important flow that waits for it, with its data', async () => {
    const one = await newPerson();
    await happen(one, 'Ordered', { number: 'A-17', total: 12 });
    expect(await told(one)).toEqual(['Thank you for A-17.']);
    await happen(one, 'ordered', { number: 'A-18', total: 120 });
    await happen(one, 'ordered', { number: 'A-19', total: 1 });
    expect(await told(one), 'the second rests for an hour').toEqual(['Thank you for A-17.', 'Thank you for 120!']);
    await t.pass(3_600_000);
    await happen(one, 'ordered');
    expect((await told(one)).at(-1)).toBe('Thank you for nothing.');
    await happen(one, 'unheard of');
    expect(await told(one)).toHaveLength(3);
  });

  test('the same by the platform API; who has no conversation gets one, and only where something begins', async () => {
    const created = await call(t, { method: 'POST', path: '/api/subscriber/create', key: world.key, body: { email: 'made@example.com' } });
    const { user_ns } = (created.json as { data: { user_ns: string } }).data;
    const id = Number(user_ns.split('u')[1]);
    const log = (event_name: string) =>
      scenario(
        t,
        { method: 'POST', path: '/api/subscriber/log-custom-event', key: world.key, body: { user_ns, event_name, text_value: 'A-1', price_value: '120' } },
        { status: 200, body: { status: 'ok' } },
      );
    const theirs = () => t.app.db.selectFrom('conversation').select('id').where('subscriber_id', '=', id).execute();
    await log('unheard of');
    await settle();
    expect(await theirs()).toEqual([]);
    await log('urgent');
    await settle();
    const [conversation] = await theirs();
    expect(await told({ conversation: conversation?.id ?? 0 })).toEqual(['Hurry, urgent.']);
  });

  test('nobody without the right says that something has happened, and with nobody of another bot', async () => {
    const other = await makeWorld(t.app);
    const one = await newPerson();
    const path = `/v1/subscribers/${one.id}/events`;
    await scenario(t, { method: 'POST', path, key: await makeKeyFor(t.app, world, ['chats:read']), body: { name: 'ordered' } }, { status: 403 });
    await scenario(t, { method: 'POST', path, key: other.key, body: { name: 'ordered' } }, { status: 404 });
    await scenario(t, { method: 'POST', path, key: world.key, body: { name: 'x', data: Array(70).fill('x'.repeat(1_000)) } }, { status: 413 });
    const foreign = { user_ns: `f${world.bot.id}u${one.id}`, event_name: 'ordered' };
    await scenario(t, { method: 'POST', path: '/api/subscriber/log-custom-event', key: other.key, body: foreign }, { status: 404 });
    expect(await jobs()).toEqual([]);
  });

  test('a flow that is under way is interrupted only by a trigger that says so; the conversation tells why', async () => {
    const one = await newPerson();
    await write(one, 'talk');
    await happen(one, 'ordered', { number: 'A-17' });
    expect(await told(one)).toEqual(['What is it?']);
    expect(await logged(one)).toEqual(['info: "event ordered" sets nothing off now: talking is under way here, and the trigger does not interrupt it.']);
    await happen(one, 'urgent');
    expect(await told(one)).toEqual(['What is it?', 'Hurry, urgent.']);
    await write(one, 'anything');
    expect(await told(one)).toHaveLength(2);
  });

  test('nothing is set off while the bot is paused for them, or people have the conversation', async () => {
    const [one, two] = [await newPerson(), await newPerson()];
    const user_ns = `f${world.bot.id}u${one.id}`;
    await call(t, { method: 'POST', path: '/api/subscriber/pause-bot', key: world.key, body: { user_ns } });
    await happen(one, 'urgent');
    await call(t, { method: 'POST', path: `/v1/conversations/${two.conversation}/take-over`, key: world.key });
    await happen(two, 'urgent');
    expect([await told(one), await told(two)]).toEqual([[], []]);
    await call(t, { method: 'POST', path: '/api/subscriber/resume-bot', key: world.key, body: { user_ns } });
    await happen(one, 'urgent');
    expect(await told(one)).toEqual(['Hurry, urgent.']);
  });

  test('what a flow does to someone sets off others after its turn, in order; what it sets back does not', async () => {
    const one = await newPerson();
    await write(one, 'tag me');
    expect(await told(one)).toEqual(['Tagged.']);
    await settle();
    expect(await told(one)).toEqual(['Tagged.', 'From  to Bonn.', 'Hello Ada.', 'Welcome, vip.']);
    await write(one, 'tag me');
    await settle();
    expect((await told(one)).slice(4), 'who has it already is not given it').toEqual(['Tagged.']);
    await write(one, 'emit');
    await settle();
    expect((await told(one)).slice(5)).toEqual(['Emitted.', 'You shouted: true.']);
  });

  test('what a program changes of someone sets off flows, too', async () => {
    const one = await newPerson();
    const { user_id } = await t.app.db.selectFrom('subscriber').select('user_id').where('id', '=', one.id).executeTakeFirstOrThrow();
    const put = (first_name: string) => call(t, { method: 'PUT', path: '/v1/subscribers', key: world.key, body: { user_id, first_name } });
    await put('Grace');
    await put('Grace');
    await settle();
    expect(await told(one)).toEqual(['Hello Grace.']);
  });

  test('that a conversation is given to somebody, or closed, is told', async () => {
    const one = await newPerson();
    const act = (what: string, body: object) => call(t, { method: 'POST', path: `/v1/conversations/${one.conversation}/${what}`, key: world.key, body });
    expect((await act('assign', { assignee: world.account.id })).status).toBeLessThan(300);
    await settle();
    expect(await told(one)).toEqual(['Somebody comes.']);
    expect((await act('status', { status: 'done' })).status).toBeLessThan(300);
    await settle();
    expect(await told(one)).toEqual(['Somebody comes.', 'How was it?']);
  });

  test('a worker that dies with it leaves it to the next one, and it happens once', async () => {
    const one = await newPerson();
    await call(t, { method: 'POST', path: `/v1/subscribers/${one.id}/events`, key: world.key, body: { name: 'urgent' } });
    expect(await t.app.transact((tx) => leaseJobs(tx, { now: t.clock.now(), leaseMs: 30_000, limit: 10 }))).toHaveLength(1);
    await settle();
    expect(await told(one)).toEqual([]);
    await t.pass(30_000);
    await Promise.all([workOnce(t.app), workOnce(t.app), workOnce(t.app)]);
    await settle();
    expect(await told(one)).toEqual(['Hurry, urgent.']);
    expect(await jobs()).toEqual([]);
  });

  test('flows that set each other off come to an end, which is told; what comes around slowly goes on', async () => {
    const round = flow(
      'round',
      { a: { type: 'event', event: 'ping', to: 'a' }, slow: { type: 'event', event: 'daily', to: 'b' } },
      {
        a: {
          blocks: [
            { id: 'p', type: 'text', text: 'ping' },
            { id: 'again', type: 'emit', event: 'ping', to: { next: '@end' } },
          ],
        },
        b: {
          blocks: [
            { id: 'd', type: 'text', text: 'day {{ param.trigger.depth }}' },
            { id: 'w', type: 'wait', for: '1d' },
            { id: 'once', type: 'emit', event: 'daily', to: { next: '@end' } },
          ],
        },
      },
    );
    expect((await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: round, publish: true } })).status).toBe(201);
    const [one, two] = [await newPerson(), await newPerson()];
    await happen(one, 'ping');
    expect(await told(one)).toEqual(Array(maxDepth).fill('ping'));
    expect(await logged(one)).toEqual([`warn: "event ping" sets nothing off any more: ${maxDepth} flows have set each other off in a row.`]);
    await happen(two, 'daily');
    for (let day = 0; day < maxDepth + 2; day += 1) {
      await t.pass(86_400_000);
      await settle();
    }
    expect(await told(two)).toEqual(Array(maxDepth + 3).fill('day 0'));
  });

  test('that a conversation has begun, or begins again, is told', async () => {
    const other = await makeWorld(t.app);
    await call(t, { method: 'POST', path: '/api/flow/set-default-start-flow', key: other.key, body: { sub_flow_ns: 'main' } });
    const document = flow('opening', { opened: { type: 'conversation', on: 'opened', to: 'a' } }, { a: says('w', 'Welcome.') });
    await call(t, { method: 'POST', path: '/v1/flows', key: other.key, body: { document, publish: true } });
    const headers = { 'x-api-key': other.site.site_key };
    const body = { visitor_token: 'opens-a-conversation', name: 'A', email: 'a@example.com', message: 'Hi' };
    expect((await call(t, { method: 'POST', path: '/api/v1/chat/conversations', headers, body })).status).toBe(201);
    await settle();
    const { id: conversation } = await t.app.db.selectFrom('conversation').select('id').where('bot_id', '=', other.bot.id).executeTakeFirstOrThrow();
    expect(await told({ conversation })).toEqual(['Welcome.']);
    await call(t, { method: 'POST', path: `/v1/conversations/${conversation}/status`, key: other.key, body: { status: 'done' } });
    await call(t, { method: 'POST', path: '/api/v1/chat/conversations/opens-a-conversation/messages', headers, body: { message: 'One more thing' } });
    await settle();
    expect(await told({ conversation })).toEqual(['Welcome.', 'Welcome.']);
  });

  test('a bot whose flows wait for nothing of the kind is asked to do nothing', async () => {
    const other = await makeWorld(t.app);
    const [person] = await t.app.db.selectFrom('subscriber').select('id').where('bot_id', '=', other.bot.id).execute();
    const path = `/v1/subscribers/${person?.id}/events`;
    expect((await call(t, { method: 'POST', path, key: other.key, body: { name: 'ordered' } })).status).toBe(201);
    expect(await jobs()).toEqual([]);
  });
});
