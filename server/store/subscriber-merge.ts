// Two subscribers become one: what hangs on the one hangs on the other from then on. Who may, and what is known of them
// afterwards, is the command's.
import type { Conversation } from './conversations.ts';
import { type Db, hasRowLocks } from './database.ts';
import type { Subscriber } from './subscribers.ts';

/** What a channel calls somebody who is part of another by now. */
export type SubscriberAliasTable = { bot_id: number; channel: string; user_id: string; subscriber_id: number };

/** All of several people's, in an order that no two callers can wait for each other in; held until the transaction ends. */
export function lockConversationsOf(tx: Db, botId: number, subscriberIds: readonly number[], limit: number): Promise<Conversation[]> {
  const theirs = tx.selectFrom('conversation').selectAll().where('bot_id', '=', botId).where('subscriber_id', 'in', subscriberIds);
  const query = theirs.orderBy('id').limit(limit);
  return (hasRowLocks(tx) ? query.forUpdate() : query).execute();
}

/** From now on tokens that prove nobody open of this person only what was begun under them. */
export async function keepApart(tx: Db, botId: number, subscriberId: number): Promise<void> {
  const theirs = tx.updateTable('conversation').set({ met_as: subscriberId }).where('bot_id', '=', botId).where('subscriber_id', '=', subscriberId);
  await theirs.where('met_as', 'is', null).execute();
}

/** All but the row itself, with which goes what the other has too. Both are of this bot. */
export async function moveEverything(tx: Db, botId: number, from: Pick<Subscriber, 'id' | 'channel' | 'user_id'>, intoId: number): Promise<void> {
  const into = { subscriber_id: intoId };
  const conversations = tx.selectFrom('conversation').select('id').where('bot_id', '=', botId).where('subscriber_id', '=', from.id);
  const author = { author_id: intoId };
  await tx.updateTable('message').set(author).where('conversation_id', 'in', conversations).where('author_kind', '=', 'subscriber').execute();
  const files = tx.updateTable('file').set({ uploader_id: intoId }).where('bot_id', '=', botId).where('uploader_kind', '=', 'subscriber');
  await files.where('uploader_id', '=', from.id).execute();
  for (const table of ['conversation', 'custom_event_log', 'device', 'subscriber_alias'] as const)
    await tx.updateTable(table).set(into).where('bot_id', '=', botId).where('subscriber_id', '=', from.id).execute();
  await moveMarks(tx, from.id, intoId);
  await moveCooldowns(tx, from.id, intoId);
  const { channel, user_id } = from;
  const known = tx.insertInto('subscriber_alias').values({ bot_id: botId, channel, user_id, ...into });
  await known.onConflict((conflict) => conflict.columns(['bot_id', 'channel', 'user_id']).doUpdateSet(into)).execute();
}

async function moveMarks(tx: Db, fromId: number, intoId: number): Promise<void> {
  const into = { subscriber_id: intoId };
  const tags = tx.selectFrom('subscriber_tag').select('tag_id').where('subscriber_id', '=', intoId);
  await tx.updateTable('subscriber_tag').set(into).where('subscriber_id', '=', fromId).where('tag_id', 'not in', tags).execute();
  const labels = tx.selectFrom('subscriber_label').select('label_id').where('subscriber_id', '=', intoId);
  await tx.updateTable('subscriber_label').set(into).where('subscriber_id', '=', fromId).where('label_id', 'not in', labels).execute();
}

/** What rests for either rests for both, as long as the longer of the two. */
async function moveCooldowns(tx: Db, fromId: number, intoId: number): Promise<void> {
  await tx
    .insertInto('cooldown')
    .columns(['subscriber_id', 'flow_id', 'trigger_id', 'until'])
    .expression((eb) =>
      eb
        .selectFrom('cooldown')
        .select((one) => [one.val(intoId).as('subscriber_id'), 'flow_id', 'trigger_id', 'until'])
        .where('subscriber_id', '=', fromId),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['subscriber_id', 'flow_id', 'trigger_id'])
        .doUpdateSet((eb) => ({ until: eb.ref('excluded.until') }))
        .whereRef('excluded.until', '>', 'cooldown.until'),
    )
    .execute();
}

/** Others of the bot who can be reached in the same way, whoever was met first before. */
export async function othersLike(db: Db, one: Pick<Subscriber, 'id' | 'bot_id' | 'email_key' | 'phone'>, limit: number): Promise<Subscriber[]> {
  const { id, bot_id: botId, email_key: email, phone } = one;
  const others = () => db.selectFrom('subscriber').selectAll().where('bot_id', '=', botId).where('id', '<>', id).orderBy('id').limit(limit);
  // One after the other, so that each goes by its own index.
  const byEmail = email === null ? [] : await others().where('email_key', '=', email).execute();
  const byPhone = phone === null ? [] : await others().where('phone', '=', phone).execute();
  const found = new Map([...byEmail, ...byPhone].map((row) => [row.id, row]));
  return [...found.values()].sort((a, b) => a.id - b.id).slice(0, limit);
}
