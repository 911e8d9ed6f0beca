// Finds what is due, in time and again after a crash: timers, and jobs under a lease. A job that takes long holds up
// neither timers nor other jobs.
import type { App } from '../app.ts';
import { type AnyEffect, effects } from '../effects.ts';
import { leaseJobs, nextJob, renewLeases } from '../store/jobs.ts';
import { dueTimers, nextTimer } from '../store/sessions.ts';
import { runJob, runTimer } from './run.ts';

const maxTimers = 100;
const maxJobs = 100;
const leaseMs = 30_000;
const renewMs = 10_000;
const longestSleepMs = 1_000;
const never = Number.POSITIVE_INFINITY;

/** Begins at once; a commit that brings work wakes it. Returns how to stop it, which waits for the work at hand. */
export function startWorker(app: App, performers: readonly AnyEffect[] = effects): () => Promise<void> {
  const worker = new Worker(app, performers);
  const running = worker.run();
  return async () => {
    worker.stop();
    await running;
  };
}

/** One round over what is due now, to its end; returns how much there was. */
export async function workOnce(app: App, performers: readonly AnyEffect[] = effects): Promise<number> {
  const worker = new Worker(app, performers);
  const { begun } = await worker.look();
  await worker.settled();
  return begun;
}

class Worker {
  readonly #app: App;
  readonly #performers: readonly AnyEffect[];
  /** By id. Its own jobs are not taken again when the clock jumps past their lease. */
  readonly #jobs = new Map<number, Promise<void>>();
  #renewedAt = performance.now();
  /** The soonest that commits have told of since the last look. */
  #toldAt = never;
  #sleepsUntil = 0;
  #wake: () => void = () => {};
  #isStopped = false;

  constructor(app: App, performers: readonly AnyEffect[]) {
    this.#app = app;
    this.#performers = performers;
  }

  async run(): Promise<void> {
    const stopListening = this.#app.live.listen('everything', (one) => this.#hear(one === null ? 0 : (one.dueAt ?? never)));
    while (!this.#isStopped) {
      this.#toldAt = never;
      this.#sleepsUntil = 0;
      const [looked] = await Promise.allSettled([this.look()]);
      if (looked.status === 'rejected') this.#app.log.warn({ reason: String(looked.reason) }, 'the worker could not look for work; it tries again');
      const { begun, nextAt } = looked.status === 'fulfilled' ? looked.value : { begun: 0, nextAt: never };
      if (begun === 0) await this.#sleep(nextAt);
    }
    stopListening();
    await this.settled();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#jobs.values());
  }

  /** Timers are through when it returns, jobs have only begun. */
  async look(): Promise<{ begun: number; nextAt: number }> {
    const app = this.#app;
    const now = app.clock.now();
    await this.#renew(now);
    const timerAt = (await nextTimer(app.db)) ?? never;
    const timers = timerAt <= now ? await dueTimers(app.db, now, maxTimers) : [];
    await Promise.all(timers.map((timer) => runTimer(app, timer)));
    const room = maxJobs - this.#jobs.size;
    const jobAt = room > 0 ? ((await nextJob(app.db)) ?? never) : never;
    const jobs = jobAt <= now ? await app.transact((tx) => leaseJobs(tx, { now, leaseMs, limit: room, except: [...this.#jobs.keys()] })) : [];
    for (const job of jobs) {
      const work = runJob(app, job, this.#performers).then(
        () => this.#done(job.id),
        (error: unknown) => {
          app.log.error({ job: job.id, reason: String(error) }, 'what became of a job could not be written; its lease brings it back');
          this.#done(job.id);
        },
      );
      this.#jobs.set(job.id, work);
    }
    const begun = timers.length + jobs.length;
    return { begun, nextAt: begun > 0 ? now : Math.min(timerAt > now ? timerAt : never, jobAt > now ? jobAt : never) };
  }

  #done(id: number): void {
    this.#jobs.delete(id);
    // There was no room for others before.
    if (this.#jobs.size === maxJobs - 1) this.#hear(0);
  }

  #hear(dueAt: number): void {
    this.#toldAt = Math.min(this.#toldAt, dueAt);
    if (this.#toldAt < this.#sleepsUntil) this.#wake();
  }

  async #renew(now: number): Promise<void> {
    if (this.#jobs.size === 0 || performance.now() - this.#renewedAt < renewMs) return;
    this.#renewedAt = performance.now();
    await this.#app.transact((tx) => renewLeases(tx, [...this.#jobs.keys()], now + leaseMs));
  }

  async #sleep(nextAt: number): Promise<void> {
    const now = this.#app.clock.now();
    // What nobody has told of (another node's work, when its notice was lost) is found all the same.
    this.#sleepsUntil = Math.min(nextAt, this.#toldAt, now + longestSleepMs);
    if (this.#sleepsUntil <= now || this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#sleepsUntil - now);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
