// Devices of people who have proved who they are: each holds a token of its own, of which only the hash is stored.
import type { Selectable } from 'kysely';
import type { Db } from './database.ts';

export type DeviceTable = {
  hash: string;
  bot_id: number;
  site_id: number;
  subscriber_id: number;
  created_at: number;
  used_at: number;
};

export type Device = Selectable<DeviceTable>;

export async function findDevice(db: Db, botId: number, siteId: number, hash: string): Promise<Device | null> {
  const query = db.selectFrom('device').selectAll().where('hash', '=', hash).where('bot_id', '=', botId).where('site_id', '=', siteId);
  return (await query.executeTakeFirst()) ?? null;
}

/** The newest `most` of a subscriber stay. */
export async function insertDevice(tx: Db, botId: number, one: Omit<Device, 'bot_id'>, most: number): Promise<void> {
  await tx
    .insertInto('device')
    .values({ ...one, bot_id: botId })
    .execute();
  const all = tx.selectFrom('device').select('hash').where('subscriber_id', '=', one.subscriber_id).orderBy('used_at', 'desc').orderBy('hash');
  const kept = await all.limit(most).execute();
  await tx
    .deleteFrom('device')
    .where('bot_id', '=', botId)
    .where('subscriber_id', '=', one.subscriber_id)
    .where(
      'hash',
      'not in',
      kept.map(({ hash }) => hash),
    )
    .execute();
}

export async function touchDevice(tx: Db, botId: number, hash: string, at: number): Promise<void> {
  await tx.updateTable('device').set({ used_at: at }).where('bot_id', '=', botId).where('hash', '=', hash).execute();
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
