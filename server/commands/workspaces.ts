// Workspaces renamed and deleted; how one begins is in begin.ts.
import type { App } from '../app.ts';
import { AppError, invalidField, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { removeSettings } from '../store/settings.ts';
import { deleteWorkspace, findWorkspace, firstWorkspaceId, updateWorkspace, type Workspace } from '../store/workspaces.ts';
import { changesOf } from './changes.ts';

export type WorkspaceChange = { name?: string | undefined; image?: string | null | undefined };

/** The names of what changed, in the workspace's row. Nothing is recorded: settings.ts calls it too. */
export async function changeWorkspace(app: App, tx: Db, id: number, asked: WorkspaceChange): Promise<string[]> {
  const workspace = await findWorkspace(tx, id);
  if (!workspace) throw notFound('Workspace');
  const change = changesOf<Workspace>(workspace, { name: asked.name, image: asked.image });
  const changed = Object.keys(change);
  if (changed.length > 0) await updateWorkspace(tx, id, change, app.clock.now());
  return changed;
}

export async function renameWorkspace(app: App, tx: Db, id: number, asked: WorkspaceChange): Promise<void> {
  const changed = await changeWorkspace(app, tx, id, asked);
  if (changed.length > 0) await record(app, tx, { kind: 'workspace.updated', workspaceId: id, subject: `workspace:${id}`, data: { changed } });
}

/** Everything in it goes along; only what was recorded of it stays. */
export async function removeWorkspace(app: App, tx: Db, id: number, name: string): Promise<void> {
  const workspace = await findWorkspace(tx, id);
  if (!workspace) throw notFound('Workspace');
  if (name !== workspace.name) throw invalidField('name', 'To delete this workspace with everything in it, repeat its name.');
  // Otherwise the owners of the next one would inherit what holds for all workspaces.
  if (id === (await firstWorkspaceId(tx)))
    throw new AppError('conflict', 'This is the first workspace: its owners look after the installation. It cannot be deleted.');
  await deleteWorkspace(tx, id);
  await removeSettings(tx, id);
  await record(app, tx, { kind: 'workspace.deleted', workspaceId: id, subject: `workspace:${id}`, data: { name } });
}
