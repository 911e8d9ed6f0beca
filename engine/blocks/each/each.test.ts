import { expect, test } from 'vitest';
import { ends, play } from '../../testing/play.ts';

const vars = { x: { type: 'text' }, y: { type: 'text' }, n: { type: 'number', default: 0 } };
const loop = (of: string, body: object[], more: object = {}) => ({
  a: [{ id: 'l', type: 'each', in: of, as: 'x', to: { do: 'body', done: 'after', limit: 'limit' }, ...more }],
  body,
  after: ends('Done {{ x }}'),
  limit: ends('Limit {{ x }}'),
});
const body = [{ id: 't', type: 'text', text: '{{ loop.number }}/{{ loop.size }} {{ x }}', to: { next: '@continue' } }];
const run = (groups: { [name: string]: object[] }, script: string[] = []) => play(groups, script, { more: { vars } });

test('the body runs once for each item, and the loop knows where it stands', () => {
  expect(run(loop('["a", "b"]', body))).toEqual(['bot: 1/2 a', 'bot: 2/2 b', 'bot: Done b', 'do: end']);
});

test('an empty list and a missing one run nothing; a single value is a list of one', () => {
  expect(run(loop('[]', body))[0]).toBe('bot: Done ');
  expect(run(loop('nothing', body))[0]).toBe('bot: Done ');
  expect(run(loop('{{ "one" }}', body))[0]).toBe('bot: 1/1 one');
});

test('a loop with a limit leaves by it when items are left, and by done when none are', () => {
  expect(run(loop('[1, 2, 3]', body, { max: 2 })).slice(-2)).toEqual(['bot: Limit 2', 'do: end']);
  expect(run(loop('[1, 2]', body, { max: 2 })).slice(-2)).toEqual(['bot: Done 2', 'do: end']);
});

test('a break leaves at once', () => {
  expect(
    run(
      loop('[1, 2, 3]', [{ id: 'i', type: 'if', cases: [{ id: 'two', when: { l: 'x', op: 'eq', r: 2 } }], to: { 'case:two': '@break', else: '@continue' } }]),
    ),
  ).toEqual(['bot: Done 2', 'do: end']);
});

test('loops stand inside each other, and the inner one runs anew each time', () => {
  const groups = loop('["a", "b"]', [{ id: 'inner', type: 'each', in: '[1, 2]', as: 'y', to: { do: 'deep', done: '@continue' } }]);
  expect(run({ ...groups, deep: [{ id: 'd', type: 'text', text: '{{ x }}{{ y }}', to: { next: '@continue' } }] }).slice(0, 5)).toEqual([
    'bot: a1',
    'bot: a2',
    'bot: b1',
    'bot: b2',
    'bot: Done b',
  ]);
});

test('a break in the inner loop leaves the outer one running', () => {
  const groups = loop('["a", "b"]', [{ id: 'inner', type: 'each', in: '[1, 2]', as: 'y', to: { do: 'deep', done: '@continue' } }]);
  expect(run({ ...groups, deep: [{ id: 'd', type: 'text', text: '{{ x }}{{ y }}', to: { next: '@break' } }] }).slice(0, 3)).toEqual([
    'bot: a1',
    'bot: b1',
    'bot: Done b',
  ]);
});

test('coming in anew by a way of its own starts from the first item', () => {
  const groups = loop('[1, 2]', [
    { id: 't', type: 'text', text: '{{ x }}' },
    { id: 's', type: 'set', set: [{ var: 'n', value: '{{ n + 1 }}' }] },
    { id: 'i', type: 'if', cases: [{ id: 'again', when: { l: 'n', op: 'eq', r: 1 } }], to: { 'case:again': 'a', else: '@continue' } },
  ]);
  expect(run(groups)).toEqual(['bot: 1', 'bot: 1', 'bot: 2', 'bot: Done 2', 'do: end']);
});

test('a question inside waits, and the loop goes on where it was', () => {
  const asking = [{ id: 'q', type: 'ask', kind: 'text', text: '{{ x }}?', save: 'y', retry: { max: 1 }, to: { next: '@continue' } }];
  expect(run(loop('["a", "b"]', asking), ['you: hi', 'you: 1', 'you: 2'])).toEqual([
    'you: hi',
    'bot: a?',
    'you: 1',
    'bot: b?',
    'you: 2',
    'bot: Done b',
    'do: end',
  ]);
});

test('with a question in its body a list runs a thousand times and no further', () => {
  const asking = [{ id: 'q', type: 'ask', kind: 'text', text: '{{ x }}', retry: { max: 1 }, to: { next: '@continue' } }];
  const list = Array.from({ length: 1_001 }, (_, n) => n);
  const lines = play(loop('list', asking), ['you: hi', ...list.map(() => 'you: on')], { more: { vars: { ...vars, list: { type: 'list', default: list } } } });
  expect(lines).toContain('bot: 999');
  expect(lines).toContain('bot: Limit 999');
});

test('a continue and a break outside any loop are errors', () => {
  expect(run({ a: [{ id: 't', type: 'text', text: 'x', to: { next: '@continue' } }] })).toEqual(['bot: x', 'do: failed: @continue outside a loop']);
  expect(run({ a: [{ id: 't', type: 'text', text: 'x', to: { next: '@break' } }] })).toEqual(['bot: x', 'do: failed: @break outside a loop']);
});
