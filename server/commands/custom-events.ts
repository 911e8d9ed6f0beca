// Custom events named, renamed and forgotten. That one has happened is said by a flow (subscriber-changes.ts).
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { type CustomEvent, deleteCustomEvent, insertCustomEvent, updateCustomEvent } from '../store/custom-events.ts';
import type { Db } from '../store/database.ts';

export async function createCustomEvent(app: App, tx: Db, { workspaceId, botId }: Tenant, name: string): Promise<CustomEvent> {
  const event = await insertCustomEvent(tx, botId, name, app.clock.now());
  if (!event) throw new AppError('conflict', 'A custom event with this name already exists.');
  await record(app, tx, { kind: 'custom_event.created', workspaceId, botId, subject: `custom_event:${event.id}`, data: { name } });
  return event;
}

export async function renameCustomEvent(app: App, tx: Db, { workspaceId, botId }: Tenant, id: number, name: string): Promise<CustomEvent> {
  const event = await updateCustomEvent(tx, botId, id, name);
  if (!event) throw notFound('Custom event');
  await record(app, tx, { kind: 'custom_event.updated', workspaceId, botId, subject: `custom_event:${id}`, data: { name } });
  return event;
}

/** With everything that was logged under it. */
export async function removeCustomEvent(app: App, tx: Db, { workspaceId, botId }: Tenant, id: number): Promise<void> {
  const event = await deleteCustomEvent(tx, botId, id);
  if (!event) throw notFound('Custom event');
  await record(app, tx, { kind: 'custom_event.deleted', workspaceId, botId, subject: `custom_event:${id}`, data: { name: event.name } });
}
