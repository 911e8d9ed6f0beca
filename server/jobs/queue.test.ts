// What a queue promises, whoever brings the jobs: the same cases for the table of one process and for pg-boss.
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { replayJob } from '../commands/dead-jobs.ts';
import { announce } from '../live.ts';
import type { Db } from '../store/database.ts';
import { deadJobs, insertJob, type Job, leaseJobs, type NewJob } from '../store/jobs.ts';
import { type DatabaseKind, databaseKinds, makeDatabase } from '../testing/databases.ts';
import { makeWorld } from '../testing/factories.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import type { Duty, Loss } from './queue.ts';

const aMinute = 60_000;
const anHour = 3_600_000;
const patient = { timeout: 30_000, interval: 10 };

type Recorder = Duty & { begun: string[]; done: string[]; lost: [string, Loss['outcome']][] };

/** Does what the test says with each job, by its key, and remembers. */
function recorder(t: TestApp, act: (key: string, job: Job) => Promise<void> = async () => {}): Recorder {
  const begun: string[] = [];
  const done: string[] = [];
  const lost: Recorder['lost'] = [];
  return {
    begun,
    done,
    lost,
    run: async (job, finish) => {
      begun.push(job.key);
      await act(job.key, job);
      await t.app.transact((tx) => finish(tx));
      done.push(job.key);
    },
    mayRunAgain: () => true,
    giveUp: async (_tx, job, { outcome }) => void lost.push([job.key, outcome]),
  };
}

function job(key: string, lane: string | null = null): NewJob {
  return { kind: 'test', workspace_id: 1, key, payload: '{}', lane };
}

/** As whoever asks for a job tells of it. */
function tell(tx: Db, { clock }: TestApp): void {
  announce(tx, { workspaceId: 1, botId: null, conversationId: null, seq: 0, dueAt: clock.now() });
}

