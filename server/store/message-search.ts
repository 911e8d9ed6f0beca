// Finds conversations by what was said in them and by who speaks in them. What was said is found by word through an
// index that runs behind (database/words.ts); who speaks, by any part of a name, an address or a number.
import { sql } from 'kysely';
import { catchUpWords, companionOf, type Db, lastWithWords, messagesWithWords } from './database.ts';
import { contains } from './pages.ts';
import { holdsWords, wantedIn } from './words.ts';

/** By conversation the newest message that holds the words. */
export type Found = Map<number, number | null>;

/** Whoever is looked for is among the latest; beyond them one more word helps. */
const mostMessages = 1_000;
const mostPeople = 1_000;
/** So many of the newest that are not indexed yet are looked through, of a bot and of all. */
const mostTail = 2_000;
const longestTail = 20_000;
const worthIndexing = 500;

/** Conversations of the bot in which somebody said these words, or speaks whom they name. Null where nothing is asked for. */
export async function findConversations(db: Db, botId: number, asked: string, now: number): Promise<Found | null> {
  const text = asked.trim();
  if (text === '') return null;
  const found: Found = new Map();
  for (const { id, conversation_id: conversationId } of await saidIn(db, botId, text, now)) if (!found.has(conversationId)) found.set(conversationId, id);
  for (const id of await spokenInBy(db, botId, text)) if (!found.has(id)) found.set(id, null);
  return found;
}

type Said = { id: number; conversation_id: number };

/** Newest first. */
async function saidIn(db: Db, botId: number, text: string, now: number): Promise<Said[]> {
  const wanted = wantedIn(text);
  if (!wanted) return [];
  const upTo = await lastWithWords(db);
  const tail = await tailOf(db, botId, upTo);
  if (tail.length >= worthIndexing) catchUpWords(db, now);
  const ids = await messagesWithWords(db, botId, wanted, mostMessages);
  const indexed =
    ids.length === 0 ? [] : await db.selectFrom('message').select(['id', 'conversation_id']).where('id', 'in', ids).orderBy('id', 'desc').execute();
  return [...tail.filter((one) => holdsWords(one.text, wanted)), ...indexed];
}

function tailOf(db: Db, botId: number, upTo: number) {
  const last = sql<number>`(select max(id) - ${longestTail} from message)`;
  return (
    db
      .selectFrom('message')
      .innerJoin('conversation', 'conversation.id', 'message.conversation_id')
      .select(['message.id', 'message.conversation_id', 'message.text'])
      .where('message.id', '>', upTo)
      .where('message.id', '>', last)
      // No index is to begin with the bot: there is none of messages.
      .where(sql<boolean>`+conversation.bot_id = ${botId}`)
      .orderBy('message.id', 'desc')
      .limit(mostTail)
      .execute()
  );
}

/** Ids of conversations. People are looked through off the event loop (decision 0011). */
async function spokenInBy(db: Db, botId: number, text: string): Promise<number[]> {
  const digits = /^[\d\s()+./-]+$/.test(text) ? text.replace(/\D/g, '').replace(/^0+/, '') : '';
  const isThem = [contains('name_key', text), contains('email_key', text), ...(digits.length > 2 ? [contains('phone', digits)] : [])];
  const people = await (companionOf(db)?.aside ?? db)
    .selectFrom('subscriber')
    .select('id')
    .where('bot_id', '=', botId)
    .where(sql<boolean>`(${sql.join(isThem, sql` or `)})`)
    .orderBy('id', 'desc')
    .limit(mostPeople)
    .execute();
  if (people.length === 0) return [];
  const ids = people.map(({ id }) => id);
  const rows = await db
    .selectFrom('conversation')
    .select('id')
    .where('subscriber_id', 'in', ids)
    .where(sql<boolean>`+bot_id = ${botId}`)
    .orderBy('id', 'desc')
    .limit(mostPeople)
    .execute();
  return rows.map(({ id }) => id);
}

/** What of a search is shown of the conversations of a page. */
export async function textsOf(db: Db, conversationIds: readonly number[], found: Found): Promise<Map<number, { id: number; text: string }>> {
  const ids = conversationIds.flatMap((id) => found.get(id) ?? []);
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('message').select(['id', 'conversation_id', 'text']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, conversation_id: conversationId, text }) => [conversationId, { id, text }]));
}
