// Chats: a flow run as a session by a program. A chat is a conversation of its own subscriber on the channel `api`; what
// it waits for is answered here as anywhere else. What is said in one is chat-turns.ts, its runs are chat-runs.ts.
import type { Session, Vars, Wait } from '@parley/engine/session.ts';
import type { App } from '../app.ts';
import { AppError, assert } from '../errors.ts';
import { announce } from '../live.ts';
import { type Chat, type ChatOwner, findChat, insertChat, listChats, lockChat, type OpenChat, updateChat } from '../store/chats.ts';
import { deleteConversation, insertConversation, saveConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { type FlowBy, type FlowRow, findFlow, flowsNamed, startFlow } from '../store/flows.ts';
import { deleteMessages, listMessages, type MessageRow } from '../store/messages.ts';
import { fold } from '../store/pages.ts';
import { findSession, forgetStates, type SessionRow, stepsAmong } from '../store/sessions.ts';
import { deleteSubscriber, insertSubscriber } from '../store/subscribers.ts';
import { type ChatLimits, isExpired, watchChat } from './chat-limits.ts';
import { type Hook, hookOf, sealHook } from './chat-webhooks.ts';
import type { ChatStatus } from './chat-wire.ts';
import { loadVersion } from './flow-set.ts';
import { eventsOf } from './save-step.ts';

/** A chat as it stands: its rows, its session and the one word that sums it up. */
export type ChatView = OpenChat & { session: SessionRow | null; state: Session | null; status: ChatStatus; runId: number | null; prompt: string };

/** A message with the run and the turn it was said in, and the block that said it. */
export type PlacedMessage = MessageRow & { runId: number | null; block: string | null; turn: number | null };

export async function placed(db: Db, conversationId: number, rows: readonly MessageRow[]): Promise<PlacedMessage[]> {
  if (rows.length === 0) return [];
  const seqs = rows.map((row) => row.seq);
  const places = new Map<number, Omit<PlacedMessage, keyof MessageRow>>();
  for (const step of await stepsAmong(db, conversationId, Math.min(...seqs), Math.max(...seqs))) {
    const events = eventsOf(step);
    const turn = turnIn(events);
    for (const event of events) if (event.kind === 'message') places.set(event.id, { runId: step.session_id, block: event.block, turn });
  }
  return rows.map((row) => ({ ...row, ...(places.get(row.id) ?? { runId: null, block: null, turn: null }) }));
}

/** Which turn of its run a step was; null of steps that were no turn. */
export function turnIn(events: ReturnType<typeof eventsOf>): number | null {
  return events.reduce<number | null>((turn, event) => (event.kind === 'session' ? (event.turn ?? turn) : turn), null);
}

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

export function statusOf(chat: Chat, state: Session | null): ChatStatus {
  if (state === null) return chat.stop_reason === null ? 'ready' : chat.stop_reason === 'error' ? 'error' : 'completed';
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
  return viewChat(db, await needOpen(db, owner, publicId));
}

export async function needOpen(db: Db, owner: ChatOwner, publicId: string): Promise<OpenChat> {
  const open = await findChat(db, owner, publicId);
  if (!open) throw chatNotFound();
  return open;
}

/** Held until the transaction ends. */
export async function holdChat(tx: Db, owner: ChatOwner, publicId: string): Promise<OpenChat> {
  const open = await lockChat(tx, owner, publicId);
  if (!open) throw chatNotFound();
  return open;
}

export function chatNotFound(): AppError {
  return new AppError('not_found', 'Chat not found');
}

/** Nothing more is said in a chat whose time is over; what was said stays to be read. */
export function needOngoing(app: App, chat: Chat): void {
  if (isExpired(app, chat, 'turn')) throw new AppError('gone', 'This chat has expired. Its history can still be read.');
}

export type ChatSearch = {
  status?: ((view: ChatView) => boolean) | undefined;
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
  const flows = search.fromFlow === undefined ? [] : await flowsBy(db, owner, search.fromFlow);
  const filter = { ...search, flowIds: flows.length > 0 ? flows.map((flow) => flow.id) : undefined };
  const views: ChatView[] = [];
  let { before } = search;
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const size = status === undefined ? limit + 1 : chatsAtOnce;
    const found = await listChats(db, owner, { ...filter, before, limit: size });
    for (const open of found) {
      const last = views.at(-1)?.conversation.public_id ?? null;
      if (views.length === limit) return { views, next: last };
      const view = await viewChat(db, open);
      if (status === undefined || status(view)) views.push(view);
    }
    const end = found.at(-1);
    if (found.length < size || !end) return { views, next: null };
    before = end.conversation.id;
    if (looks === mostLooks - 1) return { views, next: end.conversation.public_id };
  }
  return { views, next: null };
}

