import { expect, test } from 'vitest';
import { begin } from '../../testing/play.ts';

test('a line is logged at its level, cut where it gets too long', () => {
  const groups = {
    a: [
      { id: 'l', type: 'log', text: 'n is {{ 1 + 1 }}' },
      { id: 'm', type: 'log', level: 'error', text: 'x'.repeat(5_000), to: { next: '@end' } },
    ],
  };
  expect(begin(groups).outputs.filter((one) => one.kind === 'log')).toEqual([
    { kind: 'log', block: 'a.l', level: 'info', text: 'n is 2' },
    { kind: 'log', block: 'a.m', level: 'error', text: 'x'.repeat(2_000) },
  ]);
});
