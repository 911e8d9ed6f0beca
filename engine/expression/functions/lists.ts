// Lists and choices.
import type { Functions } from '../functions.ts';
import { compareValues, isSame, numberOf, textOf, type Value } from '../value.ts';

function listOf(value: Value): Value[] {
  return Array.isArray(value) ? value : value === null ? [] : [value];
}

function numbersOf(args: Value[]): number[] {
  const flat = args.length === 1 ? listOf(args[0] ?? null) : args;
  return flat.map(numberOf).filter((number) => number !== null);
}

export const listFunctions: Functions = {
  size: ([value = null]) => {
    if (value === null) return 0;
    if (typeof value === 'string') return [...value].length;
    return typeof value === 'object' ? Object.keys(value).length : null;
  },
  join: ([value = null, by = null]) =>
    listOf(value)
      .map(textOf)
      .join(by === null ? ', ' : textOf(by)),
  slice: ([value = null, from = null, to = null]) => {
    const start = numberOf(from) ?? 0;
    const end = numberOf(to) ?? undefined;
    return typeof value === 'string' ? [...value].slice(start, end).join('') : listOf(value).slice(start, end);
  },
  first: ([value = null]) => listOf(value)[0] ?? null,
  last: ([value = null]) => listOf(value).at(-1) ?? null,
  uniq: ([value = null]) => listOf(value).filter((one, at, all) => at < 1000 && all.findIndex((other) => isSame(one, other)) === at),
  sort: ([value = null]) => [...listOf(value)].sort((a, b) => compareValues(a, b) ?? compareValues(textOf(a), textOf(b)) ?? 0),
  reverse: ([value = null]) => (typeof value === 'string' ? [...value].reverse().join('') : [...listOf(value)].reverse()),
  sum: (args) => numbersOf(args).reduce((total, number) => total + number, 0),
  min: (args) => (numbersOf(args).length === 0 ? null : numbersOf(args).reduce((a, b) => Math.min(a, b))),
  max: (args) => (numbersOf(args).length === 0 ? null : numbersOf(args).reduce((a, b) => Math.max(a, b))),
  // One of a list, by the turn's own random numbers: the same turn picks the same one again.
  pick: ([value = null], around) => {
    const items = listOf(value);
    return items[Math.floor(around.random() * items.length)] ?? null;
  },
};