export type ChatWish = {
  name: string;
  fromType: string;
  fromFlow: string | null;
  metadata: object;
  variables: Vars;
  limits: ChatLimits;
  webhook: (Hook & { secret: string }) | null;
  expiresInMs: number | null;
  keyId: number | null;
};

/** Returns its public id. */
export async function createChat(app: App, tx: Db, owner: ChatOwner, wish: ChatWish): Promise<string> {
  const flow = await flowNamed(tx, owner, wish.fromFlow);
  await checkStart(tx, flow);
  return insertChatOf(app, tx, owner, flow, {
    name: wish.name,
    from_type: wish.fromType,
    from_flow: wish.fromFlow ?? flow.slug,
    metadata: JSON.stringify(wish.metadata),
    variables: JSON.stringify(wish.variables),
    limits: JSON.stringify(wish.limits),
    webhook: wish.webhook && sealHook(app, wish.webhook),
    expires_at: wish.expiresInMs === null ? null : app.clock.now() + wish.expiresInMs,
    key_id: wish.keyId,
    stop_reason: null,
  });
}

type Given = Pick<Chat, 'name' | 'from_type' | 'from_flow' | 'metadata' | 'variables' | 'limits' | 'webhook' | 'expires_at' | 'key_id' | 'stop_reason'>;

/** A chat with nothing said in it. Returns its public id. */
export async function insertChatOf(app: App, tx: Db, owner: ChatOwner, flow: Pick<FlowRow, 'id' | 'bot_id'>, given: Given): Promise<string> {
  const at = app.clock.now();
  const publicId = `c${app.random.uuid().replaceAll('-', '').slice(0, 14)}`;
  const place = { workspace_id: owner.workspaceId, bot_id: flow.bot_id };
  const subscriber = await insertSubscriber(tx, flow.bot_id, { channel: 'api', user_id: publicId, name: given.name }, at);
  assert(subscriber, 'a chat id was drawn twice');
  const spoken = { ...place, subscriber_id: subscriber.id, channel: 'api', site_id: null, visitor: null, public_id: publicId };
  const conversation = await insertConversation(tx, spoken, at);
  assert(conversation, 'a chat id was drawn twice');
  const times = { created_at: at, updated_at: at };
  const own = { conversation_id: conversation.id, owner_id: owner.ownerId, flow_id: flow.id, name_key: fold(given.name) };
  const chat: Chat = { ...place, ...own, ...given, queue: '[]', last_error: null, ...times };
  await insertChat(tx, chat);
  await watchChat(app, tx, chat, null);
  return publicId;
}

/** Those a name means: a slug, `f1s2` or a number. Of a key that is held to some flows, only these. */
async function flowsBy(db: Db, owner: ChatOwner, name: string): Promise<FlowRow[]> {
  const { workspaceId, botId, flows } = owner;
  const [, nsBot, nsFlow] = /^f(\d{1,15})s(\d{1,15})$/.exec(name) ?? [];
  const by: FlowBy = nsFlow !== undefined ? { id: Number(nsFlow) } : /^\d{1,15}$/.test(name) ? { id: Number(name) } : { slug: name };
  const one = botId === null ? null : await findFlow(db, botId, by);
  const found = botId === null ? await flowsNamed(db, workspaceId, by) : one ? [one] : [];
  return found.filter((flow) => (nsBot === undefined || flow.bot_id === Number(nsBot)) && (flows === null || flows.includes(flow.id)));
}

