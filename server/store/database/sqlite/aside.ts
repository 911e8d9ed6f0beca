// Reads that would hold up the event loop (a look through a million rows) run in a worker, on a connection of its
// own. The worker starts with the first of them: a small installation never pays for it.
import type { SQLInputValue } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { CompiledQuery, QueryResult } from 'kysely';
import { sqliteFault, unreachable } from '../faults.ts';
import type { Connection } from '../handle.ts';
import { checkedParameters } from '../parameters.ts';

export type Question = { id: number; sql: string; values: SQLInputValue[] };
export type Answer = { id: number; rows: unknown[]; error?: undefined } | { id: number; error: { message: string; errcode: number | undefined } };

export class AsideConnection implements Connection {
  failure: Connection['failure'] = null;
  readonly #file: string;
  readonly #asked = new Map<number, PromiseWithResolvers<unknown[]>>();
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(file: string) {
    this.#file = file;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    this.#lastId += 1;
    const question: Question = { id: this.#lastId, sql, values: checkedParameters(parameters) as SQLInputValue[] };
    const answered = Promise.withResolvers<unknown[]>();
    this.#asked.set(question.id, answered);
    const worker = this.#start();
    worker.ref();
    worker.postMessage(question);
    return { rows: (await answered.promise) as R[] };
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('assertion failed: rows stream only from database.snapshot');
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('aside-worker.ts', import.meta.url), { workerData: { file: this.#file } });
    worker.on('message', (answer: Answer) => {
      const asked = this.#asked.get(answer.id);
      this.#asked.delete(answer.id);
      if (this.#asked.size === 0) worker.unref();
      if (answer.error) asked?.reject(sqliteFault(Object.assign(new Error(answer.error.message), { errcode: answer.error.errcode })));
      else asked?.resolve(answer.rows);
    });
    // Whoever waits hears of it; the next question starts another.
    worker.on('error', () => {});
    worker.on('exit', () => {
      this.#worker = null;
      for (const asked of this.#asked.values()) asked.reject(unreachable());
      this.#asked.clear();
    });
    this.#worker = worker;
    return worker;
  }
}
