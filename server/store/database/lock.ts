// One process per data directory: an exclusive SQLite transaction held open on lock.db. The operating system frees it
// when the process dies, however it dies, so there is no stale lock to clean up.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '../../errors.ts';

export const exitCodeLocked = 75;

// A process that was just killed may need a moment to be gone.
const patienceMs = 1_000;

export type Lock = { release(): void };

export function takeLock(dataDir: string): Lock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: patienceMs });
  try {
    db.exec('begin exclusive');
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode !== 5) throw error;
    throw new StartError(`Another process is already using ${dataDir}. Stop it first, or choose another directory with DATA_DIR.`, exitCodeLocked);
  }
  return { release: () => db.close() };
}
