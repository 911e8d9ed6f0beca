// Custom events of a bot: what flows and programs say has happened with someone, and how often.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, contains, cursorPage, fold } from './pages.ts';

export type CustomEventTable = { id: Generated<number>; bot_id: number; name: string; name_key: string; created_at: number };

export type CustomEventLogTable = {
  id: Generated<number>;
  bot_id: number;
  event_id: number;
  subscriber_id: number;
  data: string;
  at: number;
};

export type CustomEvent = Selectable<CustomEventTable>;
export type CustomEventLogRow = Selectable<CustomEventLogTable>;

/** Null when the name is taken. */
export async function insertCustomEvent(tx: Db, botId: number, name: string, at: number): Promise<CustomEvent | null> {
  const row = await tx
    .insertInto('custom_event')
    .values({ bot_id: botId, name, name_key: fold(name), created_at: at })
    .onConflict((conflict) => conflict.columns(['bot_id', 'name_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function findCustomEvent(db: Db, botId: number, id: number): Promise<CustomEvent | null> {
  return (await db.selectFrom('custom_event').selectAll().where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()) ?? null;
}

export async function findEventNamed(db: Db, botId: number, name: string): Promise<CustomEvent | null> {
  return (await db.selectFrom('custom_event').selectAll().where('bot_id', '=', botId).where('name_key', '=', fold(name)).executeTakeFirst()) ?? null;
}

/** No further than `most`. */
export async function countCustomEvents(db: Db, botId: number, most: number): Promise<number> {
  return (await db.selectFrom('custom_event').select('id').where('bot_id', '=', botId).limit(most).execute()).length;
}

/** A bot has hundreds at most. */
export function listCustomEvents(db: Db, botId: number, { name }: { name?: string | undefined }, ask: CursorAsk): Promise<CursorPage<CustomEvent>> {
  const mine = db.selectFrom('custom_event').selectAll().where('bot_id', '=', botId);
  return cursorPage<CustomEvent>(name ? mine.where(contains('name_key', name)) : mine, ask);
}

/** A taken name ends in the unique index. */
export async function updateCustomEvent(tx: Db, botId: number, id: number, name: string): Promise<CustomEvent | null> {
  const row = await tx
    .updateTable('custom_event')
    .set({ name, name_key: fold(name) })
    .where('bot_id', '=', botId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function deleteCustomEvent(tx: Db, botId: number, id: number): Promise<CustomEvent | null> {
  return (await tx.deleteFrom('custom_event').where('bot_id', '=', botId).where('id', '=', id).returningAll().executeTakeFirst()) ?? null;
}

/** When it happened and with whom, newest first. */
export function listCustomEventLog(db: Db, botId: number, eventId: number, ask: CursorAsk): Promise<CursorPage<CustomEventLogRow>> {
  return cursorPage<CustomEventLogRow>(db.selectFrom('custom_event_log').selectAll().where('bot_id', '=', botId).where('event_id', '=', eventId), ask);
}

/** The event of that name, made at its first use. */
export async function customEventNamed(tx: Db, botId: number, name: string, at: number): Promise<CustomEvent> {
  const made = await tx
    .insertInto('custom_event')
    .values({ bot_id: botId, name, name_key: fold(name), created_at: at })
    .onConflict((conflict) => conflict.columns(['bot_id', 'name_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  const known = made ?? (await findEventNamed(tx, botId, name));
  if (!known) throw new Error(`the event ${name} was taken and is not there`);
  return known;
}

export async function logCustomEvent(tx: Db, botId: number, one: { eventId: number; subscriberId: number; data: unknown }, at: number): Promise<void> {
  await tx
    .insertInto('custom_event_log')
    .values({ bot_id: botId, event_id: one.eventId, subscriber_id: one.subscriberId, data: JSON.stringify(one.data ?? null), at })
    .execute();
}
