// Files people send: taken in as they arrive, tied to a message, and cleared away when no message
// has them. Bytes go to app.files outside of any transaction; a row stands from before the first until after the last.
import { createHash } from 'node:crypto';
import type { FileRef } from '@parley/engine/message.ts';
import type { App } from '../app.ts';
import { AppError, invalidField } from '../errors.ts';
import type { Conversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import {
  abandonArriving,
  bytesSince,
  deleteRemnant,
  type FileRow,
  findLoose,
  finishArriving,
  insertArriving,
  type Remnant,
  spaceOf,
  takeRemnants,
  takeSpace,
  type Uploader,
} from '../store/files.ts';
import { refOf } from './file-links.ts';
import { cleanFileName, dispositionOf } from './file-name.ts';
import { makeSniffer } from './file-type.ts';
import { withoutMetadata } from './jpeg-privacy.ts';
import { readFileQuotaMb } from './settings.ts';

const megabyte = 1024 * 1024;
export const maxFileBytes = 10 * megabyte;
export const maxFilesPerMessage = 5;
const maxSubscriberBytes = 100 * megabyte;
const dayMs = 86_400_000;

export type Arriving = {
  workspaceId: number;
  botId: number;
  /** Null for what a person of the team or a program uploads ahead of a message. */
  conversation: Conversation | null;
  by: Uploader;
  name: string;
  bytes: AsyncIterable<Uint8Array>;
  maxBytes?: number;
};

/** What `tell` makes of the row is returned, in the transaction that ends the upload. Not inside a transaction. */
export async function receiveFile<T>(app: App, arriving: Arriving, tell: (file: FileRow) => T): Promise<T> {
  const { workspaceId, botId, conversation, by, name, bytes, maxBytes = maxFileBytes } = arriving;
  const quota = (await readFileQuotaMb(app.db, workspaceId)) * megabyte;
  if ((await spaceOf(app.db, workspaceId)) >= quota) throw noSpace();
  await refuseGreed(app, app.db, botId, by, 0);
  const publicId = app.random.token(16);
  const key = `${workspaceId}/${publicId.slice(0, 2)}/${publicId}`;
  const row = { public_id: publicId, workspace_id: workspaceId, bot_id: botId, conversation_id: conversation?.id ?? null, key, at: app.clock.now() };
  // Past the request's own transaction, which keeps the reply of what an Idempotency-Key stands for: this is not it.
  await app.database.transact((tx) => insertArriving(tx, { ...row, uploader_kind: by.kind, uploader_id: by.id }));
  let isReceived = false;
  try {
    const found = await store(app, { key, name, bytes: by.kind === 'subscriber' ? withoutMetadata(limited(bytes, maxBytes)) : bytes, maxBytes });
    const told = await app.transact(async (tx) => {
      // First, for whoever else uploads into this workspace waits here: what follows is then counted one after the other.
      if (!(await takeSpace(tx, workspaceId, found.size, quota))) throw noSpace();
      await refuseGreed(app, tx, botId, by, found.size);
      const file = await finishArriving(tx, workspaceId, publicId, found);
      if (!file) throw new AppError('request_timeout', 'The upload took too long.');
      return tell(file);
    });
    isReceived = true;
    return told;
  } finally {
    const remnant = isReceived ? null : await app.database.transact((tx) => abandonArriving(tx, workspaceId, publicId));
    if (remnant) await clear(app, remnant);
  }
}

async function store(app: App, { key, name, bytes, maxBytes }: { key: string; name: string; bytes: AsyncIterable<Uint8Array>; maxBytes: number }) {
  const seen = { size: 0, hash: createHash('sha256'), sniffer: makeSniffer() };
  await app.files.put(key, watched(bytes, maxBytes, seen));
  if (seen.size === 0) throw invalidField('file', 'The file is empty.');
  const { type, kind, isInlineSafe } = seen.sniffer.judge(name);
  return { name: cleanFileName(name, type), type, kind, size: seen.size, sha256: seen.hash.digest('hex'), is_inline_safe: isInlineSafe ? 1 : 0 };
}

/** Before anything is taken out of it: what is sent counts. */
async function* limited(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
  seen: { size: number; hash: ReturnType<typeof createHash>; sniffer: ReturnType<typeof makeSniffer> },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    seen.size += chunk.length;
    if (seen.size > maxBytes) throw tooLarge(maxBytes);
    seen.hash.update(chunk);
    seen.sniffer.see(chunk);
    yield chunk;
  }
}

export function tooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', `The file is larger than ${Math.floor(maxBytes / megabyte)} MB.`);
}

function noSpace(): AppError {
  return new AppError('storage_full', 'There is no space left for files in this workspace.');
}

async function refuseGreed(app: App, db: Db, botId: number, by: Uploader, more: number): Promise<void> {
  if (by.kind !== 'subscriber') return;
  const sent = await bytesSince(db, botId, by, app.clock.now() - dayMs);
  if (sent + more > maxSubscriberBytes) {
    throw new AppError('rate_limited', 'More than 100 MB in one day. Try again tomorrow.', { headers: { 'retry-after': String(dayMs / 1000) } });
  }
}

/** What a message may take along: the sender's own, of this conversation, in no other message. save-step ties them to it. */
export async function attachFiles(app: App, tx: Db, conversation: Conversation, publicIds: readonly string[], by: Uploader): Promise<FileRef[]> {
  const ids = [...new Set(publicIds)];
  if (ids.length > maxFilesPerMessage) throw invalidField('attachments', `A message takes at most ${maxFilesPerMessage} files.`);
  const found = await findLoose(tx, conversation.bot_id, conversation.id, by, ids);
  return ids.map((id) => {
    const file = found.find((one) => one.public_id === id);
    if (!file) throw invalidField('attachments', 'A file is not there, or in a message already. Upload it again.');
    return refOf(app, file);
  });
}

/** As a door sends it. Shown in the page is only what no browser makes more of; `inline` alone asks for it. */
export function downloadOf(app: App, file: FileRow, { disposition, maxAgeS }: { disposition: unknown; maxAgeS: number }) {
  const { type, size, name, sha256 } = file;
  const how = disposition === 'inline' && file.is_inline_safe === 1 ? 'inline' : 'attachment';
  const read = (range?: Parameters<App['files']['get']>[1]) => app.files.get(file.key, range);
  return { type, size, etag: sha256.slice(0, 32), disposition: dispositionOf(how, name), maxAgeS, read };
}

/** Bytes first, rows after: whatever breaks off is found again. Returns how many files were removed. */
export async function clearFiles(app: App, limit: number): Promise<number> {
  const remnants = await app.transact((tx) => takeRemnants(tx, { looseBefore: app.clock.now() - dayMs, limit }));
  for (const remnant of remnants) await clear(app, remnant);
  return remnants.length;
}

async function clear(app: App, remnant: Remnant): Promise<void> {
  await app.files.remove(remnant.key);
  await app.database.transact((tx) => deleteRemnant(tx, remnant));
}
