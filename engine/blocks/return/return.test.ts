import { expect, test } from 'vitest';
import { begin, ends, flowOf, tracesOf } from '../../testing/play.ts';

test('values keep their kind on the way back, and the block needs nothing after it', () => {
  const sub = flowOf({ g: [{ id: 'r', type: 'return', values: { list: '{{ [1, 2] }}', text: 'n {{ 1 }}' } }] }, { id: 'sub', name: 'Sub' });
  const groups = { a: [{ id: 'c', type: 'call', flow: 'sub', save: { a: 'list', b: 'text' } }, ...ends('Done')] };
  const talk = begin(groups, { flows: { sub }, more: { vars: { a: { type: 'list' }, b: { type: 'text' } } } });
  expect(talk.session.vars).toEqual({ a: [1, 2], b: 'n 1' });
  expect(tracesOf(talk).slice(0, 2)).toEqual(['g.r return', 'a.c next']);
});

test('where nobody called, a return ends the session', () => {
  expect(begin({ a: [{ id: 'r', type: 'return' }] }).lines).toEqual(['do: end']);
});
