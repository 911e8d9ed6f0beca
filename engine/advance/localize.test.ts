import { expect, test } from 'vitest';
import { indexOf } from '../flow.ts';
import { begin, flowOf, play, saidBy } from '../testing/play.ts';
import { localized } from './localize.ts';

const groups = {
  a: [
    { id: 't', type: 'text', text: 'Colour', variants: ['Colour!'], buttons: [{ id: 'more', label: 'More' }] },
    {
      id: 'q',
      type: 'ask',
      kind: 'choice',
      text: 'Which?',
      retry: { max: 1, text: 'One of these' },
      options: [
        { id: 'red', label: 'Red' },
        { id: 'blue', label: 'Blue' },
      ],
      to: { next: '@end' },
    },
  ],
};
const texts = {
  de: {
    'a.t.variants.0': 'Farbe!',
    'a.t.buttons.more.label': 'Mehr',
    'a.q.text': 'Welche?',
    'a.q.options.red.label': 'Rot',
    'a.q.retry.text': 'Eine davon',
    'a.q.options.green.label': 'Grün',
    'a.q.max': 'x',
  },
  'de-AT': { 'a.q.text': 'Welche denn?' },
};
const more = { lang: 'en', texts };
const inLanguage = (language: string) => play(groups, ['you: hi', 'you: pink'], { more, context: { language } });

test('every text of a block is shown in the language of the person, and what is not translated as written', () => {
  expect(inLanguage('de')).toEqual([
    'you: hi',
    'bot: Farbe!',
    '     1. Mehr',
    'bot: Welche?',
    '     1. Rot',
    '     2. Blue',
    'you: pink',
    'bot: Eine davon',
    '     1. Rot',
    '     2. Blue',
  ]);
  expect(inLanguage('fr')).toEqual(inLanguage('en'));
});

test('a region falls back to its language, piece by piece', () => {
  expect(inLanguage('de-at')[3]).toBe('bot: Welche denn?');
  expect(inLanguage('DE-AT')[4]).toBe('     1. Rot');
  expect(inLanguage('de-CH')[3]).toBe('bot: Welche?');
});

test('an answer in the words of the person is understood, and saved as they saw it', () => {
  expect(play(groups, ['you: hi', 'you: rot'], { more, context: { language: 'de' } }).at(-1)).toBe('do: end');
});

test('where the language is not known the flow speaks its own', () => {
  const german = { lang: 'de', texts: { en: { 'a.t.variants.0': 'Hello' } } };
  const one = { a: [{ id: 't', type: 'text', variants: ['Hallo {{ 1234.5 | number_format(2) }}'], to: { next: '@end' } }] };
  expect(play(one, [], { more: german })[0]).toBe('bot: Hallo 1.234,50');
  expect(play(one, [], { more: german, context: { language: 'en' } })[0]).toBe('bot: Hello');
});

test('the document is not changed, and a block is translated once for however many languages ask', () => {
  const flow = flowOf(groups, more);
  const placed = indexOf(flow).blocks.get('a.q');
  if (!placed) throw new Error('there is such a block');
  const before = JSON.stringify(flow);
  expect(localized(flow, placed, 'de')).toBe(localized(flow, placed, 'de-XX-invented-by-a-browser'));
  expect(localized(flow, placed, 'xx')).toBe(placed.block);
  expect(JSON.stringify(flow)).toBe(before);
});

test('a language learnt in a turn is spoken from there on', () => {
  const learning = { l: [{ id: 's', type: 'set', set: [{ var: 'subscriber.language', value: 'de' }], to: { next: 'a' } }], ...groups };
  expect(play(learning, [], { more })[0]).toBe('bot: Farbe!');
});

test('a text may use what the block knows', () => {
  const talk = begin(groups, {
    more: { lang: 'en', texts: { de: { 'a.t.variants.0': 'Hallo {{ subscriber.first_name }}' } } },
    context: { language: 'de', subscriber: { first_name: 'Jo' } },
  });
  expect(saidBy(talk)[0]).toMatchObject({ text: 'Hallo Jo' });
});
