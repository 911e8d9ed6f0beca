// What a server asked of its disk, as recorder.c wrote it down.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Entry = { at: bigint; what: 'write' | 'truncate' | 'sync begins' | 'sync ends' | 'unlink'; path: string; offset: number; bytes: Buffer };

const names = ['', 'write', 'truncate', 'sync begins', 'sync ends', 'unlink'] as const;
const headBytes = 24;
const compiler = 'cc';

/** Compiles the recorder into a directory; null where there is no C compiler. */
export function compileRecorder(directory: string): string | null {
  if (process.platform !== 'linux') return null;
  const library = join(directory, 'recorder.so');
  const { status } = spawnSync(compiler, ['-shared', '-fPIC', '-O2', '-o', library, join(import.meta.dirname, 'recorder.c'), '-ldl']);
  return status === 0 ? library : null;
}

export function readRecording(file: string): Entry[] {
  const all = readFileSync(file);
  const entries: Entry[] = [];
  for (let from = 0; from < all.length; ) {
    const [at, offset] = [all.readBigUInt64LE(from), Number(all.readBigUInt64LE(from + 8))];
    const [length, pathLength, what] = [all.readUInt32LE(from + 16), all.readUInt16LE(from + 20), names[all.readUInt16LE(from + 22)]];
    if (!what) throw new Error(`the recording is garbled at ${from}`);
    const bytesFrom = from + headBytes + pathLength;
    entries.push({ at, what, path: all.toString('utf8', from + headBytes, bytesFrom), offset, bytes: all.subarray(bytesFrom, bytesFrom + length) });
    from = bytesFrom + length;
  }
  return entries;
}
