// A conversation: a subscriber on a channel. It carries the number of its last event, so that numbers have no gap.
import { type Generated, type Selectable, sql } from 'kysely';
import { type Db, hasRowLocks, kept, keptChange } from './database.ts';
import type { CursorAsk, CursorPage } from './pages.ts';

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
};

export type Conversation = Selectable<ConversationTable>;
export type NewConversation = Pick<Conversation, 'workspace_id' | 'bot_id' | 'subscriber_id' | 'channel' | 'site_id' | 'visitor' | 'public_id'>;

/** Null when the visitor (or public id) already has one. */
export async function insertConversation(tx: Db, one: NewConversation, at: number): Promise<Conversation | null> {
  const row = await tx
    .insertInto('conversation')
    .values({
      ...one,
      status: 'open',
      assignee_id: null,
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

/** A subscriber's conversations on a site, newest activity first. */
export function conversationsOnSite(db: Db, where: { botId: number; siteId: number; subscriberId: number }, limit: number): Promise<Conversation[]> {
  return onSite(db, where)
    .where('subscriber_id', '=', where.subscriberId)
    .orderBy((eb) => eb.fn.coalesce('last_message_at', 'created_at'), 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** What a visitor's call of its own says: under which id it came, where from, and from when on its token opens it. */
export type Circumstances = Partial<Pick<Conversation, 'opening' | 'context' | 'token_epoch' | 'public_id' | 'visitor' | 'subscriber_id'>>;

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

export type ConversationFilter = { channel?: string | undefined; status?: string | undefined; subscriberId?: number | undefined };

/** Newest activity first; the cursor is when that was, and of whom. */
export async function listConversations(db: Db, botId: number, filter: ConversationFilter, ask: CursorAsk): Promise<CursorPage<Conversation>> {
  const activity = sql<number>`coalesce(last_message_at, created_at)`;
  let query = db.selectFrom('conversation').selectAll().where('bot_id', '=', botId);
  if (filter.channel) query = query.where('channel', '=', filter.channel);
  if (filter.status) query = query.where('status', '=', filter.status);
  if (filter.subscriberId !== undefined) query = query.where('subscriber_id', '=', filter.subscriberId);
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
