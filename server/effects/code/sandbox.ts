// Runs code of strangers, each in a thread of its own that is ended afterwards, whatever it was doing. A few at a time,
// and no workspace before another that has fewer running; who would wait too long is told so, and nothing has happened.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Ran, type Run, type ThreadData, wasm } from './run.ts';

type Limits = { threads: number; patienceMs: number; queue: number };

export type Sandbox = {
  /** Throws when it never began. */
  run(workspaceId: number, run: Run): Promise<Ran>;
  close(): Promise<void>;
};

const usual: Limits = { threads: Math.max(2, Math.min(4, availableParallelism() - 1)), patienceMs: 10_000, queue: 50 };
// For what an interrupt does not reach: a pattern that backtracks, a number with a million digits.
const graceMs = 100;
const startMs = 10_000;
const idleMs = 60_000;

type Waiting = { workspaceId: number; begin: () => void };

/** `queue` is how many of one workspace may wait. */
export function makeSandbox(more: Partial<Limits> = {}): Sandbox {
  const { threads, patienceMs, queue }: Limits = { ...usual, ...more };
  const running: number[] = [];
  const waiting: Waiting[] = [];
  let spare: Promise<Worker> | null = null;
  let idle: NodeJS.Timeout | undefined;

  const countOf = (workspaceId: number): number => running.filter((one) => one === workspaceId).length;
  const next = (): void => {
    const [first] = waiting.toSorted((a, b) => countOf(a.workspaceId) - countOf(b.workspaceId));
    if (first === undefined || running.length >= threads) return;
    waiting.splice(waiting.indexOf(first), 1);
    running.push(first.workspaceId);
    first.begin();
  };
  const turn = (workspaceId: number): Promise<void> => {
    if (waiting.filter((one) => one.workspaceId === workspaceId).length >= queue) return Promise.reject(new Error('too much code waits to be run'));
    return new Promise((begin, refuse) => {
      const one: Waiting = {
        workspaceId,
        begin: () => {
          clearTimeout(late);
          begin();
        },
      };
      const late = setTimeout(() => {
        waiting.splice(waiting.indexOf(one), 1);
        refuse(new Error('no thread was free for the code in time'));
      }, patienceMs);
      waiting.push(one);
      next();
    });
  };
  const dropSpare = async (): Promise<void> => {
    const [worker] = await Promise.allSettled([spare]);
    spare = null;
    if (worker?.status === 'fulfilled') await worker.value?.terminate();
  };

  return {
    run: async (workspaceId, run) => {
      await turn(workspaceId);
      const thread = spare ?? startThread();
      spare = null;
      clearTimeout(idle);
      try {
        const worker = await thread;
        return await performIn(hasEnded(worker) ? await startThread() : worker, run);
      } finally {
        running.splice(running.indexOf(workspaceId), 1);
        next();
        // The next run finds a thread that is ready.
        spare ??= startThread();
        idle = setTimeout(() => void dropSpare(), idleMs).unref();
      }
    },
    close: async () => {
      clearTimeout(idle);
      await dropSpare();
    },
  };
}

let compiled: Promise<object> | undefined;

function compile(): Promise<object> {
  compiled ??= readFile(new URL(import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'))).then((bytes) => wasm.compile(bytes));
  return compiled;
}

async function startThread(): Promise<Worker> {
  const workerData: ThreadData = { module: await compile() };
  const worker = new Worker(new URL('./guest.ts', import.meta.url), {
    workerData,
    env: {},
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 },
  });
  // No run keeps the process from ending.
  worker.unref();
  worker.on('error', () => {});
  return new Promise((ready, fail) => {
    const late = setTimeout(() => fail(new Error('a thread for code did not start')), startMs);
    worker.once('error', fail);
    worker.once('message', () => {
      clearTimeout(late);
      worker.off('error', fail);
      ready(worker);
    });
  });
}

function hasEnded(worker: Worker): boolean {
  return worker.threadId === -1;
}

/** Ends the thread in any case. */
async function performIn(worker: Worker, run: Run): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const cut = setTimeout(() => resolve({ kind: 'timeout', error: 'The code took too long.' }), run.wallMs + graceMs);
  worker.once('message', resolve);
  worker.once('error', (error: Error) => resolve(brokenBy(error)));
  worker.once('exit', () => resolve({ kind: 'error', error: 'The code ended the thread it ran in.' }));
  worker.postMessage(run);
  const ran = await promise;
  clearTimeout(cut);
  await worker.terminate();
  return ran;
}

function brokenBy(error: Error): Ran {
  const isMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' || /memory/i.test(error.message);
  return isMemory ? { kind: 'memory', error: 'The code used too much memory.' } : { kind: 'error', error: 'The code broke the machine it ran in.' };
}
