import { expect, test } from 'vitest';
import { begin, changesOf, saidBy } from '../../testing/play.ts';

test('a note is written for colleagues and not said', () => {
  const talk = begin({ a: [{ id: 'n', type: 'note', text: 'Asked {{ 1 + 1 }} times', to: { next: '@end' } }] });
  expect(changesOf(talk)).toEqual([{ do: 'note', text: 'Asked 2 times' }]);
  expect(saidBy(talk)).toEqual([]);
});
