// What an author got wrong ends in a traced failure and a word to the person, over HTTP, and never in a stuck conversation.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepsAfter } from '../store/sessions.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, session, type World } from '../testing/factories.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { eventsOf } from './save-step.ts';

const sorry = 'Something went wrong on our side. A colleague will get back to you.';

type Mistake = { name: string; reason: RegExp; blocks: object[] };

const asking = { id: 'q', type: 'ask', kind: 'text', text: 'Tell me.', save: 'said', retry: { max: 3 }, to: { invalid: '@end' } };

// What goes round by its connections alone is refused by the linter; nobody can tell that of a condition.
const endless = (error?: string) => [
  { id: 'w', type: 'while', test: { cel: 'said != "never"' }, max: 1_000, to: { do: 'a.s', done: '@end', ...(error === undefined ? {} : { error }) } },
  { id: 's', type: 'set', set: [{ var: 'said', value: 'again' }], to: { next: '@continue', ...(error === undefined ? {} : { error }) } },
];

const mistakes: Mistake[] = [
  { name: 'an endless loop', reason: /more than 200 blocks/, blocks: endless() },
  {
    name: 'a variable of ten megabytes',
    reason: /larger than/,
    blocks: [
      { id: 's', type: 'set', set: [{ var: 'said', value: 'x'.repeat(1_000) }] },
      ...Array.from({ length: 14 }, (_, at) => ({ id: `d${at}`, type: 'set', set: [{ var: 'said', value: '{{ said }}{{ said }}' }] })),
      { id: 'e', type: 'end' },
    ],
  },
  {
    name: 'a hundred messages at once',
    reason: /more than 100 messages/,
    blocks: [
      { id: 'w', type: 'while', test: { cel: 'said != "never"' }, max: 1_000, to: { do: 'a.t0', done: '@end' } },
      ...Array.from({ length: 4 }, (_, at) => ({ id: `t${at}`, type: 'text', text: 'spam', ...(at === 3 ? { to: { next: '@continue' } } : {}) })),
    ],
  },
];

