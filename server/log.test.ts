import { expect, test } from 'vitest';
import { makeLog } from './log.ts';

function linesOf(level: 'debug' | 'info' | 'warn' | 'silent', style?: 'json' | 'short') {
  const lines: string[] = [];
  return { lines, log: makeLog(level, (line) => lines.push(line), style) };
}

test('an event is one line of JSON, whatever is in it', () => {
  const { lines, log } = linesOf('info');
  log.info({ route: '/x\n{"level":"error"}', none: undefined }, 'request');
  expect(lines.length).toBe(1);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
  expect(JSON.parse(lines[0] ?? '')).toEqual({ time: expect.stringMatching(/^\d{4}-.*Z$/), level: 'info', message: 'request', route: '/x\n{"level":"error"}' });
});

test('what is below the level is not written', () => {
  const { lines, log } = linesOf('warn');
  log.debug({}, 'a');
  log.info({}, 'b');
  log.warn({}, 'c');
  log.error({}, 'd');
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['c', 'd']);
  const silent = linesOf('silent');
  silent.log.error({}, 'e');
  expect(silent.lines).toEqual([]);
});

test('at a terminal a line is short, and no value can break out of it', () => {
  const { lines, log } = linesOf('info', 'short');
  log.info({ route: '/v1/me', status: 200, agent: '\u001b[2J evil\n', none: undefined, err: { name: 'E' } }, 'request');
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}request route=\/v1\/me status=200 agent="\\u001b\[2J evil\\n" err=\{"name":"E"\}\n$/);
});
