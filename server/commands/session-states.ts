// States of sessions as this process last wrote or read them: the next turn parses none that is still letter for letter
// the same. The store stays the only truth; this only spares reading it twice. Nobody changes a state: the engine copies.
import type { Session } from '@parley/engine/session.ts';
import { assert } from '../errors.ts';

type Known = { text: string; state: Session };

/** Of text, in all; parsed it takes about four times as much. */
const maxUnits = 4 * 1024 * 1024;

const known = new Map<number, Known>();
let units = 0;

export function parseState(sessionId: number, text: string): Session {
  const one = known.get(sessionId);
  if (one?.text === text) return one.state;
  const state = JSON.parse(text) as Session;
  assert(state.v === 1, `session ${sessionId} was kept in form ${state.v}, which this version cannot read`);
  remember(sessionId, { text, state });
  return state;
}

export function printState(sessionId: number | null, state: Session): string {
  const text = JSON.stringify(state);
  if (sessionId !== null) remember(sessionId, { text, state });
  return text;
}

function remember(sessionId: number, one: Known): void {
  forget(sessionId);
  known.set(sessionId, one);
  units += one.text.length;
  for (const oldest of known.keys()) {
    if (units <= maxUnits) break;
    forget(oldest);
  }
}

function forget(sessionId: number): void {
  const one = known.get(sessionId);
  if (!one) return;
  known.delete(sessionId);
  units -= one.text.length;
}
