// What every part of the server may use: configuration, store, clock, randomness, secrets, log. Commands take it as
// their first parameter. Inside a request it is the same App with the request's actor, and a `transact` that knows
// the request's Idempotency-Key.
import type { Config } from './config.ts';
import type { Actor } from './events.ts';
import type { FileStore } from './files.ts';
import type { Live } from './live.ts';
import type { Secrets } from './secrets.ts';
import type { Database, Db } from './store/database.ts';

export type Clock = { now(): number };

export type Random = {
  /** `bytes` from a cryptographic source, base64url. */
  token(bytes: number): string;
  uuid(): string;
};

export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

export type App = {
  config: Config;
  database: Database;
  /** Committed data; refuses inside a transaction. */
  db: Db;
  transact: <T>(body: (tx: Db) => Promise<T>) => Promise<T>;
  clock: Clock;
  random: Random;
  secrets: Secrets;
  live: Live;
  /** The bytes of files; what they are stands in the table `file`. */
  files: FileStore;
  log: Log;
  actor: Actor;
  /** In server.json, for the command line beside this server; null when none is served. */
  operatorToken: string | null;
};
