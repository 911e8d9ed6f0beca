// Counters of rate limits that several nodes share. A window starts with its first request and is counted atomically.
import { sql } from 'kysely';
import type { Db } from './database.ts';

export type RateWindowTable = { name: string; hits: number; reset_at: number };

/** `hits` counts several at once and tells the last one's number. One statement, which needs no transaction around it. */
export async function countHit(db: Db, name: string, windowMs: number, now: number, hits = 1): Promise<{ hits: number; resetAt: number }> {
  const resetAt = now + windowMs;
  const row = await db
    .insertInto('rate_window')
    .values({ name, hits, reset_at: resetAt })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet({
        hits: sql<number>`case when rate_window.reset_at <= ${now} then ${hits} else rate_window.hits + ${hits} end`,
        reset_at: sql<number>`case when rate_window.reset_at <= ${now} then ${resetAt} else rate_window.reset_at end`,
      }),
    )
    .returning(['hits', 'reset_at'])
    .executeTakeFirstOrThrow();
  return { hits: row.hits, resetAt: row.reset_at };
}
