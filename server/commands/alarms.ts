// Triggers that wait for time: set when their flow is published, and rung by whichever node finds them due first. What
// rings is a sweep over the people it is meant for (sweep.ts).
import { nextRun, parseCron } from '@parley/engine/cron.ts';
import { isTimeZone } from '@parley/engine/expression/functions/dates.ts';
import type { Flow, Trigger } from '@parley/engine/flow.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { type Alarm, moveAlarm, setAlarms } from '../store/alarms.ts';
import type { Db } from '../store/database.ts';
import { readRevisions } from '../store/revisions.ts';
import { readTurnSettings } from '../store/settings.ts';
import { liveFlows } from './flow-set.ts';
import { beginSweep, latestMs, lookMs } from './sweep.ts';

type Place = Pick<Tenant, 'workspaceId' | 'botId'>;

/** With every publication: the alarms of the version that is live from now on. */
export async function setAlarmsOf(app: App, tx: Db, { workspaceId, botId }: Place, flowId: number, flow: Flow): Promise<void> {
  const now = app.clock.now();
  const zone = await zoneOf(tx, workspaceId);
  const due = Object.entries(flow.triggers ?? {}).flatMap(([trigger, one]) => {
    const at = one.type === 'date_field' || one.type === 'inactivity' ? now : nextDue(one, now, zone);
    return at === null ? [] : [{ trigger, at }];
  });
  await setAlarms(tx, botId, flowId, due, now);
}

/** Once, whoever else finds it due. After a downtime a schedule that was missed comes once, where it is not too late for that. */
export async function ringAlarm(app: App, tx: Db, alarm: Alarm & { workspace_id: number }): Promise<void> {
  const { bot_id: botId, workspace_id: workspaceId, flow_id: flowId, trigger_id: trigger } = alarm;
  const now = app.clock.now();
  const zone = await zoneOf(tx, workspaceId);
  const { flows } = await readRevisions(tx, botId, workspaceId);
  const one = (await liveFlows(tx, botId, flows)).find(({ id }) => id === flowId)?.flow.triggers?.[trigger];
  if (!(await moveAlarm(tx, botId, alarm, one ? nextDue(one, now, zone) : null)) || !one) return;
  const dueAt = one.type !== 'schedule' || now - alarm.due_at <= latestMs ? alarm.due_at : nextDue(one, now - latestMs, zone);
  if (dueAt === null || dueAt > now) return;
  await beginSweep(app, tx, { botId, workspaceId, flowId, trigger, dueAt: one.type === 'schedule' ? dueAt : now });
}

function nextDue({ type, cron, tz }: Trigger, after: number, zone: string): number | null {
  if (type === 'date_field' || type === 'inactivity') return after + lookMs;
  const read = type === 'schedule' ? parseCron(cron ?? '') : null;
  return read && nextRun(read, after, tz !== undefined && isTimeZone(tz) ? tz : zone);
}

async function zoneOf(db: Db, workspaceId: number): Promise<string> {
  const zone = (await readTurnSettings(db, workspaceId)).regional?.timezone;
  return zone !== undefined && isTimeZone(zone) ? zone : 'UTC';
}
