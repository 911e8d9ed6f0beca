// People who write in bits are answered once, where their channel has a quiet time; every bit is stored and shown at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { handBack, takeOver } from '../commands/conversation-acts.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, session, type World } from '../testing/factories.ts';
import { makePerson, type Person, startWith } from '../testing/person.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { fireTimers } from './timers.ts';
import { workOnce } from './worker.ts';

const desk = {
  format: 'flow/1',
  id: 'desk',
  name: 'Desk',
  vars: { wish: { type: 'text' }, size: { type: 'number' }, seen: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        {
          id: 'q',
          type: 'ask',
          kind: 'text',
          text: 'What would you like?',
          save: 'wish',
          timeout: '1h',
          retry: { max: 1 },
          to: { timeout: 'slow', invalid: 'slow' },
        },
        { id: 'see', type: 'set', set: [{ var: 'seen', value: '{{ msg.text | replace("\\n", " / ") }}' }] },
        { id: 't', type: 'text', text: 'So: {{ seen }}.' },
        { id: 'n', type: 'ask', kind: 'number', text: 'Which size?', save: 'size', retry: { max: 1 }, to: { next: 'thanks', invalid: 'slow' } },
      ],
    },
    thanks: { blocks: [{ id: 'ok', type: 'text', text: 'Size {{ size }}.', to: { next: '@end' } }] },
    slow: { blocks: [{ id: 'late', type: 'text', text: 'Too slow.', to: { next: '@end' } }] },
  },
};

describe.each(databaseKinds)('several messages as one on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await startWith(t, world, desk);
    await settle('2s');
  });
  afterAll(() => t.close());

  async function settle(quiet_time: string | null) {
    const headers = await session(t.app, world.account);
    const reply = await call(t, { method: 'PATCH', path: '/v1/settings', headers, body: { channels: { web: { quiet_time } } } });
    expect(reply.status, reply.text).toBe(200);
  }
  const asked = async (): Promise<Person> => {
    const person = await makePerson(t, world);
    expect(await person.says('hi'), 'the first message starts the flow and answers nothing').toEqual(['What would you like?']);
    return person;
  };
  /** Lets time pass, and does what is due. */
  const pass = async (ms: number): Promise<void> => {
    await t.pass(ms);
    for (let rounds = 0; rounds < 30 && (await workOnce(t.app)); rounds += 1);
  };

  test('each is stored at once, and they are answered together when the person has been quiet', async () => {
    const person = await asked();
    expect(await person.says('a bike')).toEqual([]);
    await pass(1_500);
    expect(await person.says('blue')).toEqual([]);
    await pass(1_500);
    expect(await person.transcript()).toEqual(['in: hi', 'out: What would you like?', 'in: a bike', 'in: blue']);
    await pass(600);
    expect((await person.transcript()).slice(4)).toEqual(['out: So: a bike / blue.', 'out: Which size?']);
    expect((await person.session())?.vars.wish).toBe('a bike\nblue');
    await pass(60_000);
    expect(await person.transcript()).toHaveLength(6);
  });

  test('nothing but the messages is told of until then, and the question counts as answered', async () => {
    const person = await asked();
    const before = (await person.events()).length;
    await person.says('a');
    await person.says('b');
    expect((await person.events()).slice(before).map((one) => one.kind)).toEqual(['message', 'message']);
    await pass(2_100);
    const inputs = (await person.events()).flatMap((one) => (one.kind === 'input' ? [`${one.block} ${one.status}`] : []));
    expect(inputs).toEqual(['a.q requested', 'a.q resolved', 'a.n requested']);
  });

  test('ten seconds or twenty messages are enough, however much more they write', async () => {
    const slow = await asked();
    for (let at = 0; at < 6; at += 1) {
      expect(await slow.says(`${at}`)).toEqual([]);
      await pass(1_800);
    }
    expect((await slow.transcript()).find((one) => one.startsWith('out: So'))).toBe('out: So: 0 / 1 / 2 / 3 / 4 / 5.');
    const fast = await asked();
    for (let at = 1; at < 20; at += 1) expect(await fast.says(`${at}`)).toEqual([]);
    expect((await fast.says('20'))[0]).toMatch(/^So: 1 .* 20\.$/);
    const long = await asked();
    expect(await long.says('x'.repeat(7_999))).toEqual([]);
    expect(await long.says('y')).toHaveLength(2);
  });

  test('a question of another kind, a command and a file are answered at once', async () => {
    const person = await asked();
    await person.says('a bike');
    await pass(2_100);
    expect(await person.says('7')).toEqual(['Size 7.']);
    const other = await asked();
    await other.says('a bi');
    expect(await other.says('restart')).toEqual(['What would you like?']);
    await pass(5_000);
    expect((await other.transcript()).at(-1)).toBe('out: What would you like?');
    expect(await other.says('a boat')).toEqual([]);
    expect((await other.says('this one', { payload: 'x' }))[0]).toBe('So: a boat / this one.');
  });

  test('switched off meanwhile, what was written is answered with the next, or by its job', async () => {
    const [next, alone] = [await asked(), await asked()];
    await next.says('one');
    await alone.says('one');
    await settle(null);
    expect((await next.says('two'))[0]).toBe('So: one / two.');
    await pass(2_100);
    expect((await alone.transcript()).at(-2)).toBe('out: So: one.');
    expect((await (await asked()).says('one'))[0]).toBe('So: one.');
    await settle('2s');
  });

  test('people who take the conversation meanwhile answer it, and the bot does not do so later', async () => {
    const person = await asked();
    await person.says('a person please');
    const act = { botId: world.bot.id, conversationId: person.conversationId, by: { kind: 'agent' as const, id: world.account.id, name: 'Ann' } };
    await t.app.transact((tx) => takeOver(t.app, tx, act));
    await pass(3_000);
    await t.app.transact((tx) => handBack(t.app, tx, act, null));
    await pass(3_000);
    expect((await person.transcript()).at(-1)).toBe('in: a person please');
    await person.says('a bike');
    await pass(2_100);
    expect((await person.transcript()).at(-2)).toBe('out: So: a bike.');
  });

  test('the time for the answer may be up meanwhile: what was written is the answer', async () => {
    const person = await asked();
    await pass(3_599_000);
    await person.says('just in time');
    await t.pass(1_000);
    await fireTimers(t.app);
    expect((await person.transcript()).at(-2)).toBe('out: So: just in time.');
    await pass(2_100);
    expect(await person.transcript()).toHaveLength(5);
  });

  test('nothing is lost when the process dies in the quiet time: the job is in the transaction of the message', async () => {
    const person = await asked();
    await person.says('kept');
    const jobs = await t.app.db.selectFrom('job').select(['kind', 'payload']).where('kind', '=', 'gathered').execute();
    expect(jobs.map((one) => JSON.parse(one.payload))).toContainEqual(expect.objectContaining({ conversationId: person.conversationId, count: 1 }));
    const [failed] = await Promise.allSettled([
      t.app.transact(async (tx) => {
        const { receiveReply } = await import('../commands/receive-reply.ts');
        await receiveReply(t.app, tx, { botId: world.bot.id, conversationId: person.conversationId, reply: { text: 'lost' } });
        throw new Error('the process dies before the commit');
      }),
    ]);
    expect(failed?.status).toBe('rejected');
    await pass(2_100);
    expect((await person.transcript()).slice(2)).toEqual(['in: kept', 'out: So: kept.', 'out: Which size?']);
  });
});
