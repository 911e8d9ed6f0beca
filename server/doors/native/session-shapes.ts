// Where the flow of a conversation stands, in words: the blocks by their titles, what they say and how it came there.
import { definitionOf } from '@parley/engine/blocks.ts';
import { isSecretName, looksSecret } from '@parley/engine/check/secrets.ts';
import { type Flow, indexOf } from '@parley/engine/flow.ts';
import type { Session } from '@parley/engine/session.ts';
import { z } from 'zod';
import { loadVersion } from '../../commands/flow-set.ts';
import type { Traced } from '../../commands/save-step.ts';
import { notFound } from '../../errors.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { findFlow } from '../../store/flows.ts';
import { findSession, type SessionRow, stepsOfSession } from '../../store/sessions.ts';
import { time } from './shapes.ts';

const words = z.object({
  group: z.string().describe('The title of its group.'),
  label: z.string().describe('What a block of its kind is called.'),
  says: z.string().nullable().describe('The beginning of what it says, as it is written in the flow.'),
});

export const session = z
  .object({
    id: z.int(),
    flow: z.string().nullable().describe('The slug; null when the flow has been deleted.'),
    name: z.string().nullable(),
    version: z.int(),
    status: z.enum(['running', 'waiting', 'ended', 'handed_off', 'failed']),
    is_stopped: z.boolean().describe('People have taken over: it goes on when they hand back.'),
    at: z.object({ flow: z.string(), name: z.string(), block: z.string() }).describe('Where it stands; in a flow that was called, that one.'),
    wait: z.object({ kind: z.string(), block: z.string(), until: time.nullable() }).nullable(),
    vars: z.record(z.string(), z.unknown()).describe('What looks like a secret is hidden.'),
    blocks: z.record(z.string(), words).describe('The blocks that are named here, in words.'),
    hand_back: z.object({ flow: z.string(), version: z.int() }).nullable().describe('The flow whose blocks a hand-back may name; null when there is none.'),
    started_at: time,
    updated_at: time,
    trace: z
      .array(
        z.object({
          at: time,
          block: z.string(),
          port: z.string(),
          set: z.record(z.string(), z.string()).describe('What the block set, by name: short, and nothing that looks secret.'),
          reason: z.string().nullable().describe('Why it left by that port, where the port alone does not say: `unknown_outcome`, `timeout`, `blocked`.'),
        }),
      )
      .describe('The blocks it ran, oldest first; of the latest 200 turns.'),
  })
  .meta({ id: 'Session' });

const maxTurns = 200;
const maxSays = 120;
const hidden = '••••••';

function untilOf(wait: NonNullable<Session['wait']>): number | null {
  if (wait.kind === 'timer') return wait.at;
  return 'expires_at' in wait ? wait.expires_at : null;
}

/** No secret belongs into a variable; what an api answered may have brought one all the same. */
function withoutSecrets(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return value !== '' && (isSecretName(name) || looksSecret(value, name)) ? hidden : value;
  if (Array.isArray(value)) return value.map((one) => withoutSecrets(one, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutSecrets(one, key)]));
}

function wordsOf(flow: Flow, at: string): z.input<typeof words> | null {
  const placed = indexOf(flow).blocks.get(at);
  if (!placed) return null;
  const { label } = definitionOf(placed.block);
  const says = 'text' in placed.block && typeof placed.block.text === 'string' ? placed.block.text.replace(/\s+/g, ' ').slice(0, maxSays) : null;
  return { group: flow.groups[placed.group]?.title ?? placed.group, label, says };
}

/** The flow of the cursor, and the one the session began with, in the versions it runs. */
async function flowsOf(db: Db, botId: number, row: SessionRow, { cursor, version_id: version }: Session) {
  const outer = await findFlow(db, botId, { id: row.flow_id });
  const inner = outer?.slug === cursor.flow ? outer : await findFlow(db, botId, { slug: cursor.flow });
  const run = await Promise.all([inner && loadVersion(db, botId, inner.id, version), outer && loadVersion(db, botId, outer.id, row.version)]);
  return { outer, inner, run: run.filter((one) => one !== null) };
}

export async function showSession(db: Db, one: Conversation): Promise<z.input<typeof session>> {
  const row = one.session_id === null ? null : await findSession(db, one.id, one.session_id);
  if (!row) throw notFound('Session');
  const state = JSON.parse(row.state) as Session;
  const { cursor, wait, vars, status, version_id: version } = state;
  const { outer, inner, run } = await flowsOf(db, one.bot_id, row, state);
  const steps = await stepsOfSession(db, one.id, row.id, maxTurns);
  const trace = steps
    .toReversed()
    .flatMap(({ at, trace }) => (JSON.parse(trace) as Traced[]).map(({ block, port, set = {}, reason = null }) => ({ at, block, port, set, reason })));
  const named = new Set([cursor.block, ...(wait ? [wait.block] : []), ...trace.map(({ block }) => block)]);
  const blocks = [...named].flatMap((block) => {
    const found = run.map((flow) => wordsOf(flow, block)).find((one) => one !== null);
    return found ? [[block, found] as const] : [];
  });
  // As conversation-acts.ts goes about it: a session that is over begins anew in what is published.
  const isLive = status === 'waiting' || status === 'handed_off';
  const goesOn = isLive ? inner && { flow: inner.slug, version } : outer && outer.published !== null && { flow: outer.slug, version: outer.published };
  return {
    id: row.id,
    flow: outer?.slug ?? null,
    name: outer?.name ?? null,
    version: row.version,
    status,
    is_stopped: (one.taken_at !== null || one.muted_at !== null) && (status === 'running' || status === 'waiting'),
    at: { flow: cursor.flow, name: inner?.name ?? cursor.flow, block: cursor.block },
    wait: wait && { kind: wait.kind, block: wait.block, until: untilOf(wait) },
    vars: withoutSecrets(vars) as Record<string, unknown>,
    blocks: Object.fromEntries(blocks),
    hand_back: goesOn || null,
    started_at: row.started_at,
    updated_at: row.updated_at,
    trace,
  };
}
