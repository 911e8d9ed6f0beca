// Files: what they are and whose. A row stands from before the first byte is stored until after the last one is removed,
// so that no bytes lie anywhere without one.
import { type Generated, type Selectable, sql } from 'kysely';
import type { Db } from './database.ts';

export type FileTable = {
  id: Generated<number>;
  /** 128 random bits: what the world knows it by. */
  public_id: string;
  workspace_id: number;
  bot_id: number;
  conversation_id: number | null;
  message_id: number | null;
  uploader_kind: 'subscriber' | 'account' | 'key';
  uploader_id: number;
  name: string;
  /** As its bytes say, never as the sender does. */
  type: string;
  kind: 'image' | 'video' | 'audio' | 'file';
  size: number;
  /** Hex. */
  sha256: string;
  /** Where its bytes are in the store of files. */
  key: string;
  is_inline_safe: number;
  /** `arriving` until all bytes are there; `loose` until a message has it, which makes it `kept`; `leaving` while its bytes are removed. */
  state: 'arriving' | 'loose' | 'kept' | 'leaving';
  at: number;
};

export type FileSpaceTable = { workspace_id: number; bytes: number };

export type FileRow = Selectable<FileTable>;
export type Uploader = { kind: FileRow['uploader_kind']; id: number };

export async function insertArriving(
  tx: Db,
  one: Pick<FileRow, 'public_id' | 'workspace_id' | 'bot_id' | 'conversation_id' | 'uploader_kind' | 'uploader_id' | 'key' | 'at'>,
): Promise<void> {
  const nothing = { message_id: null, name: '', type: '', kind: 'file' as const, size: 0, sha256: '', is_inline_safe: 0, state: 'arriving' as const };
  await tx
    .insertInto('file')
    .values({ ...one, ...nothing })
    .execute();
}

