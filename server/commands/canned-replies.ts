// Canned replies made, changed and removed.
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import {
  type CannedReply,
  type CannedReplyChange,
  countCannedReplies,
  deleteCannedReply,
  findCannedReply,
  insertCannedReply,
  isShortcutTaken,
  updateCannedReply,
} from '../store/canned-replies.ts';
import type { Db } from '../store/database.ts';
import { changesOf } from './changes.ts';

const maxReplies = 1_000;

export async function createCannedReply(app: App, tx: Db, { workspaceId }: Tenant, one: { shortcut: string; text: string }): Promise<CannedReply> {
  if ((await countCannedReplies(tx, workspaceId)) >= maxReplies) throw new AppError('invalid_request', `A workspace has at most ${maxReplies} canned replies.`);
  const made = await insertCannedReply(tx, workspaceId, one, app.clock.now());
  if (!made) throw taken();
  await record(app, tx, { kind: 'canned_reply.created', workspaceId, subject: `canned_reply:${made.id}`, data: { shortcut: made.shortcut } });
  return made;
}

export async function changeCannedReply(app: App, tx: Db, { workspaceId }: Tenant, id: number, asked: CannedReplyChange): Promise<CannedReply> {
  const known = await findCannedReply(tx, workspaceId, id);
  if (!known) throw notFound('Canned reply');
  const change = changesOf<CannedReplyChange>(known, asked);
  const changed = Object.keys(change);
  if (changed.length === 0) return known;
  if (change.shortcut !== undefined && (await isShortcutTaken(tx, workspaceId, change.shortcut, id))) throw taken();
  const after = await updateCannedReply(tx, workspaceId, id, change, app.clock.now());
  if (!after) throw notFound('Canned reply');
  await record(app, tx, { kind: 'canned_reply.updated', workspaceId, subject: `canned_reply:${id}`, data: { shortcut: after.shortcut, changed } });
  return after;
}

export async function removeCannedReply(app: App, tx: Db, { workspaceId }: Tenant, id: number): Promise<void> {
  const gone = await deleteCannedReply(tx, workspaceId, id);
  if (!gone) throw notFound('Canned reply');
  await record(app, tx, { kind: 'canned_reply.deleted', workspaceId, subject: `canned_reply:${id}`, data: { shortcut: gone.shortcut } });
}

function taken(): AppError {
  return new AppError('conflict', 'There is a canned reply with this shortcut already.');
}
