// Work that is done later or again, in three methods. Where a job is kept is the same everywhere: a row of ours, written
// in the transaction that wants it, with its lease, its attempts and its place on the dead-letter list. What differs is
// who says that one is due: on SQLite this process looks; on Postgres pg-boss hands each to one of the nodes.
import type { App } from '../app.ts';
import type { Db } from '../store/database.ts';
import type { Job, NewJob } from '../store/jobs.ts';

export type Queue = {
  /** To be done as soon as the transaction is committed. Asked for twice, it is one job. */
  enqueue(tx: Db, job: NewJob): Promise<void>;
  /** To be done so much later, by the clock of whoever keeps the rows. */
  schedule(tx: Db, job: NewJob, delayMs: number): Promise<void>;
  /** Begins to work. Returns how to stop it, which waits for what is running. */
  work(duty: Duty): Promise<() => Promise<void>>;
};

export type Duty = {
  /** Does it. Calls `finish` in the transaction that keeps what came of it; throws when nothing was done, and it is tried again. */
  run(job: Job, finish: (tx: Db) => Promise<void>): Promise<void>;
  /** Whether it may be done again after a worker has died with it: then nobody knows what came of it. */
  mayRunAgain(job: Job): boolean;
  /** How long to wait after an attempt that failed; null = it is given up, undefined = as usual. `error` is what `run` threw. */
  nextTryMs?(job: Job, error: unknown): number | null | undefined;
  /** In the transaction that puts it on the dead-letter list. */
  giveUp(tx: Db, job: Job, loss: Loss): Promise<void>;
};

/** `unknown`: it may have been done; `failed`: it certainly was not. */
export type Loss = { outcome: 'unknown' | 'failed'; reason: string };

/** What a queue is built on: the app without it. */
export type Ground = Omit<App, 'queue'>;

/** Thrown by `run`: it may have been done, so it is given up and not tried again. */
export class OutcomeUnknown extends Error {}

/** Thrown by `run`: nothing was done, and who was asked says when, or that never. */
export class Refused extends Error {
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null) {
    super(message);
    this.name = 'Refused';
    this.retryAfterMs = retryAfterMs;
  }
}

/** Whoever has lost the lease must not write what it found. */
export class LeaseLost extends Error {}

/** What main.ts opens and closes; nobody else does. */
export type OpenQueue = Queue & { open(): Promise<void>; close(): Promise<void> };
