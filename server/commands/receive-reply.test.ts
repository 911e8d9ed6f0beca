import { randomOf } from '@parley/engine/session.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../auth.ts';
import { insertConversation } from '../store/conversations.ts';
import { listMessages } from '../store/messages.ts';
import { dueTimers, stepsAfter } from '../store/sessions.ts';
import { findSubscriber, insertSubscriber } from '../store/subscribers.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { chooseStart, createFlow, publishFlow } from './flows.ts';
import { receiveEvent, receiveReply } from './receive-reply.ts';
import { eventsOf } from './save-step.ts';
import { changeSettings } from './settings.ts';
import { wakeSession } from './wake-session.ts';

const greeting = {
  format: 'flow/1',
  id: 'greeting',
  name: 'Greeting',
  vars: { name: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        { id: 'hi', type: 'text', text: 'Hello!' },
        {
          id: 'q',
          type: 'ask',
          kind: 'text',
          text: 'Your name?',
          save: 'subscriber.first_name',
          timeout: '10m',
          retry: { max: 1 },
          to: { timeout: 'late', invalid: 'late' },
        },
        { id: 'thanks', type: 'text', text: 'Nice to meet you, {{ subscriber.first_name }}.' },
        { id: 'done', type: 'end' },
      ],
    },
    late: { blocks: [{ id: 'bye', type: 'text', text: 'Come back any time.', to: { next: '@end' } }] },
  },
};

