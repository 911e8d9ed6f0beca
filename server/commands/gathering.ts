// Where a channel has a quiet time, people who write in bits are answered once: what they write to a question that takes
// any text is kept with its wait, and answers it when they have been quiet, or have written enough. Every message is
// stored and shown at once; only the turn is late, and the job that brings it is a row of the same transaction.

import { definitionOf } from '@parley/engine/blocks.ts';
import { durationMs } from '@parley/engine/expression/functions/dates.ts';
import { blockAt, indexOf } from '@parley/engine/flow.ts';
import type { Reply } from '@parley/engine/message.ts';
import type { Session, Wait } from '@parley/engine/session.ts';
import type { App } from '../app.ts';
import { assert } from '../errors.ts';
import type { Db } from '../store/database.ts';
import type { OpenTurn } from './open-turn.ts';

const maxMs = 10_000;
const maxMessages = 20;
const maxUnits = 8_000;

type ReplyWait = Extract<Wait, { kind: 'reply' }>;

/** Which answer is due: to which wait, after how many messages. */
export type Gathered = { botId: number; conversationId: number; sessionId: number; wait: string; count: number };

/** The reply to answer now, with what was written before it; null when more may come. Free where no quiet time is set. */
export async function gathered(app: App, tx: Db, turn: OpenTurn, { reply, isAtOnce }: { reply: Reply; isAtOnce: () => boolean }): Promise<Reply | null> {
  const quiet = turn.settings.channels?.[turn.conversation.channel]?.quiet_time;
  const wait = turn.isLost ? null : replyWaitOf(turn);
  if (wait === null || (!quiet && wait.gathered === undefined) || isAtOnce()) return reply;
  const texts = [...(wait.gathered?.texts ?? []), reply.text];
  const since = wait.gathered?.since ?? turn.context.now;
  const leftMs = maxMs - (turn.context.now - since);
  const units = texts.reduce((sum, text) => sum + text.length, 0);
  const isEnough = texts.length >= maxMessages || units >= maxUnits || leftMs <= 0;
  if (!quiet || isEnough || !isPlain(reply) || !gathers(turn, wait)) return { ...reply, text: texts.join('\n').trim() };
  const { session, conversation } = turn;
  assert(session && session.id !== null, 'what waits has been saved');
  session.state = { ...session.state, wait: { ...wait, gathered: { since, texts } } };
  const due: Gathered = { botId: conversation.bot_id, conversationId: conversation.id, sessionId: session.id, wait: wait.id, count: texts.length };
  const key = `gathered:${session.id}:${wait.id}:${texts.length}`;
  const job = { kind: 'gathered', workspace_id: conversation.workspace_id, key, payload: JSON.stringify(due), lane: null };
  await app.queue.schedule(tx, job, Math.min(durationMs(quiet) ?? 0, leftMs));
  return null;
}

/** What has been written to this wait, or only if it is still so many messages; null for nothing. */
export function textGathered(turn: OpenTurn, { wait: waitId, count }: { wait: string; count?: number }): string | null {
  const wait = replyWaitOf(turn);
  const texts = wait?.id === waitId ? wait.gathered?.texts : undefined;
  return texts === undefined || (count !== undefined && texts.length !== count) ? null : texts.join('\n').trim();
}

/** Nobody waits for it any more: people have the conversation, or the bot is paused. */
export function withoutGathered(session: Session): Session {
  const { wait } = session;
  if (wait?.kind !== 'reply' || wait.gathered === undefined) return session;
  const { gathered: _gathered, ...rest } = wait;
  return { ...session, wait: rest };
}

function replyWaitOf({ session }: OpenTurn): ReplyWait | null {
  const wait = session?.state.wait;
  return wait?.kind === 'reply' ? wait : null;
}

function isPlain({ payload, files, location, values }: Reply): boolean {
  return payload === undefined && (files ?? []).length === 0 && location === undefined && values === undefined;
}

function gathers({ session, flows }: OpenTurn, wait: ReplyWait): boolean {
  const flow = session && flows.pinned(session.state.cursor.flow, session.state.version_id);
  const at = flow && blockAt(flow, wait.block);
  const block = flow && at ? indexOf(flow).blocks.get(at)?.block : undefined;
  return block !== undefined && wait.late === undefined && definitionOf(block).gathers?.(block as never) === true;
}
