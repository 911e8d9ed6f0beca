import { expect, test } from 'vitest';
import { type Message, plainMarkdown, plainText } from './message.ts';

const choices = [
  { id: 'a', label: 'Alpha', payload: 'opt:g.b:a' },
  { id: 'b', label: 'Beta', payload: 'opt:g.b:b' },
];

test.each<[string, Message, string]>([
  ['a text, its markup gone', { kind: 'text', text: '**Hi** [you](https://x.example)' }, 'Hi you (https://x.example)'],
  [
    'a question with its options',
    { kind: 'text', text: 'Which?', input: { kind: 'choice', block: 'g.b', choices, canSkip: false } },
    'Which?\n1. Alpha\n2. Beta',
  ],
  [
    'buttons, with where they lead',
    { kind: 'text', text: 'Go', buttons: [{ id: 'a', label: 'Site', payload: 'p', url: 'https://x.example' }] },
    'Go\n1. Site: https://x.example',
  ],
  [
    'a form with its fields',
    { kind: 'text', text: '', input: { kind: 'form', block: 'g.b', fields: [{ id: 'e', kind: 'email', label: 'E-mail', required: true, choices: [] }] } },
    'E-mail:',
  ],
  ['media by their caption', { kind: 'media', media: 'image', url: 'https://x.example/1', caption: '*Cat*', alt: 'A cat' }, 'Cat\nhttps://x.example/1'],
  ['media by what they show', { kind: 'media', media: 'image', url: 'https://x.example/1', alt: 'A cat' }, 'A cat\nhttps://x.example/1'],
  ['media by their address alone', { kind: 'media', media: 'audio', url: 'https://x.example/1' }, 'https://x.example/1'],
  [
    'cards',
    {
      kind: 'cards',
      cards: [
        { id: '1', title: 'One', text: '_x_', buttons: [{ id: 'b', label: 'Buy', payload: 'p' }] },
        { id: '2', title: 'Two', buttons: [] },
      ],
    },
    'One\nx\n1. Buy\nTwo',
  ],
  ['a place', { kind: 'location', lat: 1, lng: 2.5, name: 'Here' }, 'Here\n1,2.5'],
  ['an approved template', { kind: 'template', name: 'ready', language: 'en', params: {} }, '[ready]'],
  ['dots', { kind: 'typing', forMs: 5 }, ''],
])('for a channel that knows only text: %s', (_name, message, expected) => {
  expect(plainText(message)).toBe(expected);
});

test.each([
  ['**bold** and *italic* and _also_', 'bold and italic and also'],
  ['~~old~~ `code`', 'old code'],
  ['2 * 3 * 4', '2 * 3 * 4'],
  ['\\*kept\\* and \\[this\\](x)', '*kept* and [this](x)'],
  ['[https://a.example](https://a.example)', 'https://a.example'],
  ['a_b', 'a_b'],
])('markup goes and words stay: %s', (marked, plain) => {
  expect(plainMarkdown(marked)).toBe(plain);
});
