// Which messages hold a word: FTS5 on SQLite, lexemes under GIN on Postgres, both beside the table. A turn pays nothing
// for it: messages enter late and many at a time, none before somebody searches for the first time, and what came after
// the last indexed one is looked through instead. Each word carries its bot, so that what others say costs a search
// nothing. Deleted messages leave at once, by a trigger and by a foreign key.
import { SqliteAdapter, sql } from 'kysely';
import { type WantedWords, wordsOf } from '../words.ts';
import { companionOf, type Db } from './handle.ts';

const atATime = 256;
/** On Postgres a message may become visible after one with a greater number: these wait so long. */
const settleMs = 60_000;
const pauseMs = 20;

/** Their numbers, the newest first. */
export async function messagesWithWords(db: Db, botId: number, wanted: WantedWords, most: number): Promise<number[]> {
  const whole = wanted.whole.map((word) => ofBot(botId, word));
  const begun = ofBot(botId, wanted.begun);
  const found = isSqlite(db)
    ? sql<{ id: number }>`select rowid as id from message_search
        where message_search match ${[...whole.map((word) => `"${word}"`), `"${begun}" *`].join(' AND ')} order by rowid desc limit ${most}`
    : // By the index first: a plan that walks back from the newest would look through all of them for a rare word.
      sql<{ id: number }>`with found as materialized (select message_id as id from message_search
        where words @@ ${[...whole.map((word) => `'${word}'`), `'${begun}':*`].join(' & ')}::tsquery) select id from found order by id desc limit ${most}`;
  return (await found.execute(db)).rows.map(({ id }) => Number(id));
}

/** Messages with a greater number are not in the index; 0 when nobody has searched yet. */
export async function lastWithWords(db: Db): Promise<number> {
  // Of FTS5's own tables, this one has a row for each row that is indexed (sqlite.org/fts5.html).
  const last = isSqlite(db) ? sql`select max(id) as id from message_search_docsize` : sql`select max(message_id) as id from message_search`;
  const { rows } = await (last as ReturnType<typeof sql<{ id: number | null }>>).execute(db);
  return Number(rows[0]?.id ?? 0);
}

/** Takes the next messages in; false when there are no more for now. `now`: by the clock that wrote them. */
async function addWords(tx: Db, now: number): Promise<boolean> {
  const isOwn = isSqlite(tx);
  const found = await tx
    .selectFrom('message')
    .innerJoin('conversation', 'conversation.id', 'message.conversation_id')
    .select(['message.id', 'message.text', 'message.at', 'conversation.bot_id'])
    .where('message.id', '>', await lastWithWords(tx))
    .orderBy('message.id')
    .limit(atATime)
    .execute();
  const late = isOwn ? -1 : found.findIndex(({ at }) => at > now - settleMs);
  const rows = late === -1 ? found : found.slice(0, late);
  if (rows.length === 0) return false;
  // Also those without a word: that they were looked at is seen by their row.
  const worded = rows.map(({ id, bot_id, text }) => ({ id, words: wordsOf(text).map((word) => ofBot(bot_id, word)) }));
  if (isOwn) for (const { id, words } of worded) await sql`insert into message_search (rowid, words) values (${id}, ${words.join(' ')})`.execute(tx);
  else
    await sql`insert into message_search (message_id, words)
      select (one ->> 'id')::bigint, array_to_tsvector(array(select jsonb_array_elements_text(one -> 'words')))
      from jsonb_array_elements(${JSON.stringify(worded)}::jsonb) as one on conflict (message_id) do nothing`.execute(tx);
  return rows.length === atATime;
}

/** The same, once somebody has searched: what nobody searches is not indexed. */
export async function keepWords(tx: Db, now: number): Promise<boolean> {
  return (await lastWithWords(tx)) > 0 && addWords(tx, now);
}

const catchingUp = new WeakSet<Db>();

/** In small transactions with pauses between them. `db` is the outer handle. */
export function catchUpWords(db: Db, now: number): void {
  const companion = companionOf(db);
  if (!companion || catchingUp.has(db)) return;
  catchingUp.add(db);
  const next = async (): Promise<void> => {
    const isMore = await companion.transact((tx) => addWords(tx, now)).catch(() => false);
    if (isMore) setTimeout(next, pauseMs).unref();
    else catchingUp.delete(db);
  };
  void next();
}

function ofBot(botId: number, word: string): string {
  return `${botId}_${word}`;
}

function isSqlite(db: Db): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter;
}
