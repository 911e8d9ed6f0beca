import { expect, test } from 'vitest';
import { begin, changesOf } from '../../testing/play.ts';

test('an event goes out with data that keep their kind', () => {
  const groups = {
    a: [
      { id: 'e', type: 'emit', event: 'lead.made', data: { total: '{{ 1 + 1 }}', who: ['{{ subscriber.id }}'] } },
      { id: 'f', type: 'emit', event: 'bare', to: { next: '@end' } },
    ],
  };
  expect(changesOf(begin(groups))).toEqual([
    { do: 'emit', event: 'lead.made', data: { total: 2, who: [1] } },
    { do: 'emit', event: 'bare', data: null },
  ]);
});
