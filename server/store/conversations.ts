// A conversation: a subscriber on a channel. It carries the number of its last event, so that numbers have no gap.
import { type Generated, type RawBuilder, type Selectable, sql } from 'kysely';
import { companionOf, type Db, hasRowLocks, kept, keptChange } from './database.ts';
import { type CursorAsk, type CursorPage, countUpTo } from './pages.ts';

export type ConversationTable = {
  id: Generated<number>;
  workspace_id: number;
  bot_id: number;
  subscriber_id: number;
  channel: string;
  site_id: number | null;
  /** Keyed hash of the visitor's token; the token itself is stored nowhere. */
  visitor: string | null;
  /** A chat's id at the Chats API; of a website's, the keyed hash of its conversation token. */
  public_id: string | null;
  status: string;
  assignee_id: number | null;
  /** Whose turn it is to answer. */
  handler: Generated<'bot' | 'people'>;
  /** Since when people have stopped the flow; null = they have not. */
  taken_at: number | null;
  /** JSON: the input that came for the flow meanwhile. */
  parked: string | null;
  /** Since when the person waits for people; null = nobody has to answer. */
  waiting_since: number | null;
  session_id: number | null;
  /** The number of the last event. */
  seq: number;
  /** The last public timestamp, in whole seconds: the widget's messages rise strictly. */
  public_at: number;
  messages: number;
  opened_at: number;
  closed_at: number | null;
  last_message_at: number | null;
  created_at: number;
  /** The widget's own id of the call that began it, so that a repeat begins nothing. */
  opening: Generated<string | null>;
  /** JSON: where a visitor began it, and what their page says of them. */
  context: Generated<string | null>;
  /** Its token opens it until this rises. */
  token_epoch: Generated<number>;
  /** The last number the visitor has seen. */
  visitor_read_seq: Generated<number>;
  /** The subscriber it was begun as, where its person was put together of several: see subscriber-merge. */
  met_as: Generated<number | null>;
  /** Since when it calls nobody, and no flow speaks in it; null = it does. */
  muted_at: Generated<number | null>;
};

export type Conversation = Selectable<ConversationTable>;
export type NewConversation = Pick<Conversation, 'workspace_id' | 'bot_id' | 'subscriber_id' | 'channel' | 'site_id' | 'visitor' | 'public_id'> &
  Partial<Pick<Conversation, 'met_as'>>;

