// Messages, append-only: the same rows and numbers at every door.
import type { MediaKind } from '@parley/engine/message.ts';
import { type Generated, type RawBuilder, type Selectable, sql } from 'kysely';
import { type Db, kept, keptInserts } from './database.ts';
import { type CursorAsk, type CursorPage, countUpTo, type Page, type PageAsk } from './pages.ts';

export type MessageTable = {
  id: Generated<number>;
  conversation_id: number;
  /** The number of the event that says it. */
  seq: number;
  direction: 'in' | 'out' | 'note';
  author_kind: 'subscriber' | 'bot' | 'agent';
  author_id: number | null;
  author_name: string;
  /** JSON: the engine's Reply or Message. */
  body: string;
  /** What a channel that knows only text shows. */
  text: string;
  at: number;
  /** Whole seconds, strictly rising in its conversation. */
  public_at: number;
  /** What the sender's own program calls it: sent again under it, it is the same message. */
  client_id: string | null;
};

export type MessageRow = Selectable<MessageTable>;

export type NewMessage = Omit<MessageRow, 'id'>;

const columns = [
  'conversation_id',
  'seq',
  'direction',
  'author_kind',
  'author_id',
  'author_name',
  'body',
  'text',
  'at',
  'public_at',
  'client_id',
] as const satisfies (keyof NewMessage)[];
const rowsPerInsert = 20;

/** An insert of so many rows, kept by their number. Its values are those of all rows, one after the other. */
const inserts = Array.from({ length: rowsPerInsert }, (_, last) =>
  keptInserts(last + 1, (tx, values: NewMessage[keyof NewMessage][]) => {
    const rowAt = (at: number): unknown => Object.fromEntries(columns.map((column, n) => [column, values[at * columns.length + n]]));
    return tx.insertInto('message').values(Array.from({ length: last + 1 }, (_, at) => rowAt(at)) as NewMessage[]);
  }),
);

/** The ids, in the order of the rows. */
export async function insertMessages(tx: Db, rows: readonly NewMessage[]): Promise<number[]> {
  const ids: number[] = [];
  for (let from = 0; from < rows.length; from += rowsPerInsert) {
    const some = rows.slice(from, from + rowsPerInsert);
    const values: NewMessage[keyof NewMessage][] = [];
    for (const row of some) for (const column of columns) values.push(row[column]);
    ids.push(...((await inserts[some.length - 1]?.(tx, values)) ?? []));
  }
  return ids;
}

/** What was said with one subscriber, in all their conversations; newest first. */
export type HistoryFilter = {
  bot: 'with' | 'without';
  notes: 'with' | 'without';
  beforeId?: number | undefined;
  /** Times are inclusive, in ms. */
  from?: number | undefined;
  until?: number | undefined;
  /** `text` is everything that is no media. */
  kind?: 'text' | MediaKind | 'note' | undefined;
};

/** Counting stops here: nobody pages further, and everybody who polls would pay for it. */
const maxCounted = 10_000;

export async function pageHistory(db: Db, subscriberId: number, filter: HistoryFilter, ask: PageAsk): Promise<Page<MessageRow>> {
  const ids = await spokenOf(db, subscriberId);
  if (ids.length === 0) return { rows: [], total: 0 };
  const query = historyOf(db, ids, filter);
  const total = await countUpTo(db, query, maxCounted);
  const offset = (ask.page - 1) * ask.limit;
  // Past what is counted there is nothing to page to.
  if (offset >= total) return { rows: [], total };
  return { rows: await latestOf(db, ids, filter, { offset, limit: ask.limit }), total };
}

