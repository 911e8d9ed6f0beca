// Tags made, renamed and removed, whichever door asks.
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { deleteTag, insertTag, type Tag, updateTag } from '../store/tags.ts';

export async function createTag(app: App, tx: Db, tenant: Tenant, name: string): Promise<Tag> {
  const tag = await insertTag(tx, tenant.botId, name, app.clock.now());
  if (!tag) throw new AppError('conflict', 'A tag with this name already exists.');
  await record(app, tx, { kind: 'tag.created', workspaceId: tenant.workspaceId, botId: tenant.botId, subject: `tag:${tag.id}`, data: { name } });
  return tag;
}

export async function renameTag(app: App, tx: Db, tenant: Tenant, id: number, name: string): Promise<Tag> {
  const tag = await updateTag(tx, tenant.botId, id, name);
  if (!tag) throw notFound('Tag');
  await record(app, tx, { kind: 'tag.updated', workspaceId: tenant.workspaceId, botId: tenant.botId, subject: `tag:${id}`, data: { name } });
  return tag;
}

export async function removeTag(app: App, tx: Db, tenant: Tenant, by: { id: number } | { name: string }): Promise<Tag> {
  const tag = await deleteTag(tx, tenant.botId, by);
  if (!tag) throw notFound('Tag');
  await record(app, tx, { kind: 'tag.deleted', workspaceId: tenant.workspaceId, botId: tenant.botId, subject: `tag:${tag.id}`, data: { name: tag.name } });
  return tag;
}
