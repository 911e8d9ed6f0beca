// The file a backup is: JSON lines in gzip, then a mark and the SHA-256 of all before it, so that one wrong byte
// anywhere is found before anything is believed. The lines say nothing about which database wrote them.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { StartError } from '../../../errors.ts';

export const exitCodeBadData = 65;
const mark = Buffer.from('BACKUP-1');
const digestBytes = 32;
const chunkUnits = 64 * 1024;

export type Line =
  | { kind: 'header'; format: 1; version: string; created_at: number; key_check: string; migrations: string[] }
  | { kind: 'table'; name: string; columns: string[] }
  | unknown[]
  | { kind: 'end'; rows: number; last_id: number | null }
  | { kind: 'file'; path: string; data: string; isLast: boolean }
  | { kind: 'done'; rows: number; files: number };

export type Seen = (done: number, total: number) => void;

/** Beside its place first and renamed when it is whole and on the disk: a name never stands for half a backup. */
export async function writeArchive(file: string, lines: AsyncIterable<Line>): Promise<void> {
  const draft = join(dirname(file), `.${basename(file)}.${process.pid}`);
  const digest = createHash('sha256');
  const seal = new Transform({
    transform: (bytes: Buffer, _encoding, done) => {
      digest.update(bytes);
      done(null, bytes);
    },
    flush: (done) => done(null, Buffer.concat([mark, digest.update(mark).digest()])),
  });
  const handle = await open(draft, 'wx', 0o600);
  try {
    await pipeline(Readable.from(chunks(lines)), createGzip(), seal, handle.createWriteStream({ flush: true }));
    await rename(draft, file);
    await syncDirectory(dirname(file));
  } finally {
    await rm(draft, { force: true });
  }
}

async function* chunks(lines: AsyncIterable<Line>): AsyncGenerator<string> {
  let text = '';
  for await (const line of lines) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < chunkUnits) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** A rename is on the disk when its directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Every byte against the seal. Until this has passed nothing else of the file may be read. */
export async function checkSeal(file: string): Promise<void> {
  const { size } = await stat(file);
  const sealedBytes = size - digestBytes;
  if (sealedBytes <= mark.length) throw damaged(file, 'is not a backup, or was cut off');
  const digest = createHash('sha256');
  let tail = Buffer.alloc(0);
  for await (const bytes of createReadStream(file, { end: sealedBytes - 1 }) as AsyncIterable<Buffer>) {
    digest.update(bytes);
    tail = Buffer.concat([tail, bytes]).subarray(-mark.length);
  }
  const expected = await buffer(createReadStream(file, { start: sealedBytes }));
  if (!tail.equals(mark)) throw damaged(file, 'is not a backup, or was cut off');
  if (!digest.digest().equals(expected)) throw damaged(file, 'is damaged: its checksum does not match');
}

/** Only after checkSeal. Lines are split by hand: readline would also break them at U+2028, which JSON leaves as it is. */
export async function* readArchive(file: string, seen?: Seen): AsyncGenerator<Line> {
  const { size } = await stat(file);
  const packed = createReadStream(file, { end: size - digestBytes - mark.length - 1 });
  const unpacked = createGunzip();
  packed.on('error', (error) => unpacked.destroy(error)).pipe(unpacked);
  let rest = '';
  for await (const text of unpacked.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Line;
    seen?.(packed.bytesRead, size);
  }
}

export function damaged(file: string, what: string): StartError {
  return new StartError(`${file} ${what}. Nothing was changed; use another backup.`, exitCodeBadData);
}

/** JSON has no bytes. */
export function toJson(value: unknown): unknown {
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value;
}

export function fromJson(value: unknown): unknown {
  return value !== null && typeof value === 'object' ? Buffer.from((value as { bytes: string }).bytes, 'base64') : value;
}
