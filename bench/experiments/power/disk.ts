// A disk with a cache that a power cut empties: what was synced is there; of the rest nothing, or any sectors of it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry } from './recording.ts';

/** What a cut leaves of what was not synced: nothing, any of its sectors, or (no cut of power but a kill) everything. */
export type Left = 'none' | 'torn' | 'all';

const sectorBytes = 512;

type Change = { kind: 'write'; offset: number; bytes: Buffer } | { kind: 'truncate'; size: number } | { kind: 'unlink' };

class File {
  #durable: Buffer;
  #size: number;
  #isThere: boolean;
  #pending: Change[] = [];
  /** Syncs under way, by the thread that asked, and how many changes each covers. */
  readonly #syncs = new Map<number, number>();

  constructor(content: Buffer | null) {
    this.#durable = Buffer.from(content ?? '');
    this.#size = this.#durable.length;
    this.#isThere = content !== null;
  }

  take(entry: Entry): void {
    const { what, offset, bytes } = entry;
    if (what === 'write') this.#pending.push({ kind: 'write', offset, bytes });
    if (what === 'truncate') this.#pending.push({ kind: 'truncate', size: offset });
    if (what === 'unlink') this.#pending.push({ kind: 'unlink' });
    if (what === 'sync begins') this.#syncs.set(offset, this.#pending.length);
    if (what === 'sync ends') this.#settle(this.#syncs.get(offset) ?? 0);
  }

  /** Null: the file is not there. */
  after(left: Left, chance: () => number): Buffer | null {
    const copy = new File(null);
    copy.#durable = Buffer.from(this.#durable);
    copy.#size = this.#size;
    copy.#isThere = this.#isThere;
    for (const change of this.#pending) {
      if (left === 'all') copy.#apply(change);
      if (left !== 'torn') continue;
      if (change.kind !== 'write') {
        if (chance() < 0.5) copy.#apply(change);
        continue;
      }
      for (let at = 0; at < change.bytes.length; at += sectorBytes)
        if (chance() < 0.5) copy.#apply({ kind: 'write', offset: change.offset + at, bytes: change.bytes.subarray(at, at + sectorBytes) });
    }
    return copy.#isThere ? copy.#durable.subarray(0, copy.#size) : null;
  }

  #settle(count: number): void {
    for (const change of this.#pending.splice(0, count)) this.#apply(change);
    for (const [thread, covered] of this.#syncs) this.#syncs.set(thread, Math.max(0, covered - count));
  }

  #apply(change: Change): void {
    if (change.kind === 'unlink') {
      this.#isThere = false;
      this.#size = 0;
      return;
    }
    this.#isThere = true;
    const end = change.kind === 'write' ? change.offset + change.bytes.length : change.size;
    if (end > this.#durable.length) this.#durable = Buffer.concat([this.#durable], Math.max(end, this.#durable.length * 2));
    // What lies between the old end and the new one reads as zeros.
    if (end > this.#size) this.#durable.fill(0, this.#size, end);
    if (change.kind === 'write') change.bytes.copy(this.#durable, change.offset);
    this.#size = change.kind === 'truncate' ? end : Math.max(this.#size, end);
  }
}

export class Disk {
  readonly #files = new Map<string, File>();
  readonly #directory: string;

  /** `directory` holds everything as it was before the recording began. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  take(entry: Entry): void {
    const known = this.#files.get(entry.path) ?? new File(contentOf(join(this.#directory, entry.path)));
    this.#files.set(entry.path, known);
    known.take(entry);
  }

  /** Writes what a cut at this moment leaves of the files that were touched. */
  cut(directory: string, left: Left, chance: () => number): void {
    for (const [path, file] of this.#files) {
      const content = file.after(left, chance);
      if (content === null) continue;
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
  }
}

function contentOf(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
