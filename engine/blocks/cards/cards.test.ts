import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, ends, flowOf, play, saidBy } from '../../testing/play.ts';

const vars = {
  shoes: {
    type: 'list',
    default: [
      { name: 'Runner', price: 89 },
      { name: 'Walker', price: 49.5 },
    ],
  },
};
const wait = { id: 'q', type: 'ask', kind: 'text', text: 'Which?', retry: { max: 1 }, to: { next: '@end' } };

test('listed cards show title, text, picture and buttons', () => {
  const card = { id: 'one', title: 'Runner', text: 'Light and *fast*', image: 'https://example.com/r.png', buttons: [{ id: 'buy', label: 'Buy' }] };
  const groups = { a: [{ id: 'c', type: 'cards', cards: [card], to: { 'btn:buy': 'b' } }, wait], b: ends('Bought') };
  expect(check(flowOf(groups))).toEqual([]);
  expect(saidBy(begin(groups))[0]).toEqual({
    kind: 'cards',
    cards: [{ ...card, buttons: [{ id: 'buy', label: 'Buy', payload: 'btn:a.c:buy' }] }],
  });
  expect(play(groups, ['you: hi', 'you: [Buy]'])).toEqual([
    'you: hi',
    'bot: Runner',
    '     Light and fast',
    '     1. Buy',
    'bot: Which?',
    'you: [Buy]',
    'bot: Bought',
    'do: end',
  ]);
});

test('cards are made from a list, one for each item, and a press says which by its label', () => {
  const card = { title: '{{ item.name }}', text: '{{ item.price | number_format(2) }} €', buttons: [{ id: 'buy', label: 'Buy {{ item.name }}' }] };
  const groups = {
    a: [{ id: 'c', type: 'cards', from: 'shoes', card, to: { 'btn:buy': 'b' } }, wait],
    b: [{ id: 'd', type: 'text', text: 'You said: {{ msg.text }}', to: { next: '@end' } }],
  };
  expect(check(flowOf(groups, { vars }))).toEqual([]);
  expect(play(groups, ['you: hi', 'you: [Buy Walker]'], { more: { vars } }).slice(-2)).toEqual(['bot: You said: Buy Walker', 'do: end']);
});

test('at most ten cards are shown, and an empty list shows none', () => {
  const from = (list: string) => ({ a: [{ id: 'c', type: 'cards', from: list, card: { title: '{{ item }}' }, to: { next: '@end' } }] });
  const [shown] = saidBy(begin(from('[1,2,3,4,5,6,7,8,9,10,11,12]')));
  expect(shown?.kind === 'cards' && shown.cards.map((card) => card.title)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  expect(play(from('nothing'))).toEqual(['do: end']);
});

test('cards that are neither listed nor made, or both, are refused', () => {
  const codes = (more: object) => check(flowOf({ a: [{ id: 'c', type: 'cards', ...more, to: { next: '@end' } }] })).map((one) => one.code);
  expect(codes({})).toEqual(['E04']);
  expect(codes({ from: '[]' })).toEqual(['E04']);
  expect(codes({ cards: [{ id: 'a', title: 'A' }], from: '[]', card: { title: 'B' } })).toEqual(['E04']);
});
