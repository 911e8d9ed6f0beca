// Subscribers of a bot: the people it talks with, one per channel and channel id.
import { type Generated, type RawBuilder, type Selectable, sql } from 'kysely';
import { type Db, hasRowLocks, kept, keptChange } from './database.ts';
import { pageOf } from './list-pages.ts';
import { added, type LongList, removed, renamed } from './long-lists.ts';
import { type CursorAsk, type CursorPage, contains, countRows, cursorPage, fold, numberedPage, type Page, type PageAsk } from './pages.ts';
import { tagsNamed } from './tags.ts';

export type SubscriberTable = {
  id: Generated<number>;
  bot_id: number;
  channel: string;
  /** The channel's own id of the person: phone digits, a visitor's hash. */
  user_id: string;
  name: string;
  name_key: string;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  email_key: string | null;
  phone: string | null;
  gender: string | null;
  image: string | null;
  locale: string | null;
  language: string | null;
  time_zone: string | null;
  country: string | null;
  subscribed_at: number | null;
  opted_in_email_at: number | null;
  opted_in_sms_at: number | null;
  opted_in_through: string | null;
  last_interaction_at: number | null;
  last_seen_at: number | null;
  last_message_at: number | null;
  last_message_type: string | null;
  /** Automation rests until then; a moment far away = until resumed. */
  paused_until: number | null;
  /** JSON: values of user fields by the field's id, canonical text. */
  fields: string;
  created_at: number;
  updated_at: number;
};

export type SubscriberTagTable = { subscriber_id: number; tag_id: number };

export type Subscriber = Selectable<SubscriberTable>;
export type NewSubscriber = Partial<Omit<Subscriber, 'id' | 'bot_id' | 'name_key' | 'email_key' | 'created_at' | 'updated_at'>> & {
  channel: string;
  user_id: string;
};

const subscribers: LongList = { name: 'subscriber', table: 'subscriber', owner: 'bot_id', text: 'name_key' };

function keysOf(values: { name?: string | undefined; email?: string | null | undefined }) {
  return {
    ...(values.name === undefined ? {} : { name_key: fold(values.name) }),
    ...(values.email === undefined ? {} : { email_key: values.email === null ? null : fold(values.email) }),
  };
}

