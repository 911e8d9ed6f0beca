import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, ends, flowOf, play, saidBy } from '../../testing/play.ts';

const hello = (more: object) => ({ a: [{ id: 't', type: 'text', to: { next: '@end' }, ...more }] });

test('a text is said with its expressions filled in, and what people typed stays plain words', () => {
  const context = { subscriber: { first_name: '*Ann*' } };
  expect(saidBy(begin(hello({ text: '**Hi** {{ subscriber.first_name }}' }), { context }))).toEqual([{ kind: 'text', text: '**Hi** \\*Ann\\*' }]);
  expect(saidBy(begin(hello({ text: '{{ subscriber.first_name | raw }}' }), { context }))).toEqual([{ kind: 'text', text: '*Ann*' }]);
});

test('variants are told apart by the seed and by nothing else', () => {
  const one = (seed: number) => play(hello({ variants: ['A', 'B', 'C'] }), [], { seed })[0];
  expect(new Set(Array.from({ length: 40 }, (_, seed) => one(seed)))).toEqual(new Set(['bot: A', 'bot: B', 'bot: C']));
  expect(one(7)).toBe(one(7));
});

test('a button is a port of its own; an address and a number to call are not', () => {
  const buttons = [
    { id: 'go', label: 'Go' },
    { id: 'site', label: 'Site', url: 'https://example.com/{{ 1 + 1 }}' },
    { id: 'call', label: 'Call', phone: '+49301234567' },
  ];
  const groups = {
    a: [
      { id: 't', type: 'text', text: 'Where to?', buttons, to: { 'btn:go': 'b' } },
      { id: 'q', type: 'ask', kind: 'text', text: 'Or tell me', retry: { max: 1 }, to: { next: '@end' } },
    ],
    b: ends('Gone'),
  };
  expect(check(flowOf(groups))).toEqual([]);
  expect(play(groups, ['you: hi', 'you: [Go]'])).toEqual([
    'you: hi',
    'bot: Where to?',
    '     1. Go',
    '     2. Site: https://example.com/2',
    '     3. Call',
    'bot: Or tell me',
    'you: [Go]',
    'bot: Gone',
    'do: end',
  ]);
  expect(check(flowOf({ ...groups, a: [{ ...groups.a[0], to: { 'btn:site': 'b' } }, groups.a[1] as object] })).map((one) => one.code)).toContain('E02');
});

test('a button that leads nowhere goes on with what follows', () => {
  const groups = { a: [{ id: 't', type: 'text', text: 'Hm', buttons: [{ id: 'x', label: 'X' }] }, ...ends('After')] };
  expect(play(groups, ['you: hi', 'you: [X]']).slice(-3)).toEqual(['you: [X]', 'bot: After', 'do: end']);
});

test('a text block without a text is refused', () => {
  expect(check(flowOf(hello({}))).map((one) => one.code)).toEqual(['E04']);
});
