// A document's own tests: golden transcripts, played against it. Publishing is refused while one fails.
import type { Flow } from './flow.ts';
import { isDirective, type Samples, transcript } from './talk.ts';

/** What went differently: the first line that did, what was expected there and what came. */
export type Failure = { test: string; line: number; expected: string | null; actual: string | null; message: string };

/** Plays every test of a flow; `others` are the flows it calls. */
export function prove(flow: Flow, others: { [slug: string]: Flow } = {}, samples: Samples = {}): Failure[] {
  return (flow.tests ?? []).flatMap(({ name, talk }) => {
    const script = talk.flatMap((line) => line.split('\n'));
    const actual = transcript({ flows: { ...others, [flow.id]: flow }, main: flow.id, samples }, script);
    const failure = compare(script, actual);
    return failure === null ? [] : [{ test: name, ...failure, message: sentenceOf(name, failure) }];
  });
}

type Difference = { line: number; expected: string | null; actual: string | null };

// What is said must be the same line for line. What is told by `do:` may be left out, except that something failed.
function compare(script: readonly string[], actual: readonly string[]): Difference | null {
  let at = 0;
  for (const line of actual) {
    const expected = script[at];
    if (expected !== undefined && expected.trim() === line.trim()) at += 1;
    else if (!line.startsWith('do: ') || line.startsWith('do: failed') || isDirective(line))
      return { line: at + 1, expected: expected ?? null, actual: line.trim() };
  }
  return at === script.length ? null : { line: at + 1, expected: script[at] ?? null, actual: null };
}

function sentenceOf(name: string, { line, expected, actual }: Difference): string {
  return `The test "${name}" differs at line ${line}: expected ${expected === null ? 'nothing more' : `"${expected}"`}, but ${actual === null ? 'nothing came' : `"${actual}" came`}.`;
}
