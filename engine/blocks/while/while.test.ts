import { expect, test } from 'vitest';
import { ends, play } from '../../testing/play.ts';

const vars = { n: { type: 'number', default: 0 } };
const loop = (test: object, more: object = {}, next = '@continue') => ({
  a: [{ id: 'w', type: 'while', test, to: { do: 'body', done: 'after' }, ...more }],
  body: [{ id: 's', type: 'set', set: [{ var: 'n', value: '{{ n + 1 }}' }], to: { next } }],
  after: ends('Done {{ n }}'),
  limit: ends('Limit {{ n }}'),
});
const run = (groups: { [name: string]: object[] }, script: string[] = []) => play(groups, script, { more: { vars } })[0];
const below = (n: number) => ({ l: 'n', op: 'lt', r: n });

test('the body runs as long as the test holds, and not at all when it never does', () => {
  expect(run(loop(below(3)))).toBe('bot: Done 3');
  expect(run(loop(below(0)))).toBe('bot: Done 0');
});

test('a limit ends it by its own way, or by done', () => {
  expect(run(loop(below(9), { max: 2, to: { do: 'body', done: 'after', limit: 'limit' } }))).toBe('bot: Limit 2');
  expect(run(loop(below(9), { max: 2 }))).toBe('bot: Done 2');
});

test('a break leaves after the first round', () => {
  expect(run(loop(below(9), {}, '@break'))).toBe('bot: Done 1');
});

test('a loop without any end is stopped by the budget of the turn and can still apologise', () => {
  expect(run(loop({ cel: 'true' }))).toBe('do: failed: more than 200 blocks in one turn: an endless loop?');
  const groups = loop({ cel: 'true' });
  const caught = { ...groups, sorry: ends('Sorry') };
  expect(play(caught, [], { more: { vars, triggers: { go: { type: 'start', to: 'a' }, err: { type: 'error', to: 'sorry' } } } })).toEqual([
    'bot: Sorry',
    'do: end',
  ]);
});
