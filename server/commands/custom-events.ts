// Custom events named, renamed and forgotten, and said to have happened by a program; flows say it in
// subscriber-changes.ts.
import type { Value } from '@parley/engine/expression/value.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { type CustomEvent, customEventNamed, deleteCustomEvent, insertCustomEvent, logCustomEvent, updateCustomEvent } from '../store/custom-events.ts';
import type { Db } from '../store/database.ts';
import { checkData, tellTriggers } from './occurrences.ts';
import { needSubscriber } from './subscribers.ts';

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

/** It has happened with someone: counted under its name, which is made at its first use, and told to the triggers that wait for it. */
export async function noteCustomEvent(
  app: App,
  tx: Db,
  tenant: Pick<Tenant, 'workspaceId' | 'botId'>,
  subscriberId: number | null,
  { name, data }: { name: string; data: Value },
): Promise<CustomEvent> {
  const { botId } = tenant;
  checkData(data);
  const { id } = await needSubscriber(tx, botId, subscriberId);
  const at = app.clock.now();
  const event = await customEventNamed(tx, botId, name, at);
  await logCustomEvent(tx, botId, { eventId: event.id, subscriberId: id, data }, at);
  await tellTriggers(app, tx, tenant, id, [{ type: 'event', name, data }]);
  return event;
}
