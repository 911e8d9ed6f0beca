import { expect, test } from 'vitest';
import { prove } from './proof.ts';
import { ends, flowOf } from './testing/play.ts';

const groups = {
  a: [
    {
      id: 'q',
      type: 'ask',
      kind: 'choice',
      text: 'Tea?',
      options: [
        { id: 'yes', label: 'Yes' },
        { id: 'no', label: 'No' },
      ],
      retry: { max: 1 },
      timeout: '1h',
    },
    { id: 'g', type: 'goal', name: 'asked' },
    { id: 'get', type: 'api', api: 'tea.get', map: { kind: 'body.kind' }, to: { others: 'sorry', '2xx': 'tea' } },
  ],
  tea: ends('One {{ kind }}'),
  sorry: ends('Sorry'),
};
const failures = (talk: string[], more: object = {}) =>
  prove(flowOf(groups, { vars: { kind: { type: 'text' } }, tests: [{ name: 'tea', talk }], ...more })).map((one) => one.message);

test.each<[string, string[]]>([
  [
    'what is said, and nothing of what happened',
    ['you: hi', 'bot: Tea?', '1. Yes', '2. No', 'do: answer 200 {"kind": "green"}', 'you: [Yes]', 'bot: One green'],
  ],
  ['lines of one message in one', ['you: hi', 'bot: Tea?\n1. Yes\n2. No', 'you: 1', 'bot: Sorry']],
  ['what happened as well', ['bot: Tea?', '1. Yes', '2. No', 'do: +1h', 'do: goal asked', 'do: tea.get → no sample', 'bot: Sorry', 'do: end']],
])('a test that holds says nothing: %s', (_name, talk) => {
  expect(failures(talk)).toEqual([]);
});

test.each<[string, string[], string]>([
  ['other words', ['you: hi', 'bot: Coffee?'], 'The test "tea" differs at line 2: expected "bot: Coffee?", but "bot: Tea?" came.'],
  ['too little', ['you: hi', 'bot: Tea?', '1. Yes'], 'The test "tea" differs at line 4: expected nothing more, but "2. No" came.'],
  ['too much', ['you: hi', 'bot: Tea?', '1. Yes', '2. No', 'bot: And milk?'], 'The test "tea" differs at line 5: expected "bot: And milk?", but nothing came.'],
])('a test that fails says where and how: %s', (_name, talk, message) => {
  expect(failures(talk)).toEqual([message]);
});

test('a flow that breaks fails its test even where the test says nothing of it', () => {
  const broken = flowOf({ a: [{ id: 'c', type: 'call', flow: 'nowhere', to: { next: '@end' } }] }, { tests: [{ name: 'runs', talk: ['you: hi'] }] });
  expect(prove(broken)).toEqual([expect.objectContaining({ test: 'runs', line: 2, expected: null, actual: 'do: failed: the flow nowhere is not there' })]);
});

test('flows that are called are given along, and a flow without tests has nothing to fail', () => {
  const sub = flowOf({ g: [{ id: 't', type: 'text', text: 'Inside', to: { next: '@return' } }] }, { id: 'sub' });
  const main = flowOf({ a: [{ id: 'c', type: 'call', flow: 'sub', to: { next: '@end' } }] }, { tests: [{ name: 'calls', talk: ['bot: Inside'] }] });
  expect(prove(main, { sub })).toEqual([]);
  expect(prove(sub)).toEqual([]);
});
