// What a worker does with a job, by its kind: work of our own in one transaction with its end; or it asks the outside and
// brings the answer back as an input; what chats want done is in chat-duties.ts. The answer and the end of its job are one
// transaction, so a crash in between asks again or finds it done, never half of it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { App } from '../app.ts';
import { readBrand } from '../commands/brand.ts';
import { chatDueKind } from '../commands/chat-limits.ts';
import { chatHookKind } from '../commands/chat-webhooks.ts';
import type { Gathered } from '../commands/gathering.ts';
import type { Occurrence } from '../commands/occurrences.ts';
import { setOff } from '../commands/set-off.ts';
import { type Sweep, sweepOn } from '../commands/sweep.ts';
import { answerGathered, wakeSession } from '../commands/wake-session.ts';
import type { AnyEffect, Performed } from '../effects.ts';
import { AppError } from '../errors.ts';
import type { Db } from '../store/database.ts';
import type { Job } from '../store/jobs.ts';
import { readSetting } from '../store/settings.ts';
import { chatDueDuty, chatHookDuty } from './chat-duties.ts';
import { type Duty, LeaseLost, OutcomeUnknown } from './queue.ts';
import { retryDelayMs } from './retry.ts';
import type { TimerPayload } from './timers.ts';

const maxErrorUnits = 500;
/** Together less than a lease. */
const maxKeeps = 4;

type AskPayload = { botId: number; conversationId: number; sessionId: number; id: string; ask: { ask: string } };

/** THE LIST of what is done with our own data only, and may be done again until it is. */
const ownWork: { [kind: string]: (app: App, tx: Db, payload: never) => Promise<unknown> } = {
  timer: (app, tx, { wait, ...place }: TimerPayload) => wakeSession(app, tx, place, { kind: 'timer', wait }),
  occurrence: (app, tx, occurrence: Occurrence) => setOff(app, tx, occurrence),
  sweep: (app, tx, sweep: Sweep) => sweepOn(app, tx, sweep),
  gathered: (app, tx, due: Gathered) => answerGathered(app, tx, due),
};

/** By the kind of job; what is no kind of ours is something a flow asks. */
export function dutyOf(app: App, effects: readonly AnyEffect[]): Duty {
  const duties: { [kind: string]: Duty } = { [chatDueKind]: chatDueDuty(app), [chatHookKind]: chatHookDuty(app) };
  const asks = askDuty(app, effects);
  const own = ownDuty(app);
  const of = ({ kind }: Job): Duty => duties[kind] ?? (ownWork[kind] ? own : asks);
  return {
    run: (job, finish) => of(job).run(job, finish),
    mayRunAgain: (job) => of(job).mayRunAgain(job),
    nextTryMs: (job, error) => of(job).nextTryMs?.(job, error),
    giveUp: (tx, job, loss) => of(job).giveUp(tx, job, loss),
  };
}

function ownDuty(app: App): Duty {
  return {
    run: async (job, finish) => {
      await app.transact(async (tx) => {
        await ownWork[job.kind]?.(app, tx, JSON.parse(job.payload) as never);
        await finish(tx);
      });
    },
    mayRunAgain: () => true,
    giveUp: async () => {},
  };
}

function askDuty(app: App, effects: readonly AnyEffect[]): Duty {
  return {
    run: async (job, finish) => {
      const payload = JSON.parse(job.payload) as AskPayload;
      const answer = await answerTo(app, job, payload, effects);
      if (!answer.ok && answer.values.kind === 'unknown_outcome') throw new OutcomeUnknown(String(answer.values.error));
      const keep = async (tx: Db): Promise<void> => {
        await wakeSession(app, tx, payload, { kind: 'answer', id: payload.id, ...answer });
        await finish(tx);
      };
      await keepAnswer(app, keep, { mayBeAskedAgain: mayRunAgain(job, effects) });
    },
    mayRunAgain: (job) => mayRunAgain(job, effects),
    // The conversation goes on by the block's error way instead of waiting for ever.
    giveUp: async (tx, job, { outcome, reason }) => {
      const payload = JSON.parse(job.payload) as AskPayload;
      const values = { kind: outcome === 'unknown' ? 'unknown_outcome' : 'network', error: reason.slice(0, maxErrorUnits) };
      await wakeSession(app, tx, payload, { kind: 'answer', id: payload.id, ok: false, values });
    },
  };
}

function mayRunAgain(job: Job, effects: readonly AnyEffect[]): boolean {
  const { ask } = JSON.parse(job.payload) as AskPayload;
  return effects.find((one) => one.ask === ask.ask)?.isRepeatable?.(ask as never) ?? false;
}

/** What the outside answered must not be lost to an outage that passes, for it may not be asked twice. */
async function keepAnswer(app: App, keep: (tx: Db) => Promise<void>, { mayBeAskedAgain }: { mayBeAskedAgain: boolean }): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const [kept] = await Promise.allSettled([app.transact(keep)]);
    if (kept.status === 'fulfilled') return;
    const { reason } = kept;
    if (mayBeAskedAgain || reason instanceof LeaseLost) throw reason;
    const mayPass = reason instanceof AppError && reason.code === 'unavailable';
    if (!mayPass || attempt === maxKeeps) throw new OutcomeUnknown(`its answer could not be kept: ${reason}`);
    await sleep(retryDelayMs(attempt, Math.random()));
  }
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
