// A workspace: the tenant. Everything but accounts and the installation's settings belongs to one.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, cursorPage } from './pages.ts';

export type WorkspaceTable = {
  id: Generated<number>;
  name: string;
  image: string | null;
  created_at: number;
  updated_at: number;
};

export type Workspace = Selectable<WorkspaceTable>;

export function insertWorkspace(tx: Db, workspace: { name: string; at: number }): Promise<Workspace> {
  return tx
    .insertInto('workspace')
    .values({ name: workspace.name, image: null, created_at: workspace.at, updated_at: workspace.at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findWorkspace(db: Db, id: number): Promise<Workspace | null> {
  return (await db.selectFrom('workspace').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** The oldest: its owners set the installation up and look after it. */
export async function firstWorkspaceId(db: Db): Promise<number | null> {
  return (await db.selectFrom('workspace').select('id').orderBy('id').limit(1).executeTakeFirst())?.id ?? null;
}

/** A workspace as one of its members sees it. */
export type OwnWorkspace = Workspace & { role: string; bots: number };

function workspacesOf(db: Db, accountId: number) {
  return db
    .selectFrom('workspace')
    .innerJoin('member', 'member.workspace_id', 'workspace.id')
    .where('member.account_id', '=', accountId)
    .selectAll('workspace')
    .select('member.role')
    .select((eb) =>
      eb
        .selectFrom('bot')
        .whereRef('bot.workspace_id', '=', 'workspace.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .as('bots'),
    )
    .$castTo<OwnWorkspace>();
}

export async function findOwnWorkspace(db: Db, accountId: number, id: number): Promise<OwnWorkspace | null> {
  return (await workspacesOf(db, accountId).where('workspace.id', '=', id).executeTakeFirst()) ?? null;
}

/** The workspaces a person is a member of, newest first. */
export function listWorkspaces(db: Db, accountId: number, ask: CursorAsk): Promise<CursorPage<OwnWorkspace>> {
  return cursorPage<OwnWorkspace>(workspacesOf(db, accountId), ask);
}

export async function updateWorkspace(tx: Db, id: number, change: Partial<Pick<WorkspaceTable, 'name' | 'image'>>, at: number): Promise<Workspace | null> {
  const row = await tx
    .updateTable('workspace')
    .set({ ...change, updated_at: at })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** Takes everything in it along, by foreign keys. */
export async function deleteWorkspace(tx: Db, id: number): Promise<boolean> {
  return Number((await tx.deleteFrom('workspace').where('id', '=', id).executeTakeFirst()).numDeletedRows) > 0;
}
