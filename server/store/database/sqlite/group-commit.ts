// Same-tick group commit on SQLite: all transactions asked for in one turn of the event loop share one
// BEGIN … COMMIT and so one fsync (x3.3 at 64 connections with synchronous=FULL, nothing lost at one).
// Inside the batch they run one after the other, each in its savepoint: they never interleave, and one that fails
// does not take the others along. No timer: waiting even 1 ms would divide a single connection's rate by five.
import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../errors.ts';
import { draining, isBusy, StorageFault, sqliteFault } from '../faults.ts';
import { assertOutside, type Db, type Flavour, inside, runBody } from '../handle.ts';
import { SqliteConnection } from '../sqlite.ts';

const maxWaiting = 20_000;
const maxBatch = 512;
const maxTurns = 4;
// A batch that lasts longer is committed as it is, so that the event loop and those who wait for an answer get a turn.
const maxBatchMs = 20;
// Another process may hold the write lock for a moment (a backup tool, a shell). Waiting for it does not block the
// event loop, and ends in a 503 before a caller gives up.
const maxBusyMs = 1_500;
const busyRetryMs = 5;

type Waiting = { body: (tx: Db) => Promise<unknown>; resolve: (value: unknown) => void; reject: (error: unknown) => void };

export type Hooks = {
  /** Storage failed in a way that forbids further acknowledgements: the process must end. */
  fatal: (error: Error) => void;
  /** Resolves when writers may go on; null when nothing asks them to stand aside. */
  beforeBatch: () => Promise<void> | null;
  /** Before anyone is answered. */
  afterCommit: (written: string[]) => void;
};

export class GroupCommit {
  readonly #db: DatabaseSync;
  readonly #connection: SqliteConnection;
  readonly #flavour: Flavour;
  readonly #hooks: Hooks;
  readonly #statements: Record<'begin' | 'savepoint' | 'release' | 'commit', () => unknown>;
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #refusal: (() => AppError) | null = null;

  constructor(db: DatabaseSync, flavour: Flavour, hooks: Hooks) {
    this.#db = db;
    this.#connection = new SqliteConnection(db);
    this.#flavour = flavour;
    this.#hooks = hooks;
    const kept = (sql: string) => {
      const statement = db.prepare(sql);
      return () => statement.run();
    };
    this.#statements = { begin: kept('begin immediate'), savepoint: kept('savepoint one'), release: kept('release one'), commit: kept('commit') };
  }

  /** Settles after the COMMIT that holds it. The body may await nothing but its own `tx`. */
  transact<T>(body: (tx: Db) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      assertOutside('transact');
      if (this.#refusal) return reject(this.#refusal());
      if (this.#waiting.length >= maxWaiting) return reject(tooMany());
      this.#waiting.push({ body, resolve: resolve as Waiting['resolve'], reject });
      this.#running ??= this.#run();
    });
  }

  /** Runs what is waiting, then refuses everything after. */
  async close(): Promise<void> {
    this.#refusal ??= draining;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather();
      await this.#hooks.beforeBatch();
      if (await this.#begin()) await this.#runBatch();
    }
    this.#running = null;
  }

  /** A turn of the loop, and another while each brings more: those who are being parsed share the commit. One who is alone waits for one. */
  async #gather(): Promise<void> {
    for (let turn = 0; turn < maxTurns; turn += 1) {
      const before = this.#waiting.length;
      await new Promise(setImmediate);
      if (this.#waiting.length <= before || this.#waiting.length >= maxBatch) return;
    }
  }

  /** False when nobody is left to run: all were told why. */
  async #begin(): Promise<boolean> {
    const busyUntil = performance.now() + maxBusyMs;
    for (;;) {
      try {
        this.#statements.begin();
        return true;
      } catch (error) {
        if (!isBusy(error) || performance.now() > busyUntil) {
          this.#reject(this.#waiting.splice(0), error);
          return false;
        }
      }
      await new Promise((done) => setTimeout(done, busyRetryMs));
    }
  }

  async #runBatch(): Promise<void> {
    const batch = this.#waiting.splice(0, maxBatch);
    const answers: (() => void)[] = [];
    const stopAt = performance.now() + maxBatchMs;
    try {
      for (const item of batch) {
        answers.push(await this.#runOne(item));
        if (performance.now() > stopAt) break;
      }
      this.#statements.commit();
    } catch (error) {
      // The outer transaction is gone or cannot be committed: nothing in this batch happened, nobody gets an ack.
      this.#reject(batch, error);
      return;
    }
    this.#waiting.unshift(...batch.slice(answers.length));
    this.#hooks.afterCommit(this.#connection.takeWritten());
    for (const answer of answers) answer();
  }

  /** What to tell the caller once the batch is committed. Throws when the outer transaction has ended. */
  async #runOne({ body, resolve, reject }: Waiting): Promise<() => void> {
    this.#statements.savepoint();
    let isDone = false;
    const overdue = new Promise<never>((_, late) => {
      // node:sqlite settles in microtasks, and a tick comes when there are none left: the body awaits something else.
      process.nextTick(() => isDone || late(new Error('assertion failed: a transaction awaited something other than the database')));
    });
    try {
      const value = await runBody(this.#flavour, this.#connection, inside(body), overdue);
      this.#statements.release();
      return () => resolve(value);
    } catch (error) {
      const fault = sqliteFault(error);
      // SQLite itself rolls back everything on some errors (disk full, I/O): then the whole batch is void.
      if (!this.#db.isTransaction || fault instanceof StorageFault) throw error;
      this.#db.exec('rollback to one; release one');
      return () => reject(fault);
    } finally {
      isDone = true;
    }
  }

  #reject(items: Waiting[], error: unknown): void {
    const fault = sqliteFault(error);
    if (!this.#rollBack() || fault instanceof StorageFault) {
      // After a failed write or fsync a later success would prove nothing: no acknowledgement may follow.
      this.#refusal = () => new StorageFault();
      items.push(...this.#waiting.splice(0));
      this.#hooks.fatal(error as Error);
    }
    for (const item of items) item.reject(fault);
  }

  #rollBack(): boolean {
    try {
      if (this.#db.isTransaction) this.#db.exec('rollback');
      return true;
    } catch {
      return false;
    }
  }
}

function tooMany(): AppError {
  return new AppError('unavailable', 'Too many writes are waiting. Try again in a moment.', { headers: { 'retry-after': '1' } });
}
