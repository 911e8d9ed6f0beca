// What must hold for work that is done later when workers die, clocks jump and calls hang or throw.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AnyEffect, Performed } from '../effects.ts';
import { deadJobs, leaseJobs, nextJob } from '../store/jobs.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp, testStart } from '../testing/test-app.ts';
import { startWorker, workOnce } from './worker.ts';

const aSecond = 1_000;
const anHour = 3_600_000;
const aDay = 24 * anHour;

const later = {
  format: 'flow/1',
  id: 'later',
  name: 'Later',
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'w', type: 'wait', for: '1h' },
        { id: 't', type: 'text', text: 'An hour later.' },
        { id: 'e', type: 'end' },
      ],
    },
  },
};

const calling = {
  format: 'flow/1',
  id: 'calling',
  name: 'Calling',
  vars: { said: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'q', type: 'set', set: [{ var: 'said', value: '{{ msg.text }}' }] },
        { id: 'c', type: 'api', request: { url: 'https://shop.example/{{ said }}' }, to: { '2xx': 'ok', others: 'bad' } },
      ],
    },
    ok: { blocks: [{ id: 'found', type: 'text', text: 'Found.', to: { next: '@end' } }] },
    bad: { blocks: [{ id: 'sorry', type: 'text', text: 'Not now: {{ last.kind }}', to: { next: '@end' } }] },
  },
};

// As markdown, which a chat's content is.
const notNow = 'Not now: unknown\\_outcome';

const found: Performed = { ok: true, values: { kind: 'status', status: 200, headers: {}, body: null } };

/** Calls out as the test says; the last part of the address tells which call it is. */
function caller(perform: (which: string) => Promise<Performed>, { isRepeatable }: { isRepeatable: boolean } = { isRepeatable: true }): AnyEffect[] {
  return [{ ask: 'api', isRepeatable: () => isRepeatable, perform: (_app, ask) => perform(ask.request?.url.split('/').at(-1) ?? '') }];
}

const never = (): Promise<Performed> => expect.fail('nobody may be called');

