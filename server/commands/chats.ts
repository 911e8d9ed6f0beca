// Chats: a flow run as a session by a program. A chat is a conversation of its own subscriber on the channel `api`; what
// it waits for is answered here as anywhere else.
import type { Session, Vars, Wait } from '@parley/engine/session.ts';
import type { App } from '../app.ts';
import { AppError, assert } from '../errors.ts';
import { announce } from '../live.ts';
import { type Chat, type ChatOwner, findChat, insertChat, listChats, lockChat, type OpenChat, updateChat } from '../store/chats.ts';
import { type Conversation, deleteConversation, insertConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { type FlowRow, findFlow, startFlow } from '../store/flows.ts';
import { listMessages, type MessageRow, messagesAmong } from '../store/messages.ts';
import { fold } from '../store/pages.ts';
import { findSession, latestSteps, type SessionRow, stepsAmong } from '../store/sessions.ts';
import { deleteSubscriber, insertSubscriber } from '../store/subscribers.ts';
import { loadVersion } from './flow-set.ts';
import { beginSession, type OpenTurn, openTurn, setAside } from './open-turn.ts';
import { takeReply } from './receive-reply.ts';
import { type ConversationEvent, eventsOf, type SavedStep, saveStep } from './save-step.ts';

export const chatStatuses = ['ready', 'running', 'wait_for_human_input', 'completed', 'error'] as const;
export type ChatStatus = (typeof chatStatuses)[number];

/** A chat as it stands: its rows, its session and the one word that sums it up. */
export type ChatView = OpenChat & { session: SessionRow | null; state: Session | null; status: ChatStatus; runId: number | null; prompt: string };

/** A chat after a message: how it stands, and what was said meanwhile, beginning with the message itself. */
export type ChatAnswer = OpenChat & { status: ChatStatus; runId: number | null; messages: PlacedMessage[] };

/** A message with the run it was said in, and the block that said it. */
export type PlacedMessage = MessageRow & { runId: number | null; block: string | null };

export async function placed(db: Db, conversationId: number, rows: readonly MessageRow[]): Promise<PlacedMessage[]> {
  if (rows.length === 0) return [];
  const seqs = rows.map((row) => row.seq);
  const steps = await stepsAmong(db, conversationId, Math.min(...seqs), Math.max(...seqs));
  const places = new Map<number, { runId: number | null; block: string | null }>();
  for (const step of steps)
    for (const event of eventsOf(step)) if (event.kind === 'message') places.set(event.id, { runId: step.session_id, block: event.block });
  return rows.map((row) => ({ ...row, ...(places.get(row.id) ?? { runId: null, block: null }) }));
}

const maxQueued = 10;

export async function viewChat(db: Db, open: OpenChat): Promise<ChatView> {
  const { conversation } = open;
  const session = conversation.session_id === null ? null : await findSession(db, conversation.id, conversation.session_id);
  const state = session ? (JSON.parse(session.state) as Session) : null;
  const status = statusOf(open.chat, state);
  const prompt = status === 'wait_for_human_input' ? await promptOf(db, conversation.id) : '';
  return { ...open, session, state, status, runId: session?.id ?? null, prompt };
}

/** The question is the last thing the flow said. */
async function promptOf(db: Db, conversationId: number): Promise<string> {
  const [last] = await listMessages(db, conversationId, { order: 'desc', limit: 1, notes: 'without' });
  const body = last ? (JSON.parse(last.body) as { text?: string }) : {};
  return body.text ?? '';
}

function statusOf(chat: Chat, state: Session | null): ChatStatus {
  if (state === null) return chat.stop_reason === null ? 'ready' : 'completed';
  if (state.status === 'failed') return 'error';
  if (state.status === 'ended') return 'completed';
  return state.wait?.kind === 'reply' ? 'wait_for_human_input' : 'running';
}

/** The pending input of a chat that waits for a person; else null. */
export function pendingWait(view: Pick<ChatView, 'state'>): Extract<Wait, { kind: 'reply' }> | null {
  const wait = view.state?.wait;
  return wait?.kind === 'reply' ? wait : null;
}

export async function needChat(db: Db, owner: ChatOwner, publicId: string): Promise<ChatView> {
  const open = await findChat(db, owner, publicId);
  if (!open) throw chatNotFound();
  return viewChat(db, open);
}

export type ChatSearch = {
  status?: ChatStatus | undefined;
  fromFlow?: string | undefined;
  q?: string | undefined;
  before?: number | undefined;
  limit: number;
};

const chatsAtOnce = 200;
/** A status is only known by looking at each; who asks for one that is rare gets a page that ends earlier. */
const mostLooks = 10;

/** Newest first; `next` is the id of the chat the page ended at, null on the last. */
export async function findChats(db: Db, owner: ChatOwner, search: ChatSearch): Promise<{ views: ChatView[]; next: string | null }> {
  const { status, limit } = search;
  const flow = search.fromFlow === undefined ? null : await findNamed(db, owner.botId, search.fromFlow);
  const filter = { ...search, flowId: flow?.id };
  const views: ChatView[] = [];
  let { before } = search;
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const size = status === undefined ? limit + 1 : chatsAtOnce;
    const found = await listChats(db, owner, { ...filter, before, limit: size });
    for (const open of found) {
      const last = views.at(-1)?.conversation.public_id ?? null;
      if (views.length === limit) return { views, next: last };
      const view = await viewChat(db, open);
      if (status === undefined || view.status === status) views.push(view);
    }
    const end = found.at(-1);
    if (found.length < size || !end) return { views, next: null };
    before = end.conversation.id;
    if (looks === mostLooks - 1) return { views, next: end.conversation.public_id };
  }
  return { views, next: null };
}

