// Values out of a reply and into variables: a dot path or any expression, an enclosing `{{ }}` dropped. A JSONPath, as
// people paste it, is an expression from then on.
import { z } from 'zod';
import type { Turn } from '../block.ts';
import { isJsonPath, withoutJsonPath } from '../expression/json-path.ts';
import type { Value } from '../expression/value.ts';

export function bare(expression: string): string {
  return /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(expression)?.[1]?.trim() ?? expression;
}

/** The setting: one expression over an answer. */
export const mapped = z
  .string()
  .max(20_000)
  .overwrite((text) => (isJsonPath(bare(text)) ? withoutJsonPath(bare(text)) : text));

export function applyMap(turn: Turn, map: { [variable: string]: string } | undefined, names: { [name: string]: Value }): void {
  for (const [variable, expression] of Object.entries(map ?? {})) turn.set(variable, turn.evaluateWith(bare(expression), names) ?? turn.defaultOf(variable));
}