/** Null when the visitor (or public id) already has one. */
export async function insertConversation(tx: Db, one: NewConversation, at: number): Promise<Conversation | null> {
  const row = await tx
    .insertInto('conversation')
    .values({
      ...one,
      status: 'open',
      assignee_id: null,
      handler: 'bot',
      taken_at: null,
      parked: null,
      waiting_since: null,
      session_id: null,
      seq: 0,
      public_at: 0,
      messages: 0,
      opened_at: at,
      closed_at: null,
      last_message_at: null,
      created_at: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function findConversation(db: Db, botId: number, id: number): Promise<Conversation | null> {
  return (await db.selectFrom('conversation').selectAll().where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()) ?? null;
}

/** The row, held until the transaction ends: one turn at a time per conversation, in the order they came. */
export async function lockConversation(tx: Db, botId: number, id: number): Promise<Conversation | null> {
  return (await selectLocked(tx, { botId, id }))[0] ?? null;
}

const selectLocked = kept((tx, one: { botId: number; id: number }) => {
  const query = tx.selectFrom('conversation').selectAll().where('bot_id', '=', one.botId).where('id', '=', one.id);
  return hasRowLocks(tx) ? query.forUpdate() : query;
});

/** By either of the hashes a website's conversation goes by. */
export async function findOnSite(db: Db, botId: number, siteId: number, hashes: { visitor: string; publicId(): string }): Promise<Conversation | null> {
  const [found] = await selectByVisitor(db, { botId, siteId, visitor: hashes.visitor });
  return found ?? (await selectByPublicId(db, { botId, siteId, publicId: hashes.publicId() }))[0] ?? null;
}

function onSite(db: Db, { botId, siteId }: { botId: number; siteId: number }) {
  return db.selectFrom('conversation').selectAll().where('bot_id', '=', botId).where('site_id', '=', siteId);
}

const selectByVisitor = kept((db, one: { botId: number; siteId: number; visitor: string }) => onSite(db, one).where('visitor', '=', one.visitor));

const selectByPublicId = kept((db, one: { botId: number; siteId: number; publicId: string }) => onSite(db, one).where('public_id', '=', one.publicId));

export async function setPublicId(tx: Db, botId: number, id: number, publicId: string): Promise<void> {
  await tx.updateTable('conversation').set({ public_id: publicId }).where('bot_id', '=', botId).where('id', '=', id).execute();
}

/** Where each stands, of all that one subscriber has. */
export function conversationsWith(db: Db, botId: number, subscriberId: number, limit: number): Promise<Pick<Conversation, 'id' | 'seq'>[]> {
  const theirs = db.selectFrom('conversation').select(['id', 'seq']).where('bot_id', '=', botId).where('subscriber_id', '=', subscriberId);
  return theirs.orderBy('id').limit(limit).execute();
}

/** `metAs`: only what was begun as this one of whom the subscriber was put together. */
export type WhoseOnSite = { botId: number; siteId: number; subscriberId: number; metAs?: number | null };

/** A subscriber's conversations on a site, newest activity first. */
export function conversationsOnSite(db: Db, where: WhoseOnSite, limit: number): Promise<Conversation[]> {
  const theirs = onSite(db, where).where('subscriber_id', '=', where.subscriberId);
  return (where.metAs == null ? theirs : theirs.where('met_as', '=', where.metAs))
    .orderBy((eb) => eb.fn.coalesce('last_message_at', 'created_at'), 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** What a visitor's call of its own says: under which id it came, where from, and from when on its token opens it. */
export type Circumstances = Partial<Pick<Conversation, 'opening' | 'context' | 'token_epoch' | 'public_id' | 'visitor' | 'subscriber_id' | 'muted_at'>>;

export async function setCircumstances(tx: Db, botId: number, id: number, change: Circumstances): Promise<void> {
  await tx.updateTable('conversation').set(change).where('bot_id', '=', botId).where('id', '=', id).execute();
}

/** Only forwards, and no further than what was said. False when it was read that far before. */
export async function setSubscriberRead(tx: Db, botId: number, id: number, upTo: number): Promise<boolean> {
  const changed = await tx
    .updateTable('conversation')
    .set({ visitor_read_seq: sql<number>`case when seq < ${upTo} then seq else ${upTo} end` })
    .where('bot_id', '=', botId)
    .where('id', '=', id)
    .where('visitor_read_seq', '<', upTo)
    .where((eb) => eb('visitor_read_seq', '<', eb.ref('seq')))
    .executeTakeFirst();
  return Number(changed.numUpdatedRows) > 0;
}

/** The one that is spoken in: a subscriber's newest. */
export async function currentConversation(db: Db, botId: number, subscriberId: number): Promise<Conversation | null> {
  const row = await db
    .selectFrom('conversation')
    .selectAll()
    .where('bot_id', '=', botId)
    .where('subscriber_id', '=', subscriberId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** What people look at: theirs, those nobody has taken, all that are open, those the bot talks in, those that are done. */
export const views = ['mine', 'unassigned', 'all', 'bot', 'closed'] as const;
export type View = (typeof views)[number];

export type ConversationFilter = {
  channel?: string | undefined;
  status?: string | undefined;
  subscriberId?: number | undefined;
  assigneeId?: number | undefined;
  /** `me`: the account whose conversations are `mine`. */
  view?: { is: View; me: number } | undefined;
  /** Only these: few, and known by their numbers. */
  among?: readonly number[] | undefined;
};

const activity = sql<number>`coalesce(last_message_at, created_at)`;

// Words, not parameters: the indexes of the few are found by them.
function inView({ is, me }: { is: View; me: number }): RawBuilder<boolean> {
  switch (is) {
    case 'mine':
      return sql<boolean>`(assignee_id = ${me} and status = 'open')`;
    case 'unassigned':
      return sql<boolean>`(status = 'open' and handler = 'people' and assignee_id is null and muted_at is null)`;
    case 'all':
      return sql<boolean>`(status = 'open')`;
    case 'bot':
      return sql<boolean>`(status = 'open' and handler = 'bot')`;
    case 'closed':
      return sql<boolean>`(status = 'done')`;
  }
}

function conversationsOf(db: Db, botId: number, filter: ConversationFilter) {
  const { channel, status, subscriberId, assigneeId, view, among } = filter;
  const all = db.selectFrom('conversation').selectAll('conversation');
  // With a sign before it no index begins with the bot: few are looked up by their numbers and sorted.
  let query = among ? all.where('id', 'in', among).where(sql<boolean>`+bot_id = ${botId}`) : all.where('bot_id', '=', botId);
  if (channel) query = query.where('channel', '=', channel);
  if (status) query = query.where('status', '=', status);
  if (subscriberId !== undefined) query = query.where('subscriber_id', '=', subscriberId);
  if (assigneeId !== undefined) query = query.where('assignee_id', '=', assigneeId);
  if (view) query = query.where(inView(view));
  return query;
}

/** So many are looked through in a few milliseconds. */
const fewEnough = 10_000;

/**
 * Where to look from. Of what is open no index is kept, for every turn would write it: of many conversations that are nearly
 * all closed many are looked through, which is done off the event loop.
 */
async function placeToLook(db: Db, botId: number, view: View | undefined): Promise<Db> {
  const aside = companionOf(db)?.aside;
  if (!aside || (view !== 'all' && view !== 'bot')) return db;
  const beyond = await db.selectFrom('conversation').select('id').where('bot_id', '=', botId).orderBy('id').limit(1).offset(fewEnough).executeTakeFirst();
  return beyond ? aside : db;
}

/** Those who wait for one person or for anybody. */
function waitingFor(db: Db, botId: number, me: number) {
  const isWaiting = sql<boolean>`(status = 'open' and handler = 'people' and waiting_since is not null and (assignee_id is null or assignee_id = ${me}))`;
  return db.selectFrom('conversation').where('bot_id', '=', botId).where(isWaiting);
}

/** Up to `most`. */
export function countWaiting(db: Db, botId: number, me: number, most: number): Promise<number> {
  return countUpTo(db, waitingFor(db, botId, me).select('id'), most);
}

/** Of those who wait for one person or for anybody, whoever was last heard of. */
export async function latestWaiting(db: Db, botId: number, me: number): Promise<Conversation | null> {
  const query = waitingFor(db, botId, me).selectAll().orderBy(activity, 'desc').orderBy('id', 'desc').limit(1);
  return (await query.executeTakeFirst()) ?? null;
}

/** Up to `most` of a view. */
export async function countView(db: Db, botId: number, view: { is: View; me: number }, most: number): Promise<number> {
  const from = await placeToLook(db, botId, view.is);
  return countUpTo(from, conversationsOf(from, botId, { view }).clearSelect().select('id'), most);
}

/** Newest activity first; the cursor is when that was, and of whom. */
export async function listConversations(db: Db, botId: number, filter: ConversationFilter, ask: CursorAsk): Promise<CursorPage<Conversation>> {
  if (filter.among?.length === 0) return { rows: [], next: null };
  const from = filter.among ? db : await placeToLook(db, botId, filter.view?.is);
  let query = conversationsOf(from, botId, filter);
  if (ask.cursor !== undefined) {
    const [at = -1, id = -1] = /^\d{1,15}-\d{1,15}$/.test(ask.cursor) ? ask.cursor.split('-').map(Number) : [];
    // Twice, for SQLite takes no pair of which one is computed as a place in an index.
    query = query.where(activity, '<=', at).where(sql<boolean>`(${activity}, id) < (${at}, ${id})`);
  }
  const found = await query
    .orderBy(activity, 'desc')
    .orderBy('id', 'desc')
    .limit(ask.limit + 1)
    .execute();
  const rows = found.slice(0, ask.limit);
  const last = rows.at(-1);
  return { rows, next: found.length > rows.length && last ? `${last.last_message_at ?? last.created_at}-${last.id}` : null };
}

const changing = [
  'status',
  'assignee_id',
  'handler',
  'taken_at',
  'parked',
  'waiting_since',
  'session_id',
  'seq',
  'public_at',
  'messages',
  'opened_at',
  'closed_at',
  'last_message_at',
] as const satisfies (keyof Conversation)[];

const update = keptChange((tx, one: Conversation & { expectedSeq: number }) =>
  tx
    .updateTable('conversation')
    .set(Object.fromEntries(changing.map((name) => [name, one[name]])))
    .where('bot_id', '=', one.bot_id)
    .where('id', '=', one.id)
    .where('seq', '=', one.expectedSeq),
);

/** What save-step writes back; on several nodes `expectedSeq` keeps two turns from being saved over each other. */
export async function saveConversation(tx: Db, one: Conversation, expectedSeq: number): Promise<boolean> {
  return (await update(tx, { ...one, expectedSeq })) > 0;
}

export async function deleteConversation(tx: Db, botId: number, id: number): Promise<boolean> {
  return Number((await tx.deleteFrom('conversation').where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()).numDeletedRows) > 0;
}

/** What came for a flow that people have stopped; it goes on with it when they hand back. */
export async function parkInput(tx: Db, botId: number, id: number, input: string): Promise<void> {
  await tx.updateTable('conversation').set({ parked: input }).where('bot_id', '=', botId).where('id', '=', id).execute();
}