/** Null when the channel already knows this id. */
export async function insertSubscriber(tx: Db, botId: number, one: NewSubscriber, at: number): Promise<Subscriber | null> {
  const name = one.name ?? '';
  const row = await tx
    .insertInto('subscriber')
    .values({
      fields: '{}',
      subscribed_at: at,
      ...one,
      name,
      name_key: fold(name),
      ...keysOf({ email: one.email }),
      bot_id: botId,
      created_at: at,
      updated_at: at,
    })
    .onConflict((conflict) => conflict.columns(['bot_id', 'channel', 'user_id']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row) await added(tx, subscribers, botId, row.id);
  return row ?? null;
}

export async function findSubscriber(db: Db, botId: number, id: number): Promise<Subscriber | null> {
  return (await db.selectFrom('subscriber').selectAll().where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()) ?? null;
}

const selectForTurn = kept((db, one: { botId: number; id: number }) =>
  db
    .selectFrom('subscriber')
    .selectAll()
    .select((eb) => eb.selectFrom('subscriber_tag').select('tag_id').whereRef('subscriber_id', '=', 'subscriber.id').limit(1).as('any_tag'))
    .select((eb) => eb.selectFrom('subscriber_label').select('label_id').whereRef('subscriber_id', '=', 'subscriber.id').limit(1).as('any_label'))
    .where('bot_id', '=', one.botId)
    .where('id', '=', one.id),
);

/** The one a turn is about; most people have no tags and no labels, which are then not looked for. */
export async function openSubscriber(tx: Db, botId: number, id: number): Promise<OpenSubscriber | null> {
  const [row] = await selectForTurn(tx, { botId, id });
  return row ? { subscriber: row, hasTags: row.any_tag !== null, hasLabels: row.any_label !== null } : null;
}

export type OpenSubscriber = { subscriber: Subscriber; hasTags: boolean; hasLabels: boolean };

/** Until the transaction ends, nobody else changes what is known of them. */
export async function lockSubscriber(tx: Db, botId: number, id: number): Promise<Subscriber | null> {
  const query = tx.selectFrom('subscriber').selectAll().where('bot_id', '=', botId).where('id', '=', id);
  return (await (hasRowLocks(tx) ? query.forUpdate() : query).executeTakeFirst()) ?? null;
}

export async function findSubscribers(db: Db, botId: number, ids: readonly number[]): Promise<Map<number, Subscriber>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('subscriber')
    .selectAll()
    .where('bot_id', '=', botId)
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

/** By what the channel calls them; without a channel, whichever knew them first. */
export async function findByChannelId(db: Db, botId: number, channel: string | null, channelId: string): Promise<Subscriber | null> {
  let query = db.selectFrom('subscriber').selectAll().where('bot_id', '=', botId).where('user_id', '=', channelId);
  if (channel !== null) query = query.where('channel', '=', channel);
  const found = await query.orderBy('id').executeTakeFirst();
  if (found) return found;
  // Or what it called them before they became part of somebody else.
  let alias = db.selectFrom('subscriber_alias').select('subscriber_id').where('bot_id', '=', botId).where('user_id', '=', channelId);
  if (channel !== null) alias = alias.where('channel', '=', channel);
  const known = await alias.orderBy('subscriber_id').limit(1).executeTakeFirst();
  return known ? findSubscriber(db, botId, known.subscriber_id) : null;
}

export async function findByPhone(db: Db, botId: number, phone: string): Promise<Subscriber | null> {
  return (await db.selectFrom('subscriber').selectAll().where('bot_id', '=', botId).where('phone', '=', phone).orderBy('id').executeTakeFirst()) ?? null;
}

export async function findByEmail(db: Db, botId: number, email: string): Promise<Subscriber | null> {
  return (
    (await db.selectFrom('subscriber').selectAll().where('bot_id', '=', botId).where('email_key', '=', fold(email)).orderBy('id').executeTakeFirst()) ?? null
  );
}

export type SubscriberFilter = {
  name?: string | undefined;
  phone?: string | undefined;
  email?: string | undefined;
  channel?: string | undefined;
  tagId?: number | undefined;
  labelId?: number | undefined;
  /** Who had this custom event at least once. */
  eventId?: number | undefined;
  /** Who has a value in this user field, or exactly this one, in canonical text. */
  field?: { id: number; value: string | null } | undefined;
  optedIn?: { email?: boolean | undefined; sms?: boolean | undefined } | undefined;
  /** Who wrote, was written to by the bot, or either, since a moment; or, with `is` false, who was not. */
  wrote?: Since | undefined;
  botWrote?: Since | undefined;
  spoke?: Since | undefined;
};

export type Since = { at: number; is: boolean };

function subscribersOf(db: Db, botId: number, filter: SubscriberFilter) {
  let query = db.selectFrom('subscriber').selectAll('subscriber').where('bot_id', '=', botId);
  if (filter.name) query = query.where(contains('name_key', filter.name));
  if (filter.phone) query = query.where('phone', '=', filter.phone);
  if (filter.email) query = query.where('email_key', '=', fold(filter.email));
  if (filter.channel) query = query.where('channel', '=', filter.channel);
  const { tagId, labelId, eventId, field, optedIn, wrote, botWrote, spoke } = filter;
  if (tagId !== undefined) query = query.where('id', 'in', (eb) => eb.selectFrom('subscriber_tag').select('subscriber_id').where('tag_id', '=', tagId));
  if (labelId !== undefined) query = query.where('id', 'in', (eb) => eb.selectFrom('subscriber_label').select('subscriber_id').where('label_id', '=', labelId));
  if (eventId !== undefined) query = query.where('id', 'in', (eb) => eb.selectFrom('custom_event_log').select('subscriber_id').where('event_id', '=', eventId));
  if (field !== undefined) query = query.where(hasField(field.id, field.value));
  if (optedIn?.email !== undefined) query = query.where('opted_in_email_at', optedIn.email ? 'is not' : 'is', null);
  if (optedIn?.sms !== undefined) query = query.where('opted_in_sms_at', optedIn.sms ? 'is not' : 'is', null);
  if (wrote) query = query.where(isSince('last_interaction_at', wrote));
  if (spoke) query = query.where(isSince('last_message_at', spoke));
  if (botWrote) query = query.where('id', botWrote.is ? 'in' : 'not in', spokenToSince(db, botId, botWrote.at));
  return query;
}

// Values lie in one JSON text, whose quotes inside a value are escaped: the pair as written can stand nowhere else.
// `replace` tells upper from lower case on every database, which `like` does not.
function hasField(id: number, value: string | null): RawBuilder<boolean> {
  const pair = `"${id}":${value === null ? '' : JSON.stringify(value)}`;
  return sql<boolean>`replace(fields, ${pair}, '') <> fields`;
}

function isSince(column: string, { at, is }: Since): RawBuilder<boolean> {
  return is ? sql<boolean>`${sql.ref(column)} >= ${at}` : sql<boolean>`coalesce(${sql.ref(column)}, 0) < ${at}`;
}

function spokenToSince(db: Db, botId: number, at: number) {
  return db
    .selectFrom('message')
    .innerJoin('conversation', 'conversation.id', 'message.conversation_id')
    .select('conversation.subscriber_id')
    .where('conversation.bot_id', '=', botId)
    .where('conversation.last_message_at', '>=', at)
    .where('message.author_kind', '=', 'bot')
    .where('message.at', '>=', at);
}

export async function pageSubscribers(db: Db, botId: number, filter: SubscriberFilter, ask: PageAsk): Promise<Page<Subscriber>> {
  const { name, ...others } = filter;
  // All of them, or those whose name contains a text, stay fast however many there are.
  if (Object.values(others).every((value) => value === undefined)) return pageOf<Subscriber>(db, subscribers, botId, name, ask);
  const query = subscribersOf(db, botId, filter);
  return numberedPage<Subscriber>(query, await countRows(query), ask);
}

export function listSubscribers(db: Db, botId: number, filter: SubscriberFilter, ask: CursorAsk): Promise<CursorPage<Subscriber>> {
  return cursorPage<Subscriber>(subscribersOf(db, botId, filter), ask);
}

/** `channels` null: wherever people are; programs' own chats only when they are named. */
export type SweepFilter = { channels: readonly string[] | null; fieldId?: number; heardBetween?: { from: number; to: number } };

export type Swept = Pick<Subscriber, 'id' | 'fields' | 'time_zone' | 'last_interaction_at'>;

/** Of the next `size` subscribers those who have not left, can be spoken with and are meant; `last` is null at the end. */
export async function sweepSubscribers(
  db: Db,
  botId: number,
  { after, size }: { after: number; size: number },
  { channels, fieldId, heardBetween }: SweepFilter,
): Promise<{ rows: Swept[]; last: number | null }> {
  const part = db.selectFrom('subscriber').where('bot_id', '=', botId).where('id', '>', after).orderBy('id').limit(size);
  const ids = await part.select('id').execute();
  // From the part as a whole, so that no filter leads another way than along the list.
  let query = db.selectFrom(part.selectAll().as('part')).select(['id', 'fields', 'time_zone', 'last_interaction_at']).where('subscribed_at', 'is not', null);
  query = channels === null ? query.where('channel', '<>', 'api') : query.where('channel', 'in', channels);
  if (fieldId !== undefined) query = query.where(hasField(fieldId, null));
  if (heardBetween) query = query.where('last_interaction_at', '>', heardBetween.from).where('last_interaction_at', '<=', heardBetween.to);
  const meant = query.where((eb) => eb.exists(eb.selectFrom('conversation').select('conversation.id').whereRef('subscriber_id', '=', 'part.id')));
  return { rows: await meant.orderBy('id').execute(), last: ids.length < size ? null : (ids.at(-1)?.id ?? null) };
}

export type SubscriberChange = Partial<Omit<Subscriber, 'id' | 'bot_id' | 'name_key' | 'email_key' | 'created_at' | 'updated_at'>>;

export async function updateSubscriber(tx: Db, botId: number, id: number, change: SubscriberChange, at: number): Promise<Subscriber | null> {
  const row = await tx
    .updateTable('subscriber')
    .set({ ...change, ...keysOf(change), updated_at: at })
    .where('bot_id', '=', botId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  if (row && change.name !== undefined) await renamed(tx, subscribers, botId);
  return row ?? null;
}

type Heard = Pick<Subscriber, 'id' | 'last_interaction_at' | 'last_seen_at' | 'last_message_at' | 'last_message_type' | 'updated_at'>;

const updateHeard = keptChange((tx, one: Heard & { botId: number }) =>
  tx
    .updateTable('subscriber')
    .set({
      last_interaction_at: one.last_interaction_at,
      last_seen_at: one.last_seen_at,
      last_message_at: one.last_message_at,
      last_message_type: one.last_message_type,
      updated_at: one.updated_at,
    })
    .where('bot_id', '=', one.botId)
    .where('id', '=', one.id),
);

/** What nearly every turn changes, and nothing else. */
export async function noteHeard(tx: Db, botId: number, one: Heard): Promise<void> {
  await updateHeard(tx, { ...one, botId });
}

export async function deleteSubscriber(tx: Db, botId: number, id: number): Promise<boolean> {
  const gone = Number((await tx.deleteFrom('subscriber').where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()).numDeletedRows) > 0;
  if (gone) await removed(tx, subscribers, botId);
  return gone;
}

export function tagsOf(db: Db, botId: number, subscriberId: number): Promise<{ id: number; name: string }[]> {
  return db
    .selectFrom('subscriber_tag')
    .innerJoin('tag', 'tag.id', 'subscriber_tag.tag_id')
    .select(['tag.id', 'tag.name'])
    .where('subscriber_tag.subscriber_id', '=', subscriberId)
    .where('tag.bot_id', '=', botId)
    .orderBy('tag.id')
    .limit(1_000)
    .execute();
}

/** The tags of several at once, for a page of a list. */
export async function tagsOfMany(db: Db, botId: number, subscriberIds: readonly number[]): Promise<Map<number, { id: number; name: string }[]>> {
  if (subscriberIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('subscriber_tag')
    .innerJoin('tag', 'tag.id', 'subscriber_tag.tag_id')
    .select(['subscriber_tag.subscriber_id', 'tag.id', 'tag.name'])
    .where('subscriber_tag.subscriber_id', 'in', subscriberIds)
    .where('tag.bot_id', '=', botId)
    .orderBy('tag.id')
    .execute();
  return Map.groupBy(rows, (row) => row.subscriber_id);
}

type TagNames = { add: readonly string[]; remove: readonly string[] };

/** Names that are no tag of the bot are passed over: nothing is created. Returns those that are, as they are written. */
export async function changeTags(tx: Db, botId: number, subscriberId: number, names: TagNames): Promise<TagNames> {
  const added = await tagsNamed(tx, botId, names.add);
  if (added.length > 0) {
    await tx
      .insertInto('subscriber_tag')
      .values(added.map(({ id }) => ({ subscriber_id: subscriberId, tag_id: id })))
      .onConflict((conflict) => conflict.columns(['subscriber_id', 'tag_id']).doNothing())
      .execute();
  }
  const removed = await tagsNamed(tx, botId, names.remove);
  const ids = removed.map(({ id }) => id);
  if (ids.length > 0) await tx.deleteFrom('subscriber_tag').where('subscriber_id', '=', subscriberId).where('tag_id', 'in', ids).execute();
  return { add: added.map(({ name }) => name), remove: removed.map(({ name }) => name) };
}
