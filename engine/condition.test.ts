import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Condition, condition, holds, type Operator, operators } from './condition.ts';
import type { Value } from './expression/value.ts';
import type { Surroundings } from './expression.ts';

// Thursday the 15th of January 2026, 10:30 UTC, 11:30 in Berlin.
const now = Date.UTC(2026, 0, 15, 10, 30);
const around: Surroundings = { now, timeZone: 'Europe/Berlin', language: 'en', random: () => 0, isOpen: () => true, nextOpen: (at) => at };
const scope = { channel: 'web', conv: { opened_at: now - 3_600_000, last_reply_at: now - 86_400_001 } };
const judge = (op: Operator, left: Value | undefined, right?: Value, ci?: boolean, zone = around.timeZone) =>
  holds(
    { l: 'v', op, ...(right === undefined ? {} : { r: right }), ...(ci === undefined ? {} : { ci }) },
    { ...scope, v: left },
    { ...around, timeZone: zone },
  );

type Case = [left: Value, right: Value | undefined, holds: boolean, ci?: boolean];
const cases: { [op in Operator]: Case[] } = {
  eq: [
    ['Ann', 'ann', true],
    ['Ann', 'ann', false, false],
    [5, '5', true],
    ['5', 5, true],
    [true, true, true],
    [[1, 2], [1, 2], true],
    [{ a: 1 }, { a: 1 }, true],
    ['é', 'e\u0301', true],
  ],
  ne: [
    ['Ann', 'ann', false],
    ['Ann', 'ann', true, false],
    [5, 6, true],
  ],
  in: [
    ['de', ['DE', 'AT'], true],
    ['de', ['DE'], false, false],
    [3, ['3'], true],
    ['x', 'x', true],
  ],
  not_in: [
    ['de', ['DE', 'AT'], false],
    ['fr', ['DE'], true],
  ],
  is_set: [
    ['', undefined, false],
    [0, undefined, true],
    [false, undefined, true],
    [[], undefined, false],
    ['x', undefined, true],
  ],
  is_empty: [
    ['', undefined, true],
    [[], undefined, true],
    [{}, undefined, true],
    [0, undefined, false],
    [null, undefined, true],
  ],
  is_true: [
    [true, undefined, true],
    ['yes', undefined, true],
    ['False', undefined, false],
    [0, undefined, false],
  ],
  is_false: [
    [false, undefined, true],
    ['', undefined, true],
    ['x', undefined, false],
  ],
  contains: [
    ['Hello World', 'WORLD', true],
    ['Hello', 'h', false, false],
  ],
  not_contains: [
    ['Hello', 'x', true],
    ['Hello', 'HELL', false],
  ],
  starts: [
    ['Hello', 'he', true],
    ['Hello', 'he', false, false],
  ],
  ends: [
    ['Hello', 'LO', true],
    ['Hello', 'he', false],
  ],
  matches: [
    ['Order 66', 'order \\d+', true],
    ['Order 66', 'order', false, false],
    ['aaa', '(', false],
  ],
  not_matches: [
    ['abc', '\\d', true],
    ['a1', '\\d', false],
    ['aaa', '(', false],
  ],
  len_eq: [
    ['👍👍', 2, true],
    [[1, 2], '2', true],
    ['abc', 2, false],
  ],
  len_gt: [
    ['abc', 2, true],
    ['ab', 2, false],
    ['ab', 'x', false],
  ],
  len_lt: [
    ['a', 2, true],
    ['ab', 2, false],
    ['', 'x', false],
  ],
  gt: [
    [5, 4, true],
    ['10', '9', true],
    [5, 5, false],
    ['b', 'a', true],
    [5, 'x', false],
  ],
  gte: [
    [5, 5, true],
    [4, 5, false],
    [5, 'x', false],
  ],
  lt: [
    ['9', '10', true],
    [5, 5, false],
    [5, null, false],
  ],
  lte: [
    [5, 5, true],
    [6, 5, false],
    ['x', 5, false],
  ],
  between: [
    [5, [1, 5], true],
    [6, [1, 5], false],
    ['2026-01-15', ['2026-01-01', '2026-01-31'], true],
    ['2026-02-15', ['2026-01-01', '2026-01-31'], false],
    [5, 1, false],
  ],
  before: [
    ['2026-01-14', '2026-01-15', true],
    ['2026-01-15', '2026-01-15', false],
    ['2026-01-01', 'now', true],
    ['soon', '2026-01-15', false],
  ],
  after: [
    ['2026-01-15T11:31:00', 'now', true],
    ['2026-01-15T11:29:00', 'now', false],
  ],
  on: [
    ['2026-01-15T23:30:00Z', '2026-01-16', true],
    ['2026-01-15T22:30:00Z', '2026-01-15', true],
    ['2026-01-15', '2026-01-16', false],
  ],
  in_last: [
    [now - 60_000, '1h', true],
    [now - 7_200_000, '1h', false],
    [now + 60_000, '1h', false],
    [now, 'soon', false],
  ],
  in_next: [
    [now + 60_000, '1h', true],
    ['2026-01-16', '1d', true],
    [now - 60_000, '1h', false],
  ],
  weekday: [
    ['2026-01-15', [4], true],
    ['2026-01-15', 'Thursday', true],
    ['2026-01-15', ['mon', 'tue'], false],
    ['2026-01-15T23:30:00Z', 5, true],
  ],
  time_between: [
    [now, ['11:00', '12:00'], true],
    [now, ['11:31', '12:00'], false],
    [now, ['22:00', '12:00'], true],
    [now, ['12:00', '6:00'], false],
    [now, ['x', '12:00'], false],
  ],
  has: [
    [['VIP', 'new'], 'vip', true],
    [['VIP'], 'vip', false, false],
    ['vip', 'vip', true],
    [[1, 2], '2', true],
  ],
  has_any: [
    [['a', 'b'], ['B', 'c'], true],
    [['a'], ['b'], false],
  ],
  has_all: [
    [['a', 'b'], ['A', 'B'], true],
    [['a'], ['a', 'b'], false],
  ],
  has_none: [
    [['a'], ['b', 'c'], true],
    [['a'], ['a'], false],
  ],
  count_eq: [
    [[1, 2], 2, true],
    [[1], '2', false],
  ],
  count_gt: [
    [[1, 2], 1, true],
    [[1], 1, false],
    [[1], 'x', false],
  ],
  count_lt: [
    [[], 1, true],
    [[1], 1, false],
  ],
  is_type: [
    ['x', 'text', true],
    [1, 'number', true],
    [true, 'bool', true],
    [[], 'list', true],
    [{}, 'object', true],
    [[], 'object', false],
    ['2026-01-15', 'date', true],
    ['2026-02-30', 'date', false],
    ['2026-01-15T10:00', 'datetime', true],
    ['2026-01-15', 'datetime', false],
    [{ id: '1', url: 'https://x.example', size: 1 }, 'file', true],
    [{}, 'file', false],
    ['x', 'nonsense', false],
  ],
  channel_is: [
    [null, 'WEB', true],
    [null, ['telegram'], false],
    [null, ['telegram', 'web'], true],
  ],
  opened_within: [
    [null, '2h', true],
    [null, '30m', false],
    [null, 'x', false],
  ],
  within_24h: [[null, undefined, false]],
};

