// Replies kept for clients that retry. The row is written in the transaction that did the work, so a crash can
// neither lose the memory of a done write nor keep it of an undone one.
import type { Selectable } from 'kysely';
import type { Db } from './database.ts';

export type IdempotencyTable = {
  /** Who asked (credential), what (method and path). */
  scope: string;
  name: string;
  /** Hash of the request body: the same key with another body is a mistake of the caller's. */
  fingerprint: string;
  status: number;
  headers: string;
  /** Null when the reply carried a secret, which is shown once and not kept. */
  body: string | null;
  created_at: number;
};

export type KeptReply = Selectable<IdempotencyTable>;

export async function findReply(db: Db, scope: string, name: string): Promise<KeptReply | null> {
  return (await db.selectFrom('idempotency').selectAll().where('scope', '=', scope).where('name', '=', name).executeTakeFirst()) ?? null;
}

/** False when another request with the same key came first; the caller's transaction must then fail. */
export async function keepReply(tx: Db, reply: KeptReply): Promise<boolean> {
  const row = await tx
    .insertInto('idempotency')
    .values(reply)
    .onConflict((conflict) => conflict.columns(['scope', 'name']).doNothing())
    .returning('name')
    .executeTakeFirst();
  return row !== undefined;
}

/** What the work came to, in the row that claimed its key before the work began. */
export async function finishReply(tx: Db, scope: string, name: string, reply: Pick<KeptReply, 'headers' | 'body'>): Promise<void> {
  await tx.updateTable('idempotency').set(reply).where('scope', '=', scope).where('name', '=', name).execute();
}