/** To change it: the chat is held, and the turn is open. */
async function openChat(app: App, tx: Db, owner: ChatOwner, publicId: string): Promise<{ open: OpenChat; turn: OpenTurn }> {
  const open = await lockChat(tx, owner, publicId);
  if (!open) throw chatNotFound();
  return { open, turn: await openTurn(app, tx, owner.botId, open.conversation) };
}

function chatNotFound(): AppError {
  return new AppError('not_found', 'Chat not found');
}

export type NewChat = { workspaceId: number; name: string; fromType: string; fromFlow: string | null; metadata: object; variables: Vars };

/** Returns its public id. */
export async function createChat(app: App, tx: Db, owner: ChatOwner, ask: NewChat): Promise<string> {
  const flow = await flowNamed(tx, owner.botId, ask.fromFlow);
  await checkStart(tx, flow);
  const at = app.clock.now();
  const publicId = `c${app.random.uuid().replaceAll('-', '').slice(0, 14)}`;
  const subscriber = await insertSubscriber(tx, owner.botId, { channel: 'api', user_id: publicId, name: ask.name }, at);
  assert(subscriber, 'a chat id was drawn twice');
  const place = {
    workspace_id: ask.workspaceId,
    bot_id: owner.botId,
    subscriber_id: subscriber.id,
    channel: 'api',
    site_id: null,
    visitor: null,
    public_id: publicId,
  };
  const conversation = await insertConversation(tx, place, at);
  assert(conversation, 'a chat id was drawn twice');
  const chat: Chat = {
    conversation_id: conversation.id,
    workspace_id: ask.workspaceId,
    bot_id: owner.botId,
    owner_id: owner.ownerId,
    name: ask.name,
    name_key: fold(ask.name),
    from_type: ask.fromType,
    from_flow: ask.fromFlow ?? flow.slug,
    flow_id: flow.id,
    metadata: JSON.stringify(ask.metadata),
    variables: JSON.stringify(ask.variables),
    queue: '[]',
    stop_reason: null,
    last_error: null,
    created_at: at,
    updated_at: at,
  };
  await insertChat(tx, chat);
  return publicId;
}

/** By slug, `f1s2` or number; without a name, what the bot starts with. */
async function flowNamed(tx: Db, botId: number, name: string | null): Promise<FlowRow> {
  if (name === null) {
    const start = await startFlow(tx, botId, ['default']);
    if (!start) throw new AppError('not_found', 'Flow not found');
    return start;
  }
  const flow = await findNamed(tx, botId, name);
  if (!flow) throw new AppError('not_found', 'Flow not found');
  return flow;
}

