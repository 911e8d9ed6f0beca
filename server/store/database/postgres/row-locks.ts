// Where transactions run side by side a turn holds the rows it works on. On SQLite they run one after the other, and
// it has no word for that.
import { PostgresAdapter } from 'kysely';
import type { Db } from '../handle.ts';

export function hasRowLocks(db: Db): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}
