// Older documents brought to today's format: a chain of pure functions, each from one format to the next, each with a
// golden test. `flow/1` is the first, so the chain is empty and the door is here.
import { type Flow, type Malformed, parseFlow } from './flow.ts';

export const currentFormat = 'flow/1';

type Upgrade = { from: string; to: string; apply: (older: { [key: string]: unknown }) => { [key: string]: unknown } };

const upgrades: Upgrade[] = [];

/** A document of any known format as today's; a format from the future is refused by name. */
export function upgrade(given: unknown): { ok: true; flow: Flow } | { ok: false; problems: Malformed[] } {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) return { ok: false, problems: [{ path: '', message: 'A flow is a JSON object.' }] };
  let now = given as { [key: string]: unknown };
  for (let step = upgrades.find((one) => one.from === now.format); step; step = upgrades.find((one) => one.from === now.format)) now = step.apply(now);
  if (now.format !== currentFormat)
    return {
      ok: false,
      problems: [{ path: 'format', message: `The format ${JSON.stringify(now.format ?? null)} is not known here; this version reads ${currentFormat}.` }],
    };
  return parseFlow(now);
}
