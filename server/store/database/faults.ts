// What the two databases report when something is wrong, in our own words. The caller's faults and storage that is
// not there just now become an AppError; what is left is ours and stays as it is.
import { AppError } from '../../errors.ts';

/** A batch that this ends was not acknowledged and nothing more may be: the state of the file is unknown. */
export class StorageFault extends AppError {
  constructor() {
    super('unavailable', 'The storage failed. Nothing was written; try again in a moment.', { headers: { 'retry-after': '5' } });
  }
}

const sqlite = { busy: 5, locked: 6, ioError: 10, full: 13, unique: 2067, primaryKey: 1555 } as const;
// The shared memory beside the file cannot grow (the disk is full) or be mapped: nothing that was written is in doubt.
const sharedMemory: readonly unknown[] = [4618, 4874, 5386];

/** What an error of node:sqlite means to the one who asked. */
export function sqliteFault(error: unknown): unknown {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  if (typeof code !== 'number') return error;
  if (code === sqlite.unique || code === sqlite.primaryKey) return taken();
  const primary = code & 0xff;
  if (primary === sqlite.busy || primary === sqlite.locked) return lockedByAnother();
  if (primary === sqlite.full || sharedMemory.includes(code)) return full();
  return primary === sqlite.ioError ? new StorageFault() : error;
}

export function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' && (code & 0xff) === sqlite.busy;
}

const postgres = { unique: '23505', diskFull: '53100', canceled: '57014', deadlock: '40P01', serialization: '40001' } as const;

/** What an error of pg means to the one who asked. */
export function postgresFault(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === postgres.unique) return taken();
  if (code === postgres.diskFull) return full();
  if (code === postgres.canceled || isCollision(error) || isConnectionFault(error)) return unreachable();
  return error;
}

/** The server is not there: the connection must not be used again. */
export function isConnectionFault(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string') return /^(08|57P|53[0-3])/.test(code) || /^(E(CONN|HOST|NET)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_)/.test(code);
  const text = error instanceof Error ? error.message : '';
  return /^Connection terminated|^Query read timeout|timeout exceeded when trying to connect|^Client (has encountered|was closed)|^timeout expired/.test(text);
}

/** Two transactions got in each other's way and Postgres ended this one: the same again will do. */
export function isCollision(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === postgres.deadlock || code === postgres.serialization;
}

/** Another node has changed a table, and this connection's prepared statements still answer in its old columns. */
export function isStalePlan(error: unknown): boolean {
  return error instanceof Error && error.message === 'cached plan must not change result type';
}

export function draining(): AppError {
  return new AppError('draining', 'The server is stopping. Try again in a moment.', { headers: { 'retry-after': '2' } });
}

/** Two wrote the same unique thing at once; the store's own look before a write finds all but that. */
function taken(): AppError {
  return new AppError('conflict', 'Someone else has just taken this name. Choose another.');
}

function full(): AppError {
  return new AppError('storage_full', 'The disk is full. Nothing was written; free some space and try again.');
}

function lockedByAnother(): AppError {
  return new AppError('unavailable', 'The database is locked by another process. Try again in a moment.', { headers: { 'retry-after': '2' } });
}

export function unreachable(): AppError {
  return new AppError('unavailable', 'The database cannot be reached. Try again in a moment.', { headers: { 'retry-after': '2' } });
}
