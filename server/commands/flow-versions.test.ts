// A session goes on with the versions it began with, the flow it runs and every flow that called it, whatever has been
// published since; what it calls anew is what is live by then.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../auth.ts';
import { fireTimers } from '../jobs/timers.ts';
import { insertConversation } from '../store/conversations.ts';
import type { PublishPolicy } from '../store/flows.ts';
import { findSession } from '../store/sessions.ts';
import { writeTurnSetting } from '../store/settings.ts';
import { insertSubscriber } from '../store/subscribers.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld } from '../testing/factories.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { changeFlow, chooseStart, createFlow, needFlow, publishFlow, removeFlow } from './flows.ts';
import { receiveReply } from './receive-reply.ts';

type Blocks = object[];

const flow = (id: string, blocks: Blocks) => ({
  format: 'flow/1',
  id,
  name: id,
  vars: { x: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'a' } },
  groups: { a: { blocks } },
});
const ask = (id: string, text: string) => ({ id, type: 'ask', kind: 'text', text, save: 'x', retry: { max: 1 } });
const say = (id: string, text: string) => ({ id, type: 'text', text });
const back = { id: 'r', type: 'return' };

const caller = (n: number) =>
  flow('caller', [
    { id: 'c', type: 'call', flow: 'inner' },
    say('after', `Caller ${n}`),
    ask('more', 'More?'),
    { id: 'again', type: 'goto', to: { next: 'a' } },
  ]);
const inner = (n: number) => flow('inner', [{ id: 'c', type: 'call', flow: 'innermost' }, say('after', `Inner ${n}`), back]);
const innermost = (n: number) => flow('innermost', [ask('q', `Innermost ${n}?`), say('after', `Innermost ${n}`), back]);

