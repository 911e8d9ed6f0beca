import { expect, test } from 'vitest';
import { type BusinessHours, hoursOf, openStateAt } from './business-hours.ts';

const workdays: BusinessHours = Object.fromEntries(
  ['1', '2', '3', '4', '5'].map((day) => [
    day,
    [
      [9 * 60, 12 * 60],
      [13 * 60, 17 * 60],
    ] as [number, number][],
  ]),
);
const at = (text: string) => Date.parse(text);
const iso = (moment: number | null) => moment && new Date(moment).toISOString();

test('without hours it is always open', () => {
  for (const none of [undefined, null]) {
    const always = hoursOf(none, 'Europe/Berlin');
    expect([always.isOpen(0), always.nextOpen(5)]).toEqual([true, 5]);
  }
});

test('open is by the wall clock of the zone, in winter and in summer', () => {
  const berlin = hoursOf(workdays, 'Europe/Berlin');
  const open = (text: string) => berlin.isOpen(at(text));
  // Thursdays: 09:00 is 08:00 UTC in January and 07:00 UTC in July.
  expect([open('2026-01-15T07:59:59Z'), open('2026-01-15T08:00:00Z')]).toEqual([false, true]);
  expect([open('2026-07-16T06:59:59Z'), open('2026-07-16T07:00:00Z')]).toEqual([false, true]);
  expect([open('2026-07-16T09:59:00Z'), open('2026-07-16T10:00:00Z'), open('2026-07-16T11:00:00Z'), open('2026-07-16T15:00:00Z')]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(open('2026-01-17T10:00:00Z')).toBe(false);
});

test('the next opening is the first moment of the next interval, over noon, nights and weekends', () => {
  const next = (text: string, zone = 'Europe/Berlin') => iso(hoursOf(workdays, zone).nextOpen(at(text)));
  expect(next('2026-01-15T10:30:00Z')).toBe('2026-01-15T10:30:00.000Z');
  expect(next('2026-01-15T11:01:00Z')).toBe('2026-01-15T12:00:00.000Z');
  expect(next('2026-01-15T16:00:00Z')).toBe('2026-01-16T08:00:00.000Z');
  expect(next('2026-01-16T20:00:00Z')).toBe('2026-01-19T08:00:00.000Z');
  // A day earlier or later than in UTC.
  expect(next('2026-01-18T21:00:00Z', 'Pacific/Auckland')).toBe('2026-01-18T21:00:00.000Z');
  expect(next('2026-01-19T02:00:00Z', 'America/Los_Angeles')).toBe('2026-01-19T17:00:00.000Z');
});

test('over the weekend on which clocks change, Monday begins at nine by the new clock', () => {
  const next = (text: string) => iso(hoursOf(workdays, 'Europe/Berlin').nextOpen(at(text)));
  expect(next('2026-03-27T18:00:00Z')).toBe('2026-03-30T07:00:00.000Z');
  expect(next('2026-10-23T18:00:00Z')).toBe('2026-10-26T08:00:00.000Z');
});

test('a time that a day leaves out opens with the clock put forward; one that comes twice is open twice', () => {
  const night = (from: string, to: string) => hoursOf({ 7: [[minutes(from), minutes(to)]] }, 'Europe/Berlin');
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  // Berlin, 29 March 2026: after 01:59 comes 03:00.
  expect(iso(night('02:30', '05:00').nextOpen(at('2026-03-29T00:00:00Z')))).toBe('2026-03-29T01:00:00.000Z');
  expect(iso(night('02:00', '03:00').nextOpen(at('2026-03-29T00:00:00Z')))).toBe('2026-04-05T00:00:00.000Z');
  // 25 October 2026: from 02:00 to 03:00 twice.
  const twice = night('02:00', '03:00');
  expect(['2026-10-24T23:59:00Z', '2026-10-25T00:00:00Z', '2026-10-25T01:59:00Z', '2026-10-25T02:00:00Z'].map((one) => twice.isOpen(at(one)))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test('who never opens has no next opening, and a day may last until midnight', () => {
  expect(hoursOf({}, 'UTC').nextOpen(0)).toBeNull();
  expect(hoursOf({ 1: [] }, 'UTC').nextOpen(0)).toBeNull();
  const whole = hoursOf({ 1: [[0, 24 * 60]] }, 'Asia/Kathmandu');
  expect([whole.isOpen(at('2026-01-18T18:15:00Z')), whole.isOpen(at('2026-01-19T18:14:59Z')), whole.isOpen(at('2026-01-19T18:15:00Z'))]).toEqual([
    true,
    true,
    false,
  ]);
});

test('a date of its own takes the place of its weekday, and a whole closed month is looked over', () => {
  const month = Object.fromEntries(Array.from({ length: 31 }, (_, day) => [`2026-12-${String(day + 1).padStart(2, '0')}`, []]));
  const hours = hoursOf({ ...workdays, ...month, '2026-12-24': [[10 * 60, 11 * 60]] }, 'Europe/Berlin');
  expect([hours.isOpen(at('2026-12-23T09:30:00Z')), hours.isOpen(at('2026-12-24T09:30:00Z')), hours.isOpen(at('2026-12-24T10:30:00Z'))]).toEqual([
    false,
    true,
    false,
  ]);
  expect(iso(hours.nextOpen(at('2026-11-30T20:00:00Z')))).toBe('2026-12-24T09:00:00.000Z');
  expect(iso(hours.nextOpen(at('2026-12-24T10:30:00Z')))).toBe('2027-01-01T08:00:00.000Z');
});

test('open until the end of what hangs together, over midnight too; closed until the next opening', () => {
  const state = (hours: BusinessHours | null, text: string) => {
    const { is_open, until } = openStateAt(at(text), hours, 'Europe/Berlin');
    return [is_open, iso(until)];
  };
  expect(state(null, '2026-01-15T03:00:00Z')).toEqual([true, null]);
  expect(state(workdays, '2026-01-15T10:00:00Z')).toEqual([true, '2026-01-15T11:00:00.000Z']);
  expect(state(workdays, '2026-01-16T16:00:00Z')).toEqual([false, '2026-01-19T08:00:00.000Z']);
  const night: BusinessHours = { 4: [[22 * 60, 24 * 60]], 5: [[0, 2 * 60]] };
  expect(state(night, '2026-01-15T22:00:00Z')).toEqual([true, '2026-01-16T01:00:00.000Z']);
  const always = Object.fromEntries(['1', '2', '3', '4', '5', '6', '7'].map((day) => [day, [[0, 24 * 60]] as [number, number][]]));
  expect(state(always, '2026-01-15T22:00:00Z')).toEqual([true, null]);
  expect(state({ ...always, '2026-02-20': [] }, '2026-02-18T22:00:00Z')).toEqual([true, '2026-02-19T23:00:00.000Z']);
  expect(state({}, '2026-01-15T22:00:00Z')).toEqual([false, null]);
});
