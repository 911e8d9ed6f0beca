// Rows that only their time keeps: kept replies, sign-ins, invitations, counters. When it is over they are nobody's, so
// they are deleted without asking whose they were, a slice at a time.
import { sql } from 'kysely';
import type { Db } from './database.ts';

const dayMs = 86_400_000;

type Leftover = { table: string; key: string[]; time: string; keptMs: number };

/** THE LIST. Replies are promised for 24 hours and kept twice as long. */
export const leftovers: Leftover[] = [
  { table: 'idempotency', key: ['scope', 'name'], time: 'created_at', keptMs: 2 * dayMs },
  { table: 'sign_in', key: ['hash'], time: 'expires_at', keptMs: 0 },
  { table: 'invite', key: ['id'], time: 'expires_at', keptMs: 0 },
  // Longer than any provider sends an event again.
  { table: 'inbound', key: ['source', 'event'], time: 'at', keptMs: 8 * dayMs },
  // A person's token that nobody has used for so long opens nothing any more.
  { table: 'device', key: ['hash'], time: 'used_at', keptMs: 180 * dayMs },
  { table: 'rate_window', key: ['name'], time: 'reset_at', keptMs: 0 },
];

/** At most `limit` rows; returns how many there were. */
export async function deleteLeftovers(tx: Db, { table, key, time, keptMs }: Leftover, now: number, limit: number): Promise<number> {
  const columns = sql.join(key.map((name) => sql.ref(name)));
  const over = sql`select ${columns} from ${sql.table(table)} where ${sql.ref(time)} < ${now - keptMs} limit ${limit}`;
  const deleted = await sql`delete from ${sql.table(table)} where (${columns}) in (${over})`.execute(tx);
  return Number(deleted.numAffectedRows ?? 0n);
}