describe.each(databaseKinds)('versions of flows on %s', (kind) => {
  let t: TestApp;
  let tenant: Tenant;
  let people = 0;

  async function publish(document: { id: string }, policy: PublishPolicy = 'finish_on_old'): Promise<void> {
    await t.app.transact(async (tx) => {
      const known = await needFlow(tx, tenant, { slug: document.id }).then(
        (row) => row,
        () => null,
      );
      if (known) await changeFlow(t.app, tx, tenant, { slug: document.id }, { document, rev: known.rev });
      else await createFlow(t.app, tx, tenant, document);
    });
    await t.app.transact((tx) => publishFlow(t.app, tx, tenant, { slug: document.id }, '', policy));
  }

  beforeAll(async () => {
    t = await testApp(kind);
    const world = await makeWorld(t.app);
    tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' };
  });
  afterAll(() => t.close());

  async function begin(
    documents: { id: string }[] = [innermost(1), inner(1), caller(1)],
    start = 'caller',
  ): Promise<{
    says: (text: string) => Promise<string[]>;
    state: () => Promise<{ version_id: number; vars: object; stack: { flow: string; version_id: number }[] }>;
    version: () => Promise<number | undefined>;
  }> {
    for (const document of documents) await publish(document);
    await t.app.transact((tx) => chooseStart(t.app, tx, tenant, 'default', { slug: start }));
    people += 1;
    const id = await t.app.transact(async (tx) => {
      const one = await insertSubscriber(tx, tenant.botId, { channel: 'web', user_id: `v${people}` }, t.clock.now());
      const place = {
        workspace_id: tenant.workspaceId,
        bot_id: tenant.botId,
        subscriber_id: one?.id ?? 0,
        channel: 'web',
        site_id: null,
        visitor: null,
        public_id: null,
      };
      return (await insertConversation(tx, place, t.clock.now()))?.id ?? 0;
    });
    let sessionId = 0;
    return {
      says: async (text) => {
        const step = await t.app.transact((tx) => receiveReply(t.app, tx, { botId: tenant.botId, conversationId: id, reply: { text } }));
        sessionId = step.sessionId ?? 0;
        return step.messages.filter((one) => one.direction === 'out').map((one) => one.text);
      },
      version: async () => (await findSession(t.app.db, id, sessionId))?.version,
      state: async () => JSON.parse((await findSession(t.app.db, id, sessionId))?.state ?? 'null'),
    };
  }

  test('inside sub-flows it goes on as it began, all the way out; the next call begins what is live', async () => {
    const talk = await begin();
    expect(await talk.says('hi')).toEqual(['Innermost 1?']);
    const began = await talk.state();
    for (const n of [2, 3]) for (const document of [innermost(n), inner(n), caller(n)]) await publish(document);
    expect(await talk.says('x')).toEqual(['Innermost 1', 'Inner 1', 'Caller 1', 'More?']);
    expect(await talk.says('y')).toEqual(['Innermost 3?']);
    const now = await talk.state();
    expect(now.stack.map((frame) => frame.flow)).toEqual(['caller', 'inner']);
    expect(now.version_id).toBe(began.version_id + 2);
    expect(now.stack.map((frame) => frame.version_id)).toEqual([began.stack[0]?.version_id, (began.stack[1]?.version_id ?? 0) + 2]);
    expect(await talk.says('z')).toEqual(['Innermost 3', 'Inner 3', 'Caller 1', 'More?']);
  });

  test('a block that a newer version has no more is still there for who waits in it', async () => {
    const talk = await begin();
    await talk.says('hi');
    await publish(flow('innermost', [say('other', 'All new'), back]));
    expect(await talk.says('x')).toEqual(['Innermost 1', 'Inner 1', 'Caller 1', 'More?']);
  });

  test('a sub-flow that is deleted under a session ends it in words, not in silence', async () => {
    const talk = await begin();
    await talk.says('hi');
    await t.app.transact((tx) => removeFlow(t.app, tx, tenant, { slug: 'innermost' }));
    expect(await talk.says('x')).toEqual(['Something went wrong on our side. A colleague will get back to you.']);
    expect(await talk.state()).toMatchObject({ status: 'failed' });
  });

  test('a late reply that starts again begins what the conversation begins with, where the flow was deleted', async () => {
    const late = (value: { web: { late_reply: 'restart' } } | undefined) =>
      t.app.transact((tx) => writeTurnSetting(tx, tenant.workspaceId, 'channels', value ?? {}));
    await late({ web: { late_reply: 'restart' } });
    const talk = await begin([flow('doomed', [ask('q', 'Doomed?'), back])], 'doomed');
    expect(await talk.says('hi')).toEqual(['Doomed?']);
    await publish(flow('other', [ask('q', 'Other?'), back]));
    await t.app.transact((tx) => chooseStart(t.app, tx, tenant, 'default', { slug: 'other' }));
    await t.app.transact((tx) => removeFlow(t.app, tx, tenant, { slug: 'doomed' }));
    t.clock.advance(31 * 86_400_000);
    expect(await talk.says('hello?')).toEqual(['Other?']);
    await t.app.transact((tx) => removeFlow(t.app, tx, tenant, { slug: 'other' }));
    t.clock.advance(31 * 86_400_000);
    expect(await talk.says('hello?'), 'nothing is left to begin with').toEqual([]);
    await late(undefined);
  });

  test('a flow that calls itself is itself in the version that is live', async () => {
    const self = (n: number) =>
      flow('self', [
        ask('q', `Self ${n}?`),
        { id: 'i', type: 'if', cases: [{ id: 'deep', when: { l: 'x', op: 'eq', r: 'deeper' } }], to: { 'case:deep': 'b', else: 'c' } },
      ]);
    const whole = (n: number) => ({
      ...self(n),
      groups: {
        ...self(n).groups,
        b: { blocks: [{ id: 's', type: 'call', flow: 'self' }, say('out', `Out ${n}`), back] },
        c: { blocks: [{ id: 'r2', type: 'return' }] },
      },
    });
    const talk = await begin();
    await publish(whole(1));
    await t.app.transact((tx) => chooseStart(t.app, tx, tenant, 'default', { slug: 'self' }));
    expect(await talk.says('hi')).toEqual(['Self 1?']);
    await publish(whole(2));
    expect(await talk.says('deeper')).toEqual(['Self 2?']);
    expect(await talk.says('enough')).toEqual(['Out 1']);
  });

  describe('published to take over', () => {
    const asking = (n: number, more: Blocks = []) =>
      flow('asking', [say('hello', `Hello ${n}`), ask('q', `What ${n}?`), say('got', `Got {{ x }} in ${n}`), ...more, back]);

    test('a session goes on in the new version at its next input, with what it knows', async () => {
      const talk = await begin([asking(1, [ask('q2', 'And 1?')])], 'asking');
      const first = await talk.says('hi');
      expect(first).toEqual(['Hello 1', 'What 1?']);
      const version = (await talk.version()) ?? 0;
      await publish(asking(2, [ask('q2', 'And 2?')]), 'migrate');
      expect(await talk.version()).toBe(version);
      expect(await talk.says('a')).toEqual(['Got a in 2', 'And 2?']);
      expect(await talk.version()).toBe(version + 1);
      expect(await talk.state()).toMatchObject({ version_id: version + 1, vars: { x: 'a' } });
      // What is published after it with the usual policy takes nobody.
      await publish(asking(3, [ask('q2', 'And 3?'), say('end', 'Three')]));
      expect(await talk.says('b')).toEqual([]);
    });

    test('wherever the block stands by now, inside of sub-flows as well', async () => {
      const talk = await begin();
      expect(await talk.says('hi')).toEqual(['Innermost 1?']);
      const elsewhere = innermost(4);
      await publish({ ...elsewhere, triggers: { go: { type: 'start', to: 'b' } }, groups: { b: elsewhere.groups.a } } as never, 'migrate');
      await publish(caller(4), 'migrate');
      await publish(inner(4));
      expect(await talk.says('x')).toEqual(['Innermost 4', 'Inner 1', 'Caller 4', 'More?']);
      expect((await talk.state()).stack).toEqual([]);
    });

    test('where the block is gone, or is of another kind, a reply starts it again, and time does not', async () => {
      const talk = await begin([asking(1)], 'asking');
      await talk.says('hi');
      await publish(flow('asking', [say('hello', 'All new'), { id: 'q', type: 'wait', for: '1h' }, ask('other', 'Other?'), back]), 'migrate');
      expect(await talk.says('late')).toEqual(['All new']);
      const lost = await begin([flow('timed', [{ ...ask('q', 'Quick?'), timeout: '1h', to: { timeout: 'a.slow' } }, say('slow', 'Too slow'), back])], 'timed');
      expect(await lost.says('hi')).toEqual(['Quick?']);
      await publish(flow('timed', [say('hello', 'Timeless'), ask('other', 'Other?'), back]), 'migrate');
      await t.pass(2 * 3_600_000);
      await fireTimers(t.app);
      expect(await t.app.db.selectFrom('timer').selectAll().execute()).not.toContainEqual(expect.objectContaining({ wait: '1:1' }));
      expect(await lost.says('there?')).toEqual(['Timeless', 'Other?']);
    });

    test('a global command is obeyed before it starts again', async () => {
      const talk = await begin([asking(1)], 'asking');
      await talk.says('hi');
      await publish(flow('asking', [say('new', 'All new'), ask('other', 'Other?'), back]), 'migrate');
      expect(await talk.says('stop')).toEqual([]);
      expect(await talk.says('hello?')).toEqual([]);
    });

    test('the policy is kept with the version and shown; another word is refused', async () => {
      const world = await makeWorld(t.app);
      const document = flow('shown', [say('s', 'Hi'), back]);
      const post = (path: string, body: object) => call(t, { method: 'POST', path, key: world.key, body });
      await post('/v1/flows', { document, publish: true });
      expect((await post('/v1/flows/shown/publish', { policy: 'migrate' })).json).toEqual({ version: 2 });
      expect((await post('/v1/flows/shown/publish', { policy: 'maybe' })).status).toBe(422);
      const versions = await call(t, { method: 'GET', path: '/v1/flows/shown/versions', key: world.key });
      expect((versions.json as { data: { policy: string }[] }).data.map((one) => one.policy)).toEqual(['migrate', 'finish_on_old']);
    });
  });
});
