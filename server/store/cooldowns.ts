// Triggers that rest: until when one is not set off again by the same subscriber.
import type { Db } from './database.ts';

export type CooldownTable = { subscriber_id: number; flow_id: number; trigger_id: string; until: number };

/** Those of a subscriber that still rest. The tenant is the subscriber, who was found through its own. */
export async function restingTriggers(db: Db, subscriberId: number, now: number): Promise<{ flow_id: number; trigger_id: string }[]> {
  return db.selectFrom('cooldown').select(['flow_id', 'trigger_id']).where('subscriber_id', '=', subscriberId).where('until', '>', now).execute();
}

export async function restTrigger(tx: Db, subscriberId: number, one: { flowId: number; trigger: string; until: number }): Promise<void> {
  const { until } = one;
  await tx
    .insertInto('cooldown')
    .values({ subscriber_id: subscriberId, flow_id: one.flowId, trigger_id: one.trigger, until })
    .onConflict((conflict) => conflict.columns(['subscriber_id', 'flow_id', 'trigger_id']).doUpdateSet({ until }))
    .execute();
}
