// Tokens of visitors beside the ones their conversations began with: each device of a person who has proved who they are
// holds one of its own. Only their hashes are stored.
import type { Selectable } from 'kysely';
import { type Conversation, onSite } from './conversations.ts';
import type { Db } from './database.ts';

export type VisitorTable = {
  hash: string;
  bot_id: number;
  site_id: number;
  subscriber_id: number;
  created_at: number;
  used_at: number;
};

export type Visitor = Selectable<VisitorTable>;

export async function findVisitor(db: Db, botId: number, siteId: number, hash: string): Promise<Visitor | null> {
  const query = db.selectFrom('visitor').selectAll().where('hash', '=', hash).where('bot_id', '=', botId).where('site_id', '=', siteId);
  return (await query.executeTakeFirst()) ?? null;
}

/** The newest `most` of a subscriber stay. */
export async function insertVisitor(tx: Db, botId: number, one: Omit<Visitor, 'bot_id'>, most: number): Promise<void> {
  await tx
    .insertInto('visitor')
    .values({ ...one, bot_id: botId })
    .execute();
  const all = tx.selectFrom('visitor').select('hash').where('subscriber_id', '=', one.subscriber_id).orderBy('used_at', 'desc').orderBy('hash');
  const kept = await all.limit(most).execute();
  await tx
    .deleteFrom('visitor')
    .where('bot_id', '=', botId)
    .where('subscriber_id', '=', one.subscriber_id)
    .where(
      'hash',
      'not in',
      kept.map(({ hash }) => hash),
    )
    .execute();
}

export async function touchVisitor(tx: Db, botId: number, hash: string, at: number): Promise<void> {
  await tx.updateTable('visitor').set({ used_at: at }).where('bot_id', '=', botId).where('hash', '=', hash).execute();
}

export async function deleteVisitor(tx: Db, botId: number, hash: string): Promise<void> {
  await tx.deleteFrom('visitor').where('bot_id', '=', botId).where('hash', '=', hash).execute();
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

/** Everything of one subscriber becomes the other's. */
export async function mergeSubscribers(tx: Db, botId: number, fromSubscriberId: number, toSubscriberId: number): Promise<void> {
  const conversations = tx.selectFrom('conversation').select('id').where('bot_id', '=', botId).where('subscriber_id', '=', fromSubscriberId);
  const author = { author_id: toSubscriberId };
  await tx.updateTable('message').set(author).where('conversation_id', 'in', conversations).where('author_kind', '=', 'subscriber').execute();
  await tx
    .updateTable('custom_event_log')
    .set({ subscriber_id: toSubscriberId })
    .where('bot_id', '=', botId)
    .where('subscriber_id', '=', fromSubscriberId)
    .execute();
  await tx
    .updateTable('file')
    .set({ uploader_id: toSubscriberId })
    .where('conversation_id', 'in', conversations)
    .where('uploader_kind', '=', 'subscriber')
    .execute();
  const had = tx.selectFrom('subscriber_tag').select('tag_id').where('subscriber_id', '=', toSubscriberId);
  await tx
    .updateTable('subscriber_tag')
    .set({ subscriber_id: toSubscriberId })
    .where('subscriber_id', '=', fromSubscriberId)
    .where('tag_id', 'not in', had)
    .execute();
  await tx
    .updateTable('conversation')
    .set({ subscriber_id: toSubscriberId })
    .where('bot_id', '=', botId)
    .where('subscriber_id', '=', fromSubscriberId)
    .execute();
}
