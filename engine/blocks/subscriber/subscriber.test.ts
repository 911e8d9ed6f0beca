import { expect, test } from 'vitest';
import { begin, changesOf, play } from '../../testing/play.ts';

test('fields, tags, labels, consent and subscription are changed in one block', () => {
  const block = {
    id: 's',
    type: 'subscriber',
    fields: { city: 'Berlin', age: '{{ 6 * 7 }}', old: null },
    add_tags: ['vip', 'from {{ "x" }}', '{{ nothing }}'],
    remove_tags: ['new'],
    add_labels: ['lead'],
    remove_labels: ['cold'],
    opt_in: ['email'],
    opt_out: ['sms'],
    subscribe: true,
    to: { next: '@end' },
  };
  expect(changesOf(begin({ a: [block] }))).toEqual([
    { do: 'set_field', of: 'subscriber', name: 'city', value: 'Berlin' },
    { do: 'set_field', of: 'subscriber', name: 'age', value: 42 },
    { do: 'set_field', of: 'subscriber', name: 'old', value: null },
    { do: 'tags', add: ['vip', 'from x'], remove: ['new'] },
    { do: 'labels', add: ['lead'], remove: ['cold'] },
    { do: 'consent', opt_in: ['email'], opt_out: ['sms'] },
    { do: 'subscribe', on: true },
  ]);
});

test('the same turn already sees the tags', () => {
  const groups = {
    a: [
      { id: 's', type: 'subscriber', add_tags: ['vip', 'a'], remove_tags: ['new'] },
      { id: 't', type: 'text', text: '{{ subscriber.tags | sort }}', to: { next: '@end' } },
    ],
  };
  expect(play(groups, [], { context: { subscriber: { tags: ['new', 'a', 'b'] } } })).toEqual(['do: tags +vip +a -new', 'bot: a, b, vip', 'do: end']);
});
