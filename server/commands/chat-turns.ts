// What is said in a chat, and what comes of it: a message starts the flow, answers it, or waits its turn; after every step
// the chat's run is noted, its limits are looked at, its webhook is told, and what waited has its turn.
import type { Session, Vars } from '@parley/engine/session.ts';
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import { announce } from '../live.ts';
import { endRun, insertRun } from '../store/chat-runs.ts';
import { type Chat, type ChatOwner, findChatOf, type OpenChat, updateChat } from '../store/chats.ts';
import { type Conversation, lockConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { findFlow } from '../store/flows.ts';
import { deleteMessages, findByClientId, messagesAmong } from '../store/messages.ts';
import { forgetStates, latestSteps, type StepRow, seqsOfSession, stepsAmong } from '../store/sessions.ts';
import { type DuePayload, exceededBy, isExpired, watchChat } from './chat-limits.ts';
import { tellWebhook } from './chat-webhooks.ts';
import { type ChatStatus, inputName } from './chat-wire.ts';
import { chatBusy, holdChat, needOngoing, type PlacedMessage, pendingWait, placed, statusOf, turnIn } from './chats.ts';
import { type AsideBy, beginSession, isStopped, type OpenTurn, openTurn, setAside } from './open-turn.ts';
import { takeReply } from './receive-reply.ts';
import { type ConversationEvent, eventsOf, type SavedStep, saveStep } from './save-step.ts';

/** A chat after a message: how it stands, and what was said meanwhile, beginning with the message itself. */
export type ChatAnswer = OpenChat & {
  status: ChatStatus;
  runId: number | null;
  messages: PlacedMessage[];
  /** By what a message that waits its turn is known. */
  queuedAs?: string;
};

export const busyModes = ['enqueue', 'reject', 'interrupt', 'rollback'] as const;
export type OnBusy = (typeof busyModes)[number];

export type Said = { text: string; onBusy: OnBusy; clientId: string | null };

/** A message that waits its turn; those of before had no name. */
type Queued = { text: string; id: string };

const maxQueued = 10;

function queueOf({ queue }: Chat): Queued[] {
  return (JSON.parse(queue) as (string | Queued)[]).map((one) => (typeof one === 'string' ? { text: one, id: '' } : one));
}

async function openHeld(app: App, tx: Db, owner: ChatOwner, publicId: string): Promise<{ open: OpenChat; turn: OpenTurn }> {
  const open = await holdChat(tx, owner, publicId);
  return { open, turn: await openTurn(app, tx, open.chat.bot_id, open.conversation) };
}

/** It starts the flow, or answers what it asks; while it is busy with something else it waits its turn. */
export async function messageChat(app: App, tx: Db, owner: ChatOwner, publicId: string, said: Said): Promise<ChatAnswer> {
  const { open, turn } = await openHeld(app, tx, owner, publicId);
  const known = said.clientId === null ? null : await saidBefore(tx, open, turn, { ...said, clientId: said.clientId });
  if (known) return known;
  needOngoing(app, open.chat);
  turn.clientId = said.clientId;
  const reply = { text: said.text };
  // People have it: the flow hears nothing of what is said.
  if (isStopped(open.conversation) || turn.last?.status === 'handed_off') return afterStep(app, tx, open, await takeReply(app, tx, turn, reply));
  const status = statusOf(open.chat, turn.last);
  const { onBusy } = said;
  if (status === 'running' && onBusy === 'reject') throw chatBusy();
  if (status === 'running' && onBusy === 'enqueue') return enqueue(app, tx, { ...open, status, runId: open.conversation.session_id, messages: [] }, said);
  const isAnew = onBusy === 'interrupt' || onBusy === 'rollback';
  if (status === 'wait_for_human_input' && !isAnew) return afterStep(app, tx, open, await takeReply(app, tx, turn, reply));
  // What waited for the run that ends here waits for nothing.
  const chat = isAnew ? await emptyQueue(app, tx, open.chat) : open.chat;
  if (onBusy === 'rollback' && turn.session?.id != null) turn.conversation = await discard(tx, turn.conversation, turn.session.id);
  return afterStep(app, tx, { ...open, chat }, await startRun(app, tx, turn, chat, said.text));
}

/** Sent again under the same name it is the same message, with the answer it had. */
async function saidBefore(tx: Db, open: OpenChat, turn: OpenTurn, { text, clientId }: Said & { clientId: string }): Promise<ChatAnswer | null> {
  const { conversation, chat } = open;
  const status = statusOf(chat, turn.last);
  const differs = () => new AppError('idempotency_key_reused', 'This client_message_id was used for another message.');
  const queued = queueOf(chat).find((one) => one.id === clientId);
  if (queued && queued.text !== text) throw differs();
  if (queued) return { ...open, status, runId: conversation.session_id, messages: [], queuedAs: clientId };
  const row = await findByClientId(tx, conversation.id, clientId);
  if (!row) return null;
  if (row.text !== text) throw differs();
  const [step] = await stepsAmong(tx, conversation.id, row.seq, row.seq);
  const messages = step ? await messagesOf(tx, conversation.id, step) : [];
  return { ...open, status, runId: step?.session_id ?? null, messages: messages.filter((one) => one.seq >= row.seq) };
}

async function messagesOf(tx: Db, conversationId: number, step: StepRow): Promise<PlacedMessage[]> {
  const ids = eventsOf(step).flatMap((event) => (event.kind === 'message' && event.direction !== 'note' ? [event.id] : []));
  const rows = await messagesAmong(tx, conversationId, ids);
  return (await placed(tx, conversationId, rows)).filter((one) => one.direction !== 'note');
}

async function enqueue(app: App, tx: Db, waiting: ChatAnswer, { text, clientId }: Said): Promise<ChatAnswer> {
  const queue = queueOf(waiting.chat);
  if (queue.length >= maxQueued) throw new AppError('queue_full', `At most ${maxQueued} messages may wait.`, { headers: { 'retry-after': '5' } });
  const id = clientId ?? `q_${app.random.token(9)}`;
  const change = { queue: JSON.stringify([...queue, { text, id }]) };
  const at = app.clock.now();
  await updateChat(tx, waiting.chat.bot_id, waiting.conversation.id, change, at);
  return { ...waiting, chat: { ...waiting.chat, ...change, updated_at: at }, queuedAs: id };
}

async function emptyQueue(app: App, tx: Db, chat: Chat): Promise<Chat> {
  if (chat.queue === '[]') return chat;
  await updateChat(tx, chat.bot_id, chat.conversation_id, { queue: '[]' }, app.clock.now());
  return { ...chat, queue: '[]' };
}

/** What was said in a run is taken back, and nothing can be gone on with from within it. */
async function discard(tx: Db, conversation: Conversation, sessionId: number): Promise<Conversation> {
  const run = await seqsOfSession(tx, conversation.id, sessionId);
  if (run === null) return conversation;
  const count = await deleteMessages(tx, conversation.id, run.first);
  await forgetStates(tx, conversation.id, run.first);
  return { ...conversation, messages: conversation.messages - count };
}

/** A new message after the end begins a new conversation with the flow. */
async function startRun(app: App, tx: Db, turn: OpenTurn, chat: Chat, text: string): Promise<SavedStep> {
  turn.reply = { text };
  await beginRun(app, tx, turn, chat, text);
  return saveStep(app, tx, turn);
}

/** Of the version that is live; `text` is what the flow knows as the message it was begun with. */
export async function beginRun(app: App, tx: Db, turn: OpenTurn, chat: Chat, text: string): Promise<void> {
  const flow = await findFlow(tx, chat.bot_id, { id: chat.flow_id });
  if (!flow || flow.published === null) throw new AppError('not_found', 'Flow not found');
  await beginSession(app, tx, turn, { id: flow.id, n: flow.published }, { reply: { text }, values: JSON.parse(chat.variables) as Vars });
}

async function afterStep(app: App, tx: Db, open: OpenChat, step: SavedStep): Promise<ChatAnswer> {
  const after = await settleChat(app, tx, open.chat, step);
  return { ...open, ...after, status: statusOf(after.chat, after.state), runId: step.sessionId, messages: saidIn(step) };
}

function saidIn({ events, messages, sessionId }: SavedStep): PlacedMessage[] {
  const blocks = new Map(events.flatMap((event) => (event.kind === 'message' ? [[event.id, event.block] as const] : [])));
  const turn = turnIn(events);
  return messages.flatMap((one) => (one.direction === 'note' ? [] : [{ ...one, runId: sessionId, block: blocks.get(one.id) ?? null, turn }]));
}

/** A person's answer; refused where nobody was asked. */
export async function answerInput(
  app: App,
  tx: Db,
  owner: ChatOwner,
  publicId: string,
  ask: { text: string; inputId: string | null },
): Promise<{ answer: ChatAnswer; inputId: string; runId: number }> {
  const { open, turn } = await openHeld(app, tx, owner, publicId);
  const wait = pendingWait({ state: turn.last });
  const runId = open.conversation.session_id;
  const inputId = wait === null || runId === null ? null : inputName(runId, wait);
  if (ask.inputId !== null && ask.inputId !== inputId) return answeredBefore(tx, open, turn, { ...ask, inputId: ask.inputId });
  needOngoing(app, open.chat);
  if (inputId === null || runId === null) throw new AppError('no_pending_input', 'The chat is not waiting for human input.');
  return { answer: await afterStep(app, tx, open, await takeReply(app, tx, turn, { text: ask.text })), inputId, runId };
}

/** An input that waits no longer: the same answer once more has the result it had, as far as it can still be told. */
async function answeredBefore(
  tx: Db,
  open: OpenChat,
  turn: OpenTurn,
  { text, inputId }: { text: string; inputId: string },
): Promise<{ answer: ChatAnswer; inputId: string; runId: number }> {
  const [, session = '', ...parts] = /^inp_(\d{1,15})_(\d{1,9})_(\d{1,9})$/.exec(inputId) ?? [];
  const runId = Number(session);
  // Of the conversation, for what ended a run may be the first step of the next.
  const steps = session === '' ? [] : await latestSteps(tx, open.conversation.id, maxLookedThrough);
  const isIt = (event: ConversationEvent) => event.kind === 'input' && event.session === runId && event.id === parts.join(':') && event.status !== 'requested';
  const step = steps.find((one) => eventsOf(one).some(isIt));
  const over = step && eventsOf(step).find(isIt);
  if (!step || over?.kind !== 'input') throw new AppError('no_pending_input', 'The chat is not waiting for this input.');
  if (over.status === 'expired') throw new AppError('input_expired', 'This input has expired: its time was up, or what ran was ended.');
  const messages = await messagesOf(tx, open.conversation.id, step);
  if (messages[0]?.text !== text) throw new AppError('input_already_resolved', 'This input has been answered already, with another answer.');
  return { answer: { ...open, status: statusOf(open.chat, turn.last), runId, messages }, inputId, runId };
}

/** Turns of a chat in which a repeated answer is looked for. */
const maxLookedThrough = 500;

/** Ends what runs, and what waits for it is dropped; nothing to end is fine too. `only` this run, if it is the one. */
export async function cancelRun(
  app: App,
  tx: Db,
  owner: ChatOwner,
  publicId: string,
  { only = null, reason = null }: { only?: number | null; reason?: string | null } = {},
): Promise<OpenChat & { status: ChatStatus; cancelled: number | null }> {
  const { open, turn } = await openHeld(app, tx, owner, publicId);
  const runId = turn.session?.id ?? null;
  if (turn.session === null || (only !== null && only !== runId)) return { ...open, status: statusOf(open.chat, turn.last), cancelled: null };
  const chat = await emptyQueue(app, tx, open.chat);
  setAside(turn, 'cancelled');
  const after = await settleChat(app, tx, chat, await saveStep(app, tx, turn), { cancelReason: reason });
  return { ...open, ...after, status: statusOf(after.chat, after.state), cancelled: runId };
}

/** What brought a step about, as far as it is known: only for those that begin or end a run. */
export type Because = { trigger?: string; retryOf?: number; attempt?: number; messageId?: number | null; cancelReason?: string | null };

/** How a chat stands after all that followed. */
export type Settled = { chat: Chat; conversation: Conversation; state: Session | null };

/** A turn that anybody but a chat's own message has made: with what follows, where its conversation is a chat. */
export async function saveTurn(app: App, tx: Db, turn: OpenTurn): Promise<SavedStep> {
  const step = await saveStep(app, tx, turn);
  const { channel, bot_id: botId, id } = turn.conversation;
  const chat = channel === 'api' ? await findChatOf(tx, botId, id) : null;
  if (chat) await settleChat(app, tx, chat, step);
  return step;
}

/** After every step of a chat, whoever caused it. */
export async function settleChat(app: App, tx: Db, before: Chat, step: SavedStep, because: Because = {}): Promise<Settled> {
  const chat = await noteRuns(app, tx, before, step, because);
  if (await tellWebhook(app, tx, chat, step.events)) {
    const { workspace_id: workspaceId, bot_id: botId, conversation_id: conversationId } = chat;
    announce(tx, { workspaceId, botId, conversationId, seq: step.seq, dueAt: app.clock.now() });
  }
  const settled = { chat, conversation: step.conversation, state: step.state };
  const isOver = statusOf(chat, step.state) !== 'running' && statusOf(chat, step.state) !== 'wait_for_human_input';
  if (!isOver && (chat.limits !== '{}' || chat.expires_at !== null)) {
    const turn = await openTurn(app, tx, chat.bot_id, step.conversation);
    const by = exceededBy(app, chat, turn, 'turn');
    if (by !== null) return endBy(app, tx, chat, turn, by);
  }
  return chat.queue === '[]' ? settled : takeFromQueue(app, tx, settled);
}

async function endBy(app: App, tx: Db, chat: Chat, turn: OpenTurn, by: AsideBy): Promise<Settled> {
  setAside(turn, by);
  return settleChat(app, tx, chat, await saveStep(app, tx, turn));
}

/** What runs has had its time, or the chat has. */
export async function endOverdue(app: App, tx: Db, { botId, conversationId }: DuePayload): Promise<void> {
  const conversation = await lockConversation(tx, botId, conversationId);
  const chat = conversation && (await findChatOf(tx, botId, conversationId));
  if (!conversation || !chat) return;
  const turn = await openTurn(app, tx, botId, conversation);
  const by = exceededBy(app, chat, turn, 'job');
  // In a chat that is over nothing has its turn any more.
  const left = isExpired(app, chat, 'job') ? await emptyQueue(app, tx, chat) : chat;
  if (by !== null) await endBy(app, tx, left, turn, by);
}

/** Which runs began and ended in a step, and why; the chat says it of its last. */
async function noteRuns(app: App, tx: Db, chat: Chat, { events }: SavedStep, because: Because): Promise<Chat> {
  let { stop_reason, last_error } = chat;
  const at = app.clock.now();
  const failed = events.find((one) => one.kind === 'failed');
  const first = events.find((one) => one.kind === 'message' && one.direction === 'in');
  for (const event of events) {
    if (event.kind !== 'session') continue;
    stop_reason = null;
    last_error = null;
    if (event.began) {
      const { conversation_id, workspace_id, owner_id, key_id } = chat;
      const place = { session_id: event.id, conversation_id, workspace_id, owner_id, flow_id: event.flow, key_id, first_seq: event.seq };
      const how = { trigger: because.trigger ?? (first ? 'message' : 'schedule'), attempt: because.attempt ?? 1, retry_of: because.retryOf ?? null };
      const open = { stop_reason: null, error: null, error_block: null, cancel_reason: null, finished_at: null };
      const message_id = because.messageId ?? (first?.kind === 'message' ? first.id : null);
      await insertRun(tx, { ...place, ...how, ...open, message_id, started_at: event.at });
      await watchChat(app, tx, chat, { id: event.id, startedAt: event.at });
    } else if (event.status === 'ended' || event.status === 'failed') {
      stop_reason = event.by ?? (event.status === 'failed' ? 'error' : 'graph_complete');
      last_error = event.status === 'failed' ? (failed?.reason ?? null) : null;
      const error_block = event.status === 'failed' ? (failed?.block ?? null) : null;
      const cancel_reason = event.by === 'cancelled' ? (because.cancelReason ?? null) : null;
      await endRun(tx, chat.conversation_id, event.id, { stop_reason, error: last_error, error_block, cancel_reason, finished_at: event.at });
    }
  }
  if (stop_reason === chat.stop_reason && last_error === chat.last_error) return chat;
  await updateChat(tx, chat.bot_id, chat.conversation_id, { stop_reason, last_error }, at);
  return { ...chat, stop_reason, last_error, updated_at: at };
}

/** As far as the chat is free: each step of what waited takes the next. */
async function takeFromQueue(app: App, tx: Db, settled: Settled): Promise<Settled> {
  const { chat, conversation } = settled;
  const [next, ...rest] = queueOf(chat);
  const turn = await openTurn(app, tx, chat.bot_id, conversation);
  const status = statusOf(chat, turn.last);
  if (next === undefined || status === 'running') return settled;
  // Nothing is there to run any more: what waited for it is dropped, as by an abort.
  const flow = status === 'wait_for_human_input' ? null : await findFlow(tx, chat.bot_id, { id: chat.flow_id });
  if (flow?.published === null || (flow === null && status !== 'wait_for_human_input')) return { ...settled, chat: await emptyQueue(app, tx, chat) };
  const change = { queue: JSON.stringify(rest) };
  await updateChat(tx, chat.bot_id, chat.conversation_id, change, app.clock.now());
  turn.clientId = next.id === '' ? null : next.id;
  const { text } = next;
  const step = status === 'wait_for_human_input' ? await takeReply(app, tx, turn, { text }) : await startRun(app, tx, turn, chat, text);
  return settleChat(app, tx, { ...chat, ...change }, step);
}
