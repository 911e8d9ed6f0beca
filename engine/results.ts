// What a session knows, to whoever asks from outside: its variables without those that are nobody else's (`keep: false`).
import type { Flow } from './flow.ts';
import type { Session, Vars } from './session.ts';

export function resultsOf(flow: Flow, session: Session): Vars {
  // Inside a called flow the variables of the flow that was started wait at the bottom of the stack.
  const vars = session.stack[0]?.vars ?? session.vars;
  const declared = flow.vars ?? {};
  return Object.fromEntries(Object.entries(vars).filter(([name]) => !Object.hasOwn(declared, name) || declared[name]?.keep !== false));
}
