// What is read once and kept until its revision is another (store/revisions.ts).
import type { Db } from '../store/database.ts';

const maxOwners = 1_000;

/** What `read` returns is shared by all turns: nobody changes it. */
export function keptByRevision<T>(read: (db: Db, ownerId: number) => Promise<T>): (db: Db, ownerId: number, revision: number) => Promise<T> {
  const values = new Map<number, { revision: number; value: T }>();
  return async (db, ownerId, revision) => {
    const known = values.get(ownerId);
    if (known?.revision === revision) return known.value;
    const value = await read(db, ownerId);
    if (values.size >= maxOwners) values.delete(values.keys().next().value ?? 0);
    values.set(ownerId, { revision, value });
    return value;
  };
}
