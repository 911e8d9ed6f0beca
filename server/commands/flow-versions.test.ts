// A session goes on with the versions it began with, the flow it runs and every flow that called it, whatever has been
// published since; what it calls anew is what is live by then.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../auth.ts';
import { insertConversation } from '../store/conversations.ts';
import { findSession } from '../store/sessions.ts';
import { insertSubscriber } from '../store/subscribers.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld } from '../testing/factories.ts';
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

  async function publish(document: { id: string }): Promise<void> {
    await t.app.transact(async (tx) => {
      const known = await needFlow(tx, tenant, { slug: document.id }).then(
        (row) => row,
        () => null,
      );
      if (known) await changeFlow(t.app, tx, tenant, { slug: document.id }, { document, rev: known.rev });
      else await createFlow(t.app, tx, tenant, document);
    });
    await t.app.transact((tx) => publishFlow(t.app, tx, tenant, { slug: document.id }, ''));
  }

  beforeAll(async () => {
    t = await testApp(kind);
    const world = await makeWorld(t.app);
    tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' };
  });
  afterAll(() => t.close());

  async function begin(): Promise<{
    says: (text: string) => Promise<string[]>;
    state: () => Promise<{ version_id: number; stack: { flow: string; version_id: number }[] }>;
  }> {
    for (const document of [innermost(1), inner(1), caller(1)]) await publish(document);
    await t.app.transact((tx) => chooseStart(t.app, tx, tenant, 'default', { slug: 'caller' }));
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
});