describe.each(databaseKinds)('an author’s mistake on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  let made = 0;
  async function publish(blocks: object[], more: object = {}, params: string[] = []): Promise<string> {
    made += 1;
    const id = `flow${made}`;
    const document = {
      format: 'flow/1',
      id,
      name: id,
      vars: { said: { type: 'text', default: '' } },
      triggers: { go: { type: 'start', to: 'a' } },
      params: Object.fromEntries(params.map((name) => [name, { type: 'text' }])),
      groups: { a: { blocks }, ...more },
    };
    const reply = await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
    expect(reply.status, reply.text).toBe(201);
    return id;
  }
  async function begin(flow: string, message: string): Promise<string> {
    const reply = await call(t, { method: 'POST', path: '/chats', key: world.key, body: { from_flow: flow, message } });
    expect(reply.status, reply.text).toBe(200);
    return (reply.json as { id: string }).id;
  }
  async function say(id: string, message: string): Promise<{ status: string; messages: { content: string }[] }> {
    const reply = await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message } });
    expect(reply.status, reply.text).toBe(200);
    return reply.json as { status: string; messages: { content: string }[] };
  }
  async function failure(id: string) {
    const chat = (await call(t, { method: 'GET', path: `/chats/${id}`, key: world.key })).json as { status: string; stop_reason: string; last_error: string };
    const messages = (await call(t, { method: 'GET', path: `/chats/${id}/messages?order=desc&limit=1`, key: world.key })).json as { content: string }[];
    const conversation = await t.app.db.selectFrom('conversation').selectAll().where('public_id', '=', id).executeTakeFirstOrThrow();
    const events = (await stepsAfter(t.app.db, conversation.id, 0, 100)).flatMap(eventsOf);
    const failed = events.find((one) => one.kind === 'failed');
    return { chat, last: messages[0]?.content, open: conversation.status, reason: failed?.reason ?? '', at: failed?.block };
  }

  test.each(mistakes)('$name is told to the person, traced, and open for people', async ({ blocks, reason }) => {
    const id = await begin(await publish(blocks), 'hi');
    const found = await failure(id);
    expect(found).toMatchObject({ last: sorry, open: 'open', reason: expect.stringMatching(reason), at: expect.stringMatching(/^a\./) });
    expect(found.chat).toMatchObject({ status: 'error', stop_reason: 'error', last_error: found.reason });
    expect((await say(id, 'hello?')).status, 'it can be spoken to again').toBe('error');
  });

  test('a flow that was deleted while someone was in it', async () => {
    const flow = await publish([asking, { id: 'e', type: 'end' }]);
    const id = await begin(flow, 'hi');
    expect((await call(t, { method: 'DELETE', path: `/v1/flows/${flow}`, key: world.key })).status).toBeLessThan(300);
    expect(await say(id, 'still there?')).toMatchObject({ status: 'error', messages: [{ content: sorry }] });
    expect(await failure(id)).toMatchObject({ open: 'open', reason: expect.stringMatching(/no longer there/) });
  });

  test('a called flow that was deleted meanwhile', async () => {
    const called = await publish([
      { id: 't', type: 'text', text: 'Called.' },
      { id: 'e', type: 'end' },
    ]);
    const flow = await publish([asking, { id: 'c', type: 'call', flow: called, to: { next: '@end' } }]);
    const id = await begin(flow, 'hi');
    await call(t, { method: 'DELETE', path: `/v1/flows/${called}`, key: world.key });
    expect(await say(id, 'go on')).toMatchObject({ status: 'error', messages: [{ content: sorry }] });
  });

  test('a regular expression that would never end, ends', async () => {
    const flow = await publish([
      { ...asking, check: { regex: '^(a+)+$' } },
      { id: 't', type: 'text', text: 'Fine.' },
      { id: 'e', type: 'end' },
    ]);
    const id = await begin(flow, 'hi');
    const begun = performance.now();
    const { status } = await say(id, `${'a'.repeat(30_000)}!`);
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(status).toBe('wait_for_human_input');
    expect(await say(id, 'aaa')).toMatchObject({ status: 'completed', messages: [{ content: 'Fine.' }] });
  });

  test('an error way of the flow goes before, and the words are the workspace’s own', async () => {
    const careful = await publish(endless('b'), { b: { blocks: [{ id: 't', type: 'text', text: 'Oh dear.', to: { next: '@end' } }] } });
    const id = await begin(careful, 'hi');
    expect(await failure(id)).toMatchObject({ last: 'Oh dear.', reason: '' });
    const headers = await session(t.app, world.account);
    await call(t, { method: 'PATCH', path: '/v1/settings', headers, body: { fallback_text: 'Un instant.' } });
    expect((await failure(await begin(await publish(endless()), 'hi'))).last).toBe('Un instant.');
  });

  describe('with a flow for errors', () => {
    const choose = (error: string | null) => call(t, { method: 'PATCH', path: '/v1/flow-starts', key: world.key, body: { error } });
    const failing = [asking, ...endless()];

    test('it goes on where a flow failed, knows what happened, and what failed stays failed', async () => {
      const sorryFlow = await publish(
        [
          { id: 't', type: 'text', text: '{{ param.flow }} failed at {{ param.block }}.' },
          { ...asking, to: { next: '@end' } },
        ],
        {},
        ['flow', 'block', 'error'],
      );
      expect((await choose(sorryFlow)).json).toMatchObject({ error: sorryFlow });
      const flow = await publish(failing);
      const id = await begin(flow, 'hi');
      expect(await say(id, 'go')).toMatchObject({ status: 'wait_for_human_input', messages: [{ content: `${flow} failed at a.w.` }, { content: 'Tell me.' }] });
      const conversation = await t.app.db.selectFrom('conversation').selectAll().where('public_id', '=', id).executeTakeFirstOrThrow();
      const sessions = await t.app.db.selectFrom('session').select(['id', 'status']).where('conversation_id', '=', conversation.id).orderBy('id').execute();
      expect(sessions.map((one) => one.status)).toEqual(['failed', 'waiting']);
      const events = (await stepsAfter(t.app.db, conversation.id, 0, 100)).flatMap(eventsOf);
      expect(events).toContainEqual(expect.objectContaining({ kind: 'failed', block: 'a.w', reason: expect.stringMatching(/200 blocks/) }));
      expect(events).toContainEqual(expect.objectContaining({ kind: 'session', id: sessions[0]?.id, status: 'failed' }));
      expect(events).toContainEqual(expect.objectContaining({ kind: 'input', status: 'resolved', session: sessions[0]?.id }));
      expect(await say(id, 'thanks')).toMatchObject({ status: 'completed' });
    });

    test('in the first turn as well, and whoever waited before is put aside', async () => {
      const id = await begin(await publish(endless()), 'hi');
      expect(await failure(id)).toMatchObject({ last: 'Tell me.' });
    });

    test('should it fail itself, people read the fallback and it is begun once', async () => {
      await choose(await publish(endless()));
      const id = await begin(await publish(failing), 'hi');
      const { messages, status } = await say(id, 'go');
      expect(messages.map((one) => one.content)).toEqual(['Un instant.']);
      expect(status).toBe('error');
      expect((await failure(id)).open).toBe('open');
      await choose(null);
    });

    test('a flow without a start, one that is not there and one of another bot cannot be chosen', async () => {
      expect((await choose('nowhere')).status).toBe(404);
      expect((await call(t, { method: 'PATCH', path: '/v1/flow-starts', key: world.key, body: { error: 7 } })).status).toBe(422);
      const other = await makeWorld(t.app);
      const flow = await publish([{ id: 'e', type: 'end' }]);
      expect((await call(t, { method: 'PATCH', path: '/v1/flow-starts', key: other.key, body: { error: flow } })).status).toBe(404);
    });
  });
});
