// What the chats of a member have used: their runs, counted together as asked. No model is called by a scripted flow.
import type { App } from '../app.ts';
import { invalidField } from '../errors.ts';
import { type CountedRun, runsBegun } from '../store/chat-runs.ts';
import type { ChatOwner } from '../store/chats.ts';

export const usageKinds = ['key', 'flow', 'model', 'day'] as const;
type UsageKind = (typeof usageKinds)[number];

const dayMs = 86_400_000;
const usualDays = 30;
const mostDays = 92;
const maxRuns = 20_000;

type Group = { key?: number | null; flow?: number | null; model?: null; day?: string };
export type UsageRow = Group & { runs: number; failed_runs: number; duration_ms: number };

type Ask = { group_by?: readonly UsageKind[] | undefined; from?: number | undefined; until?: number | undefined };

export async function countUsage(app: App, owner: ChatOwner, ask: Ask): Promise<{ from: number; until: number; rows: UsageRow[]; isWhole: boolean }> {
  const until = ask.until ?? app.clock.now() + 1;
  const from = ask.from ?? Math.max(0, until - usualDays * dayMs);
  if (from >= until) throw invalidField('from', 'It must lie before until.');
  if (until - from > mostDays * dayMs + 1) throw invalidField('from', `At most ${mostDays} days are counted at once.`);
  const runs = await runsBegun(app.db, owner, { from, until }, maxRuns);
  const rows = new Map<string, UsageRow>();
  for (const run of runs) {
    const group = groupOf(run, ask.group_by ?? []);
    const name = JSON.stringify(group);
    const row = rows.get(name) ?? { ...group, runs: 0, failed_runs: 0, duration_ms: 0 };
    row.runs += 1;
    row.failed_runs += run.status === 'failed' ? 1 : 0;
    row.duration_ms += run.finished_at === null ? 0 : run.finished_at - run.started_at;
    rows.set(name, row);
  }
  return { from, until, rows: [...rows.values()], isWhole: runs.length < maxRuns };
}

function groupOf({ key_id, flow_id, started_at }: CountedRun, kinds: readonly UsageKind[]): Group {
  const values: Required<Group> = { key: key_id, flow: flow_id, model: null, day: new Date(started_at).toISOString().slice(0, 10) };
  return Object.fromEntries(kinds.map((kind) => [kind, values[kind]]));
}
