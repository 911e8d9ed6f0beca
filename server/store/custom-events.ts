// Custom events of a bot: what flows and programs say has happened with someone, and how often.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { fold } from './pages.ts';

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

/** The event of that name, made at its first use. */
export async function customEventNamed(tx: Db, botId: number, name: string, at: number): Promise<CustomEvent> {
  const made = await tx
    .insertInto('custom_event')
    .values({ bot_id: botId, name, name_key: fold(name), created_at: at })
    .onConflict((conflict) => conflict.columns(['bot_id', 'name_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  return made ?? (await tx.selectFrom('custom_event').selectAll().where('bot_id', '=', botId).where('name_key', '=', fold(name)).executeTakeFirstOrThrow());
}

export async function logCustomEvent(tx: Db, botId: number, one: { eventId: number; subscriberId: number; data: unknown }, at: number): Promise<void> {
  await tx
    .insertInto('custom_event_log')
    .values({ bot_id: botId, event_id: one.eventId, subscriber_id: one.subscriberId, data: JSON.stringify(one.data ?? null), at })
    .execute();
}
