import { expect, test } from 'vitest';
import { begin, play, saidBy } from '../../testing/play.ts';

test('an approved template goes out with parameters that keep their kind', () => {
  const params = { name: '{{ subscriber.first_name | default("there") }}', total: '{{ 1.5 * 2 }}' };
  const groups = { a: [{ id: 't', type: 'template', name: 'order_ready', language: 'en_US', params, to: { next: '@end' } }] };
  expect(saidBy(begin(groups))).toEqual([{ kind: 'template', name: 'order_ready', language: 'en_US', params: { name: 'there', total: 3 } }]);
  expect(play(groups)).toEqual(['bot: [order_ready]', 'do: end']);
});
