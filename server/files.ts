// THE LIST of places where the bytes of files lie. A store knows keys and bytes; whose a file is, what it is and who may
// see it stand in the table `file`. A key is made once and never written again.
import type { Readable } from 'node:stream';
import type { Config } from './config.ts';
import { localFiles } from './files/local.ts';
import { s3Files } from './files/s3.ts';

/** Both ends are part of it. */
export type ByteRange = { from: number; to: number };

export type FileStore = {
  /** Whole or not at all: when the bytes break off, or this rejects, there is nothing under the key. */
  put(key: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** Null when there is nothing. */
  get(key: string, range?: ByteRange): Promise<Readable | null>;
  size(key: string): Promise<number | null>;
  /** Also what a process that died left of it; nothing there is as good as removed. */
  remove(key: string): Promise<void>;
  /** Keys that begin with `prefix`, in order, those after `after`. */
  list(prefix: string, after: string | null, limit: number): Promise<{ keys: string[]; next: string | null }>;
};

export function fileStoreOf({ s3, dataDir }: Config): FileStore {
  return s3 === null ? localFiles(dataDir) : s3Files(s3, dataDir);
}
