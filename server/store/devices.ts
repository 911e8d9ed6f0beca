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
