import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workOnce } from '../../jobs/worker.ts';
import { buryJob, insertJob, type Job } from '../../store/jobs.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const key = 'operator-token-for-tests';
const path = '/v1/operator/jobs';

describe.each(databaseKinds)('the dead-letter list on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  /** An ask of a conversation that is long gone, given up. */
  async function giveUp(name: string): Promise<Job> {
    const payload = JSON.stringify({ botId: world.bot.id, conversationId: 0, sessionId: 0, id: '1:1', ask: { ask: 'fax', to: name } });
    return t.app.transact(async (tx) => {
      await insertJob(tx, { kind: 'ask:fax', workspace_id: world.workspace.id, key: name, payload, lane: null }, { now: t.clock.now(), delayMs: 0 });
      const job = await tx.selectFrom('job').selectAll().where('key', '=', name).executeTakeFirstOrThrow();
      await buryJob(tx, job, { now: t.clock.now(), error: 'no paper' });
      return job;
    });
  }

  test('is listed newest first, each with its cause, and shown whole one by one', async () => {
    const [first, second] = [await giveUp('one'), await giveUp('two')];
    const shown = ({ id }: Job) => {
      const at = t.clock.now();
      return { id, kind: 'ask:fax', workspace: world.workspace.id, attempts: 0, crashes: 0, error: 'no paper', created_at: at, dead_at: at };
    };
    await scenario(t, { method: 'GET', path, key }, { status: 200, body: { data: [shown(second), shown(first)], next: null } });
    const whole = await scenario(t, { method: 'GET', path: `${path}/${first.id}`, key }, { status: 200 });
    expect(whole.json).toMatchObject({ ...shown(first), payload: { ask: { ask: 'fax', to: 'one' } } });
  });

  test('what is replayed is due again from its first attempt, and no longer on the list', async () => {
    const job = await giveUp('again');
    await scenario(t, { method: 'POST', path: `${path}/${job.id}/replay`, key }, { status: 200, events: ['job.replayed'] });
    await scenario(t, { method: 'POST', path: `${path}/${job.id}/replay`, key }, { status: 404 });
    expect(await t.app.db.selectFrom('job').select(['attempts', 'crashes', 'dead_at']).where('key', '=', job.key).executeTakeFirst()).toEqual({
      attempts: 0,
      crashes: 0,
      dead_at: null,
    });
    expect(await workOnce(t.app)).toBe(1);
  });

  test('what is dropped is gone', async () => {
    const job = await giveUp('gone');
    await scenario(t, { method: 'DELETE', path: `${path}/${job.id}`, key }, { status: 204, events: ['job.dropped'] });
    await scenario(t, { method: 'GET', path: `${path}/${job.id}`, key }, { status: 404 });
    await scenario(t, { method: 'DELETE', path: `${path}/${job.id}`, key }, { status: 404 });
  });

  test('is for operators only', async () => {
    const job = await giveUp('mine');
    for (const [method, url] of [
      ['GET', path],
      ['GET', `${path}/${job.id}`],
      ['POST', `${path}/${job.id}/replay`],
      ['DELETE', `${path}/${job.id}`],
    ] as const)
      expect((await call(t, { method, path: url, key: world.key })).status).toBe(403);
  });
});
