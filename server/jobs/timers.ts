// Wakes sessions whose time has come. A timer is a row of its session's, set and taken back with the session, so it fires
// once whoever finds it; on a shared database every node looks, and the second finds nothing to wake.
import type { App } from '../app.ts';
import { wakeSession } from '../commands/wake-session.ts';
import { dueTimers, nextTimer, setTimer } from '../store/sessions.ts';
import { retryDelayMs } from './retry.ts';
import { type Looked, never, Rounds } from './rounds.ts';

const maxTimers = 100;

type Timer = Awaited<ReturnType<typeof dueTimers>>[number];

export type TimerPayload = { botId: number; conversationId: number; sessionId: number; wait: string };

/** Returns how to stop, which waits for those at hand. */
export function startTimers(app: App): () => Promise<void> {
  const rounds = new Rounds(app, () => fireTimers(app));
  return () => rounds.stop();
}

/** Fires what is due now; they are through when it returns. */
export async function fireTimers(app: App): Promise<Looked> {
  const now = app.clock.now();
  const nextAt = (await nextTimer(app.db)) ?? never;
  const timers = nextAt <= now ? await dueTimers(app.db, now, maxTimers) : [];
  await Promise.all(timers.map((timer) => fire(app, timer)));
  return { begun: timers.length, nextAt: nextAt > now ? nextAt : never };
}

async function fire(app: App, timer: Timer): Promise<void> {
  const place = { botId: timer.bot_id, conversationId: timer.conversation_id, sessionId: timer.session_id };
  const [woken] = await Promise.allSettled([
    app.transact(async (tx) => {
      const step = await wakeSession(app, tx, place, { kind: 'timer', wait: timer.wait });
      // A stale one would stay due for ever.
      if (step === null) await setTimer(tx, timer.session_id, null);
    }),
  ]);
  if (woken.status === 'fulfilled') return;
  // What fails as a timer goes on as a job, which counts its attempts and can be given up.
  const payload: TimerPayload = { ...place, wait: timer.wait };
  const job = { kind: 'timer', workspace_id: timer.workspace_id, key: `timer:${timer.session_id}:${timer.wait}`, payload: JSON.stringify(payload), lane: null };
  await app.transact(async (tx) => {
    await setTimer(tx, timer.session_id, null);
    await app.queue.schedule(tx, job, retryDelayMs(1, 0.5));
  });
}
