// What time it is for rows that several nodes judge: theirs may differ by minutes, so where the database is shared it is
// the database's. Elsewhere there is one process, and it is that one's.
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../handle.ts';
import { hasRowLocks } from './row-locks.ts';

/** `plusMs` after now; `now` is what the asker's own clock says. Fixed for a statement, so an index can be searched by it. */
export function clockOf(db: Db, now: number, plusMs = 0): RawBuilder<number> {
  if (!hasRowLocks(db)) return sql<number>`${now + plusMs}`;
  return sql<number>`(floor(extract(epoch from statement_timestamp()) * 1000)::bigint + ${plusMs}::bigint)`;
}
