// Canned replies of a workspace: texts that its people say often, each under a short name of its own.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, contains, countRows, cursorPage, fold } from './pages.ts';

export type CannedReplyTable = {
  id: Generated<number>;
  workspace_id: number;
  shortcut: string;
  shortcut_key: string;
  text: string;
  created_at: number;
  updated_at: number;
};

export type CannedReply = Selectable<CannedReplyTable>;
export type CannedReplyChange = { shortcut?: string | undefined; text?: string | undefined };

/** Null when the shortcut is taken. */
export async function insertCannedReply(tx: Db, workspaceId: number, one: { shortcut: string; text: string }, at: number): Promise<CannedReply | null> {
  const row = await tx
    .insertInto('canned_reply')
    .values({ ...one, workspace_id: workspaceId, shortcut_key: fold(one.shortcut), created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'shortcut_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

function ofWorkspace(db: Db, workspaceId: number) {
  return db.selectFrom('canned_reply').selectAll().where('workspace_id', '=', workspaceId);
}

export function listCannedReplies(db: Db, workspaceId: number, q: string | undefined, ask: CursorAsk): Promise<CursorPage<CannedReply>> {
  const all = ofWorkspace(db, workspaceId);
  return cursorPage<CannedReply>(q ? all.where(contains('shortcut_key', q)) : all, ask);
}

export function countCannedReplies(db: Db, workspaceId: number): Promise<number> {
  return countRows(ofWorkspace(db, workspaceId));
}

export async function findCannedReply(db: Db, workspaceId: number, id: number): Promise<CannedReply | null> {
  return (await ofWorkspace(db, workspaceId).where('id', '=', id).executeTakeFirst()) ?? null;
}

/** Whether another one goes by this shortcut. */
export async function isShortcutTaken(db: Db, workspaceId: number, shortcut: string, butOf: number): Promise<boolean> {
  const other = await ofWorkspace(db, workspaceId).where('shortcut_key', '=', fold(shortcut)).where('id', '!=', butOf).executeTakeFirst();
  return other !== undefined;
}

export async function updateCannedReply(tx: Db, workspaceId: number, id: number, change: CannedReplyChange, at: number): Promise<CannedReply | null> {
  const row = await tx
    .updateTable('canned_reply')
    .set({
      updated_at: at,
      ...(change.text === undefined ? {} : { text: change.text }),
      ...(change.shortcut === undefined ? {} : { shortcut: change.shortcut, shortcut_key: fold(change.shortcut) }),
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function deleteCannedReply(tx: Db, workspaceId: number, id: number): Promise<CannedReply | null> {
  const row = await tx.deleteFrom('canned_reply').where('workspace_id', '=', workspaceId).where('id', '=', id).returningAll().executeTakeFirst();
  return row ?? null;
}