describe.each(databaseKinds)('the queue on %s', (kind) => {
  let t: TestApp;
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    t = await testApp(kind);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await t.app.transact(async (tx) => void (await tx.deleteFrom('job').execute()));
  });
  afterAll(() => t.close());

  const work = async (duty: Duty, on = t): Promise<() => Promise<void>> => {
    const stop = await on.app.queue.work(duty);
    stops.push(stop);
    return stop;
  };
  /** Beside the other, on the same database. */
  const second = async (): Promise<TestApp> => {
    const { close: _, ...database } = t.app.database;
    const other = await testApp({ ...database, close: async () => {} });
    stops.unshift(() => other.close());
    return other;
  };
  const enqueue = (...jobs: NewJob[]) =>
    t.app.transact(async (tx) => {
      for (const one of jobs) await t.app.queue.enqueue(tx, one);
      tell(tx, t);
    });
  const rows = () => t.app.db.selectFrom('job').selectAll().orderBy('id').execute();
  const dead = async () => (await deadJobs(t.app.db, { limit: 50 })).rows;

  test('a job of a transaction that rolls back never runs; one that is committed runs once', async () => {
    const duty = recorder(t);
    await work(duty);
    const rolledBack = t.app.transact(async (tx) => {
      await t.app.queue.enqueue(tx, job('undone'));
      throw new Error('undo');
    });
    await expect(rolledBack).rejects.toThrow('undo');
    await enqueue(job('done'));
    await expect.poll(() => duty.done, patient).toEqual(['done']);
    expect(await rows()).toEqual([]);
    await enqueue(job('last'));
    await expect.poll(() => duty.done, patient).toEqual(['done', 'last']);
  });

  test('asked for twice under one key it is one job, until that has been done', async () => {
    const duty = recorder(t);
    await enqueue(job('same'), job('same'));
    await enqueue(job('same'));
    await work(duty);
    await expect.poll(() => duty.done, patient).toEqual(['same']);
    await enqueue(job('same'));
    await expect.poll(() => duty.done, patient).toEqual(['same', 'same']);
  });

  test('what is for later waits for its time', async () => {
    const duty = recorder(t);
    await work(duty);
    await t.app.transact(async (tx) => {
      await t.app.queue.schedule(tx, job('in an hour'), anHour);
      await t.app.queue.schedule(tx, job('in a minute'), aMinute);
      await t.app.queue.enqueue(tx, job('now'));
      tell(tx, t);
    });
    await expect.poll(() => duty.done, patient).toEqual(['now']);
    await t.pass(aMinute);
    await expect.poll(() => duty.done, patient).toEqual(['now', 'in a minute']);
    await t.pass(anHour);
    await expect.poll(() => duty.done, patient).toEqual(['now', 'in a minute', 'in an hour']);
  });

  test('what fails is tried again, ever later; what never succeeds is given up, and done when it is replayed', async () => {
    const { workspace } = await makeWorld(t.app);
    let isCured = false;
    const duty = recorder(t, async (key) => {
      if (key === 'poison' && !isCured) throw new Error('not today');
    });
    const stop = await work(duty);
    await enqueue({ ...job('poison'), workspace_id: workspace.id }, job('neighbour'));
    for (let attempt = 1; attempt < 8; attempt += 1) {
      await expect.poll(() => duty.begun.filter((key) => key === 'poison').length, patient).toBeGreaterThanOrEqual(attempt);
      await expect.poll(async () => (await rows())[0], patient).toMatchObject({ leased_until: null, last_error: 'Error: not today' });
      if (attempt === 7) {
        const [row] = await rows();
        const now = kind === 'sqlite' ? t.clock.now() : Date.now();
        expect((row?.run_at ?? 0) - now, 'half a minute at least, of which some may have passed').toBeGreaterThan(10_000);
        expect((row?.run_at ?? 0) - now).toBeLessThanOrEqual(2 * 64_000);
      }
      await t.pass(anHour);
    }
    await expect.poll(dead, patient).toMatchObject([{ key: 'poison', attempts: 8, last_error: 'Error: not today' }]);
    expect(duty.lost).toEqual([['poison', 'failed']]);
    expect(duty.done).toEqual(['neighbour']);

    isCured = true;
    const [given] = await dead();
    await t.app.transact((tx) => replayJob(t.app, tx, given?.id ?? 0));
    await expect.poll(() => duty.done, patient).toEqual(['neighbour', 'poison']);
    expect(await rows()).toEqual([]);
    await stop();
  });

  test('two workers do each job once', async () => {
    const other = await second();
    const duties = [recorder(t, () => sleep(1)), recorder(other, () => sleep(1))] as const;
    await work(duties[0]);
    await work(duties[1], other);
    const keys = Array.from({ length: 300 }, (_, n) => `job ${n}`);
    for (let from = 0; from < keys.length; from += 10) await enqueue(...keys.slice(from, from + 10).map((key) => job(key)));
    await expect.poll(() => duties[0].done.length + duties[1].done.length, patient).toBe(300);
    expect([...duties[0].begun, ...duties[1].begun].sort()).toEqual([...keys].sort());
    expect(await rows()).toEqual([]);
  });

  /** Takes what is due, and dies with it. */
  const die = () => t.app.transact((tx) => leaseJobs(tx, { now: t.clock.now(), leaseMs: 25_000, limit: 10 }));

  test('what a worker died with is done by another once its lease has run out', async () => {
    await enqueue(job('left'));
    expect(await die()).toHaveLength(1);
    const duty = recorder(t);
    await work(duty);
    await enqueue(job('other'));
    await expect.poll(() => duty.done, patient).toEqual(['other']);
    await t.pass(aMinute);
    await expect.poll(() => duty.done, patient).toEqual(['other', 'left']);
    expect(duty.lost).toEqual([]);
  });

  test('what two workers died with is given up, as something of which nobody knows the outcome', async () => {
    await enqueue(job('deadly'));
    for (let death = 0; death < 2; death += 1) {
      expect(await die()).toHaveLength(1);
      await t.pass(aMinute);
    }
    const duty = recorder(t);
    await work(duty);
    await expect.poll(dead, patient).toMatchObject([{ key: 'deadly', last_error: 'the worker died with it', crashes: 2 }]);
    expect(duty.lost).toEqual([['deadly', 'unknown']]);
    expect(duty.begun).toEqual([]);
  });

  test('a worker that was away while another took its job can write nothing of what it found', async () => {
    const other = await second();
    const found: string[] = [];
    const gate = Promise.withResolvers<void>();
    const hasTried = Promise.withResolvers<void>();
    const finding = (who: string, on: TestApp, wait: Promise<void>, tried: () => void): Duty => ({
      ...recorder(on),
      run: async (_job, finish) => {
        found.push(`${who} begins`);
        await wait;
        const note = async (tx: Db): Promise<void> => {
          await tx.insertInto('inbound').values({ source: 'test', event: who, at: 0 }).execute();
          await finish(tx);
        };
        await on.app.transact(note).finally(tried);
        found.push(`${who} ends`);
      },
    });
    await work(finding('first', t, gate.promise, hasTried.resolve));
    await enqueue(job('fought over'));
    await expect.poll(() => found, patient).toEqual(['first begins']);
    await t.pass(aMinute);
    other.clock.set(t.clock.now());
    await work(
      finding('second', other, Promise.resolve(), () => {}),
      other,
    );
    await expect.poll(() => found, patient).toEqual(['first begins', 'second begins', 'second ends']);
    gate.resolve();
    await hasTried.promise;
    expect(await t.app.db.selectFrom('inbound').select('event').execute()).toEqual([{ event: 'second' }]);
    expect(found).not.toContain('first ends');
  });

  test('jobs of one conversation are done one after the other, as they were asked for, whoever works', async () => {
    const other = await second();
    const running = new Set<string>();
    const order = new Map<string, number[]>();
    let failures = 0;
    const act = async (key: string): Promise<void> => {
      const [lane = '', n = ''] = key.split(':');
      expect(running.has(lane), `${lane} has two at once`).toBe(false);
      running.add(lane);
      await sleep(Math.random() * 4);
      running.delete(lane);
      if (key === 'b:3' && failures === 0) {
        failures += 1;
        throw new Error('once');
      }
      if (key === 'c:2') throw new Error('always');
      order.set(lane, [...(order.get(lane) ?? []), Number(n)]);
    };
    await work(recorder(t, act));
    await work(recorder(other, act), other);
    const lanes = ['a', 'b', 'c', 'd'];
    const numbers = Array.from({ length: 12 }, (_, n) => n);
    for (const n of numbers) await enqueue(...lanes.map((lane) => job(`${lane}:${n}`, `conversation:${lane}`)));
    await expect
      .poll(
        async () => {
          await t.pass(anHour);
          other.clock.set(t.clock.now());
          return [...order.values()].flat().length;
        },
        { ...patient, interval: 100 },
      )
      .toBe(lanes.length * numbers.length - 1);
    for (const lane of ['a', 'b', 'd']) expect(order.get(lane), lane).toEqual(numbers);
    expect(order.get('c')).toEqual(numbers.filter((n) => n !== 2));
    expect(await dead()).toMatchObject([{ key: 'c:2' }]);
  });

  test('a backlog of some thousands drains, each job once', async () => {
    const keys = Array.from({ length: 3_000 }, (_, n) => `job ${n}`);
    for (let from = 0; from < keys.length; from += 250) await enqueue(...keys.slice(from, from + 250).map((key) => job(key)));
    const duty = recorder(t);
    await work(duty);
    await expect.poll(() => duty.done.length, { ...patient, timeout: 60_000 }).toBe(keys.length);
    expect(new Set(duty.begun).size).toBe(duty.begun.length);
    expect(await rows()).toEqual([]);
  }, 90_000);

  test('a stop waits for what is running, and takes nothing more', async () => {
    const gate = Promise.withResolvers<void>();
    const duty = recorder(t, () => gate.promise);
    const stop = await work(duty);
    await enqueue(job('running'));
    await expect.poll(() => duty.begun, patient).toEqual(['running']);
    let hasStopped = false;
    const stopping = stop().then(() => {
      hasStopped = true;
    });
    await enqueue(job('too late'));
    await sleep(50);
    expect(hasStopped).toBe(false);
    gate.resolve();
    await stopping;
    expect(duty.done).toEqual(['running']);
    expect((await rows()).map(({ key }) => key)).toEqual(['too late']);
  });
});

