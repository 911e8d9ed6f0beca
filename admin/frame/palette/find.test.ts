import { expect, test } from 'vitest';
import { findEntries } from './find.ts';

const entries = [{ label: 'Members' }, { label: 'Create an API key' }, { label: 'API keys' }, { label: 'Café', hint: 'Acme' }];
const labels = (text: string) => findEntries(entries, text).map(({ label }) => label);

test('every word must occur, in any order', () => {
  expect(labels('key create')).toEqual(['Create an API key']);
  expect(labels('nothing')).toEqual([]);
});

test('what begins with the text stands first; without text the order stays', () => {
  expect(labels('api')).toEqual(['API keys', 'Create an API key']);
  expect(labels(' ')).toEqual(entries.map(({ label }) => label));
});

test('accents and case do not matter, and a hint counts too', () => {
  expect(labels('CAFE')).toEqual(['Café']);
  expect(labels('acme')).toEqual(['Café']);
});
