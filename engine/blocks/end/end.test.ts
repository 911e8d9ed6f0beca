import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, flowOf, tracesOf } from '../../testing/play.ts';

test('an end ends: one trace, nothing waits, and a reply after it is nobodys', () => {
  const groups = { a: [{ id: 'e', type: 'end' }] };
  const talk = begin(groups);
  expect(tracesOf(talk)).toEqual(['a.e end']);
  expect(talk.session).toMatchObject({ status: 'ended', wait: null, stack: [], loops: [] });
  talk.say('still there?');
  expect(talk.lines).toEqual(['do: end', 'you: still there?', 'do: nobody answers']);
  expect(check(flowOf(groups))).toEqual([]);
});
