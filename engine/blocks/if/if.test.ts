import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { ends, flowOf, play } from '../../testing/play.ts';

const cases = [
  { id: 'big', when: { l: 'n', op: 'gt', r: 100 } },
  { id: 'some', when: { any: [{ l: 'n', op: 'gt', r: 10 }, { cel: 'n == 7' }] } },
];
const at = (n: number, to: object) =>
  play({ a: [{ id: 'i', type: 'if', cases, to }, ...ends('Next')], b: ends('Big'), c: ends('Some'), d: ends('Else') }, [], {
    more: { vars: { n: { type: 'number', default: n } } },
  })[0];
const all = { 'case:big': 'b', 'case:some': 'c', else: 'd' };

test('the first case that holds is taken, else the other way', () => {
  expect([200, 20, 7, 1].map((n) => at(n, all))).toEqual(['bot: Big', 'bot: Some', 'bot: Some', 'bot: Else']);
});

test('a case and an else that lead nowhere go on with what follows', () => {
  expect([200, 20, 1].map((n) => at(n, { 'case:some': 'c' }))).toEqual(['bot: Next', 'bot: Some', 'bot: Next']);
});

test('with every way connected nothing need follow; with one missing the linter says so', () => {
  const codes = (to: object) =>
    check(flowOf({ a: [{ id: 'i', type: 'if', cases, to }], b: ends('B'), c: ends('C'), d: ends('D') }, { vars: { n: { type: 'number' } } })).map(
      (one) => `${one.code} ${one.at}`,
    );
  expect(codes(all)).toEqual([]);
  expect(codes({ 'case:big': 'b', 'case:some': 'c' })).toEqual(['E01 a.i.else', 'E01 a.i.next', 'W01 d']);
});