describe.each(databaseKinds)('a durable turn on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let tenant: Tenant;
  let people = 0;

  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' };
    await t.app.transact(async (tx) => {
      await createFlow(t.app, tx, tenant, greeting);
      await publishFlow(t.app, tx, tenant, { slug: 'greeting' }, 'first');
      await chooseStart(t.app, tx, tenant, 'default', { slug: 'greeting' });
    });
  });
  afterAll(() => t.close());

  async function newConversation(): Promise<{ id: number; subscriberId: number }> {
    people += 1;
    const userId = `v${people}`;
    return t.app.transact(async (tx) => {
      const one = await insertSubscriber(tx, tenant.botId, { channel: 'web', user_id: userId }, t.clock.now());
      const made =
        one &&
        (await insertConversation(
          tx,
          { workspace_id: tenant.workspaceId, bot_id: tenant.botId, subscriber_id: one.id, channel: 'web', site_id: null, visitor: null, public_id: null },
          t.clock.now(),
        ));
      if (!one || !made) throw new Error('no conversation');
      return { id: made.id, subscriberId: one.id };
    });
  }

  const say = (conversationId: number, text: string) =>
    t.app.transact((tx) => receiveReply(t.app, tx, { botId: tenant.botId, conversationId, reply: { text } }));
  const texts = async (conversationId: number) =>
    (await listMessages(t.app.db, conversationId, { limit: 100, notes: 'with' })).map((one) => `${one.direction}: ${one.text}`);

  test('a reply, its answers, the session and the events are there when it has been received', async () => {
    const { id, subscriberId } = await newConversation();
    await say(id, 'hi');
    expect(await texts(id)).toEqual(['in: hi', 'out: Hello!', 'out: Your name?']);
    await say(id, 'Jane');
    expect(await texts(id)).toEqual(['in: hi', 'out: Hello!', 'out: Your name?', 'in: Jane', 'out: Nice to meet you, Jane.']);
    expect((await findSubscriber(t.app.db, tenant.botId, subscriberId))?.first_name).toBe('Jane');
    const events = (await stepsAfter(t.app.db, id, 0, 100)).flatMap(eventsOf);
    expect(events.map((one) => one.seq)).toEqual(events.map((_, at) => at + 1));
    expect(events.at(-1)).toMatchObject({ kind: 'session', status: 'ended' });
    await say(id, 'again');
    expect((await texts(id)).at(-1), 'an ended session does not restart by itself').toBe('in: again');
  });

  test('words that the workspace chose for a command work, waiting or not, and the usual ones no longer do', async () => {
    const choose = (restart: string[]) => t.app.transact((tx) => changeSettings(t.app, tx, tenant.workspaceId, { command_words: { restart } }));
    await choose(['Von vorn']);
    const { id } = await newConversation();
    await say(id, 'hi');
    await say(id, 'von VORN');
    expect((await texts(id)).slice(-3), 'while the flow waits').toEqual(['in: von VORN', 'out: Hello!', 'out: Your name?']);
    await say(id, 'restart');
    expect((await texts(id)).at(-1)).toBe('out: Nice to meet you, restart.');
    await say(id, ' von vorn ');
    expect((await texts(id)).slice(-2), 'after it has ended').toEqual(['out: Hello!', 'out: Your name?']);
    await choose(['restart']);
  });

  test('replies sent at the same moment are worked on one after the other, and none is lost', async () => {
    const { id } = await newConversation();
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => say(id, text)));
    const messages = await listMessages(t.app.db, id, { limit: 100, notes: 'with' });
    expect(messages.filter((one) => one.direction === 'in')).toHaveLength(4);
    expect(messages.map((one) => one.seq)).toEqual([...messages.map((one) => one.seq)].sort((a, b) => a - b));
    const times = messages.map((one) => one.public_at);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
  });

  test('events of a provider that come twice, late and many at once are worked on once each', async () => {
    const conversations = await Promise.all(Array.from({ length: 10 }, newConversation));
    const events = Array.from({ length: 300 }, (_, n) => ({ event: `e${n}`, conversationId: conversations[n % 10]?.id ?? 0 }));
    const chance = randomOf(1, 1);
    // 30 of 100 come again, and everything up to fifty places away from where it should.
    const sent = events
      .flatMap((one, n) => (chance() < 0.3 ? [one, one] : [one]).map((again) => ({ ...again, place: n + chance() * 50 })))
      .sort((a, b) => a.place - b.place);
    const receive = ({ event, conversationId }: (typeof sent)[number]) =>
      t.app.transact((tx) => receiveEvent(t.app, tx, { source: `telegram:${kind}`, event }, { botId: tenant.botId, conversationId, reply: { text: event } }));
    const steps: unknown[] = [];
    for (let from = 0; from < sent.length; from += 32) steps.push(...(await Promise.all(sent.slice(from, from + 32).map(receive))));
    expect(sent.length).toBeGreaterThan(350);
    expect(steps.filter((step) => step !== null)).toHaveLength(300);
    const received = (await Promise.all(conversations.map(({ id }) => texts(id)))).flat().filter((text) => text.startsWith('in: '));
    expect(received.sort()).toEqual(events.map(({ event }) => `in: ${event}`).sort());
  });

  test('a timer fires once; a late or repeated one changes nothing', async () => {
    const { id } = await newConversation();
    await say(id, 'hi');
    expect(await dueTimers(t.app.db, t.clock.now(), 10)).toEqual([]);
    t.clock.advance(600_000);
    const due = (await dueTimers(t.app.db, t.clock.now(), 10)).find((one) => one.conversation_id === id);
    if (!due) throw new Error('no timer is due');
    const wake = () =>
      t.app.transact((tx) => wakeSession(t.app, tx, { botId: tenant.botId, conversationId: id, sessionId: due.session_id }, { kind: 'timer', wait: due.wait }));
    expect((await wake())?.messages.map((one) => one.text)).toEqual(['Come back any time.']);
    expect(await wake()).toBeNull();
    expect((await dueTimers(t.app.db, t.clock.now(), 10)).filter((one) => one.conversation_id === id)).toEqual([]);
  });

  test('what happened is told after the commit, once, and never for a turn that failed', async () => {
    const { id } = await newConversation();
    const told: number[] = [];
    const stop = t.app.live.listen({ conversation: id }, (one) => {
      if (one) told.push(one.seq);
    });
    await say(id, 'hi');
    const failed = t.app.transact(async (tx) => {
      await receiveReply(t.app, tx, { botId: tenant.botId, conversationId: id, reply: { text: 'Jane' } });
      throw new Error('the connection broke');
    });
    await expect(failed).rejects.toThrow('the connection broke');
    stop();
    expect(told).toHaveLength(1);
    expect(await texts(id)).toEqual(['in: hi', 'out: Hello!', 'out: Your name?']);
  });
});
