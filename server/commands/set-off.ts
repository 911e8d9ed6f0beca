// What has happened to someone sets off the most important trigger that waits for it, in the conversation they are spoken
// with in: once, in the transaction of whoever tells of it, and not while people have the conversation or the bot is paused.
import { isoOf } from '@parley/engine/expression/functions/dates.ts';
import type { TriggerType } from '@parley/engine/flow.ts';
import { type Happening, paramsFor } from '@parley/engine/trigger.ts';
import type { App } from '../app.ts';
import { type Conversation, currentConversation, deleteConversation, lockConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { findSubscriber } from '../store/subscribers.ts';
import { saveTurn } from './chat-turns.ts';
import { chainOf, type Occurrence } from './occurrences.ts';
import { isResting, type OpenTurn, openTurn } from './open-turn.ts';
import type { SavedStep } from './save-step.ts';
import { conversationWith } from './sending.ts';
import { beginTriggered, type Triggered, triggersOf } from './triggers.ts';

/** Flows that set each other off come to an end after so many. */
export const maxDepth = 8;

/** Their time comes for many at once, and whom they do not reach is told nowhere. */
const forMany: ReadonlySet<TriggerType> = new Set<TriggerType>(['schedule', 'date_field', 'inactivity']);

/** Null when it set nothing off. */
export async function setOff(app: App, tx: Db, one: Occurrence): Promise<SavedStep | null> {
  const { conversation, isNew } = await conversationOf(app, tx, one);
  if (!conversation) return null;
  const turn = await openTurn(app, tx, one.botId, conversation);
  const found = isResting(turn) || !isStillSo(turn, one.happening) ? [] : await triggersOf(tx, turn, one.happening);
  const first = one.depth < maxDepth ? found.find((trigger) => mayBegin(turn, trigger)) : undefined;
  if (first) {
    await beginTriggered(app, tx, turn, first, { params: paramsFor(one.happening, chainOf(one, turn.context.now)) });
    return saveTurn(app, tx, turn);
  }
  if (isNew) await deleteConversation(tx, one.botId, conversation.id);
  else if (found.length > 0 && !forMany.has(one.happening.type)) await sayWhyNot(app, tx, turn, one);
  return null;
}

/** Held until the transaction ends. Who has none gets one, unless they are one of many. */
async function conversationOf(app: App, tx: Db, one: Occurrence): Promise<{ conversation: Conversation | null; isNew: boolean }> {
  const { botId, subscriberId, conversationId } = one;
  if (conversationId !== null) return { conversation: await lockConversation(tx, botId, conversationId), isNew: false };
  const known = await currentConversation(tx, botId, subscriberId);
  if (known) return { conversation: await lockConversation(tx, botId, known.id), isNew: false };
  const person = forMany.has(one.happening.type) ? null : await findSubscriber(tx, botId, subscriberId);
  if (!person) return { conversation: null, isNew: false };
  const made = await conversationWith(app, tx, one, person);
  return { conversation: await lockConversation(tx, botId, made.id), isNew: true };
}

/** A date may be another by now, somebody silent may have spoken, or left, or somebody of the team may see to them. */
function isStillSo({ subscriber, context, conversation }: OpenTurn, { type, data }: Happening): boolean {
  const isAttended = conversation.assignee_id !== null && conversation.status === 'open';
  if (forMany.has(type) && (subscriber.subscribed_at === null || isAttended)) return false;
  const said = (data ?? {}) as { field?: string; date?: string; since?: string };
  if (type === 'date_field') return context.subscriber[said.field ?? ''] === said.date;
  if (type === 'inactivity') return subscriber.last_interaction_at !== null && isoOf(subscriber.last_interaction_at) === said.since;
  return true;
}

function mayBegin({ session }: OpenTurn, { interrupts }: Triggered): boolean {
  if (session === null || interrupts === 'always') return true;
  return interrupts === 'when_waiting' && session.state.wait?.kind !== 'effect';
}

/** Authors look for it in the conversation, beside what the flow did. */
async function sayWhyNot(app: App, tx: Db, turn: OpenTurn, { happening: { type, name, on }, depth }: Occurrence): Promise<void> {
  const what = [type, name, on].filter((part) => part).join(' ');
  const isLoop = depth >= maxDepth;
  const text = isLoop
    ? `"${what}" sets nothing off any more: ${maxDepth} flows have set each other off in a row.`
    : `"${what}" sets nothing off now: ${turn.session?.state.cursor.flow} is under way here, and the trigger does not interrupt it.`;
  turn.outputs.push({ kind: 'log', block: '', level: isLoop ? 'warn' : 'info', text });
  await saveTurn(app, tx, turn);
}
