// The heart: `advance(flows, session, input, context) → { session, outputs }`. Same input, same output; the session it
// was given stays as it was. It performs nothing: what the flow wants of the world is in the outputs, and comes back
// later as an input.
import type { Flows, Input } from './advance/input.ts';
import { Receiver } from './advance/receive.ts';
import { Run } from './advance/run.ts';
import { type Context, type Output, Turn } from './advance/turn.ts';
import { type Flow, indexOf } from './flow.ts';
import { nothingSpent, type Session, type Vars } from './session.ts';

export { type Flows, type Input, onlyVersions } from './advance/input.ts';
export type { LateWords } from './advance/late.ts';

export type Step = { session: Session; outputs: Output[] };

export function advance(flows: Flows, given: Session, input: Input, context: Context): Step {
  const session = copyOf(given);
  session.turn += 1;
  // An answer goes on with the turn that asked; everything else begins one.
  if (input.kind !== 'answer') session.counters.spent = { ...nothingSpent };
  const reply = input.kind === 'reply' ? input.reply : input.kind === 'start' ? (input.reply ?? null) : null;
  const turn = new Turn(session, context, reply);
  const run = new Run(flows, turn);
  const first = new Receiver(run, flows, turn, reply).receive(input);
  if (first === null) return { session: given, outputs: turn.outputs };
  run.walk(first);
  if (session.wait?.kind !== 'effect') forgetTurn(flows, session);
  return { session, outputs: turn.outputs };
}

/** Variables that live for a turn are as they were before anyone set them. */
function forgetTurn(flows: Flows, session: Session): void {
  session.vars = forgotten(flows.pinned(session.cursor.flow, session.version_id), session.vars);
  session.stack = session.stack.map((frame) => ({ ...frame, vars: forgotten(flows.pinned(frame.flow, frame.version_id), frame.vars) }));
}

function forgotten(flow: Flow | null, vars: Vars): Vars {
  const passing = flow ? indexOf(flow).passing : [];
  if (passing.length === 0) return vars;
  const kept = { ...vars };
  for (const { name, value } of passing) {
    if (value === undefined) delete kept[name];
    else kept[name] = value;
  }
  return kept;
}

function copyOf(session: Session): Session {
  return {
    ...session,
    cursor: { ...session.cursor },
    stack: [...session.stack],
    loops: session.loops.map((loop) => ({ ...loop })),
    vars: { ...session.vars },
    counters: { ...session.counters, visits: { ...session.counters.visits }, spent: { ...session.counters.spent } },
  };
}
