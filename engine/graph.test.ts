import { describe, expect, test } from 'vitest';
import { indexOf } from './flow.ts';
import { endlessRound, reachable, waysOf } from './graph.ts';
import { flowOf } from './testing/play.ts';

const text = (id: string, to: object = {}) => ({ id, type: 'text', text: 'x', to });
const end = { id: 'e', type: 'end' };

function ways(block: object, after: object[] = [end]) {
  const flow = flowOf({ a: [block, ...after], b: [text('b1', { next: '@end' })] });
  const placed = indexOf(flow).blocks.values().next().value;
  return placed ? Object.fromEntries(waysOf(flow, placed).map((way) => [way.port, way.targets])) : {};
}

test('a port leads where it is connected, else along its fall-backs, else on', () => {
  expect(ways({ id: 'i', type: 'if', cases: [{ id: 'x', when: { cel: 'true' } }], to: { 'case:x': 'b' } })).toEqual({
    'case:x': ['b.b1'],
    else: ['a.e'],
    next: ['a.e'],
  });
  expect(ways({ id: 'h', type: 'hours', to: { open: '@end', closed: 'b' } })).toEqual({ open: ['@end'], closed: ['b.b1'] });
  expect(ways({ id: 'w', type: 'while', test: { cel: 'true' }, max: 1, to: { do: 'b', done: 'b' } })).toEqual({
    do: ['b.b1'],
    done: ['b.b1'],
    limit: ['b.b1'],
  });
  expect(ways({ id: 'g', type: 'goto', to: { next: { expr: 'x', in: ['a', 'nowhere'] } } })).toEqual({ next: ['a.g', null] });
  expect(ways(text('t'), [])).toEqual({ next: [null] });
});

test('what some trigger leads to is reached, the error ways included', () => {
  const flow = flowOf(
    {
      a: [text('t', { next: 'b.mid' })],
      b: [text('first'), text('mid', { next: '@end' })],
      sorry: [text('s', { next: '@end' })],
      alone: [text('x', { next: '@end' })],
    },
    { triggers: { go: { type: 'start', to: 'a' }, err: { type: 'error', to: 'sorry' } } },
  );
  expect([...reachable(flow)].sort()).toEqual(['a.t', 'b.mid', 'sorry.s']);
});

describe('an endless round', () => {
  const round = (groups: { [name: string]: object[] }) => endlessRound(flowOf(groups));
  test('is found, with the blocks on it', () => {
    expect(round({ a: [text('t', { next: 'b' })], b: [text('u', { next: 'a' })] })).toEqual(['a.t', 'b.u']);
    expect(round({ a: [text('s'), text('t', { next: 'a.t' })] })).toEqual(['a.t']);
    expect(round({ a: [text('t', { next: '@restart' })] })).toEqual(['a.t']);
    expect(round({ a: [{ id: 'l', type: 'each', in: '[1]', as: 'x', to: { do: 'b', done: '@end' } }], b: [text('t', { next: 'a' })] })).toEqual(['a.l', 'b.t']);
  });

  test('is none when something waits on the way, or a loop counts its rounds', () => {
    expect(round({ a: [text('t'), { id: 'w', type: 'wait', for: '1s', to: { next: 'a' } }] })).toBeNull();
    expect(round({ a: [{ id: 'q', type: 'ask', kind: 'text', text: '?', to: { next: 'a' } }] })).toBeNull();
    expect(round({ a: [{ id: 'l', type: 'each', in: '[1]', as: 'x', to: { do: 'b', done: '@end' } }], b: [text('t', { next: '@continue' })] })).toBeNull();
    expect(round({ a: [text('t', { next: '@end' })] })).toBeNull();
  });

  test('is looked for in a flow of two thousand blocks without losing the way', () => {
    const groups = Object.fromEntries(
      Array.from({ length: 10 }, (_, g) => [
        `g${g}`,
        Array.from({ length: 200 }, (_, b) => text(`b${g}_${b}`, b === 199 ? { next: g === 9 ? '@end' : `g${g + 1}` } : {})),
      ]),
    );
    expect(round(groups)).toBeNull();
    expect(reachable(flowOf(groups)).size).toBe(2_000);
  });
});
