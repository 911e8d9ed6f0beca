// The jobs that run in this process, each under its lease, and what becomes of one: done, tried again later, or given up.
import type { Db } from '../store/database.ts';
import { buryJob, finishJob, type Job, type Lease, leaseJobs, renewLeases, retryJob } from '../store/jobs.ts';
import { type Duty, type Ground, LeaseLost, type Loss, OutcomeUnknown } from './queue.ts';
import { usualDelayMs } from './retry.ts';

// With the longest that a lost one is overlooked (2 s overdue, looked for every 2.5 s), under the 30 s that are promised.
const leaseMs = 25_000;
const renewMs = 8_000;
const maxJobs = 100;
const maxCrashes = 2;
const maxReasonUnits = 1_000;
/** A stop takes 25 s at most, all in all. */
const maxStopMs = 20_000;

type Hands = {
  /** In the transaction that puts a job off: it is to be brought again then. */
  putOff?(tx: Db, id: number, delayMs: number): Promise<void>;
  /** There is room again, and the next of its lane may go. */
  ended?(job: Job): void;
};

export class Crew {
  readonly #app: Ground;
  readonly #duty: Duty;
  readonly #hands: Hands;
  readonly #running = new Map<number, { job: Job; work: Promise<void> }>();
  readonly #taking = new Set<Promise<unknown>>();
  #renewing: NodeJS.Timeout | null = null;
  #isClosed = false;
  readonly #closing = Promise.withResolvers<void>();

  constructor(app: Ground, duty: Duty, hands: Hands = {}) {
    this.#app = app;
    this.#duty = duty;
    this.#hands = hands;
  }

  get room(): number {
    return this.#isClosed ? 0 : maxJobs - this.#running.size;
  }

  /** Takes what is due, as much as there is room for, and begins with it. Returns how many that were. */
  async take(only: Lease['only'] = {}): Promise<number> {
    const { room } = this;
    if (room <= 0) return 0;
    const taking = this.#take(room, only);
    this.#taking.add(taking);
    try {
      return await taking;
    } finally {
      this.#taking.delete(taking);
    }
  }

  async #take(limit: number, only: Lease['only']): Promise<number> {
    const { clock, transact } = this.#app;
    // Its own are not taken again when the clock jumps past their lease.
    const lease = { now: clock.now(), leaseMs, limit, except: [...this.#running.keys()], only };
    const jobs = await transact((tx) => leaseJobs(tx, lease));
    for (const job of jobs) this.#begin(job);
    return jobs.length;
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ work }) => work));
  }

  /** Takes nothing more and waits for what runs, though not for ever: what is left has its lease run out. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.resolve();
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const patience = setTimeout(resolve, maxStopMs);
    await Promise.race([Promise.allSettled(this.#taking).then(() => this.settled()), enough]);
    clearTimeout(patience);
    if (this.#running.size > 0) this.#app.log.warn({ jobs: [...this.#running.keys()] }, 'stopping without the end of some jobs; their leases bring them back');
  }

  async roomFor(count: number): Promise<void> {
    while (!this.#isClosed && this.room < count) await Promise.race([this.#closing.promise, ...[...this.#running.values()].map(({ work }) => work)]);
  }

  #begin(job: Job): void {
    const work = this.#work(job).then(
      () => this.#end(job),
      (error: unknown) => {
        this.#app.log.error({ job: job.id, reason: String(error) }, 'what became of a job could not be written; its lease brings it back');
        this.#end(job);
      },
    );
    this.#running.set(job.id, { job, work });
    this.#renewing ??= setInterval(() => void this.#renew(), renewMs).unref();
  }

  #end(job: Job): void {
    this.#running.delete(job.id);
    if (this.#running.size === 0 && this.#renewing) {
      clearInterval(this.#renewing);
      this.#renewing = null;
    }
    this.#hands.ended?.(job);
  }

  async #renew(): Promise<void> {
    const jobs = [...this.#running.values()].map(({ job }) => job);
    const now = this.#app.clock.now();
    const [renewed] = await Promise.allSettled([this.#app.transact((tx) => renewLeases(tx, jobs, { now, leaseMs }))]);
    if (renewed.status === 'rejected') this.#app.log.warn({ reason: String(renewed.reason) }, 'the leases of running jobs could not be renewed');
  }

  /** Never throws for a fault of the job: that is counted, and in the end given up. */
  async #work(job: Job): Promise<void> {
    const { log, transact, clock } = this.#app;
    const mayRun = job.crashes === 0 || (job.crashes < maxCrashes && this.#duty.mayRunAgain(job));
    if (!mayRun) return this.#giveUp(job, { outcome: 'unknown', reason: 'the worker died with it' });
    const finish = async (tx: Db): Promise<void> => {
      if (!(await finishJob(tx, job))) throw new LeaseLost(`job ${job.id} was taken by another worker`);
    };
    const [done] = await Promise.allSettled([this.#duty.run(job, finish)]);
    if (done.status === 'fulfilled') return;
    const reason = String(done.reason).slice(0, maxReasonUnits);
    log.warn({ job: job.id, kind: job.kind, attempt: job.attempts, reason }, 'a job failed');
    if (done.reason instanceof LeaseLost) return;
    if (done.reason instanceof OutcomeUnknown) return this.#giveUp(job, { outcome: 'unknown', reason: done.reason.message.slice(0, maxReasonUnits) });
    const asked = this.#duty.nextTryMs?.(job, done.reason);
    const delayMs = asked === undefined ? usualDelayMs(job.attempts) : asked;
    if (delayMs === null) return this.#giveUp(job, { outcome: 'failed', reason });
    await transact(async (tx) => {
      if (await retryJob(tx, job, { now: clock.now(), delayMs, error: reason })) await this.#hands.putOff?.(tx, job.id, delayMs);
    });
  }

  /** Who waits for it is told in the same transaction. If that cannot be, it is given up all the same. */
  async #giveUp(job: Job, loss: Loss): Promise<void> {
    const { log, transact, clock } = this.#app;
    const bury = (tx: Db): Promise<boolean> => buryJob(tx, job, { now: clock.now(), error: loss.reason });
    const tell = async (tx: Db): Promise<void> => {
      if (await bury(tx)) await this.#duty.giveUp(tx, job, loss);
    };
    const [told] = await Promise.allSettled([transact(tell)]);
    if (told.status === 'fulfilled') return;
    log.error({ job: job.id, reason: String(told.reason) }, 'a session could not be told that its job was given up');
    await transact(bury);
  }
}
