// The queue of several nodes: beside each job's row goes a signal with its number, in the same transaction, and pg-boss
// brings each signal to one node when it is due. Who gets it takes the row under a lease; the signal is spent then, so
// nothing that matters is kept by pg-boss, and what a signal does not bring is found in the table a little later.
import type { PgBoss } from 'pg-boss';
import type { Db } from '../store/database.ts';
import { insertJob, type NewJob } from '../store/jobs.ts';
import { Crew } from './crew.ts';
import type { Duty, Ground, OpenQueue } from './queue.ts';

const name = 'due';
const batchSize = 50;
const pollSeconds = 1;
/** A clock that tells of work may be a little ahead of ours. */
const aheadMs = 1_000;
// Its signal was lost, its worker died, or it came from a backup: see leaseMs for what these add up to.
const overdueMs = 2_000;
const sweepMs = 2_500;
/** So that a server which hangs holds up neither its work nor a stop. */
const patienceMs = 10_000;
const complainMs = 60_000;

type Signal = { id: number };
type Boss = { boss: PgBoss; signal: (tx: Db, id: number, delayMs: number) => Promise<void> };

export function bossQueue(app: Ground, url: string): OpenQueue {
  let opening: Promise<Boss> | null = null;
  const opened = (): Promise<Boss> => {
    opening ??= openBoss(app, url);
    return opening;
  };
  const add = async (tx: Db, job: NewJob, delayMs: number): Promise<void> => {
    const { signal } = await opened();
    const id = await insertJob(tx, job, { now: app.clock.now(), delayMs });
    if (id !== null) await signal(tx, id, delayMs);
  };
  return {
    enqueue: (tx, job) => add(tx, job, 0),
    schedule: add,
    work: async (duty) => workOn(app, await opened(), duty),
    open: async () => void (await opened()),
    close: async () => {
      if (opening) await (await opening).boss.stop({ graceful: false });
    },
  };
}

/** pg-boss is loaded here and not at the top: a start on SQLite does not pay for it. It makes its schema in one transaction. */
async function openBoss({ log }: Ground, url: string): Promise<Boss> {
  const { PgBoss, fromKysely } = await import('pg-boss');
  const connections = { connectionString: url, max: 2, application_name: 'queue', keepAlive: true, query_timeout: patienceMs };
  // Its own NOTIFY is off: it would go out inside the transactions of turns, which then commit one by one (42 % fewer a
  // second). Our notices, sent after the commit, wake its workers instead.
  const boss = new PgBoss({ ...connections, schedule: false, useListenNotify: false, maintenanceIntervalSeconds: 60 });
  let complainedAt = Number.NEGATIVE_INFINITY;
  boss.on('error', (error) => {
    if (performance.now() - complainedAt < complainMs) return;
    complainedAt = performance.now();
    log.warn({ reason: String(error) }, 'the queue could not be asked; jobs are found in the table meanwhile');
  });
  boss.on('warning', ({ message }) => log.info({ reason: message }, 'pg-boss warns'));
  let isOpen = false;
  try {
    await boss.start();
    await boss.createQueue(name, { retryLimit: 0, expireInSeconds: 60, deleteAfterSeconds: 60, notify: false });
    // Nothing; but pg-boss reads what the queue is like now, and not on another connection in the middle of a transaction.
    await boss.insert(name, []);
    isOpen = true;
  } finally {
    if (!isOpen) await boss.stop({ graceful: false });
  }
  const signal = async (tx: Db, id: number, delayMs: number): Promise<void> => {
    await boss.insert(name, [{ data: { id } satisfies Signal, startAfter: delayMs / 1_000 }], { db: fromKysely(tx) });
  };
  return { boss, signal };
}

async function workOn(app: Ground, { boss, signal }: Boss, duty: Duty): Promise<() => Promise<void>> {
  const takeOrWarn = (only: Parameters<Crew['take']>[0]): Promise<void> =>
    crew.take(only).then(
      () => {},
      (error: unknown) => app.log.warn({ reason: String(error) }, 'the worker could not look for work; it tries again'),
    );
  const crew = new Crew(app, duty, { putOff: signal, ended: ({ lane }) => void (lane !== null && takeOrWarn({ lane })) });
  const options = { batchSize, burstWhenBatchFull: true, pollingIntervalSeconds: pollSeconds };
  const worker = await boss.work<Signal>(name, options, async (signals) => {
    await crew.take({ ids: signals.map(({ data }) => data.id) });
    await crew.roomFor(batchSize);
  });
  const stopListening = app.live.listen('everything', (one) => {
    if (one === null || (one.dueAt !== null && one.dueAt <= app.clock.now() + aheadMs)) boss.notifyWorker(worker);
  });
  let isStopped = false;
  const sweep = async (): Promise<void> => {
    await takeOrWarn({ overdueMs });
    if (!isStopped) sweeping.refresh();
  };
  const sweeping = setTimeout(() => void sweep(), sweepMs).unref();
  return async () => {
    stopListening();
    isStopped = true;
    clearTimeout(sweeping);
    await Promise.all([crew.close(), boss.offWork(name, { wait: true })]);
  };
}