const shared = databaseKinds.filter((kind): kind is DatabaseKind => kind === 'postgres');

describe.each(shared)('nodes that share %s, and whose clocks differ by minutes', (kind) => {
  test('neither steal nor lose a lease, and do what is due when it is due', async () => {
    const database = await makeDatabase(kind);
    const { close, ...kept } = database;
    const nodes = await Promise.all(
      [0, 5, -5].map(async (minutes) => {
        const node = await testApp({ ...kept, close: async () => {} });
        node.clock.set(Date.now() + minutes * aMinute);
        return node;
      }),
    );
    const [right, ahead, behind] = nodes as [TestApp, TestApp, TestApp];
    const takenBy = (node: TestApp) => node.app.transact((tx) => leaseJobs(tx, { now: node.clock.now(), leaseMs: 30_000, limit: 10 }));

    for (const holder of [right, ahead, behind]) {
      // Each of them finds at once what any of them has just asked for.
      await holder.app.transact((tx) => holder.app.queue.enqueue(tx, job('asked for')));
      expect(await takenBy(holder)).toHaveLength(1);
      for (const other of [right, ahead, behind]) expect(await takenBy(other)).toEqual([]);
      await right.pass(31_000);
      const [taken] = await takenBy(behind === holder ? ahead : behind);
      expect(taken).toMatchObject({ attempts: 2, crashes: 1 });
      await right.app.transact(async (tx) => void (await tx.deleteFrom('job').execute()));
    }
    await ahead.app.transact((tx) => ahead.app.queue.schedule(tx, job('in a minute'), aMinute));
    for (const node of [right, ahead, behind]) expect(await takenBy(node)).toEqual([]);
    await right.pass(61_000);
    expect(await takenBy(behind)).toHaveLength(1);

    for (const node of nodes) await node.close();
    await close();
  });
});

