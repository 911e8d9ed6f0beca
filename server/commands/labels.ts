// Labels made, renamed and removed, whichever door asks.
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { deleteLabel, insertLabel, type Label, updateLabel } from '../store/labels.ts';

export async function createLabel(app: App, tx: Db, { workspaceId }: Tenant, name: string): Promise<Label> {
  const label = await insertLabel(tx, workspaceId, name, app.clock.now());
  if (!label) throw new AppError('conflict', 'A label with this name already exists.');
  await record(app, tx, { kind: 'label.created', workspaceId, subject: `label:${label.id}`, data: { name } });
  return label;
}

export async function renameLabel(app: App, tx: Db, { workspaceId }: Tenant, id: number, name: string): Promise<Label> {
  const label = await updateLabel(tx, workspaceId, id, name);
  if (!label) throw notFound('Label');
  await record(app, tx, { kind: 'label.updated', workspaceId, subject: `label:${id}`, data: { name } });
  return label;
}

export async function removeLabel(app: App, tx: Db, { workspaceId }: Tenant, id: number): Promise<void> {
  const label = await deleteLabel(tx, workspaceId, id);
  if (!label) throw notFound('Label');
  await record(app, tx, { kind: 'label.deleted', workspaceId, subject: `label:${id}`, data: { name: label.name } });
}
