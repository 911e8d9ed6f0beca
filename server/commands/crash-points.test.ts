// A turn is there as a whole or not at all: it is made to die at each of its queries in turn.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { type Conversation, insertConversation } from '../store/conversations.ts';
import { listMessages } from '../store/messages.ts';
import { dueTimers, stepsAfter } from '../store/sessions.ts';
import { insertSubscriber } from '../store/subscribers.ts';
import type { Tables } from '../store/tables.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld } from '../testing/factories.ts';
import { Crash, crashing } from '../testing/simulation/watched.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { createField } from './fields.ts';
import { chooseStart, createFlow, publishFlow } from './flows.ts';
import { receiveEvent } from './receive-reply.ts';
import { eventsOf } from './save-step.ts';
import { createTag } from './tags.ts';
import { wakeSession } from './wake-session.ts';

/** Everything a turn can write: messages, notes, fields of both kinds, tags, labels, events, timers, jobs. */
const busy = {
  format: 'flow/1',
  id: 'busy',
  name: 'Busy',
  vars: { name: { type: 'text' }, n: { type: 'number', default: 0 } },
  triggers: { go: { type: 'start', to: 'first' } },
  groups: {
    first: {
      blocks: [
        {
          id: 'count',
          type: 'set',
          set: [
            { var: 'n', value: '{{ n + 1 }}' },
            { var: 'bot.visits', value: '{{ (bot.visits | default(0)) + 1 }}' },
          ],
        },
        { id: 'person', type: 'subscriber', fields: { city: 'Berlin' }, add_tags: ['lead'], add_labels: ['new'], opt_in: ['email'] },
        { id: 'emit', type: 'emit', event: 'lead.made', data: { n: '{{ n }}' } },
        { id: 'note', type: 'note', text: 'Someone came.' },
        { id: 'log', type: 'log', text: 'n is {{ n }}' },
        { id: 'hello', type: 'text', text: 'Hello!' },
        { id: 'ask', type: 'ask', kind: 'text', text: 'Your name?', save: 'name', retry: { max: 1 }, timeout: '1d', to: { invalid: '@end', timeout: '@end' } },
        { id: 'goal', type: 'goal', name: 'named' },
        { id: 'call', type: 'api', request: { url: 'https://shop.example/orders' }, to: { '2xx': 'second', others: 'second' } },
      ],
    },
    second: {
      blocks: [
        { id: 'told', type: 'text', text: 'Thank you, {{ name }}.' },
        { id: 'wait', type: 'wait', for: '1h' },
        { id: 'bye', type: 'text', text: 'Good bye.' },
        { id: 'end', type: 'end' },
      ],
    },
  },
};

const tables: readonly (keyof Tables)[] = [
  'conversation',
  'custom_event',
  'custom_event_log',
  'field',
  'inbound',
  'job',
  'label',
  'message',
  'session',
  'step',
  'subscriber',
  'subscriber_label',
  'subscriber_tag',
  'tally',
  'timer',
];

describe.each(databaseKinds)('a turn that dies on %s', (kind) => {
  let t: TestApp;
  let tenant: Tenant;
  let conversation: Conversation;

  beforeAll(async () => {
    t = await testApp(kind);
    const world = await makeWorld(t.app);
    tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' };
    conversation = await t.app.transact(async (tx) => {
      const plain = { description: '', value: '', isTemplate: false };
      await createField(t.app, tx, tenant, { ...plain, owner: 'user', name: 'city', type: 'text', display: 'default' });
      await createField(t.app, tx, tenant, { ...plain, owner: 'bot', name: 'visits', type: 'number', display: 'default' });
      await createTag(t.app, tx, tenant, 'lead');
      await createFlow(t.app, tx, tenant, busy);
      await publishFlow(t.app, tx, tenant, { slug: 'busy' }, '');
      await chooseStart(t.app, tx, tenant, 'default', { slug: 'busy' });
      const person = await insertSubscriber(tx, tenant.botId, { channel: 'telegram', user_id: '1' }, t.clock.now());
      const place = { workspace_id: tenant.workspaceId, bot_id: tenant.botId, channel: 'telegram', site_id: null, visitor: null, public_id: null };
      const made = person && (await insertConversation(tx, { ...place, subscriber_id: person.id }, t.clock.now()));
      if (!made) throw new Error('no conversation');
      return made;
    });
  });
  afterAll(() => t.close());

  async function everything(): Promise<string> {
    const dump: string[] = [];
    for (const table of tables) {
      const rows = (await t.app.db.selectFrom(table).selectAll().execute()).map((row) => JSON.stringify(row)).sort();
      dump.push(`${table}\n${rows.join('\n')}`);
    }
    return dump.join('\n');
  }

  /** Dies at every query there is, and leaves all as it was; then runs. Returns at how many points it died. */
  async function atEveryPoint(act: (app: App) => Promise<unknown>): Promise<number> {
    const before = await everything();
    for (let at = 1; ; at += 1) {
      const told: number[] = [];
      const stop = t.app.live.listen('everything', () => told.push(at));
      const dying = crashing(t.app, at);
      const [outcome] = await Promise.allSettled([act(dying.app)]);
      stop();
      if (!dying.reached()) {
        expect(outcome.status).toBe('fulfilled');
        expect(await everything()).not.toBe(before);
        return at - 1;
      }
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(Crash) });
      expect(await everything(), `after query ${at} there is something of the turn`).toBe(before);
      expect(told, `after query ${at} someone was told`).toEqual([]);
    }
  }

  const place = () => ({ botId: tenant.botId, conversationId: conversation.id, sessionId: null });
  const say = (text: string) => (app: App) =>
    app.transact((tx) => receiveEvent(app, tx, { source: 'telegram:1', event: text }, { ...place(), reply: { text } }));

  test('leaves nothing behind, wherever it dies; and runs as if nothing had been when it is asked again', async () => {
    const points = [await atEveryPoint(say('hi')), await atEveryPoint(say('Jane'))];
    const [job] = await t.app.db.selectFrom('job').selectAll().execute();
    const { id } = JSON.parse(job?.payload ?? '') as { id: string };
    const answer = { kind: 'answer' as const, id, ok: true, values: { status: 200 } };
    points.push(await atEveryPoint((app) => app.transact((tx) => wakeSession(app, tx, place(), answer))));
    t.clock.advance(3_600_000);
    const [timer] = await dueTimers(t.app.db, t.clock.now(), 10);
    const wake = { kind: 'timer' as const, wait: timer?.wait ?? '' };
    points.push(await atEveryPoint((app) => app.transact((tx) => wakeSession(app, tx, place(), wake))));
    expect(
      points.every((count) => count >= 8),
      `the turns died at ${points.join(', ')} points`,
    ).toBe(true);

    const messages = await listMessages(t.app.db, conversation.id, { limit: 100, notes: 'with' });
    expect(messages.map((one) => `${one.direction}: ${one.text}`)).toEqual([
      'in: hi',
      'note: Someone came.',
      'out: Hello!',
      'out: Your name?',
      'in: Jane',
      'out: Thank you, Jane.',
      'out: Good bye.',
    ]);
    const events = (await stepsAfter(t.app.db, conversation.id, 0, 100)).flatMap(eventsOf);
    expect(events.map((one) => one.seq)).toEqual(events.map((_, at) => at + 1));
    expect(await t.app.db.selectFrom('custom_event_log').selectAll().execute()).toHaveLength(2);
  });
});