/** Null when it was cleared away meanwhile. */
export async function finishArriving(
  tx: Db,
  workspaceId: number,
  publicId: string,
  found: Pick<FileRow, 'name' | 'type' | 'kind' | 'size' | 'sha256' | 'is_inline_safe'>,
): Promise<FileRow | null> {
  const row = await tx
    .updateTable('file')
    .set({ ...found, state: 'loose' })
    .where('workspace_id', '=', workspaceId)
    .where('public_id', '=', publicId)
    .where('state', '=', 'arriving')
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Of an upload that came to nothing; null when it has come to something after all. */
export async function abandonArriving(tx: Db, workspaceId: number, publicId: string): Promise<Remnant | null> {
  const row = await tx
    .updateTable('file')
    .set({ state: 'leaving' })
    .where('workspace_id', '=', workspaceId)
    .where('public_id', '=', publicId)
    .where('state', '=', 'arriving')
    .returning(['id', 'key', 'workspace_id', 'size'])
    .executeTakeFirst();
  return row ?? null;
}

/** False when it would be more than `most`. Others of the workspace wait here until this transaction ends. */
export async function takeSpace(tx: Db, workspaceId: number, bytes: number, most: number): Promise<boolean> {
  await tx
    .insertInto('file_space')
    .values({ workspace_id: workspaceId, bytes: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const taken = await tx
    .updateTable('file_space')
    .set({ bytes: sql`bytes + ${bytes}` })
    .where('workspace_id', '=', workspaceId)
    .where(sql<boolean>`bytes + ${bytes} <= ${most}`)
    .executeTakeFirst();
  return Number(taken.numUpdatedRows) > 0;
}

export async function spaceOf(db: Db, workspaceId: number): Promise<number> {
  const row = await db.selectFrom('file_space').select('bytes').where('workspace_id', '=', workspaceId).executeTakeFirst();
  return Number(row?.bytes ?? 0);
}

/** What one uploader has sent since a moment. */
export async function bytesSince(db: Db, botId: number, { kind, id }: Uploader, since: number): Promise<number> {
  const row = await db
    .selectFrom('file')
    .select((eb) => eb.fn.sum<number>('size').as('bytes'))
    .where('bot_id', '=', botId)
    .where('uploader_kind', '=', kind)
    .where('uploader_id', '=', id)
    .where('at', '>', since)
    .executeTakeFirst();
  return Number(row?.bytes ?? 0);
}

/** Whose message is gone is as good as gone itself. */
function standing(db: Db) {
  return db
    .selectFrom('file')
    .selectAll()
    .where((eb) => eb.or([eb('state', '=', 'loose'), eb.and([eb('state', '=', 'kept'), eb('message_id', 'is not', null)])]));
}

/** By the id that nobody can guess: the signature of a link is the right to it. */
export async function findPublicFile(db: Db, publicId: string): Promise<FileRow | null> {
  return (await standing(db).where('public_id', '=', publicId).executeTakeFirst()) ?? null;
}

export async function findMessageFile(db: Db, conversationId: number, messageId: number, id: number): Promise<FileRow | null> {
  const query = standing(db).where('conversation_id', '=', conversationId).where('message_id', '=', messageId);
  return (await query.where('id', '=', id).executeTakeFirst()) ?? null;
}

/** Those of a message each; the tenant is the conversation, which the caller has found through its own. */
export function filesOfMessages(db: Db, conversationId: number, messageIds: readonly number[]): Promise<FileRow[]> {
  if (messageIds.length === 0) return Promise.resolve([]);
  return standing(db).where('conversation_id', '=', conversationId).where('message_id', 'in', messageIds).orderBy('id').execute();
}

/** Those of these that a person uploaded, or that stand in this conversation of theirs. */
export function filesOfSubscriber(db: Db, botId: number, subscriberId: number, conversationId: number, publicIds: readonly string[]): Promise<FileRow[]> {
  return standing(db)
    .where('bot_id', '=', botId)
    .where('public_id', 'in', publicIds)
    .where((eb) => eb.or([eb('conversation_id', '=', conversationId), eb.and([eb('uploader_kind', '=', 'subscriber'), eb('uploader_id', '=', subscriberId)])]))
    .execute();
}

/** Of an uploader, not yet in any message, and of no other conversation. */
export async function findLoose(db: Db, botId: number, conversationId: number, { kind, id }: Uploader, publicIds: readonly string[]): Promise<FileRow[]> {
  if (publicIds.length === 0) return [];
  return db
    .selectFrom('file')
    .selectAll()
    .where('bot_id', '=', botId)
    .where((eb) => eb.or([eb('conversation_id', '=', conversationId), eb('conversation_id', 'is', null)]))
    .where('uploader_kind', '=', kind)
    .where('uploader_id', '=', id)
    .where('state', '=', 'loose')
    .where('public_id', 'in', publicIds)
    .execute();
}

/** How many there were to keep: fewer than asked when another message took one first. */
export async function keepFiles(tx: Db, conversationId: number, messageId: number, publicIds: readonly string[]): Promise<number> {
  const kept = await tx
    .updateTable('file')
    .set({ state: 'kept', conversation_id: conversationId, message_id: messageId })
    .where('state', '=', 'loose')
    .where('public_id', 'in', publicIds)
    .executeTakeFirst();
  return Number(kept.numUpdatedRows);
}

export type Remnant = Pick<FileRow, 'id' | 'key' | 'workspace_id' | 'size'>;

/** Whose message is gone, and what no message took, whoever it belonged to: from now on nobody finds it. */
export async function takeRemnants(tx: Db, { looseBefore, limit }: { looseBefore: number; limit: number }): Promise<Remnant[]> {
  const over = tx
    .selectFrom('file')
    .select('id')
    .where('message_id', 'is', null)
    .where((eb) => eb.or([eb('state', 'in', ['kept', 'leaving']), eb('at', '<', looseBefore)]))
    .orderBy('at')
    .limit(limit);
  return tx.updateTable('file').set({ state: 'leaving' }).where('id', 'in', over).returning(['id', 'key', 'workspace_id', 'size']).execute();
}

/** After the bytes are gone. */
export async function deleteRemnant(tx: Db, { id, workspace_id: workspaceId, size }: Remnant): Promise<void> {
  const gone = await tx.deleteFrom('file').where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst();
  if (Number(gone.numDeletedRows) === 0 || size === 0) return;
  await tx
    .updateTable('file_space')
    .set({ bytes: sql`bytes - ${size}` })
    .where('workspace_id', '=', workspaceId)
    .execute();
}
