// What happens to people besides what they say, and that a trigger may wait for: told in the transaction it happens in, as
// a job, and only where a live flow of the bot waits for such a thing. So it sets nothing off inside the turn it comes
// from, is lost in no crash, and costs a bot without such triggers nothing.
import { isoOf } from '@parley/engine/expression/functions/dates.ts';
import { isShallow, type Value } from '@parley/engine/expression/value.ts';
import type { Session } from '@parley/engine/session.ts';
import { type Happening, isAwaited } from '@parley/engine/trigger.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError } from '../errors.ts';
import { announce } from '../live.ts';
import type { Db } from '../store/database.ts';
import type { NewJob } from '../store/jobs.ts';
import { readRevisions } from '../store/revisions.ts';
import { liveFlows } from './flow-set.ts';
import type { OpenTurn } from './open-turn.ts';

/** `conversationId` null: wherever they are spoken with. `depth`: how many flows have set each other off to get here. */
export type Occurrence = { botId: number; workspaceId: number; subscriberId: number; conversationId: number | null; happening: Happening; depth: number };

/** A chain that nobody has spoken in for so long is over: what comes around every day is no endless loop. */
const chainGapMs = 3_600_000;

/** Of what a program says with it, as JSON: a session keeps it for as long as it runs. */
const maxUnits = 64 * 1024;

export function checkData(data: unknown): void {
  if (!isShallow(data)) throw new AppError('invalid_request', 'The data is nested too deeply.');
  if (JSON.stringify(data).length > maxUnits) throw new AppError('payload_too_large', `The data is larger than ${maxUnits / 1024} KB.`);
}

export function occurrenceJob(occurrence: Occurrence, key: string): NewJob {
  return {
    kind: 'occurrence',
    workspace_id: occurrence.workspaceId,
    key: `occurrence:${key}`,
    payload: JSON.stringify(occurrence),
    // In the order they happened to a person.
    lane: `occurrence:${occurrence.subscriberId}`,
  };
}

/** What has happened in a turn that is being saved; true when that is work to do. `seq` is its last number. */
export async function tellFromTurn(app: App, tx: Db, turn: OpenTurn, changes: readonly Happening[], seq: number): Promise<boolean> {
  const happened = [...changes, ...actsIn(turn)];
  if (happened.length === 0) return false;
  const { bot_id: botId, workspace_id: workspaceId, id: conversationId, subscriber_id: subscriberId } = turn.conversation;
  const awaited = await awaitedOf(tx, botId, turn.revisions.flows, happened);
  const place = { botId, workspaceId, subscriberId, conversationId, depth: depthOf(turn) };
  for (const [at, happening] of awaited.entries()) await app.queue.enqueue(tx, occurrenceJob({ ...place, happening }, `${conversationId}:${seq}:${at}`));
  return awaited.length > 0;
}

/** What a program or a page has said or changed about someone, outside any turn. */
export async function tellTriggers(
  app: App,
  tx: Db,
  { workspaceId, botId }: Pick<Tenant, 'workspaceId' | 'botId'>,
  subscriberId: number,
  happened: readonly Happening[],
): Promise<void> {
  if (happened.length === 0) return;
  const { flows } = await readRevisions(tx, botId, workspaceId);
  const place = { botId, workspaceId, subscriberId, conversationId: null, depth: 0 };
  const awaited = await awaitedOf(tx, botId, flows, happened);
  for (const happening of awaited) await app.queue.enqueue(tx, occurrenceJob({ ...place, happening }, app.random.uuid()));
  if (awaited.length > 0) announce(tx, { workspaceId, botId, conversationId: null, seq: 0, dueAt: app.clock.now() });
}

async function awaitedOf(tx: Db, botId: number, revision: number, happened: readonly Happening[]): Promise<Happening[]> {
  const live = await liveFlows(tx, botId, revision);
  return happened.filter((one) =>
    isAwaited(
      live.filter(({ triggers }) => triggers.has(one.type)).map(({ flow }) => flow),
      one,
    ),
  );
}

function actsIn({ conversation, found, act }: OpenTurn): Happening[] {
  const acts: Happening[] = [];
  const { status, assignee_id: assignee } = conversation;
  const add = (on: string): void => void acts.push({ type: 'conversation', name: '', on, data: { status, assignee } });
  if (status !== found.status) add(status === 'done' ? 'closed' : 'opened');
  else if (found.seq === 0) add('opened');
  if (act === null && assignee !== null && assignee !== found.assignee_id) add('assigned');
  return acts;
}

/** What a flow knows of what set it off, beside the data: it outlasts every wait of the session. */
export function chainOf({ depth }: Occurrence, now: number): { [name: string]: Value } {
  return { depth, at: isoOf(now) };
}

function depthOf({ session, reply, by, context }: OpenTurn): number {
  if (session === null || reply !== null || by !== null) return 0;
  const { trigger } = outermostParams(session.state);
  if (typeof trigger !== 'object' || trigger === null || Array.isArray(trigger) || typeof trigger.depth !== 'number') return 0;
  // Who begins a chat hands over what they like.
  return context.now - Date.parse(String(trigger.at)) < chainGapMs ? Math.max(0, trigger.depth) + 1 : 0;
}

function outermostParams({ stack, params }: Session): Session['params'] {
  return stack[0]?.params ?? params;
}
