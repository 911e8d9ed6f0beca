import { expect, test } from 'vitest';
import { resultsOf } from './results.ts';
import { begin, flowOf } from './testing/play.ts';

const vars = { shown: { type: 'number', default: 1 }, hidden: { type: 'object', default: {}, keep: false }, kept: { type: 'text', default: 'x', keep: true } };

test('variables that are not to be kept are not shown', () => {
  const groups = { a: [{ id: 'e', type: 'end' }] };
  expect(resultsOf(flowOf(groups, { vars }), begin(groups, { more: { vars } }).session)).toEqual({ shown: 1, kept: 'x' });
});

test('while a called flow runs, the variables shown are those of the flow that was started', () => {
  const sub = flowOf(
    { g: [{ id: 'q', type: 'ask', kind: 'text', text: '?', retry: { max: 1 }, to: { next: '@return' } }] },
    { id: 'sub', vars: { inner: { type: 'number', default: 2 } } },
  );
  const groups = { a: [{ id: 'c', type: 'call', flow: 'sub', to: { next: '@end' } }] };
  expect(resultsOf(flowOf(groups, { vars }), begin(groups, { more: { vars }, flows: { sub } }).session)).toEqual({ shown: 1, kept: 'x' });
});
