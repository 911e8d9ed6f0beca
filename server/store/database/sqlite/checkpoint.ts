// Copies the WAL into the database in a worker, off the event loop (p99 at 16 connections 18 → 4 ms). A PASSIVE pass
// copies while others write; under constant load it never catches up with them (the WAL reached 1.1 GB), so past
// `restartFrames` writers stand aside for the few milliseconds in which the worker copies the rest and the WAL starts
// again from its beginning. The worker starts with the first large WAL: a quiet server never pays for it.
import { closeSync, openSync, readSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

// A frame is a page of 4 kB and its header. Commits that make the WAL longer take half as long again as those that
// write over it, so it starts again rather soon.
const passiveFrames = 2_000;
const restartFrames = 8_000;
const commitsBetweenLooks = 32;

type Answer = { how: 'passive' | 'restart'; isDone: boolean };

const source = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
const db = new DatabaseSync(workerData.file, { timeout: 20 });
db.exec('pragma synchronous = full; pragma cache_size = -2000');
parentPort.on('message', (how) => {
  let isDone = false;
  try {
    isDone = db.prepare('pragma wal_checkpoint(' + how + ')').get().busy === 0;
  } catch {}
  parentPort.postMessage({ how, isDone });
});
`;

export class Checkpoint {
  readonly #file: string;
  readonly #header = new Uint32Array(25);
  #sharedMemory: number | null = null;
  #worker: Worker | null = null;
  #isBusy = false;
  #commits = 0;
  /** Past this many frames writers are asked to stand aside; put off while a long reader keeps the WAL. */
  #restartAt = restartFrames;
  #aside: PromiseWithResolvers<void> | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** Writers wait for it before they begin; null most of the time. */
  standAside(): Promise<void> | null {
    return this.#aside?.promise ?? null;
  }

  /** Called after each commit; looks at the WAL now and then. */
  note(): void {
    this.#commits += 1;
    if (this.#isBusy || this.#commits % commitsBetweenLooks !== 0) return;
    const { written, copied } = this.#frames();
    if (written - copied < passiveFrames) return;
    this.#ask('passive');
  }

  async close(): Promise<void> {
    this.#proceed();
    await this.#worker?.terminate();
    if (this.#sharedMemory !== null) closeSync(this.#sharedMemory);
    this.#sharedMemory = null;
  }

  #ask(how: Answer['how']): void {
    this.#isBusy = true;
    this.#start().postMessage(how);
  }

  #answered({ how, isDone }: Answer): void {
    this.#isBusy = false;
    const { written } = this.#frames();
    if (how === 'restart') {
      // A long reader (a backup) still needs the WAL as it is: asking again at once would only hold writers up.
      this.#restartAt = isDone ? restartFrames : written + restartFrames;
      this.#proceed();
    } else if (written >= this.#restartAt) {
      this.#aside = Promise.withResolvers();
      this.#ask('restart');
    }
  }

  #proceed(): void {
    this.#aside?.resolve();
    this.#aside = null;
  }

  /** mxFrame and nBackfill of the WAL index, where the file format documents them (sqlite.org/walformat.html). */
  #frames(): { written: number; copied: number } {
    this.#sharedMemory ??= openSync(`${this.#file}-shm`, 'r');
    readSync(this.#sharedMemory, this.#header, 0, 100, 0);
    return { written: this.#header[4] ?? 0, copied: this.#header[24] ?? 0 };
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(source, { eval: true, workerData: { file: this.#file } });
    worker.unref();
    worker.on('message', (answer: Answer) => this.#answered(answer));
    // Nothing is lost without it: the next look starts another.
    worker.on('error', () => {
      this.#worker = null;
      this.#isBusy = false;
      this.#proceed();
    });
    this.#worker = worker;
    return worker;
  }
}
