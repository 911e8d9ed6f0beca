import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { ends, flowOf, play } from '../../testing/play.ts';

const groups = (ways: object[]) => ({
  a: [{ id: 's', type: 'split', ways, to: { 'w:x': 'x', 'w:y': 'y', 'w:z': 'z' } }],
  x: ends('X'),
  y: ends('Y'),
  z: ends('Z'),
});
const ways = [
  { id: 'x', weight: 6 },
  { id: 'y', weight: 3 },
  { id: 'z', weight: 1 },
];
const way = (id: number, seed: number) => play(groups(ways), [], { seed, context: { subscriber: { id } } })[0] ?? '';

test('the same person always goes the same way, whatever else is random', () => {
  for (let id = 1; id <= 50; id += 1) expect(new Set([1, 2, 3].map((seed) => way(id, seed))).size).toBe(1);
});

test('ten thousand people are divided as the weights say', () => {
  const counts = new Map<string, number>();
  for (let id = 1; id <= 10_000; id += 1) counts.set(way(id, 1), (counts.get(way(id, 1)) ?? 0) + 1);
  for (const [words, share] of [
    ['bot: X', 6_000],
    ['bot: Y', 3_000],
    ['bot: Z', 1_000],
  ] as const)
    expect(Math.abs((counts.get(words) ?? 0) - share), words).toBeLessThan(200);
});

test('a way of weight 0 is never taken, and a split without any weight is refused', () => {
  for (let id = 1; id <= 100; id += 1)
    expect(
      play(
        groups([
          { id: 'x', weight: 0 },
          { id: 'y', weight: 1 },
          { id: 'z', weight: 0 },
        ]),
        [],
        { context: { subscriber: { id } } },
      )[0],
    ).toBe('bot: Y');
  expect(check(flowOf(groups(ways.map((one) => ({ ...one, weight: 0 }))))).map((one) => one.code)).toEqual(['E04']);
});
