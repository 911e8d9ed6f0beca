// Who is told what happens in a chat, by calls to an address of theirs: one job for each event, in a lane of the chat, so
// that they come in order; signed as Standard Webhooks 1.0.0 says. The secret is kept sealed and never shown.
import { createHmac } from 'node:crypto';
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { announce } from '../live.ts';
import { findBot } from '../store/bots.ts';
import { type Chat, findChatOf, type OpenChat } from '../store/chats.ts';
import { findConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { countOfLane, deadJobsOfLane, dropJob, findDeadJob, type Job, trimDead } from '../store/jobs.ts';
import { messagesAmong } from '../store/messages.ts';
import { stepsAmong } from '../store/sessions.ts';
import { nameOf, showEvent } from './chat-wire.ts';
import { type ConversationEvent, eventsOf } from './save-step.ts';

/** No events = all of them. */
export type Hook = { url: string; events: string[] };

type KeptHook = Hook & { sealed: string };

export function sealHook(app: App, { url, events, secret }: Hook & { secret: string }): string {
  return JSON.stringify({ url, events, sealed: app.secrets.seal('chat-webhook', secret) } satisfies KeptHook);
}

/** What may be shown of it. */
export function shownHook({ webhook }: Pick<Chat, 'webhook'>): Hook | null {
  if (webhook === null) return null;
  const { url, events } = JSON.parse(webhook) as KeptHook;
  return { url, events };
}

export function hookOf(app: App, { webhook }: Pick<Chat, 'webhook'>): (Hook & { secret: string }) | null {
  if (webhook === null) return null;
  const { url, events, sealed } = JSON.parse(webhook) as KeptHook;
  return { url, events, secret: app.secrets.unseal('chat-webhook', sealed) };
}

export const chatHookKind = 'chat_webhook';

export type HookPayload = { botId: number; conversationId: number; seq: number };

const laneOf = (conversationId: number): string => `chat:${conversationId}`;

/** Of one chat, still to be delivered. */
const maxWaiting = 1_000;

export async function tellWebhook(app: App, tx: Db, chat: Chat, events: readonly ConversationEvent[]): Promise<boolean> {
  const hook = shownHook(chat);
  if (hook === null) return false;
  const asked = events.filter((event) => hook.events.length === 0 || hook.events.includes(nameOf(event)));
  const waiting = asked.length === 0 ? 0 : await countOfLane(tx, chat.workspace_id, laneOf(chat.conversation_id), maxWaiting);
  // Whoever takes nothing for so long finds the gap by the numbers, and the rest in the stream.
  const told = asked.slice(0, Math.max(0, maxWaiting - waiting));
  for (const { seq } of told) {
    const payload: HookPayload = { botId: chat.bot_id, conversationId: chat.conversation_id, seq };
    const lane = laneOf(chat.conversation_id);
    await app.queue.enqueue(tx, { kind: chatHookKind, workspace_id: chat.workspace_id, key: `hook:${lane}:${seq}`, payload: JSON.stringify(payload), lane });
  }
  return told.length > 0;
}

/** A call as it goes out; the same at every attempt, but for the time it is signed at. */
export type HookCall = { url: string; headers: Record<string, string>; body: string };

/** Null when nobody is to be told any more: the chat, its webhook or the event is gone. */
export async function hookCall(app: App, { botId, conversationId, seq }: HookPayload): Promise<HookCall | null> {
  const { db } = app;
  const chat = await findChatOf(db, botId, conversationId);
  const conversation = chat && (await findConversation(db, botId, conversationId));
  const hook = chat && hookOf(app, chat);
  if (!chat || !conversation || !hook) return null;
  const [step] = await stepsAmong(db, conversationId, seq, seq);
  const events = step ? eventsOf(step) : [];
  const event = events.find((one) => one.seq === seq);
  if (!step || !event) return null;
  const said = await messagesAmong(
    db,
    conversationId,
    events.flatMap((one) => (one.kind === 'message' ? [one.id] : [])),
  );
  const bot = await findBot(db, chat.workspace_id, botId);
  const open: OpenChat = { chat, conversation, botName: bot?.name ?? '' };
  const { event: type, data } = showEvent({ ...open, runId: step.session_id }, event, said);
  const body = JSON.stringify({ type, timestamp: data.ts, data });
  return { url: hook.url, headers: signed(hook.secret, `msg_${conversation.public_id}_${seq}`, Math.floor(app.clock.now() / 1000), body), body };
}

function signed(secret: string, id: string, at: number, body: string): Record<string, string> {
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${at}.${body}`).digest('base64');
  return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
}

/** As Standard Webhooks writes it, `whsec_` and base64; or any text, which then is the key itself. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
}

const maxDead = 200;

/** What could not be delivered in the time there was for it, newest first. */
export function deadLetters(db: Db, { conversation }: OpenChat): Promise<Job[]> {
  return deadJobsOfLane(db, conversation.workspace_id, laneOf(conversation.id), maxDead);
}

/** Called when one more was given up. */
export async function keepDeadLetters(tx: Db, { workspace_id: workspaceId, lane }: Job): Promise<void> {
  if (lane !== null) await trimDead(tx, workspaceId, lane, maxDead);
}

/** Tried again, from now on and as long as a new one. */
export async function redeliver(app: App, tx: Db, open: OpenChat, jobId: number): Promise<Job> {
  const job = await findDeadJob(tx, jobId);
  if (!job || job.lane !== laneOf(open.conversation.id)) throw notFound('Delivery');
  await dropJob(tx, job.id);
  const { kind, workspace_id, key, payload, lane } = job;
  await app.queue.enqueue(tx, { kind, workspace_id, key, payload, lane });
  const { id: conversationId, bot_id: botId, workspace_id: workspaceId, seq } = open.conversation;
  announce(tx, { workspaceId, botId, conversationId, seq, dueAt: app.clock.now() });
  return job;
}
