// A trigger's time has come: everybody it is meant for is looked through, a part at a time. Each part is a job that leaves
// one occurrence for each person and the next part, in one transaction: a crash repeats a part or goes on after it, and
// nobody is meant twice.
import { durationMs, isoOf, isTimeZone, momentFrom } from '@parley/engine/expression/functions/dates.ts';
import type { Trigger } from '@parley/engine/flow.ts';
import type { Happening } from '@parley/engine/trigger.ts';
import type { App } from '../app.ts';
import { announce } from '../live.ts';
import type { Db } from '../store/database.ts';
import { allFields } from '../store/fields.ts';
import { noteInbound } from '../store/inbound.ts';
import { isLaneBusy, type NewJob } from '../store/jobs.ts';
import { fold } from '../store/pages.ts';
import { readRevisions } from '../store/revisions.ts';
import { readTurnSettings } from '../store/settings.ts';
import { type SweepFilter, type Swept, sweepSubscribers } from '../store/subscribers.ts';
import { type LiveFlow, liveFlows } from './flow-set.ts';
import { occurrenceJob } from './occurrences.ts';

export type Sweep = { botId: number; workspaceId: number; flowId: number; trigger: string; dueAt: number; after: number };

/** What was missed for longer than this is over. */
export const latestMs = 3_600_000;
/** How often dates and silences are looked through, and how far ahead: each then comes at its own moment. */
export const lookMs = 5 * 60_000;
/** Whoever a schedule is for, so many at a time and with a pause, so that replies are answered in between. */
const scheduled = { size: 200, pauseMs: 1_000 };
/** Of those who are looked through few are meant. As many as keep no reply waiting. */
const searched = { size: 500, pauseMs: 0 };
const dayMs = 86_400_000;
/** A silence that was not noticed for so long is no news any more. */
const silenceMs = dayMs;
/** Any, to measure an offset by. */
const aDay = '2000-01-01';

function sweepJob(sweep: Sweep): NewJob {
  const { workspaceId, flowId, trigger, dueAt, after } = sweep;
  const key = `sweep:${flowId}:${trigger}:${dueAt}:${after}`;
  return { kind: 'sweep', workspace_id: workspaceId, key, payload: JSON.stringify(sweep), lane: laneOf(sweep) };
}

function laneOf({ flowId, trigger }: Pick<Sweep, 'flowId' | 'trigger'>): string {
  return `sweep:${flowId}:${trigger}`;
}

/** Not while the one before is under way: those for a long list would pile up. */
export async function beginSweep(app: App, tx: Db, sweep: Omit<Sweep, 'after'>): Promise<void> {
  if (await isLaneBusy(tx, laneOf(sweep))) {
    app.log.warn({ flow: sweep.flowId, trigger: sweep.trigger }, 'the time of a trigger has come while its last one is still under way; this one is left out');
    return;
  }
  await app.queue.enqueue(tx, sweepJob({ ...sweep, after: 0 }));
  announce(tx, { workspaceId: sweep.workspaceId, botId: sweep.botId, conversationId: null, seq: 0, dueAt: app.clock.now() });
}

/** Who is meant, and when; null = nobody. `mark` keeps the same time from coming twice to one person. */
type Meant = { filter: SweepFilter; pick: (one: Swept) => { at: number; mark: string | null; data: Happening['data'] } | null };

/** One part, and what leads to the next. A trigger that is there no longer means nobody. */
export async function sweepOn(app: App, tx: Db, sweep: Sweep): Promise<void> {
  const { botId, workspaceId, flowId, trigger, dueAt, after } = sweep;
  const { flows } = await readRevisions(tx, botId, workspaceId);
  const live = (await liveFlows(tx, botId, flows)).find(({ id }) => id === flowId);
  const one = live?.flow.triggers?.[trigger];
  const meant = one && (await meantBy(tx, sweep, one));
  if (!live || !one || !meant) return;
  const { size, pauseMs } = one.type === 'schedule' ? scheduled : searched;
  const now = app.clock.now();
  const { rows, last } = await sweepSubscribers(tx, botId, { after, size }, meant.filter);
  for (const person of rows) {
    const found = meant.pick(person);
    if (!found || (found.mark !== null && !(await noteInbound(tx, `trigger:${flowId}:${trigger}`, `${person.id}:${found.mark}`, now)))) continue;
    const happening = happeningOf(live, one, trigger, found.data);
    const occurrence = { botId, workspaceId, subscriberId: person.id, conversationId: null, happening, depth: 0 };
    const job = occurrenceJob(occurrence, `${flowId}:${trigger}:${found.mark ?? dueAt}:${person.id}`);
    // What is still to come must not hold up what happens to them before.
    if (found.at > now) await app.queue.schedule(tx, { ...job, lane: null }, found.at - now);
    else await app.queue.enqueue(tx, job);
  }
  if (last !== null) await app.queue.schedule(tx, sweepJob({ ...sweep, after: last }), pauseMs);
  announce(tx, { workspaceId, botId, conversationId: null, seq: 0, dueAt: last === null ? now : now + pauseMs });
}

function happeningOf({ slug }: LiveFlow, { type }: Trigger, trigger: string, data: Happening['data']): Happening {
  return { type: type as Happening['type'], name: trigger, only: { flow: slug, trigger }, ...(data === undefined ? {} : { data }) };
}

async function meantBy(tx: Db, { botId, workspaceId, dueAt }: Sweep, { type, channels, field, offset = '0d', after }: Trigger): Promise<Meant | null> {
  if (channels?.length === 0) return null;
  const audience = { channels: channels ?? null };
  switch (type) {
    case 'schedule':
      return { filter: audience, pick: () => ({ at: dueAt, mark: null, data: { due: isoOf(dueAt) } }) };
    case 'inactivity': {
      const silentMs = durationMs(after ?? '');
      if (silentMs === null) return null;
      const heardBetween = { from: dueAt - silenceMs - silentMs, to: dueAt + lookMs - silentMs };
      return {
        filter: { ...audience, heardBetween },
        pick: ({ last_interaction_at: heard }) => (heard === null ? null : { at: heard + silentMs, mark: `${heard}:${after}`, data: { since: isoOf(heard) } }),
      };
    }
    case 'date_field': {
      const known = (await allFields(tx, botId)).find(({ owner, name_key }) => owner === 'user' && name_key === fold(field ?? ''));
      if (!known) return null;
      const zone = (await readTurnSettings(tx, workspaceId)).regional?.timezone ?? 'UTC';
      const about = dueAt - ((momentFrom(aDay, offset, 'UTC') ?? 0) - Date.parse(aDay));
      return {
        filter: { ...audience, fieldId: known.id },
        pick: ({ fields, time_zone }) => {
          const date = (JSON.parse(fields) as { [id: string]: string })[String(known.id)] ?? '';
          // Most are far off, whatever the clocks say, and it takes long to ask them.
          if (!(Math.abs(Date.parse(date.slice(0, 10)) - about) < 4 * dayMs)) return null;
          const at = momentFrom(date, offset, time_zone !== null && isTimeZone(time_zone) ? time_zone : zone);
          const isDue = at !== null && at > dueAt - latestMs && at <= dueAt + lookMs;
          return isDue ? { at, mark: `${date}:${offset}`, data: { field: known.name, date } } : null;
        },
      };
    }
    default:
      return null;
  }
}