function findNamed(db: Db, botId: number, name: string): Promise<FlowRow | null> {
  const ns = /^f(\d{1,15})s(\d{1,15})$/.exec(name);
  const id = ns ? (Number(ns[1]) === botId ? Number(ns[2]) : 0) : /^\d{1,15}$/.test(name) ? Number(name) : null;
  return findFlow(db, botId, id === null ? { slug: name } : { id });
}

async function checkStart(tx: Db, flow: FlowRow): Promise<void> {
  if (flow.published === null) throw new AppError('invalid_request', 'This flow has not been published yet');
  const version = await loadVersion(tx, flow.bot_id, flow.id, flow.published);
  if (!Object.values(version?.triggers ?? {}).some((one) => one.type === 'start')) throw new AppError('invalid_request', 'This flow has no start');
}

/** A message: it starts the flow, or answers what it asks; while it is busy with something else it waits its turn. */
export async function messageChat(
  app: App,
  tx: Db,
  owner: ChatOwner,
  publicId: string,
  text: string,
  onBusy: 'enqueue' | 'reject' | 'interrupt',
): Promise<ChatAnswer> {
  const { open, turn } = await openChat(app, tx, owner, publicId);
  // People have it: the flow hears nothing of what is said.
  if (open.conversation.taken_at !== null) return afterStep(app, tx, open, await takeReply(app, tx, turn, { text }));
  const status = statusOf(open.chat, turn.last);
  if (status === 'running' && onBusy === 'reject') throw new AppError('chat_busy', 'The chat is running. Wait until it is done, or abort it.');
  if (status === 'running' && onBusy === 'enqueue') return enqueue(app, tx, { ...open, status, runId: open.conversation.session_id, messages: [] }, text);
  const isAnswer = status === 'wait_for_human_input' && onBusy !== 'interrupt';
  return afterStep(app, tx, open, isAnswer ? await takeReply(app, tx, turn, { text }) : await startRun(app, tx, turn, open.chat, text));
}

async function enqueue(app: App, tx: Db, waiting: ChatAnswer, text: string): Promise<ChatAnswer> {
  const queue = JSON.parse(waiting.chat.queue) as string[];
  if (queue.length >= maxQueued) throw new AppError('queue_full', `At most ${maxQueued} messages may wait.`, { headers: { 'retry-after': '5' } });
  const change = { queue: JSON.stringify([...queue, text]) };
  const at = app.clock.now();
  await updateChat(tx, waiting.chat.bot_id, waiting.conversation.id, change, at);
  return { ...waiting, chat: { ...waiting.chat, ...change, updated_at: at } };
}

/** A new message after the end begins a new conversation with the flow. */
async function startRun(app: App, tx: Db, turn: OpenTurn, chat: Chat, text: string): Promise<SavedStep> {
  const flow = await findFlow(tx, chat.bot_id, { id: chat.flow_id });
  if (!flow || flow.published === null) throw new AppError('not_found', 'Flow not found');
  turn.reply = { text };
  await beginSession(app, tx, turn, { id: flow.id, n: flow.published }, { reply: turn.reply, values: JSON.parse(chat.variables) as Vars });
  return saveStep(app, tx, turn);
}

async function afterStep(app: App, tx: Db, open: OpenChat, step: SavedStep): Promise<ChatAnswer> {
  const chat = await noteEnd(app, tx, open.chat, step);
  const blocks = new Map(step.events.flatMap((event) => (event.kind === 'message' ? [[event.id, event.block] as const] : [])));
  const messages = step.messages.filter((one) => one.direction !== 'note').map((one) => ({ ...one, runId: step.sessionId, block: blocks.get(one.id) ?? null }));
  return { ...open, chat, conversation: step.conversation, status: statusOf(chat, step.state), runId: step.sessionId, messages };
}

