// Triggers whose time comes: schedules, dates of people, and silence. Each person is meant once, whoever looks, whatever
// dies, and however long nobody was there to look.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Tenant } from '../auth.ts';
import { workOnce } from '../jobs/worker.ts';
import { insertConversation } from '../store/conversations.ts';
import { leaseJobs } from '../store/jobs.ts';
import { listMessages } from '../store/messages.ts';
import { insertSubscriber, type SubscriberChange, updateSubscriber } from '../store/subscribers.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { crashing } from '../testing/simulation/watched.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { assignConversation, closeConversation } from './conversation-acts.ts';
import { createField } from './fields.ts';
import { changeFlow, chooseStart, createFlow, publishFlow, removeFlow } from './flows.ts';
import { receiveReply } from './receive-reply.ts';
import { upsertSubscriber } from './subscribers.ts';

const aMinute = 60_000;
const anHour = 60 * aMinute;
const aDay = 24 * anHour;

type Person = { id: number; conversation: number };

describe.each(databaseKinds)('triggers whose time comes, on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let tenant: Tenant;
  let dateField: string;
  let people = 0;
  let flows = 0;

  beforeAll(async () => {
    t = await testApp(kind);
  });
  // Each test has a bot of its own: a schedule is for everybody.
  beforeEach(async () => {
    world = await makeWorld(t.app);
    tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' };
    await t.app.transact(async (tx) => {
      await chooseStart(t.app, tx, tenant, 'default', null);
      const field = { owner: 'user' as const, name: 'due', type: 'date' as const, description: '', value: '', isTemplate: false, display: 'default' as const };
      dateField = String((await createField(t.app, tx, tenant, field)).id);
    });
  });
  // Nor does it go on into the next.
  afterEach(() =>
    t.app.transact(async (tx) => {
      await tx.deleteFrom('alarm').execute();
      await tx.deleteFrom('job').execute();
    }),
  );
  afterAll(() => t.close());

  async function newPerson(change: SubscriberChange = {}, channel = 'web'): Promise<Person> {
    people += 1;
    return t.app.transact(async (tx) => {
      const one = await insertSubscriber(tx, tenant.botId, { channel, user_id: `p${people}`, ...change }, t.clock.now());
      const place = { workspace_id: tenant.workspaceId, bot_id: tenant.botId, channel, site_id: null, visitor: null, public_id: null };
      const conversation = await insertConversation(tx, { ...place, subscriber_id: one?.id ?? 0 }, t.clock.now());
      return { id: one?.id ?? 0, conversation: conversation?.id ?? 0 };
    });
  }

  const change = (one: Person, values: SubscriberChange) => t.app.transact((tx) => updateSubscriber(tx, tenant.botId, one.id, values, t.clock.now()));

  async function publish(trigger: object, text = 'It is {{ param.trigger.name }}.'): Promise<string> {
    flows += 1;
    const id = `timed_${flows}`;
    const groups = { a: { blocks: [{ id: 't', type: 'text', text, to: { next: '@end' } }] } };
    await t.app.transact(async (tx) => {
      await createFlow(t.app, tx, tenant, { format: 'flow/1', id, name: id, triggers: { time: { to: 'a', ...trigger } }, groups });
      await publishFlow(t.app, tx, tenant, { slug: id }, '');
    });
    return id;
  }

  /** Until nothing is due. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 100 && (await workOnce(t.app)) > 0; round += 1);
  }

  /** Step by step, as time does; nothing is missed that may be less than an hour late. */
  async function pass(ms: number, step = 50 * aMinute): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      await t.pass(Math.min(step, ms - passed));
      await settle();
    }
  }

  const told = async (one: Person): Promise<string[]> =>
    (await listMessages(t.app.db, one.conversation, { limit: 100, notes: 'without' })).filter(({ direction }) => direction === 'out').map(({ text }) => text);
  const count = async (all: readonly Person[]): Promise<number[]> => Promise.all(all.map(async (one) => (await told(one)).length));
  const alarms = () => t.app.db.selectFrom('alarm').select(['trigger_id', 'due_at']).where('bot_id', '=', tenant.botId).execute();

  describe('a schedule', () => {
    test('comes to everybody who has not left and can be spoken with, at its time in its zone', async () => {
      t.clock.set(Date.parse('2026-03-28T12:00:00Z'));
      await publish({ type: 'schedule', cron: '30 9 * * *', tz: 'Europe/Berlin' }, 'Good morning, {{ param.trigger.data.due }}.');
      const [one, left, chat] = [await newPerson(), await newPerson({ subscribed_at: null }), await newPerson({}, 'api')];
      const silent = await t.app.transact((tx) => upsertSubscriber(t.app, tx, tenant, 'nobody spoke with', {}));
      await t.pass(Date.parse('2026-03-29T07:29:59Z') - t.clock.now());
      await settle();
      expect(await count([one])).toEqual([0]);
      await t.pass(1_000);
      await settle();
      expect(await told(one)).toEqual(['Good morning, 2026-03-29T07:30:00Z.']);
      expect(await count([left, chat])).toEqual([0, 0]);
      expect(await t.app.db.selectFrom('conversation').select('id').where('subscriber_id', '=', silent.id).execute()).toEqual([]);
      await pass(2 * aDay, anHour);
      expect(await told(one)).toEqual([29, 30, 31].map((day) => `Good morning, 2026-03-${day}T07:30:00Z.`));
    });

    test('is for the channels it names', async () => {
      await publish({ type: 'schedule', cron: '@hourly', channels: ['telegram', 'api'] });
      const all = [await newPerson(), await newPerson({}, 'telegram'), await newPerson({}, 'api')];
      await pass(anHour);
      expect(await count(all)).toEqual([0, 1, 1]);
    });

    test('leaves alone whoever a flow is under way with, unless it interrupts', async () => {
      const asking = { id: 'q', type: 'ask', kind: 'text', text: 'Well?', save: 'x', retry: { max: 1 }, to: { invalid: '@end', next: '@end' } };
      await t.app.transact(async (tx) => {
        const document = {
          format: 'flow/1',
          id: 'asking',
          name: 'Asking',
          vars: { x: { type: 'text' } },
          triggers: { k: { type: 'keyword', any: ['ask'], to: 'a' } },
        };
        await createFlow(t.app, tx, tenant, { ...document, groups: { a: { blocks: [asking] } } });
        await publishFlow(t.app, tx, tenant, { slug: 'asking' }, '');
      });
      const one = await newPerson();
      await t.app.transact((tx) => receiveReply(t.app, tx, { botId: tenant.botId, conversationId: one.conversation, reply: { text: 'ask' } }));
      await publish({ type: 'schedule', cron: '@hourly' }, 'Never.');
      await pass(anHour);
      expect(await told(one)).toEqual(['Well?']);
      await publish({ type: 'schedule', cron: '@hourly', interrupts: 'when_waiting' }, 'Hear, hear.');
      await pass(anHour);
      expect(await told(one)).toContain('Hear, hear.');
    });

    test('leaves alone whom somebody of the team has, for as long as the conversation is open', async () => {
      await publish({ type: 'schedule', cron: '@hourly' });
      const one = await newPerson();
      const act = { botId: tenant.botId, conversationId: one.conversation, by: { kind: 'agent' as const, id: world.account.id, name: 'Olive' } };
      await t.app.transact((tx) => assignConversation(t.app, tx, act, world.account.id));
      await pass(anHour);
      expect(await told(one)).toEqual([]);
      await t.app.transact((tx) => closeConversation(t.app, tx, act));
      await pass(anHour);
      expect(await told(one)).toEqual(['It is time.']);
    });

    test('that was missed comes once if it is less than an hour late, else not before its next time', async () => {
      t.clock.set(Date.parse('2026-05-04T10:05:00Z'));
      await publish({ type: 'schedule', cron: '*/10 * * * *' }, 'Often.');
      await publish({ type: 'schedule', cron: '0 12 * * *' }, 'At noon.');
      await publish({ type: 'schedule', cron: '0 14 * * *' }, 'At two.');
      const one = await newPerson();
      await t.pass(4.5 * anHour);
      await settle();
      expect((await told(one)).sort()).toEqual(['At two.', 'Often.']);
      await pass(10 * aMinute);
      expect((await told(one)).filter((text) => text === 'Often.')).toHaveLength(2);
    });

    test('comes once to each, whichever workers look and die, however many there are', async () => {
      await publish({ type: 'schedule', cron: '@hourly' });
      const all: Person[] = [];
      for (let n = 0; n < 205; n += 1) all.push(await newPerson());
      await t.pass(anHour);
      await Promise.all([workOnce(t.app), workOnce(t.app), workOnce(t.app)]);
      // A worker that dies with what comes next, be it a part of the people or one of them.
      await t.app.transact((tx) => leaseJobs(tx, { now: t.clock.now(), leaseMs: 30_000, limit: 7 }));
      await settle();
      for (let second = 0; second < 35; second += 5) {
        await t.pass(5_000);
        await settle();
      }
      expect(await count(all)).toEqual(Array(205).fill(1));
      expect(await t.app.db.selectFrom('job').select(['kind', 'last_error']).execute()).toEqual([]);
    });

    test('that comes again before everybody was reached is left out', async () => {
      t.clock.set(Date.parse('2026-05-04T10:30:10Z'));
      await publish({ type: 'schedule', cron: '* * * * *' });
      const all: Person[] = [];
      for (let n = 0; n < 205; n += 1) all.push(await newPerson());
      await t.pass(50_000);
      // The first part of the list; the second would come a second later.
      await workOnce(t.app);
      t.clock.advance(aMinute);
      await workOnce(t.app);
      expect((await t.app.db.selectFrom('job').select('kind').where('kind', '=', 'sweep').execute()).length).toBe(1);
      await t.pass(1_000);
      await settle();
      expect(await count(all)).toEqual(Array(205).fill(1));
      await pass(aMinute);
      await t.pass(1_000);
      await settle();
      expect(await count(all)).toEqual(Array(205).fill(2));
    });

    test('reaches each of them once, at whichever query a worker dies', async () => {
      t.clock.set(Date.parse('2026-05-04T10:30:00Z'));
      await publish({ type: 'schedule', cron: '@hourly' });
      const all = [await newPerson(), await newPerson()];
      for (let at = 1; ; at += 1) {
        await t.pass(anHour - 30_000);
        const dying = crashing(t.app, at);
        for (let round = 0; round < 3; round += 1) await Promise.allSettled([workOnce(dying.app)]);
        // Until its leases have run out.
        await t.pass(30_000);
        await settle();
        expect(await count(all), `after query ${at}`).toEqual([at, at]);
        if (!dying.reached()) {
          expect(at).toBeGreaterThan(20);
          return;
        }
      }
    });

    test('ends with the flow, or with a version that has it no longer; another time holds from its publication', async () => {
      t.clock.set(Date.parse('2026-06-01T00:05:00Z'));
      const slug = await publish({ type: 'schedule', cron: '@hourly' });
      const one = await newPerson();
      const draft = async (triggers: object) => {
        const groups = { a: { blocks: [{ id: 't', type: 'text', text: 'x', to: { next: '@end' } }] } };
        await t.app.transact(async (tx) => {
          const { rev } = await tx.selectFrom('flow').select('rev').where('bot_id', '=', tenant.botId).where('slug', '=', slug).executeTakeFirstOrThrow();
          await changeFlow(t.app, tx, tenant, { slug }, { document: { format: 'flow/1', id: slug, name: slug, triggers, groups }, rev });
          await publishFlow(t.app, tx, tenant, { slug }, '');
        });
      };
      await draft({ time: { type: 'schedule', cron: '30 * * * *', to: 'a' } });
      expect(await alarms()).toEqual([{ trigger_id: 'time', due_at: Date.parse('2026-06-01T00:30:00Z') }]);
      await draft({ go: { type: 'start', to: 'a' } });
      expect(await alarms()).toEqual([]);
      await draft({ time: { type: 'schedule', cron: '@hourly', to: 'a' } });
      await t.app.transact((tx) => removeFlow(t.app, tx, tenant, { slug }));
      await pass(2 * anHour, anHour);
      expect(await told(one)).toEqual([]);
    });
  });

  describe('a date of somebody', () => {
    const due = (date: string): SubscriberChange => ({ fields: JSON.stringify({ [dateField]: date }) });

    test('comes so long before or after it, by their own clock, and once', async () => {
      t.clock.set(Date.parse('2026-07-01T00:00:00Z'));
      await publish({ type: 'date_field', field: 'Due', offset: '-1d' }, 'Tomorrow, {{ param.trigger.data.date }}.');
      await publish({ type: 'date_field', field: 'due', offset: '9h' }, 'Today.');
      const [home, berlin, none] = [
        await newPerson(due('2026-07-03')),
        await newPerson({ ...due('2026-07-03'), time_zone: 'Europe/Berlin' }),
        await newPerson(),
      ];
      await settle();
      await pass(Date.parse('2026-07-01T21:55:00Z') - t.clock.now());
      expect(await count([home, berlin])).toEqual([0, 0]);
      await pass(10 * aMinute);
      expect(await told(berlin)).toEqual(['Tomorrow, 2026-07-03.']);
      await pass(2 * anHour);
      expect(await told(home)).toEqual(['Tomorrow, 2026-07-03.']);
      await pass(2 * aDay);
      for (const one of [home, berlin]) expect(await told(one)).toEqual(['Tomorrow, 2026-07-03.', 'Today.']);
      expect(await told(none)).toEqual([]);
    });

    test('comes at its own moment, and not when the date has become another meanwhile', async () => {
      t.clock.set(Date.parse('2026-08-01T23:58:00Z'));
      await publish({ type: 'date_field', field: 'due' });
      const [kept, moved] = [await newPerson(due('2026-08-02')), await newPerson(due('2026-08-02'))];
      await settle();
      expect(await count([kept, moved])).toEqual([0, 0]);
      await change(moved, due('2026-08-04'));
      await t.pass(1.5 * aMinute);
      await settle();
      expect(await count([kept, moved])).toEqual([0, 0]);
      await t.pass(0.5 * aMinute);
      await settle();
      expect(await count([kept, moved])).toEqual([1, 0]);
      await pass(2 * aDay);
      expect(await count([kept, moved])).toEqual([1, 1]);
    });

    test('that is long over, or was missed for more than an hour, is let go', async () => {
      t.clock.set(Date.parse('2026-09-01T12:00:00Z'));
      await publish({ type: 'date_field', field: 'due' });
      const all = [await newPerson(due('2026-09-01')), await newPerson(due('2020-01-01')), await newPerson(due('2026-09-02'))];
      await settle();
      await t.pass(13.5 * anHour);
      await settle();
      await pass(anHour);
      expect(await count(all)).toEqual([0, 0, 0]);
    });
  });

  describe('silence', () => {
    const say = (one: Person, text: string) =>
      t.app.transact((tx) => receiveReply(t.app, tx, { botId: tenant.botId, conversationId: one.conversation, reply: { text } }));

    test('comes once for each time somebody falls silent, and not for who never spoke or has been silent for ever', async () => {
      const [one, never, old] = [await newPerson(), await newPerson(), await newPerson({ last_interaction_at: t.clock.now() - 90 * aDay })];
      await say(one, 'hello');
      await publish({ type: 'inactivity', after: '1d' }, 'Silent since {{ param.trigger.data.since }}.');
      const since = `${new Date(t.clock.now()).toISOString().slice(0, 19)}Z`;
      await pass(aDay - aMinute);
      expect(await told(one)).toEqual([]);
      await pass(10 * aMinute, 5 * aMinute);
      expect(await told(one)).toEqual([`Silent since ${since}.`]);
      await pass(1.5 * aDay);
      expect(await count([one, never, old])).toEqual([1, 0, 0]);
      await say(one, 'here again');
      await pass(1.5 * aDay);
      expect(await count([one])).toEqual([2]);
    });

    test('does not come to who has spoken just before', async () => {
      const one = await newPerson();
      await say(one, 'hello');
      await publish({ type: 'inactivity', after: '1h' });
      await pass(58 * aMinute, 29 * aMinute);
      await say(one, 'and one more thing');
      await pass(10 * aMinute, 2 * aMinute);
      expect(await told(one)).toEqual([]);
      await pass(anHour, 10 * aMinute);
      expect(await count([one])).toEqual([1]);
    });
  });
});