/** What the team noted of one subscriber, newest first; the cursor is the number of a note. */
export async function listNotes(db: Db, subscriberId: number, { limit, cursor }: CursorAsk): Promise<CursorPage<MessageRow>> {
  const ids = await spokenOf(db, subscriberId);
  const beforeId = cursor === undefined ? undefined : /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0;
  if (ids.length === 0) return { rows: [], next: null };
  const rows = await latestOf(db, ids, { bot: 'with', notes: 'with', kind: 'note', beforeId }, { offset: 0, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  return { rows: shown, next: rows.length > limit ? String(shown.at(-1)?.id) : null };
}

/** Almost always one conversation, whose messages an index then holds in order. */
async function spokenOf(db: Db, subscriberId: number): Promise<number[]> {
  const spoken = await db.selectFrom('conversation').select('id').where('subscriber_id', '=', subscriberId).orderBy('id', 'desc').limit(100).execute();
  return spoken.map((one) => one.id);
}

/**
 * Newest first. Each conversation gives its own latest, which an index holds in order, and only these few are sorted: all
 * of them at once would be looked for among everybody's messages.
 */
function latestOf(
  db: Db,
  [first = 0, ...others]: number[],
  filter: HistoryFilter,
  { offset, limit }: { offset: number; limit: number },
): Promise<MessageRow[]> {
  const latest = (id: number) => historyOf(db, [id], filter).orderBy('id', 'desc');
  if (others.length === 0) return latest(first).limit(limit).offset(offset).execute();
  const some = (id: number) =>
    db
      .selectFrom(
        latest(id)
          .limit(offset + limit)
          .as('own'),
      )
      .selectAll();
  const all = others.reduce((query, id) => query.unionAll(some(id)), some(first));
  return db.selectFrom(all.as('latest')).selectAll().orderBy('id', 'desc').limit(limit).offset(offset).execute();
}

function historyOf(db: Db, conversationIds: number[], filter: HistoryFilter) {
  const { from, until, kind, beforeId } = filter;
  const only = conversationIds.length === 1 ? conversationIds[0] : undefined;
  let query = db
    .selectFrom('message')
    .selectAll('message')
    .where((eb) => (only === undefined ? eb('conversation_id', 'in', conversationIds) : eb('conversation_id', '=', only)));
  if (filter.notes === 'without') query = query.where('direction', '!=', 'note');
  if (filter.bot === 'without') query = query.where((eb) => eb.or([eb('author_kind', '!=', 'bot'), eb('direction', '=', 'note')]));
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  if (from !== undefined) query = query.where('at', '>=', from);
  if (until !== undefined) query = query.where('at', '<=', until);
  if (kind === 'note') query = query.where('direction', '=', 'note');
  else if (kind === 'text') query = query.where('body', 'not like', '{"kind":"media",%').where('direction', '!=', 'note');
  else if (kind !== undefined) query = query.where('body', 'like', `{"kind":"media","media":"${kind}",%`);
  return query;
}

export type MessageRange = {
  afterId?: number | undefined;
  beforeId?: number | undefined;
  sincePublic?: number | undefined;
  /** Numbers of events, ends included. */
  among?: { first: number; last: number } | undefined;
  afterSeq?: number | undefined;
  beforeSeq?: number | undefined;
  direction?: MessageRow['direction'];
  order?: 'asc' | 'desc';
  limit: number;
  notes: 'with' | 'without';
};

/** The tenant is the conversation, which the caller has found through its own. */
export function listMessages(db: Db, conversationId: number, range: MessageRange): Promise<MessageRow[]> {
  let query = db.selectFrom('message').selectAll().where('conversation_id', '=', conversationId);
  if (range.afterId !== undefined) query = query.where('id', '>', range.afterId);
  if (range.beforeId !== undefined) query = query.where('id', '<', range.beforeId);
  if (range.sincePublic !== undefined) query = query.where('id', '>', lastUpTo(db, conversationId, 'public_at', range.sincePublic));
  if (range.among) query = query.where('seq', '>=', range.among.first).where('seq', '<=', range.among.last);
  if (range.afterSeq !== undefined) query = query.where('id', '>', lastUpTo(db, conversationId, 'seq', range.afterSeq));
  if (range.beforeSeq !== undefined) query = query.where('id', '<=', lastUpTo(db, conversationId, 'seq', range.beforeSeq - 1));
  if (range.direction) query = query.where('direction', '=', range.direction);
  if (range.notes === 'without') query = query.where('direction', '!=', 'note');
  return query
    .orderBy('id', range.order ?? 'asc')
    .limit(range.limit)
    .execute();
}

export async function findMessage(db: Db, conversationId: number, id: number): Promise<MessageRow | null> {
  return (await db.selectFrom('message').selectAll().where('conversation_id', '=', conversationId).where('id', '=', id).executeTakeFirst()) ?? null;
}

/** What its sender calls so; null when it was not sent yet. */
export async function findByClientId(db: Db, conversationId: number, clientId: string): Promise<MessageRow | null> {
  const row = await db.selectFrom('message').selectAll().where('conversation_id', '=', conversationId).where('client_id', '=', clientId).executeTakeFirst();
  return row ?? null;
}

/** How many were said to the subscriber after a number, counted no further than `most`. */
export async function countUnread(db: Db, conversationId: number, seq: number, most: number): Promise<number> {
  const some = db
    .selectFrom('message')
    .select('id')
    .where('conversation_id', '=', conversationId)
    .where('id', '>', lastUpTo(db, conversationId, 'seq', seq))
    .where('direction', '=', 'out')
    .limit(most);
  const row = await db
    .selectFrom(some.as('some'))
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirst();
  return Number(row?.n ?? 0);
}

/** Those from the event `fromSeq` on; returns how many there were. */
export async function deleteMessages(tx: Db, conversationId: number, fromSeq: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('message')
    .where('conversation_id', '=', conversationId)
    .where('id', '>', lastUpTo(tx, conversationId, 'seq', fromSeq - 1))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

const selectBetween = kept((db, one: { conversationId: number; first: number; last: number }) =>
  db.selectFrom('message').selectAll().where('conversation_id', '=', one.conversationId).where('id', '>=', one.first).where('id', '<=', one.last),
);

/** Those of a conversation from the first of these ids to the last: what lies between was said between. */
export function messagesAmong(db: Db, conversationId: number, ids: readonly number[]): Promise<MessageRow[]> {
  return ids.length === 0 ? Promise.resolve([]) : selectBetween(db, { conversationId, first: Math.min(...ids), last: Math.max(...ids) });
}

// Both numbers rise with the id, so looking backwards from the end finds the place without reading what lies before it.
function lastUpTo(db: Db, conversationId: number, column: 'public_at' | 'seq', value: number): RawBuilder<number> {
  const last = db.selectFrom('message').select('id').where('conversation_id', '=', conversationId).where(column, '<=', value).orderBy('id', 'desc').limit(1);
  return sql<number>`coalesce(${last}, 0)`;
}