/** Without a name, what the bot starts with. */
async function flowNamed(tx: Db, owner: ChatOwner, name: string | null): Promise<FlowRow> {
  if (name === null && owner.botId === null) throw new AppError('bad_request', 'Name the bot in the header X-Bot, for example f1.');
  const found = name === null ? [await startFlow(tx, owner.botId ?? 0, ['default'])] : await flowsBy(tx, owner, name);
  const [flow, other] = found;
  if (other) throw new AppError('bad_request', `Several bots have a flow "${name}". Name it like f1s2, or its bot in the header X-Bot.`);
  if (!flow || (owner.flows !== null && !owner.flows.includes(flow.id))) throw new AppError('not_found', 'Flow not found');
  return flow;
}

async function checkStart(tx: Db, flow: FlowRow): Promise<void> {
  if (flow.published === null) throw new AppError('invalid_request', 'This flow has not been published yet');
  const version = await loadVersion(tx, flow.bot_id, flow.id, flow.published);
  if (!Object.values(version?.triggers ?? {}).some((one) => one.type === 'start')) throw new AppError('invalid_request', 'This flow has no start');
}

/** What is not named stays; the webhook keeps its secret when none is given. */
export type ChatChange = {
  name?: string | undefined;
  metadata?: object | undefined;
  limits?: ChatLimits | null | undefined;
  webhook?: (Hook & { secret?: string | undefined }) | null | undefined;
};

export async function changeChat(app: App, tx: Db, owner: ChatOwner, publicId: string, wish: ChatChange): Promise<void> {
  const { chat, conversation } = await holdChat(tx, owner, publicId);
  const { name, metadata, limits, webhook } = wish;
  const change: Parameters<typeof updateChat>[3] = {
    ...(name === undefined ? {} : { name, name_key: fold(name) }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
    ...(limits === undefined ? {} : { limits: JSON.stringify(limits ?? {}) }),
    ...(webhook === undefined ? {} : { webhook: webhook && sealHook(app, { ...webhook, secret: webhook.secret ?? secretOf(app, chat) }) }),
  };
  await updateChat(tx, chat.bot_id, chat.conversation_id, change, app.clock.now());
  const { id: conversationId, workspace_id: workspaceId, bot_id: botId, seq } = conversation;
  announce(tx, { workspaceId, botId, conversationId, seq, dueAt: null });
  const session = conversation.session_id === null ? null : await findSession(tx, conversation.id, conversation.session_id);
  if (limits && session && session.status !== 'ended' && session.status !== 'failed') {
    await watchChat(app, tx, { ...chat, limits: JSON.stringify(limits), expires_at: null }, { id: session.id, startedAt: session.started_at });
  }
}

function secretOf(app: App, chat: Chat): string {
  const known = hookOf(app, chat);
  if (known) return known.secret;
  const message = 'The webhook needs a secret, with which what it is sent is signed.';
  throw new AppError('invalid_request', message, { fields: [{ kind: 'required', path: ['webhook', 'secret'], message }] });
}

export async function removeChat(tx: Db, owner: ChatOwner, publicId: string): Promise<void> {
  const { conversation } = await holdChat(tx, owner, publicId);
  await deleteConversation(tx, conversation.bot_id, conversation.id);
  // Whom the team has made one with others is more than this chat.
  if (conversation.met_as === null) await deleteSubscriber(tx, conversation.bot_id, conversation.subscriber_id);
  // Whoever looks on finds it gone.
  const { id: conversationId, workspace_id: workspaceId, bot_id: botId, seq } = conversation;
  announce(tx, { workspaceId, botId, conversationId, seq: seq + 1, dueAt: null });
}

/** What was said is gone, and with it every place to go on from; the numbers of events go on. */
export async function clearHistory(tx: Db, owner: ChatOwner, publicId: string): Promise<void> {
  const open = await holdChat(tx, owner, publicId);
  const { conversation } = open;
  if ((await viewChat(tx, open)).status === 'running') throw chatBusy();
  await deleteMessages(tx, conversation.id, 0);
  await forgetStates(tx, conversation.id, 0);
  assert(await saveConversation(tx, { ...conversation, messages: 0 }, conversation.seq), 'a conversation changed while it was held');
}

export function chatBusy(): AppError {
  return new AppError('chat_busy', 'The chat is running. Wait until it is done, or abort it.');
}