/** A person's answer; refused where nobody was asked. */
export async function answerInput(
  app: App,
  tx: Db,
  owner: ChatOwner,
  publicId: string,
  ask: { text: string; inputId: string | null },
): Promise<{ answer: ChatAnswer; inputId: string; runId: number }> {
  const { open, turn } = await openChat(app, tx, owner, publicId);
  const wait = pendingWait({ state: turn.last });
  const runId = open.conversation.session_id;
  const inputId = wait === null || runId === null ? null : inputName(runId, wait);
  if (ask.inputId !== null && ask.inputId !== inputId) return answeredBefore(tx, open, turn, { ...ask, inputId: ask.inputId });
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
  const ids = eventsOf(step).flatMap((event) => (event.kind === 'message' && event.direction !== 'note' ? [event.id] : []));
  const messages = await placed(tx, open.conversation.id, await messagesAmong(tx, open.conversation.id, ids));
  if (messages[0]?.text !== text) throw new AppError('input_already_resolved', 'This input has been answered already, with another answer.');
  const status = statusOf(open.chat, turn.last);
  return { answer: { ...open, status, runId, messages: messages.filter((one) => one.direction !== 'note') }, inputId, runId };
}

/** Turns of a chat in which a repeated answer is looked for. */
const maxLookedThrough = 500;

export function inputName(runId: number, wait: { id: string }): string {
  return `inp_${runId}_${wait.id.replace(':', '_')}`;
}

/** Ends what runs; nothing to end is fine too. */
export async function abortChat(app: App, tx: Db, owner: ChatOwner, publicId: string): Promise<{ status: ChatStatus; aborted: number | null }> {
  const { open, turn } = await openChat(app, tx, owner, publicId);
  const status = statusOf(open.chat, turn.last);
  if (status !== 'running' && status !== 'wait_for_human_input') return { status, aborted: null };
  const aborted = turn.session?.id ?? null;
  setAside(turn);
  await saveStep(app, tx, turn);
  await updateChat(tx, owner.botId, open.conversation.id, { stop_reason: 'cancelled', queue: '[]' }, app.clock.now());
  return { status: (await needChat(tx, owner, publicId)).status, aborted };
}

export async function removeChat(tx: Db, owner: ChatOwner, publicId: string): Promise<void> {
  const { conversation } = await needChat(tx, owner, publicId);
  await deleteConversation(tx, owner.botId, conversation.id);
  await deleteSubscriber(tx, owner.botId, conversation.subscriber_id);
  // Whoever looks on finds it gone.
  announce(tx, { workspaceId: conversation.workspace_id, botId: owner.botId, conversationId: conversation.id, seq: conversation.seq + 1, dueAt: null });
}

/** Why the run is over, if it is; called after every step of a chat. */
export async function noteEnd(app: App, tx: Db, chat: Chat, { state, events }: SavedStep): Promise<Chat> {
  const reason = state?.status === 'failed' ? 'error' : state?.status === 'ended' ? 'graph_complete' : null;
  const failure = events.find((one) => one.kind === 'failed');
  const change = { stop_reason: reason, last_error: failure?.reason ?? (reason === 'error' ? chat.last_error : null) };
  if (change.stop_reason === chat.stop_reason && change.last_error === chat.last_error) return chat;
  const at = app.clock.now();
  await updateChat(tx, chat.bot_id, chat.conversation_id, change, at);
  return { ...chat, ...change, updated_at: at };
}

/** After a step that nobody's message caused: what waited its turn has it now. */
export async function takeFromQueue(app: App, tx: Db, chat: Chat, after: Conversation): Promise<void> {
  const [text, ...rest] = JSON.parse(chat.queue) as string[];
  const turn = await openTurn(app, tx, chat.bot_id, after);
  const status = statusOf(chat, turn.last);
  if (text === undefined || status === 'running') return;
  await updateChat(tx, chat.bot_id, chat.conversation_id, { queue: JSON.stringify(rest) }, app.clock.now());
  const step = status === 'wait_for_human_input' ? await takeReply(app, tx, turn, { text }) : await startRun(app, tx, turn, chat, text);
  await noteEnd(app, tx, chat, step);
}
