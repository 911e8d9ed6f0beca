// Values out of a reply and into variables: a dot path or any expression, an enclosing `{{ }}` dropped.
import type { Turn } from '../block.ts';
import type { Value } from '../expression/value.ts';

export function bare(expression: string): string {
  return /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(expression)?.[1]?.trim() ?? expression;
}

export function applyMap(turn: Turn, map: { [variable: string]: string } | undefined, names: { [name: string]: Value }): void {
  for (const [variable, expression] of Object.entries(map ?? {})) turn.set(variable, turn.evaluateWith(bare(expression), names) ?? turn.defaultOf(variable));
}
