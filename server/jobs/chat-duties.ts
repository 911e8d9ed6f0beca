// What is done for chats in the background: what has had its time is ended, and who wants to hear of it is told.
import type { App } from '../app.ts';
import type { DuePayload } from '../commands/chat-limits.ts';
import { endOverdue } from '../commands/chat-turns.ts';
import { type HookPayload, hookCall, keepDeadLetters } from '../commands/chat-webhooks.ts';
import { deliveries } from '../effects.ts';
import { type Duty, Refused } from './queue.ts';
import { retryDelayMs } from './retry.ts';

const dayMs = 86_400_000;
/** From when it happened, however many calls before it had to be waited for. */
const hookMs = 3 * dayMs;

export function chatDueDuty(app: App): Duty {
  return {
    run: (job, finish) =>
      app.transact(async (tx) => {
        await endOverdue(app, tx, JSON.parse(job.payload) as DuePayload);
        await finish(tx);
      }),
    mayRunAgain: () => true,
    giveUp: async () => {},
  };
}

/** At least once: what was told and could not be noted is told again, under the same id. */
export function chatHookDuty(app: App): Duty {
  return {
    run: async (job, finish) => {
      const call = await hookCall(app, JSON.parse(job.payload) as HookPayload);
      const told = call && (await deliveries.webhook(app, call));
      if (told && !told.isTaken) throw new Refused(told.error, told.isGone ? null : told.retryAfterMs);
      await app.transact(finish);
    },
    mayRunAgain: () => true,
    nextTryMs: ({ attempts, created_at }, error) => {
      const isFinal = error instanceof Refused && error.retryAfterMs === null;
      if (isFinal || app.clock.now() >= created_at + hookMs) return null;
      const asked = error instanceof Refused ? (error.retryAfterMs ?? 0) : 0;
      return Math.max(asked, retryDelayMs(attempts, Math.random()));
    },
    // It stays on the list of its chat.
    giveUp: (tx, job) => keepDeadLetters(tx, job),
  };
}