describe.each(databaseKinds)('work that is done later, on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    for (const document of [later, calling]) await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
  });
  beforeEach(() => t.clock.set(testStart));
  afterAll(() => t.close());

  const begin = async (flow: string, message = 'go'): Promise<string> => {
    const made = await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: flow, message } });
    return (made.json as { id: string }).id;
  };
  const texts = async (id: string): Promise<string[]> => {
    const messages = (await call(t, { method: 'GET', path: `/chats/${id}/messages`, key: world.key })).json as { content: string }[];
    return messages.map((one) => one.content);
  };

  /** A worker that takes what is due, and dies with it. */
  async function die(): Promise<void> {
    const lease = { now: t.clock.now(), leaseMs: 30_000, limit: 100, except: [] };
    expect(await t.app.transact((tx) => leaseJobs(tx, lease))).not.toEqual([]);
  }

  const dead = async () => (await deadJobs(t.app.db, { limit: 50 })).rows.map(({ kind: what, last_error }) => [what, last_error]);
  const forget = () => t.app.transact(async (tx) => void (await tx.deleteFrom('job').execute()));

  test('timers fire once when the clock jumps a day ahead and back, and what begins after the jump keeps its own time', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, () => begin('later')));
    t.clock.advance(aDay);
    expect(await workOnce(t.app)).toBe(5);
    t.clock.advance(-aDay);
    expect(await workOnce(t.app)).toBe(0);
    const after = await begin('later');
    t.clock.advance(anHour - aSecond);
    expect(await workOnce(t.app)).toBe(0);
    t.clock.advance(aSecond);
    expect(await workOnce(t.app)).toBe(1);
    t.clock.advance(aDay);
    expect(await workOnce(t.app)).toBe(0);
    for (const id of [...ids, after]) expect(await texts(id)).toEqual(['go', 'An hour later.']);
  });

  test('two workers at once fire a timer once', async () => {
    const id = await begin('later');
    t.clock.advance(anHour);
    await Promise.all([workOnce(t.app), workOnce(t.app), workOnce(t.app)]);
    expect(await texts(id)).toEqual(['go', 'An hour later.']);
  });

  test('a job whose lease seems to have run out is not taken from the worker that still has it', async () => {
    const answers: (() => void)[] = [];
    const stop = await startWorker(
      t.app,
      caller(() => new Promise((resolve) => answers.push(() => resolve(found)))),
    );
    const id = await begin('calling');
    await expect.poll(() => answers.length).toBe(1);
    await t.pass(aDay);
    await begin('calling');
    await expect.poll(() => answers.length).toBe(2);
    for (const answer of answers) answer();
    await expect.poll(() => texts(id)).toEqual(['go', 'Found.']);
    await stop();
    expect(answers).toHaveLength(2);
  });

  test('a job that a worker died with is done by another, and only when doing it twice is as good as once', async () => {
    const id = await begin('calling');
    await die();
    const effects = caller(async () => found);
    expect(await workOnce(t.app, effects)).toBe(0);
    await t.pass(30_000);
    expect(await workOnce(t.app, effects)).toBe(1);
    expect(await texts(id)).toEqual(['go', 'Found.']);
    expect(await dead()).toEqual([]);

    const mail = await begin('calling');
    await die();
    await t.pass(30_000);
    await workOnce(t.app, caller(never, { isRepeatable: false }));
    expect(await texts(mail)).toEqual(['go', notNow]);
    expect(await dead()).toEqual([['ask:api', 'the worker died with it']]);
    await forget();
  });

  test('a job that two workers died with is given up, and its conversation goes on by the error way', async () => {
    const id = await begin('calling');
    for (let death = 0; death < 2; death += 1) {
      await die();
      await t.pass(30_000);
    }
    await workOnce(t.app, caller(never));
    expect(await texts(id)).toEqual(['go', notNow]);
    expect(await dead()).toEqual([['ask:api', 'the worker died with it']]);
    await forget();
  });

  test('a job that always throws is given up after eight attempts, and its neighbours do not notice', async () => {
    const attempts: string[] = [];
    const effects = caller(async (which) => {
      attempts.push(which);
      if (which === 'poison') throw new Error('refused');
      return found;
    });
    const poisoned = await begin('calling', 'poison');
    const neighbours = await Promise.all(Array.from({ length: 5 }, (_, n) => begin('calling', `n${n}`)));
    await workOnce(t.app, effects);
    for (const id of neighbours) expect((await texts(id)).at(-1)).toBe('Found.');
    for (let round = 0; round < 20 && (await nextJob(t.app.db)) !== null; round += 1) {
      await t.pass(anHour);
      await workOnce(t.app, effects);
    }
    expect(attempts.filter((one) => one === 'poison')).toHaveLength(8);
    // It is certain that nothing happened.
    expect(await texts(poisoned)).toEqual(['poison', 'Not now: network']);
    expect(await dead()).toEqual([['ask:api', 'Error: refused']]);
    await forget();
  });

  test('what a conversation asked before it was deleted ends with nobody to tell', async () => {
    const id = await begin('calling');
    expect((await call(t, { method: 'DELETE', path: `/chats/${id}`, key: world.key })).status).toBeLessThan(300);
    await t.app.transact(async (tx) => void (await tx.deleteFrom('conversation').execute()));
    expect(
      await workOnce(
        t.app,
        caller(async () => found),
      ),
    ).toBe(1);
    expect(await t.app.db.selectFrom('job').select('id').execute()).toEqual([]);
  });

  test('a call that hangs holds up neither timers nor other calls', async () => {
    let release = (): void => {};
    const stop = await startWorker(
      t.app,
      caller((which) => (which === 'slow' ? new Promise((resolve) => (release = () => resolve(found))) : Promise.resolve(found))),
    );
    const waiting = await begin('later');
    const slow = await begin('calling', 'slow');
    await sleep(50);
    const quick = await begin('calling', 'quick');
    await expect.poll(() => texts(quick), { timeout: 5_000 }).toEqual(['quick', 'Found.']);
    t.clock.advance(anHour);
    await expect.poll(() => texts(waiting), { timeout: 5_000 }).toEqual(['go', 'An hour later.']);
    expect(await texts(slow)).toEqual(['slow']);
    release();
    await expect.poll(() => texts(slow)).toEqual(['slow', 'Found.']);
    await stop();
  });
});
