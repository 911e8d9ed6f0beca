import { expect, test } from 'vitest';
import { asksOf, begin, ends, play } from '../../testing/play.ts';

const vars = { x: { type: 'number' } };
const groups = (to: object = {}) => ({
  a: [{ id: 'c', type: 'code', code: 'return {{ n }} * 2', with: { n: '{{ 20 + 1 }}' }, save: 'x', to }, ...ends('Got {{ x }}')],
  b: ends('Failed: {{ last.error }}'),
  c: ends('Slow'),
});

test('the code is handed over as it stands, with typed values, and its result is kept', () => {
  const samples = { code: [{ values: { result: 42 } }] };
  expect(asksOf(begin(groups()))).toEqual([{ ask: 'code', code: 'return {{ n }} * 2', with: { n: 21 }, timeout_ms: 1_000 }]);
  expect(play(groups(), [], { more: { vars }, samples })).toEqual(['bot: Got 42', 'do: end']);
});

test('a failure and too much time have ways of their own', () => {
  const failing = (kind: string, to: object) => play(groups(to), [], { more: { vars }, samples: { code: [{ ok: false, values: { kind, error: 'boom' } }] } });
  expect(failing('error', { error: 'b' })[0]).toBe('bot: Failed: boom');
  expect(failing('timeout', { error: 'b', timeout: 'c' })[0]).toBe('bot: Slow');
  expect(failing('timeout', { error: 'b' })[0]).toBe('bot: Failed: boom');
  expect(failing('error', {})).toEqual(['do: failed: nothing follows "error" of a.c']);
});
