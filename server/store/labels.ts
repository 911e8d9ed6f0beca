// Labels of a workspace, on subscribers of any of its bots.
import type { Generated } from 'kysely';
import type { Db } from './database.ts';
import { fold } from './pages.ts';

export type LabelTable = { id: Generated<number>; workspace_id: number; name: string; name_key: string; created_at: number };
export type SubscriberLabelTable = { subscriber_id: number; label_id: number };

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

/** Names that are no label of the workspace are passed over: nothing is created. */
export async function changeLabels(
  tx: Db,
  workspaceId: number,
  subscriberId: number,
  names: { add: readonly string[]; remove: readonly string[] },
): Promise<void> {
  const idsOf = async (list: readonly string[]): Promise<number[]> => {
    if (list.length === 0) return [];
    const rows = await tx.selectFrom('label').select('id').where('workspace_id', '=', workspaceId).where('name_key', 'in', list.map(fold)).execute();
    return rows.map((row) => row.id);
  };
  for (const labelId of await idsOf(names.add)) {
    await tx
      .insertInto('subscriber_label')
      .values({ subscriber_id: subscriberId, label_id: labelId })
      .onConflict((conflict) => conflict.columns(['subscriber_id', 'label_id']).doNothing())
      .execute();
  }
  const removed = await idsOf(names.remove);
  if (removed.length > 0) await tx.deleteFrom('subscriber_label').where('subscriber_id', '=', subscriberId).where('label_id', 'in', removed).execute();
}
