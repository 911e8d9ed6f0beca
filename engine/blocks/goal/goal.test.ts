import { expect, test } from 'vitest';
import { begin, changesOf } from '../../testing/play.ts';

test('a goal is counted, with its value if there is one', () => {
  const groups = {
    a: [
      { id: 'g', type: 'goal', name: 'lead' },
      { id: 'h', type: 'goal', name: 'sale', value: '{{ 10 * 2.5 }}', to: { next: '@end' } },
    ],
  };
  expect(changesOf(begin(groups))).toEqual([
    { do: 'goal', name: 'lead', value: null },
    { do: 'goal', name: 'sale', value: 25 },
  ]);
});