describe('every operator', () => {
  test.each(operators)('%s', (op) => {
    expect(cases[op].length).toBeGreaterThan(0);
    for (const [left, right, expected, ci] of cases[op]) expect(judge(op, left, right, ci), JSON.stringify({ op, left, right, ci })).toBe(expected);
  });

  test.each(operators)('with a missing left side it is false, or true because it says not: %s', (op) => {
    const isTrueThen = ['is_empty', 'ne', 'not_in', 'not_contains', 'not_matches', 'channel_is', 'opened_within'].includes(op);
    const right: Value = op === 'channel_is' ? 'web' : op === 'opened_within' ? '1d' : op === 'weekday' ? [1] : ['x'];
    expect(judge(op, undefined, right)).toBe(isTrueThen);
    expect(judge(op, null, right)).toBe(isTrueThen);
  });
});

test('days and times are those of the person', () => {
  expect(judge('on', '2026-01-15T23:30:00Z', '2026-01-15', true, 'UTC')).toBe(true);
  expect(judge('time_between', now, ['10:00', '11:00'], true, 'UTC')).toBe(true);
  expect(judge('weekday', '2026-01-15T23:30:00Z', 4, true, 'America/New_York')).toBe(true);
});

test('the last day of a conversation is counted to the millisecond', () => {
  const at = (last_reply_at: number) => holds({ op: 'within_24h' }, { conv: { last_reply_at } }, around);
  expect([at(now - 86_400_000), at(now - 86_400_001)]).toEqual([true, false]);
});

test('conditions nest, and a right side may be computed', () => {
  const nested: Condition = {
    all: [
      { l: 'order.total', op: 'gte', r: '{{ limit * 10 }}' },
      { any: [{ l: 'subscriber.tags', op: 'has', r: 'vip' }, { cel: 'cart.size() > 0' }] },
      { none: [{ l: 'subscriber.country', op: 'in', r: ['{{ "fr" }}'] }] },
    ],
  };
  const person = { subscriber: { tags: ['vip'], country: 'DE' }, order: { total: 100 }, limit: 10 };
  expect(holds(nested, person, around)).toBe(true);
  expect(holds(nested, { ...person, limit: 11 }, around)).toBe(false);
  expect(holds(nested, { ...person, subscriber: { tags: [], country: 'DE' } }, around)).toBe(false);
  expect(holds(nested, { ...person, subscriber: { tags: [], country: 'DE' }, cart: [1] }, around)).toBe(true);
  expect(holds(nested, { ...person, subscriber: { tags: ['vip'], country: 'FR' } }, around)).toBe(false);
  expect([holds({ all: [] }, {}, around), holds({ any: [] }, {}, around), holds({ none: [] }, {}, around)]).toEqual([true, false, true]);
});

test('an expression that cannot be read does not hold, and unknown keys are refused', () => {
  expect(holds({ cel: '1 +' }, {}, around)).toBe(false);
  expect(condition.safeParse({ l: 'a', op: 'eq', r: 1, extra: 1 }).success).toBe(false);
  expect(condition.safeParse({ l: 'a', op: 'equals' }).success).toBe(false);
});

test('an operator and its opposite never both hold, whatever stands on either side', () => {
  const anyValue = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('(', '2026-01-15', 'now', '1h')) as fc.Arbitrary<Value>;
  const opposites: [Operator, Operator][] = [
    ['eq', 'ne'],
    ['in', 'not_in'],
    ['contains', 'not_contains'],
    ['matches', 'not_matches'],
    ['is_set', 'is_empty'],
    ['is_true', 'is_false'],
    ['gt', 'lte'],
    ['lt', 'gte'],
    ['has_any', 'has_none'],
    ['before', 'after'],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...opposites), anyValue, anyValue, fc.boolean(), ([one, other], left, right, ci) => {
      expect(judge(one, left, right, ci) && judge(other, left, right, ci)).toBe(false);
    }),
    { numRuns: 3_000 },
  );
  fc.assert(
    fc.property(fc.constantFrom(...operators), anyValue, anyValue, (op, left, right) => void judge(op, left, right)),
    { numRuns: 3_000 },
  );
});
