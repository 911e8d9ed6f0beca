// Events of providers that were already worked on: the same one again changes nothing.
import type { Db } from './database.ts';

export type InboundTable = { source: string; event: string; at: number };

/** False when it was there before. In the same transaction as the work itself. */
export async function noteInbound(tx: Db, source: string, event: string, at: number): Promise<boolean> {
  const row = await tx
    .insertInto('inbound')
    .values({ source, event, at })
    .onConflict((conflict) => conflict.columns(['source', 'event']).doNothing())
    .returning('at')
    .executeTakeFirst();
  return row !== undefined;
}
