// Which of a bot's triggers something sets off in a conversation: what the person said, or what happened to them.
import { durationMs } from '@parley/engine/expression/functions/dates.ts';
import type { Scope, Surroundings } from '@parley/engine/expression.ts';
import type { TriggerType } from '@parley/engine/flow.ts';
import type { Reply } from '@parley/engine/message.ts';
import { type Happening, type Match, matchTriggers, type Occurrence } from '@parley/engine/trigger.ts';
import type { App } from '../app.ts';
import { restingTriggers, restTrigger } from '../store/cooldowns.ts';
import type { Db } from '../store/database.ts';
import { liveFlows } from './flow-set.ts';
import { beginSession, type OpenTurn } from './open-turn.ts';

/** What a trigger begins, and how long it then rests for this person. */
export type Triggered = { flow: { id: number; n: number }; to: string; interrupts: Match['interrupts']; trigger: string; restMs: number };

const bySaying: readonly TriggerType[] = ['keyword', 'media'];

/** Those that this reply sets off, the most important first; those that rest are left out. */
export function triggersFor(tx: Db, turn: OpenTurn, reply: Reply): Promise<Triggered[]> {
  const { channel } = turn.context;
  return triggered(tx, turn, bySaying, [
    { type: 'keyword', reply, channel },
    { type: 'media', reply, channel },
  ]);
}

/** The same for what nobody said; without a name it is the fallback, which answers when nothing else does. */
export function triggersOf(tx: Db, turn: OpenTurn, happening: Happening): Promise<Triggered[]> {
  return triggered(tx, turn, [happening.type], [{ ...happening, channel: turn.context.channel }]);
}

export async function fallbackOf(tx: Db, turn: OpenTurn): Promise<Triggered | null> {
  return (await triggersOf(tx, turn, { type: 'fallback', name: '' }))[0] ?? null;
}

async function triggered(tx: Db, turn: OpenTurn, types: readonly TriggerType[], occurrences: readonly Occurrence[]): Promise<Triggered[]> {
  const all = await liveFlows(tx, turn.conversation.bot_id, turn.revisions.flows);
  const live = all.filter(({ triggers }) => types.some((type) => triggers.has(type)));
  if (live.length === 0) return [];
  const flows = live.map((one) => one.flow);
  const [scope, around] = [scopeOf(turn), aroundOf(turn)];
  const found = occurrences.flatMap((occurrence) => matchTriggers(flows, occurrence, scope, around));
  return awake(
    tx,
    turn,
    found.flatMap(({ flow: slug, to, interrupts, trigger, cooldown }) => {
      const flow = live.find((one) => one.slug === slug);
      return flow ? [{ flow: { id: flow.id, n: flow.n }, to, interrupts, trigger, restMs: (cooldown && durationMs(cooldown)) || 0 }] : [];
    }),
  );
}

async function awake(tx: Db, turn: OpenTurn, triggers: Triggered[]): Promise<Triggered[]> {
  if (triggers.every(({ restMs }) => restMs === 0)) return triggers;
  const resting = await restingTriggers(tx, turn.subscriber.id, turn.context.now);
  return triggers.filter((one) => one.restMs === 0 || !resting.some((other) => other.flow_id === one.flow.id && other.trigger_id === one.trigger));
}

/** Begins what a trigger leads to; the trigger rests from now on, where it does. */
export async function beginTriggered(
  app: App,
  tx: Db,
  turn: OpenTurn,
  { flow, to, trigger, restMs }: Triggered,
  start: Omit<Parameters<typeof beginSession>[4], 'at'>,
): Promise<void> {
  await beginSession(app, tx, turn, flow, { ...start, at: to });
  if (restMs > 0) await restTrigger(tx, turn.subscriber.id, { flowId: flow.id, trigger, until: turn.context.now + restMs });
}

function scopeOf({ context, reply }: OpenTurn): Scope {
  return { subscriber: context.subscriber, bot: context.bot, conv: context.conv, channel: context.channel, msg: { text: reply?.text ?? '' } };
}

function aroundOf({ context }: OpenTurn): Surroundings {
  return {
    now: context.now,
    timeZone: context.timeZone,
    language: context.language ?? 'en',
    random: () => 0.5,
    isOpen: context.hours.isOpen,
    nextOpen: context.hours.nextOpen,
  };
}
