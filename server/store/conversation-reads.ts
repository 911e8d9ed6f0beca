// How far each person of the team has read a conversation, and what a list shows of it: the last words, and how many are new.
import { sql } from 'kysely';
import type { Db } from './database.ts';
import type { MessageRow } from './messages.ts';

export type ConversationReadTable = { conversation_id: number; account_id: number; seq: number; at: number };

/** Forwards only. */
export async function markRead(tx: Db, conversationId: number, accountId: number, seq: number, at: number): Promise<void> {
  await tx
    .insertInto('conversation_read')
    .values({ conversation_id: conversationId, account_id: accountId, seq, at })
    .onConflict((conflict) => conflict.columns(['conversation_id', 'account_id']).doUpdateSet({ seq, at }).where('conversation_read.seq', '<', seq))
    .execute();
}

/** The number up to which somebody of the team has looked. */
export async function readByTeam(db: Db, conversationId: number): Promise<number> {
  const row = await db
    .selectFrom('conversation_read')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('conversation_id', '=', conversationId)
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

export type Glimpse = { last: Pick<MessageRow, 'text' | 'direction' | 'author_kind' | 'author_id' | 'author_name'> | null; unread: number };

/** Beyond it a number says no more than "many". */
const maxUnread = 50;

/** Of the conversations of a page, which the caller has found through its bot. */
export async function glimpsesOf(db: Db, conversationIds: readonly number[], accountId: number): Promise<Map<number, Glimpse>> {
  if (conversationIds.length === 0) return new Map();
  const lastOne = sql<number>`(select max(one.id) from message as one where one.conversation_id = c.id and one.direction <> 'note')`;
  const readTo = sql<number>`coalesce((select r.seq from conversation_read as r where r.conversation_id = c.id and r.account_id = ${accountId}), 0)`;
  const latest = sql`(select u.seq, u.direction from message as u where u.conversation_id = c.id order by u.id desc limit ${maxUnread})`;
  const unread = sql<number>`(select count(*) from ${latest} as late where late.direction = 'in' and late.seq > ${readTo})`;
  const rows = await db
    .selectFrom('conversation as c')
    .leftJoin('message as m', (join) => join.on('m.id', '=', lastOne))
    .select(['c.id', 'm.text', 'm.direction', 'm.author_kind', 'm.author_id', 'm.author_name', unread.as('unread')])
    .where('c.id', 'in', conversationIds)
    .execute();
  return new Map(
    rows.map(({ id, text, direction, author_kind, author_id, author_name, unread: n }) => {
      const isThere = text !== null && direction !== null && author_kind !== null && author_name !== null;
      return [id, { unread: Number(n), last: isThere ? { text, direction, author_kind, author_id, author_name } : null }];
    }),
  );
}