describe.each(shared)('pg-boss on %s', (kind) => {
  test('brings each job, over few connections, and what it never heard of or lost is found in the table', async () => {
    const t = await testApp(kind);
    const duty = recorder(t);
    const stop = await t.app.queue.work(duty);
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (const key of keys) await t.app.transact((tx) => t.app.queue.enqueue(tx, job(key)));
    await expect.poll(() => duty.done.length, patient).toBe(keys.length);
    const spent = sql<{ n: number }>`select count(*)::int as n from pgboss.job where name = 'due' and state = 'completed'`;
    await expect.poll(async () => (await spent.execute(t.app.db)).rows[0]?.n, patient).toBe(keys.length);
    const connections = await sql<{ n: number }>`
      select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name = 'queue'`.execute(t.app.db);
    expect(connections.rows[0]?.n).toBeLessThanOrEqual(2);
    // As it comes from a backup, or from an older version that runs beside this one.
    await t.app.transact((tx) => insertJob(tx, job('unheard of'), { now: t.clock.now(), delayMs: 0 }));
    await expect.poll(() => duty.done.at(-1), patient).toBe('unheard of');
    await stop();
    await t.close();
  });

  test('goes on when the database is back after every connection was cut', async () => {
    const t = await testApp(kind);
    const duty = recorder(t);
    const stop = await t.app.queue.work(duty);
    for (const key of ['first', 'second', 'third']) {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(t.app.db);
      const enqueue = () => t.app.transact((tx) => t.app.queue.enqueue(tx, job(key)));
      await expect
        .poll(
          () =>
            enqueue().then(
              () => 'enqueued',
              () => 'not yet',
            ),
          patient,
        )
        .toBe('enqueued');
      await expect.poll(() => duty.done.at(-1), patient).toBe(key);
    }
    expect(duty.done).toEqual(['first', 'second', 'third']);
    await stop();
    await t.close();
  });
});
