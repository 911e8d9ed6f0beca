import { expect, test } from 'vitest';
import { ago, localeOf } from './format.ts';

const now = Date.UTC(2026, 0, 15, 12);
const second = 1000;
const hour = 3600 * second;

test.each([
  [0, 'now'],
  [-59 * second, 'now'],
  [-60 * second, '1 minute ago'],
  [-3 * hour, '3 hours ago'],
  [-24 * hour, 'yesterday'],
  [7 * 24 * hour, 'next week'],
  [7 * 24 * hour - second, 'in 7 days'],
  [-400 * 24 * hour, 'last year'],
])('%i ms away is %s', (offset, words) => expect(ago('en', now + offset, now)).toBe(words));

test('other languages have their own words', () => {
  expect(ago('de', now - 3 * hour, now)).toBe('vor 3 Stunden');
});

test('dates are written as in the person’s part of the world, if it speaks the chosen language', () => {
  expect(localeOf('en', ['de-AT', 'en-GB', 'en-US'])).toBe('en-GB');
  expect(localeOf('en', ['de-AT', 'fr'])).toBe('en');
});
