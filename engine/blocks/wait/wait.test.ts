import { describe, expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, ends, flowOf, play } from '../../testing/play.ts';

const wait = (more: object) => ({ a: [{ id: 'w', type: 'wait', ...more }, ...ends('Later')] });
// A Thursday, 10:30 UTC, 11:30 in Berlin.
const thursday = Date.UTC(2026, 0, 15, 10, 30);
const dueAfter = (more: object, now = thursday, timeZone = 'UTC') => {
  const { wait: waiting } = begin(wait(more), { now, context: { timeZone } }).session;
  return waiting?.kind === 'timer' ? new Date(waiting.at).toISOString().slice(0, 16) : 'at once';
};

test('a wait goes on after its time and not before', () => {
  expect(play(wait({ for: '1h30m' }), ['you: hi', 'do: +1h', 'you: hello?', 'do: +30m'])).toEqual([
    'you: hi',
    'do: +1h',
    'you: hello?',
    'do: nobody answers',
    'do: +30m',
    'bot: Later',
    'do: end',
  ]);
});

test('a timer that is not the one waited for changes nothing', () => {
  const talk = begin(wait({ for: '1h' }));
  const { session } = talk;
  talk.give({ kind: 'timer', wait: '99:1' });
  expect(talk.session).toBe(session);
});

test.each([
  ['a moment', '2026-01-15T12:00:00Z', '2026-01-15T12:00'],
  ['a day, which begins at midnight of the person', '2026-01-16', '2026-01-15T23:00'],
  ['an expression', "{{ now | date_add('2d') }}", '2026-01-17T10:30'],
  ['milliseconds', `{{ ${thursday + 60_000} }}`, '2026-01-15T10:31'],
  ['a moment that has passed', '2020-01-01T00:00:00Z', 'at once'],
])('a wait can be until %s', (_name, until, due) => {
  expect(dueAfter({ until }, thursday, 'Europe/Berlin')).toBe(due);
});

test('a moment that is none takes the error way', () => {
  expect(play(wait({ until: 'soon' }))).toEqual(['do: failed: a wait without a moment']);
});

describe('a window', () => {
  test.each<[string, object, string]>([
    ['that is open now', { from: '09:00', to: '17:00' }, 'at once'],
    ['that opens later today', { from: '14:00', to: '17:00' }, '2026-01-15T14:00'],
    ['that has closed for today', { from: '08:00', to: '09:00' }, '2026-01-16T08:00'],
    ['shorter than any step', { from: '14:07', to: '14:08' }, '2026-01-15T14:07'],
    ['on other days', { from: '09:00', to: '17:00', days: [1, 2] }, '2026-01-19T09:00'],
    ['only today, which is over: a week later', { from: '08:00', to: '09:00', days: [4] }, '2026-01-22T08:00'],
    ['past midnight, later today', { from: '22:00', to: '02:00' }, '2026-01-15T22:00'],
    ['in another time zone', { from: '09:00', to: '11:00', tz: 'America/New_York' }, '2026-01-15T14:00'],
    ['that never closes', { from: '00:00', to: '00:00' }, 'at once'],
  ])('%s', (_name, window, due) => {
    expect(dueAfter({ window })).toBe(due);
  });

  test('past midnight belongs to the day it opened on', () => {
    const oneInTheMorning = Date.UTC(2026, 0, 16, 1, 0);
    expect(dueAfter({ window: { from: '22:00', to: '02:00', days: [4] } }, oneInTheMorning)).toBe('at once');
    expect(dueAfter({ window: { from: '22:00', to: '02:00', days: [5] } }, oneInTheMorning)).toBe('2026-01-16T22:00');
  });

  test('the clocks may be put forward in between', () => {
    expect(dueAfter({ window: { from: '09:00', to: '10:00' } }, Date.UTC(2026, 2, 28, 12), 'Europe/Berlin')).toBe('2026-03-29T07:00');
  });
});

test('opening time is the business hours to say; never opening is an error', () => {
  const hours = (nextOpen: number | null) => ({ context: { hours: { isOpen: () => false, nextOpen: () => nextOpen } }, now: thursday });
  const talk = begin(wait({ next_open: true }), hours(thursday + 3_600_000));
  expect(talk.session.wait).toMatchObject({ kind: 'timer', at: thursday + 3_600_000 });
  expect(begin(wait({ next_open: true }), hours(null)).lines).toEqual(['do: failed: a wait without a moment']);
  expect(dueAfter({ next_open: true })).toBe('at once');
});

test('a wait says one thing, in a time zone that exists', () => {
  const codes = (more: object) => check(flowOf(wait(more))).map((one) => `${one.code} ${one.at}`);
  expect(codes({ for: '1h' })).toEqual([]);
  expect(codes({})).toEqual(['E04 a.w']);
  expect(codes({ for: '1h', next_open: true })).toEqual(['E04 a.w']);
  expect(codes({ window: { from: '09:00', to: '10:00', tz: 'Mars/Olympus' } })).toEqual(['E04 a.w.window.tz']);
});
