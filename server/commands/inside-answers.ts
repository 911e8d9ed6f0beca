// What a flow asks of our own data is answered in its own turn and transaction.

import type { Ask } from '@parley/engine/effect.ts';
import type { Value } from '@parley/engine/expression/value.ts';
import type { Role } from '../auth.ts';
import type { Db } from '../store/database.ts';
import { unknownLabels } from '../store/labels.ts';
import { roleOf } from '../store/members.ts';
import { unknownTags } from '../store/tags.ts';
import type { OpenTurn } from './open-turn.ts';

export type InsideAnswer = { ok: boolean; values: { [name: string]: Value } };

export async function answerInside(tx: Db, turn: OpenTurn, ask: Ask): Promise<InsideAnswer> {
  switch (ask.ask) {
    case 'handoff':
      return handOver(tx, turn, ask.agent);
    case 'unknown_marks': {
      const { bot_id: botId, workspace_id: workspaceId } = turn.conversation;
      return { ok: true, values: { tags: await unknownTags(tx, botId, ask.tags), labels: await unknownLabels(tx, workspaceId, ask.labels) } };
    }
    default:
      throw new Error(`no inside answer for ${ask.ask}`);
  }
}

/** To an agent by number, or to whoever comes; one who answers nobody here is nobody. */
async function handOver(tx: Db, turn: OpenTurn, agent: string | null): Promise<InsideAnswer> {
  const id = agent === null ? null : /^\d{1,15}$/.test(agent) ? Number(agent) : Number.NaN;
  if (id !== null && !(await isAnswering(tx, turn.conversation.workspace_id, id))) return { ok: false, values: { reason: `nobody answers as ${agent}` } };
  turn.conversation = { ...turn.conversation, status: 'open', assignee_id: id };
  return { ok: true, values: {} };
}

const answering: readonly string[] = ['owner', 'admin', 'builder', 'agent'] satisfies Role[];

/** Whether this is somebody of the workspace who may answer people. */
export async function isAnswering(db: Db, workspaceId: number, accountId: number): Promise<boolean> {
  const role = Number.isNaN(accountId) ? null : await roleOf(db, workspaceId, accountId);
  return role !== null && answering.includes(role);
}
