import { expect, test } from 'vitest';
import { shown } from './shown.ts';

test('a value is shown short: text cut, lists and objects by their size', () => {
  expect(['Ada', 3.5, true, null, [1, 2], { a: 1 }].map((value) => shown('x', value))).toEqual(['Ada', '3.5', 'true', 'null', '[2]', '{1}']);
  expect(shown('x', 'y'.repeat(61))).toBe(`${'y'.repeat(59)}…`);
  expect(shown('x', `${'y'.repeat(58)}😀z${'y'.repeat(9)}`)).toBe(`${'y'.repeat(58)}…`);
});

test('what goes by the name of a secret, or looks like one, is never shown', () => {
  expect(shown('token', 'abc')).toBe('•••');
  expect(shown('subscriber.api_key', 'abc')).toBe('•••');
  expect(shown('said', 'my key is sk_live_abcdefghijklmnop1234')).toBe('•••');
  expect(shown('said', 'Bearer abcdefghijklmnopqrstuv')).toBe('•••');
});
