import { expect, test } from 'vitest';
import type { FieldType, KnownFields } from '../../field.ts';
import { begin, changesOf, ends, play, tracesOf } from '../../testing/play.ts';

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

const fields: KnownFields = { subscriber: new Map<string, FieldType>([['age', 'number']]), bot: new Map() };

test('what is not there leads out by its own port, said and not dropped; what is there is changed', () => {
  const block = { id: 's', type: 'subscriber', fields: { age: '7', size: 'L' }, add_tags: ['vip', 'gone'], remove_labels: ['cold'], to: { not_found: 'b' } };
  const groups = { a: [block, ...ends('all there')], b: ends('age {{ subscriber.age + 1 }}') };
  const samples = { unknown_marks: [{ values: { tags: ['gone'], labels: ['cold'] } }] };
  const talk = begin(groups, { context: { fields }, samples });
  expect(talk.lines).toEqual(['do: tags +vip', 'bot: age 8', 'do: end']);
  expect(changesOf(talk)).toEqual([
    { do: 'set_field', of: 'subscriber', name: 'age', value: 7 },
    { do: 'tags', add: ['vip'], remove: [] },
  ]);
  expect(talk.outputs.find((one) => one.kind === 'trace')).toMatchObject({
    block: 'a.s',
    port: 'not_found',
    reason: 'not there: the field size, the tag gone, the label cold',
  });
  expect(talk.outputs.flatMap((one) => (one.kind === 'log' ? [one.text] : []))).toEqual([
    'Nothing was set: there is no field subscriber.size.',
    'Nothing was changed: there is no tag gone.',
    'Nothing was changed: there is no label cold.',
  ]);
});

test('without a way of its own it goes on as usual', () => {
  const groups = { a: [{ id: 's', type: 'subscriber', fields: { size: 'L' } }, ...ends('on')] };
  const talk = begin(groups, { context: { fields } });
  expect(talk.lines).toEqual(['bot: on', 'do: end']);
  expect(tracesOf(talk)[0]).toBe('a.s not_found');
});

test('two hundred changes of tags in a turn are bounded as blocks are, not as calls', () => {
  const groups = {
    a: [
      { id: 'w', type: 'while', test: { cel: 'true' }, max: 60, to: { do: 'a.s', done: 'b', limit: 'b' } },
      { id: 's', type: 'subscriber', add_tags: ['vip'], to: { next: '@continue' } },
    ],
    b: ends('through'),
  };
  expect(play(groups, []).slice(-2)).toEqual(['bot: through', 'do: end']);
});
