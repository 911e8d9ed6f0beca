// Labels of a workspace, on subscribers of any of its bots.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, contains, cursorPage, fold } from './pages.ts';

export type LabelTable = { id: Generated<number>; workspace_id: number; name: string; name_key: string; created_at: number };
export type SubscriberLabelTable = { subscriber_id: number; label_id: number };

export type Label = Selectable<LabelTable>;

/** Null when the name is taken. */
export async function insertLabel(tx: Db, workspaceId: number, name: string, at: number): Promise<Label | null> {
  const row = await tx
    .insertInto('label')
    .values({ workspace_id: workspaceId, name, name_key: fold(name), created_at: at })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'name_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function findLabel(db: Db, workspaceId: number, id: number): Promise<Label | null> {
  return (await db.selectFrom('label').selectAll().where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst()) ?? null;
}

/** A workspace has hundreds at most. */
export function listLabels(db: Db, workspaceId: number, { name }: { name?: string | undefined }, ask: CursorAsk): Promise<CursorPage<Label>> {
  const mine = db.selectFrom('label').selectAll().where('workspace_id', '=', workspaceId);
  return cursorPage<Label>(name ? mine.where(contains('name_key', name)) : mine, ask);
}

/** A taken name ends in the unique index. */
export async function updateLabel(tx: Db, workspaceId: number, id: number, name: string): Promise<Label | null> {
  const row = await tx
    .updateTable('label')
    .set({ name, name_key: fold(name) })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function deleteLabel(tx: Db, workspaceId: number, id: number): Promise<Label | null> {
  return (await tx.deleteFrom('label').where('workspace_id', '=', workspaceId).where('id', '=', id).returningAll().executeTakeFirst()) ?? null;
}

/** Those of these names, whatever their case, that the workspace has. */
export async function labelsNamed(db: Db, workspaceId: number, names: readonly string[]): Promise<Pick<Label, 'id' | 'name' | 'name_key'>[]> {
  if (names.length === 0) return [];
  const rows = db.selectFrom('label').select(['id', 'name', 'name_key']).where('workspace_id', '=', workspaceId);
  return rows.where('name_key', 'in', names.map(fold)).execute();
}

/** How many subscribers have each label, counted up to a limit. */
export async function countLabelled(db: Db, workspaceId: number, ids: readonly number[], most: number): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('label')
    .select('id')
    .select((eb) =>
      eb
        .selectFrom(eb.selectFrom('subscriber_label').select('subscriber_id').whereRef('label_id', '=', 'label.id').limit(most).as('some'))
        .select((some) => some.fn.countAll<number>().as('n'))
        .as('n'),
    )
    .where('workspace_id', '=', workspaceId)
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, n }) => [id, Number(n)]));
}

/** The labels of several at once, for a page of a list. */
export async function labelsOfMany(db: Db, workspaceId: number, subscriberIds: readonly number[]): Promise<Map<number, { id: number; name: string }[]>> {
  if (subscriberIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('subscriber_label')
    .innerJoin('label', 'label.id', 'subscriber_label.label_id')
    .select(['subscriber_label.subscriber_id', 'label.id', 'label.name'])
    .where('label.workspace_id', '=', workspaceId)
    .where('subscriber_label.subscriber_id', 'in', subscriberIds)
    .orderBy('label.id')
    .execute();
  return Map.groupBy(rows, (row) => row.subscriber_id);
}

/** Which of these are no labels of the workspace. */
export async function unknownLabels(db: Db, workspaceId: number, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await db.selectFrom('label').select('name_key').where('workspace_id', '=', workspaceId).where('name_key', 'in', names.map(fold)).execute();
  const known = new Set(rows.map((row) => row.name_key));
  return names.filter((name) => !known.has(fold(name)));
}

/** Names that are no label of the workspace are passed over: nothing is created. */
export async function changeLabels(
  tx: Db,
  workspaceId: number,
  subscriberId: number,
  names: { add: readonly string[]; remove: readonly string[] },
): Promise<void> {
  const added = await labelsNamed(tx, workspaceId, names.add);
  if (added.length > 0) {
    await tx
      .insertInto('subscriber_label')
      .values(added.map(({ id }) => ({ subscriber_id: subscriberId, label_id: id })))
      .onConflict((conflict) => conflict.columns(['subscriber_id', 'label_id']).doNothing())
      .execute();
  }
  const removed = (await labelsNamed(tx, workspaceId, names.remove)).map(({ id }) => id);
  if (removed.length > 0) await tx.deleteFrom('subscriber_label').where('subscriber_id', '=', subscriberId).where('label_id', 'in', removed).execute();
}
