import { expect, test } from 'vitest';
import { begin, saidBy } from '../../testing/play.ts';

test('the dots show for a moment, or for as long as asked', () => {
  const groups = {
    a: [
      { id: 'a', type: 'typing' },
      { id: 'b', type: 'typing', for: '3s', to: { next: '@end' } },
    ],
  };
  const talk = begin(groups);
  expect(saidBy(talk)).toEqual([
    { kind: 'typing', forMs: 1500 },
    { kind: 'typing', forMs: 3000 },
  ]);
  expect(talk.lines).toEqual(['do: end']);
});
