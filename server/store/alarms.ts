// Alarms: when the time of a trigger comes next, one row for each that waits for time. Whoever moves one on, rings it.
import type { Selectable } from 'kysely';
import type { Db } from './database.ts';

export type AlarmTable = { flow_id: number; trigger_id: string; bot_id: number; due_at: number };

export type Alarm = Selectable<AlarmTable>;

/** What a flow waits for from now on, and nothing else; what is overdue already still rings first. */
export async function setAlarms(tx: Db, botId: number, flowId: number, due: readonly { trigger: string; at: number }[], now: number): Promise<void> {
  const names = due.map(({ trigger }) => trigger);
  let gone = tx.deleteFrom('alarm').where('bot_id', '=', botId).where('flow_id', '=', flowId);
  if (names.length > 0) gone = gone.where('trigger_id', 'not in', names);
  await gone.execute();
  for (const { trigger, at } of due) {
    await tx
      .insertInto('alarm')
      .values({ flow_id: flowId, trigger_id: trigger, bot_id: botId, due_at: at })
      .onConflict((conflict) => conflict.columns(['flow_id', 'trigger_id']).doUpdateSet({ due_at: at }).where('alarm.due_at', '>', now))
      .execute();
  }
}

export function dueAlarms(db: Db, now: number, limit: number): Promise<(Alarm & { workspace_id: number })[]> {
  return db
    .selectFrom('alarm')
    .innerJoin('bot', 'bot.id', 'alarm.bot_id')
    .selectAll('alarm')
    .select('bot.workspace_id')
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute();
}

export async function nextAlarm(db: Db): Promise<number | null> {
  const row = await db.selectFrom('alarm').select('due_at').orderBy('due_at').limit(1).executeTakeFirst();
  return row?.due_at ?? null;
}

/** False when somebody else has moved it on; null is for good. */
export async function moveAlarm(tx: Db, botId: number, { flow_id, trigger_id, due_at }: Alarm, next: number | null): Promise<boolean> {
  const where = { bot_id: botId, flow_id, trigger_id, due_at };
  if (next === null)
    return (
      Number(
        (
          await tx
            .deleteFrom('alarm')
            .where((eb) => eb.and(where))
            .executeTakeFirst()
        ).numDeletedRows,
      ) > 0
    );
  const moved = await tx
    .updateTable('alarm')
    .set({ due_at: next })
    .where((eb) => eb.and(where))
    .executeTakeFirst();
  return Number(moved.numUpdatedRows) > 0;
}
