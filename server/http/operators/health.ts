// What orchestrators and load balancers ask. /livez is the event loop alone, so that an outage of the database does
// not get a healthy process killed; /readyz tries a real write. Neither tells a stranger anything but ok or what fails.
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { App } from '../../app.ts';
import { AppError } from '../../errors.ts';
import { countHit } from '../../store/rate-limits.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked by machines every few seconds: logged at debug. */
    isProbe?: boolean;
  }
}

export const probe = { config: { isProbe: true } } as const;

const answerMs = 1_500;
const freshMs = 1_000;
// Alarm below a tenth of the disk or 1 GiB, whichever is less; below this writes are about to fail.
const alarmBytes = 1024 ** 3;
const fullBytes = 4 * 1024 ** 2;

/** `failing` takes the node out of service; `low` only warns. */
type Verdict = { failing: string[]; isDiskLow: boolean };

export function health(drain: { isDraining(): boolean }): (server: FastifyInstance, app: App) => void {
  return (server, app) => {
    for (const url of ['/livez', '/healthz']) {
      server.get(url, probe, async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));
    }
    const look = remember(() => judge(app));
    server.get('/readyz', probe, async (_request, reply) => {
      const { failing, isDiskLow } = drain.isDraining() ? { failing: ['draining'], isDiskLow: false } : await look();
      const degraded = failing.length > 0 || isDiskLow ? `degraded: ${(failing.length > 0 ? failing : ['disk']).join(', ')}` : 'ok';
      return reply
        .code(failing.length > 0 ? 503 : 200)
        .headers({ 'cache-control': 'no-store', ...(failing.length > 0 ? { 'retry-after': '2' } : {}) })
        .send({ status: degraded, failing });
    });
  };
}

async function judge(app: App): Promise<Verdict> {
  // A real row in a real transaction: a file system gone read-only shows here and nowhere else.
  const writing = app.transact((tx) => countHit(tx, 'readyz', freshMs, app.clock.now()));
  const [write, space] = await Promise.allSettled([writing, freeSpace(app.config.dataDir)]);
  const reason: unknown = write.status === 'rejected' ? write.reason : null;
  const isFull = reason instanceof AppError && reason.code === 'storage_full';
  const { free, total } = space.status === 'fulfilled' ? space.value : { free: 0, total: 0 };
  return {
    failing: [...(reason !== null && !isFull ? ['database'] : []), ...(isFull || free < fullBytes ? ['disk'] : [])],
    isDiskLow: free < Math.min(alarmBytes, total / 10),
  };
}

async function freeSpace(dataDir: string): Promise<{ free: number; total: number }> {
  const { bavail, bsize, blocks } = await statfs(dataDir);
  return { free: bavail * bsize, total: blocks * bsize };
}

/** One look at a time, at most one a second, and an answer in time even while a look hangs. */
function remember(look: () => Promise<Verdict>): () => Promise<Verdict> {
  const stuck: Verdict = { failing: ['database'], isDiskLow: false };
  let running: Promise<Verdict> | null = null;
  let last: { at: number; verdict: Verdict } | null = null;
  return async () => {
    if (last && performance.now() - last.at < freshMs) return last.verdict;
    running ??= look().then((verdict) => {
      last = { at: performance.now(), verdict };
      running = null;
      return verdict;
    });
    return Promise.race([running, sleep(answerMs, stuck, { ref: false })]);
  };
}
