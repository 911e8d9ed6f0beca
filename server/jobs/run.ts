// One piece of work: a timer wakes its session; a job asks the outside and brings the answer back as an input. The answer
// and the end of its job are one transaction, so a crash in between asks again or finds it done, never half of it.
import type { App } from '../app.ts';
import { readBrand } from '../commands/brand.ts';
import { wakeSession } from '../commands/wake-session.ts';
import type { AnyEffect, Performed } from '../effects.ts';
import { buryJob, finishJob, insertJob, type Job, retryJob } from '../store/jobs.ts';
import { type dueTimers, setTimer } from '../store/sessions.ts';
import { readSetting } from '../store/settings.ts';
import { retryDelayMs } from './retry.ts';

const maxAttempts = 8;
const maxCrashes = 2;

type Timer = Awaited<ReturnType<typeof dueTimers>>[number];

export type AskPayload = { botId: number; conversationId: number; sessionId: number; id: string; ask: { ask: string } };
type TimerPayload = { botId: number; conversationId: number; sessionId: number; wait: string };

export async function runTimer(app: App, timer: Timer): Promise<void> {
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
  await app.transact(async (tx) => {
    await setTimer(tx, timer.session_id, null);
    const runAt = app.clock.now() + retryDelayMs(1, 0.5);
    await insertJob(
      tx,
      {
        kind: 'timer',
        workspace_id: timer.workspace_id,
        key: `timer:${timer.session_id}:${timer.wait}`,
        payload: JSON.stringify(payload),
        run_at: runAt,
      },
      app.clock.now(),
    );
  });
}

/** Never throws for a fault of the job: that is counted, and in the end given up. */
export async function runJob(app: App, job: Job, effects: readonly AnyEffect[]): Promise<void> {
  if (job.crashes > 0 && !mayRunAgain(job, effects)) return giveUp(app, job, 'the worker died with it');
  const [worked] = await Promise.allSettled([job.kind === 'timer' ? fireAgain(app, job) : askOutside(app, job, effects)]);
  if (worked.status === 'fulfilled') return;
  const reason = String(worked.reason);
  app.log.warn({ job: job.id, kind: job.kind, attempt: job.attempts, reason }, 'a job failed');
  if (job.attempts >= maxAttempts) return giveUp(app, job, reason);
  await app.transact((tx) => retryJob(tx, job, app.clock.now() + retryDelayMs(job.attempts, Math.random()), reason.slice(0, 1_000)));
}

/** Whatever may have happened while the worker died is not repeated behind the author's back. */
function mayRunAgain(job: Job, effects: readonly AnyEffect[]): boolean {
  if (job.crashes >= maxCrashes) return false;
  if (job.kind === 'timer') return true;
  const { ask } = JSON.parse(job.payload) as AskPayload;
  return effects.find((one) => one.ask === ask.ask)?.isRepeatable?.(ask as never) ?? false;
}

async function fireAgain(app: App, job: Job): Promise<void> {
  const { wait, ...place } = JSON.parse(job.payload) as TimerPayload;
  await app.transact(async (tx) => {
    await wakeSession(app, tx, place, { kind: 'timer', wait });
    await finishJob(tx, job.id);
  });
}

async function askOutside(app: App, job: Job, effects: readonly AnyEffect[]): Promise<void> {
  const payload = JSON.parse(job.payload) as AskPayload;
  const answer = await answerTo(app, job, payload, effects);
  await app.transact(async (tx) => {
    await wakeSession(app, tx, payload, { kind: 'answer', id: payload.id, ...answer });
    await finishJob(tx, job.id);
  });
}

async function answerTo(app: App, job: Job, { ask }: AskPayload, effects: readonly AnyEffect[]): Promise<Performed> {
  const effect = effects.find((one) => one.ask === ask.ask);
  const refused = (error: string): Performed => ({ ok: false, values: { kind: 'blocked', error } });
  if (!effect) return refused(`This version cannot do "${ask.ask}" yet.`);
  const { setting } = effect;
  if (setting && (await readSetting(app.db, job.workspace_id, setting.name)) !== true) return refused(setting.whenOff);
  const { mailFrom } = await readBrand(app);
  return effect.perform(app, ask as never, { workspaceId: job.workspace_id, key: job.key, mailFrom });
}

/** Onto the dead-letter list; the conversation goes on by the block's error way instead of waiting for ever. */
async function giveUp(app: App, job: Job, reason: string): Promise<void> {
  await app.transact((tx) => buryJob(tx, job, app.clock.now(), reason.slice(0, 1_000)));
  if (job.kind === 'timer') return;
  const payload = JSON.parse(job.payload) as AskPayload;
  const answer = { kind: 'answer' as const, id: payload.id, ok: false, values: { kind: 'unknown_outcome', error: reason.slice(0, 500) } };
  const [woken] = await Promise.allSettled([app.transact((tx) => wakeSession(app, tx, payload, answer))]);
  if (woken.status === 'rejected') app.log.error({ job: job.id, reason: String(woken.reason) }, 'a session could not be told that its job was given up');
}
