// Conversations that visitors of a website begin and go on with. Of the tokens that open one, only keyed hashes are stored.
import type { Reply } from '@parley/engine/message.ts';
import { paramsFor } from '@parley/engine/trigger.ts';
import type { App } from '../app.ts';
import { AppError, assert, invalidField, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { announce, giveSign } from '../live.ts';
import {
  type Conversation,
  conversationsOnSite,
  deleteConversation,
  findOnSite,
  insertConversation,
  lockConversation,
  setCircumstances,
  setPublicId,
  setSubscriberRead,
} from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { findDevice } from '../store/devices.ts';
import { findFlow } from '../store/flows.ts';
import { findByClientId, type MessageRow } from '../store/messages.ts';
import type { Site } from '../store/sites.ts';
import { findSubscriber, updateSubscriber } from '../store/subscribers.ts';
import { attachFiles } from './files.ts';
import { loadVersion } from './flow-set.ts';
import { mute } from './mute.ts';
import { beginSession, isResting, type OpenTurn, openTurn, setAside } from './open-turn.ts';
import { takeReply } from './receive-reply.ts';
import { type SavedStep, saveStep } from './save-step.ts';
import { speak } from './sending.ts';
import { settingsOf } from './site-settings.ts';
import { noteSaid, type SaidFields } from './site-subscribers.ts';
import { startFlowOf } from './start-flow.ts';
import { eraseSubscriber, insertPerson } from './subscribers.ts';
import { beginTriggered, triggersOf } from './triggers.ts';
import { isSuspect } from './visit-marks.ts';

/** `token` is the one the visitor's browser made up. */
export type Opening = { token: string; name: string; email: string; message: string };

/** A conversation begun in the widget's own words; without a reply the flow has the first one. */
export type Visit = {
  token: string;
  clientId: string;
  reply: Reply | null;
  name: string | null;
  email: string | null;
  /** What of the two must be said by whoever has not proved who they are. */
  required: readonly ('name' | 'email')[];
  locale: string | null;
  timeZone: string | null;
  attributes: SaidFields;
  /** What led them here: a link, a code, an ad. */
  ref: string | null;
  /** Kept with the conversation, for people who look at it. */
  context: { url?: string | null; referrer?: string | null; marks?: readonly string[]; [more: string]: unknown };
  /** By its slug, instead of what conversations here begin with. */
  flow: string | null;
  /** Beside those this visitor has. */
  isAnother: boolean;
};

const dayMs = 86_400_000;
/** A token nobody has used for so long opens nothing any more. */
export const deviceIdleMs = 180 * dayMs;

/** What a conversation goes by in the store, for either of the tokens that open it. The one a browser makes up holds on its site only. */
export function hashesOf({ secrets }: Pick<App, 'secrets'>, site: Pick<Site, 'id'>, token: string): { visitor: string; publicId(): string } {
  return { visitor: secrets.mac('visitor', `${site.id} ${token}`), publicId: () => secrets.mac('visitor', token) };
}

/** The token that opens this one conversation: the same whenever it is asked for, until the epoch rises. */
export function conversationToken({ secrets }: Pick<App, 'secrets'>, { id, token_epoch: epoch }: Pick<Conversation, 'id' | 'token_epoch'>): string {
  return secrets.mac('conversation', epoch === 0 ? String(id) : `${id}.${epoch}`);
}

/** What a token opens on a site: its conversation, or the latest one of whoever proved to be the person it was given to. */
export async function conversationFor(app: App, db: Db, site: Site, token: string): Promise<Conversation | null> {
  const hashes = hashesOf(app, site, token);
  return (await findOnSite(db, site.bot_id, site.id, hashes)) ?? (await latestOf(app, db, site, hashes.visitor));
}

async function latestOf(app: App, db: Db, site: Site, hash: string): Promise<Conversation | null> {
  const visitor = await findDevice(db, site.bot_id, site.id, hash);
  if (!visitor || visitor.used_at < app.clock.now() - deviceIdleMs) return null;
  return (await conversationsOnSite(db, { botId: site.bot_id, siteId: site.id, subscriberId: visitor.subscriber_id }, 1))[0] ?? null;
}

/**
 * `metAs`: the team has put this person together of several, and nothing proves that the token is not only of one of them.
 * Then it opens what was begun as that one, and says nothing about the others.
 */
export type TokenHolder = { id: number; isProven: boolean; metAs: number | null };

/** Whom a visitor's token stands for; null when nobody has written under it yet. */
export async function subscriberBehind(app: App, db: Db, site: Site, token: string): Promise<TokenHolder | null> {
  const { visitor: hash } = hashesOf(app, site, token);
  const visitor = await findDevice(db, site.bot_id, site.id, hash);
  if (visitor) return visitor.used_at < app.clock.now() - deviceIdleMs ? null : { id: visitor.subscriber_id, isProven: true, metAs: null };
  const conversation = await findOnSite(db, site.bot_id, site.id, { visitor: hash, publicId: () => '' });
  return conversation && { id: conversation.subscriber_id, isProven: false, metAs: conversation.met_as };
}

/** The first message opens it. Where no flow answers, the site's own words do. */
export async function openConversation(
  app: App,
  tx: Db,
  site: Site,
  { token, name, email, message }: Opening,
): Promise<{ conversationToken: string; autoReply: string | null }> {
  // Whom a token was given to has conversations already, or is asked for another in the widget's own words.
  const known = await findDevice(tx, site.bot_id, site.id, hashesOf(app, site, token).visitor);
  const conversation = known ? null : await firstConversation(app, tx, site, token, { name, email });
  if (!conversation) throw existsAlready();
  const step = await receive(app, tx, site, conversation, { text: message }, null);
  return { conversationToken: conversationToken(app, conversation), autoReply: step.autoReply };
}

function existsAlready(): AppError {
  return new AppError('conflict', 'A conversation with this visitor token already exists');
}

/** Null when the token has one. An address that nobody has proved opens nobody's data: whoever writes first here is someone new. */
async function firstConversation(app: App, tx: Db, site: Site, token: string, { name, email }: { name: string; email: string | null }) {
  const { visitor } = hashesOf(app, site, token);
  const tenant = { workspaceId: site.workspace_id, botId: site.bot_id };
  const subscriber = await insertPerson(app, tx, tenant, { channel: 'web', user_id: visitor, name, email });
  return subscriber && insertAt(app, tx, site, { id: subscriber.id, metAs: null }, visitor);
}

async function insertAt(app: App, tx: Db, site: Site, { id, metAs }: Pick<TokenHolder, 'id' | 'metAs'>, visitor: string | null): Promise<Conversation | null> {
  const place = { workspace_id: site.workspace_id, bot_id: site.bot_id, channel: 'web', site_id: site.id, visitor, public_id: null };
  const conversation = await insertConversation(tx, { ...place, subscriber_id: id, met_as: metAs }, app.clock.now());
  if (conversation) await setPublicId(tx, site.bot_id, conversation.id, hashesOf(app, site, conversationToken(app, conversation)).publicId());
  return conversation;
}

/** Whether the same call began one before. */
export async function isBegun(app: App, db: Db, site: Site, { token, clientId }: Pick<Visit, 'token' | 'clientId'>): Promise<boolean> {
  const subscriber = await subscriberBehind(app, db, site, token);
  return subscriber !== null && (await theirsOn(db, site, subscriber)).some((one) => one.opening === clientId);
}

/** A visitor's conversations here, the latest activity first. */
export function theirsOn(db: Db, site: Site, { id, metAs }: Pick<TokenHolder, 'id' | 'metAs'>, limit = maxConversations): Promise<Conversation[]> {
  return conversationsOnSite(db, { botId: site.bot_id, siteId: site.id, subscriberId: id, metAs }, limit);
}

/** Begins a conversation, or finds the one that the same call began before. */
export async function beginVisit(app: App, tx: Db, site: Site, visit: Visit): Promise<Conversation> {
  const begun = await withoutOthers(app, tx, site, visit);
  if (begun.isNew) {
    const { clientId, context, attributes } = visit;
    await setCircumstances(tx, site.bot_id, begun.conversation.id, { opening: clientId, context: JSON.stringify({ ...context, attributes }) });
    if (begun.conversation.met_as === null) await noteSaid(app, tx, site, begun.conversation.subscriber_id, visit);
    await firstStep(app, tx, site, begun.conversation, visit);
  }
  const conversation = await lockConversation(tx, site.bot_id, begun.conversation.id);
  if (!conversation) throw notFound('Conversation');
  return conversation;
}

/** At most so many of one visitor on one site; the way back into an old one is to write in it. */
export const maxConversations = 100;

async function withoutOthers(app: App, tx: Db, site: Site, visit: Visit): Promise<{ conversation: Conversation; isNew: boolean }> {
  const { token, clientId, isAnother } = visit;
  const known = await subscriberBehind(app, tx, site, token);
  if (!known)
    for (const one of visit.required) if (visit[one] === null) throw invalidField(one, `${one === 'name' ? 'Name' : 'Email'} is required`, 'required');
  const first = known ? null : await firstConversation(app, tx, site, token, { name: visit.name ?? '', email: visit.email });
  if (first) return { conversation: first, isNew: true };
  // Of two that begin at the same moment, the second waits for the first and then finds what it made.
  const subscriber = known ?? (await subscriberBehind(app, tx, site, token));
  if (!subscriber) throw existsAlready();
  const held = await updateSubscriber(tx, site.bot_id, subscriber.id, subscriber.isProven || subscriber.metAs !== null ? {} : said(visit), app.clock.now());
  if (!held) throw notFound('Visitor');
  const theirs = await theirsOn(tx, site, subscriber);
  const same = theirs.find((one) => one.opening === clientId);
  if (same) return { conversation: same, isNew: false };
  if (theirs.length > 0 && !isAnother) throw existsAlready();
  if (theirs.length >= maxConversations) throw new AppError('conflict', `A visitor has at most ${maxConversations} conversations. Write in one of them.`);
  const conversation = await insertAt(app, tx, site, subscriber, null);
  if (!conversation) throw existsAlready();
  return { conversation, isNew: true };
}

function said({ name, email }: Visit) {
  return { ...(name === null ? {} : { name }), ...(email === null ? {} : { email }) };
}

/** Begins with the flow that the page names, else what waits for what led them here, else what answers them, else the start. */
async function firstStep(app: App, tx: Db, site: Site, conversation: Conversation, visit: Visit): Promise<void> {
  const { reply, clientId } = visit;
  const named = visit.flow === null ? null : await flowNamed(tx, site, visit.flow);
  const turn = await openTurn(app, tx, site.bot_id, conversation.id);
  turn.reply = reply;
  turn.clientId = clientId;
  if (isSuspect(visit.context.marks ?? []) && settingsOf(site).mute_suspected) {
    await mute(app, tx, turn);
    // Stored, and answered by nothing.
    await saveStep(app, tx, turn);
    return;
  }
  const isReferred = named === null && (await followRef(app, tx, turn, visit));
  if (!isReferred && named === null && reply !== null) {
    await take(app, tx, site, turn, reply);
    return;
  }
  const flow = isReferred ? null : (named ?? (await startFlowOf(tx, conversation)));
  if (flow) await beginSession(app, tx, turn, flow, reply === null ? {} : { reply });
  if (turn.session !== null) await saveStep(app, tx, turn);
}

async function followRef(app: App, tx: Db, turn: OpenTurn, { ref, reply, context: { url = null, referrer = null } }: Visit): Promise<boolean> {
  if (ref === null || isResting(turn)) return false;
  const happening = { type: 'ref' as const, name: ref, data: { ref, url, referrer } };
  const [first] = await triggersOf(tx, turn, happening);
  if (first) await beginTriggered(app, tx, turn, first, { ...(reply === null ? {} : { reply }), params: paramsFor(happening) });
  return first !== undefined;
}

/** A page may begin any published flow that has a start. */
async function flowNamed(tx: Db, site: Site, slug: string): Promise<{ id: number; n: number }> {
  const flow = await findFlow(tx, site.bot_id, { slug });
  const version = flow === null || flow.published === null ? null : await loadVersion(tx, site.bot_id, flow.id, flow.published);
  const hasStart = Object.values(version?.triggers ?? {}).some((one) => one.type === 'start');
  if (!flow || flow.published === null || !hasStart) throw invalidField('flow', 'There is no published flow of this name with a start.');
  return { id: flow.id, n: flow.published };
}

/** A message of the visitor, and what answers it at once. */
export async function receiveMessage(app: App, tx: Db, site: Site, conversation: Conversation, text: string): Promise<void> {
  await receive(app, tx, site, conversation, { text }, null);
}

/** The message as it was taken: sent again under the same id, it is the first one. */
export async function sendReply(
  app: App,
  tx: Db,
  site: Site,
  { id, bot_id: botId, subscriber_id: by }: Conversation,
  { reply, clientId, attachments }: { reply: Reply; clientId: string; attachments: readonly string[] },
): Promise<{ row: MessageRow; conversation: Conversation }> {
  const conversation = await lockConversation(tx, botId, id);
  if (!conversation) throw new AppError('not_found', 'Conversation not found');
  const known = await findByClientId(tx, id, clientId);
  if (known) return { row: known, conversation };
  const files = attachments.length === 0 ? undefined : await attachFiles(app, tx, conversation, attachments, { kind: 'subscriber', id: by });
  const step = await receive(app, tx, site, conversation, { ...reply, ...(files ? { files } : {}) }, clientId);
  const row = step.messages.find((one) => one.client_id === clientId);
  assert(row, 'a reply that was taken is written');
  return { row, conversation: step.conversation };
}

async function receive(app: App, tx: Db, site: Site, { id, bot_id: botId }: Conversation, reply: Reply, clientId: string | null) {
  const turn = await openTurn(app, tx, botId, id);
  turn.clientId = clientId;
  return take(app, tx, site, turn, reply);
}

/** Where no flow answers the first message, the site's own words do. */
async function take(app: App, tx: Db, site: Site, turn: OpenTurn, reply: Reply) {
  if (turn.conversation.status === 'done' && !settingsOf(site).reopen) throw new AppError('conflict', 'Conversation is closed');
  const step = await takeReply(app, tx, turn, reply);
  const autoReply = turn.found.messages === 0 && turn.conversation.muted_at === null && step.sessionId === null ? site.auto_reply : null;
  if (autoReply !== null) {
    const words = { message: { kind: 'text' as const, text: autoReply }, text: autoReply, author: { kind: 'bot' as const, id: null, name: 'bot' } };
    await speak(app, tx, step.conversation, words);
  }
  return { ...step, autoReply };
}

/** The visitor is done: what runs ends, and a later message opens it again. */
export async function closeConversation(app: App, tx: Db, { id, bot_id: botId }: Conversation): Promise<SavedStep | null> {
  const turn = await openTurn(app, tx, botId, id);
  if (turn.conversation.status === 'done') return null;
  setAside(turn);
  turn.conversation = { ...turn.conversation, status: 'done', closed_at: app.clock.now() };
  return saveStep(app, tx, turn);
}

/** Of somebody put together of several, whoever proves nothing erases what was begun as the one they were. */
export async function eraseHolder(app: App, tx: Db, site: Site, holder: TokenHolder): Promise<void> {
  const { workspace_id: workspaceId, bot_id: botId } = site;
  if (holder.metAs === null) return eraseSubscriber(app, tx, { workspaceId, botId }, holder.id);
  for (const { id, seq } of await theirsOn(tx, site, holder)) {
    await deleteConversation(tx, botId, id);
    announce(tx, { workspaceId, botId, conversationId: id, seq: seq + 1, dueAt: null });
  }
  await record(app, tx, { kind: 'subscriber.updated', workspaceId, botId, subject: `subscriber:${holder.id}`, data: { changed: ['conversations'] } });
}

/** Everything up to this number has been on the visitor's screen. */
export async function noteSubscriberRead(tx: Db, conversation: Conversation, upTo: number): Promise<void> {
  const { id, bot_id: botId, workspace_id: workspaceId, seq } = conversation;
  if (await setSubscriberRead(tx, botId, id, upTo)) announce(tx, { workspaceId, botId, conversationId: id, seq, dueAt: null });
}

/** Told to whoever looks, and kept nowhere. */
export async function showTyping(
  app: App,
  { id, bot_id: botId, workspace_id: workspaceId, subscriber_id }: Conversation,
  { isOn }: { isOn: boolean },
): Promise<void> {
  const name = (await findSubscriber(app.db, botId, subscriber_id))?.name ?? '';
  giveSign(app.live, { workspaceId, botId, conversationId: id }, { kind: 'typing', isOn, who: { kind: 'subscriber', id: subscriber_id, name } });
}
