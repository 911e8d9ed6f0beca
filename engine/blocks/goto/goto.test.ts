import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, ends, flowOf, play, tracesOf } from '../../testing/play.ts';

const computed = (expr: string) => ({
  a: [{ id: 'g', type: 'goto', to: { next: { expr, in: ['b', 'c.mid'] } } }],
  b: ends('B'),
  c: [
    { id: 'first', type: 'text', text: 'C' },
    { id: 'mid', type: 'text', text: 'Middle', to: { next: '@end' } },
  ],
});

test('a goto jumps to a group, and into the middle of one', () => {
  expect(play({ a: [{ id: 'g', type: 'goto', to: { next: 'b' } }], b: ends('B') })).toEqual(['bot: B', 'do: end']);
  expect(play(computed('"c.mid"'))).toEqual(['bot: Middle', 'do: end']);
});

test('what is computed is one of the list; anything else is its first, and said in the log', () => {
  expect(play(computed('"b"'))).toEqual(['bot: B', 'do: end']);
  const talk = begin(computed('"elsewhere"'));
  expect(talk.lines).toEqual(['bot: B', 'do: end']);
  expect(talk.outputs).toContainEqual({ kind: 'log', block: 'a.g', level: 'warn', text: 'The computed target is not in the list; going to b.' });
  expect(tracesOf(talk)[0]).toBe('a.g next');
});

test('the linter sees every way of the list, and its expression', () => {
  expect(check(flowOf(computed('"c." + "mid"')))).toEqual([]);
  expect(
    check(flowOf({ a: [{ id: 'g', type: 'goto', to: { next: { expr: 'nobody', in: ['b', 'x'] } } }], b: ends('B') })).map((one) => `${one.code} ${one.at}`),
  ).toEqual(['E02 a.g.to.next', 'E03 a.g.to.next']);
});

test('one that is skipped leads on to the block after it, and the linter wants one there', () => {
  const skipping = { id: 'g', type: 'goto', when: { cel: 'subscriber.vip == true' }, to: { next: 'b' } };
  const groups = { a: [skipping, ...ends('Everybody')], b: ends('VIP') };
  expect(play(groups)).toEqual(['bot: Everybody', 'do: end']);
  expect(play(groups, [], { context: { subscriber: { vip: true } } })).toEqual(['bot: VIP', 'do: end']);
  expect(check(flowOf(groups))).toEqual([]);
  expect(play({ a: [skipping], b: ends('VIP') })).toEqual(['do: failed: nothing follows a.g where it is skipped']);
  expect(check(flowOf({ a: [skipping], b: ends('VIP') })).map((one) => `${one.code} ${one.at}`)).toEqual(['E01 a.g.next']);
});

test('so does an end that is skipped', () => {
  const stop = { id: 'e', type: 'end', when: { cel: 'subscriber.vip == true' } };
  expect(play({ a: [stop, ...ends('Go on')] })).toEqual(['bot: Go on', 'do: end']);
  expect(check(flowOf({ a: [stop] })).map((one) => `${one.code} ${one.at}`)).toEqual(['E01 a.e.next']);
});
