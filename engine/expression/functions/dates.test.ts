import { expect, test } from 'vitest';
import { isOffset, momentFrom } from './dates.ts';

test.each<[date: string, offset: string, zone: string, moment: string | null]>([
  ['2026-05-10', '-3d', 'UTC', '2026-05-07T00:00:00.000Z'],
  ['2026-05-10', '9h30m', 'UTC', '2026-05-10T09:30:00.000Z'],
  ['2026-05-10', '0d', 'America/New_York', '2026-05-10T04:00:00.000Z'],
  // Nine o'clock is nine o'clock on the day the clock changes, and the day before nine is nine.
  ['2026-03-29', '9h', 'Europe/Berlin', '2026-03-29T07:00:00.000Z'],
  ['2026-03-29T12:00:00+00:00', '-1d', 'Europe/Berlin', '2026-03-28T13:00:00.000Z'],
  ['2026-01-15T10:00:00+00:00', '+2w', 'UTC', '2026-01-29T10:00:00.000Z'],
  ['2026-01-15T10:00:00+00:00', '-90s', 'UTC', '2026-01-15T09:58:30.000Z'],
  ['soon', '-1d', 'UTC', null],
  ['2026-05-10', 'often', 'UTC', null],
])('%s and %s in %s is %s', (date, offset, zone, moment) => {
  const found = momentFrom(date, offset, zone);
  expect(found === null ? null : new Date(found).toISOString()).toBe(moment);
});

test.each(['', '-', '3', '3y', '5ms', '--3d', '3d!', '1.5h'])('is no distance from a date: %j', (text) => expect(isOffset(text)).toBe(false));
