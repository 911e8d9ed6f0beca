import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'parley-talk-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function talk(args: string[], input = '') {
  const ended = spawnSync(process.execPath, [join(root, 'server', 'bin', 'parley.mjs'), 'talk', ...args], { cwd: root, input, encoding: 'utf8' });
  return { code: ended.status, out: ended.stdout, said: ended.stderr };
}

function file(name: string, document: unknown): string {
  writeFileSync(join(folder, name), typeof document === 'string' ? document : JSON.stringify(document));
  return join(folder, name);
}

const flow = (id: string, blocks: object[], more: object = {}) => ({
  format: 'flow/1',
  id,
  name: id,
  triggers: { go: { type: 'start', to: 'a' } },
  groups: { a: { blocks } },
  ...more,
});

test('what is piped in is said, samples beside the flow answer, and what comes out is a transcript', () => {
  const { code, out, said } = talk(['examples/order-status.flow.json', '--as', 'first_name=Ann'], 'ab123456\n\n2\n');
  expect({ code, said }).toEqual({ code: 0, said: '' });
  expect(out.split('\n')).toEqual([
    'bot: Hi Ann! Let me look up your order.',
    'bot: What is your order number?',
    'you: ab123456',
    'do: GET https://sample.parley/orders/AB123456 → 200',
    'bot: Order AB123456 is on its way. Total: 1,249.50 EUR.',
    'bot: Do you want to look up another one?',
    '     1. Yes, please',
    '     2. No, thanks',
    'you: 2',
    'bot: Have a nice day!',
    'do: end',
    '',
  ]);
});

test('time, people, fields and a new start are at the hand of whoever talks, and quit ends it', () => {
  const { out, said } = talk(['examples/order-status.flow.json'], '/+15m\n/as first_name=Bo\n/vars\n/restart\n/what?\n/quit\nnever read\n');
  const lines = out.split('\n');
  expect(lines).toContain('bot: I am still here. Write to me when you have the number at hand.');
  expect(lines).toContain('subscriber.first_name = "Bo"');
  expect(lines.at(-3)).toBe('bot: Hi Bo! Let me look up your order.');
  expect(out).not.toContain('never read');
  expect(said).toContain('/quit');
});

test('the person and other samples can be given', () => {
  const samples = file('other.json', { 'GET https://sample.parley/orders/AB123456': [{ status: 404 }] });
  expect(talk(['examples/order-status.flow.json', '--samples', samples], 'AB123456\n').out).toContain('bot: I cannot find AB123456.');
  expect(talk(['examples/multi-language.flow.json', '--as', 'language=de', 'vip=true']).out).toMatch(/^bot: Willkommen!/);
});

test('a flow beside it can be called, whatever else lies there', () => {
  file('inner.flow.json', flow('inner', [{ id: 't', type: 'text', text: 'Inside', to: { next: '@return' } }]));
  file('broken.flow.json', '{');
  const outer = file('outer.flow.json', flow('outer', [{ id: 'c', type: 'call', flow: 'inner', to: { next: '@end' } }]));
  expect(talk([outer]).out).toBe('bot: Inside\ndo: end\n');
});

test('with --json it prints one document: problems, lines, outputs and the session', () => {
  const { code, out } = talk(['examples/welcome.flow.json', '--json'], 'Ann\n');
  const said = JSON.parse(out);
  expect(code).toBe(0);
  expect(Object.keys(said)).toEqual(['problems', 'lines', 'outputs', 'session', 'subscriber']);
  expect(said.lines).toContain('bot: Good to meet you, Ann. What can I do for you?');
  expect(said.session.wait.block).toBe('menu.choose');
});

test('what the linter finds is said first, and a flow that fails makes the command fail', () => {
  const failing = file('failing.flow.json', flow('failing', [{ id: 't', type: 'text', text: 'Hi {{ nobody }}' }]));
  expect(talk([failing])).toEqual({
    code: 1,
    out: 'bot: Hi \ndo: failed: nothing follows "next" of a.t\n',
    said: [
      'E01 a.t.next: Nothing follows "next" here: connect it, or finish with an end block.',
      "E03 a.t.text: There is no variable nobody; add it to the flow's variables.",
      '',
    ].join('\n'),
  });
});

test.each<[string, () => string[], number, RegExp]>([
  ['a file that is not there', () => ['nowhere.flow.json'], 1, /nowhere\.flow\.json: No such file/],
  ['a file that is not JSON', () => [file('x.flow.json', '{"a":')], 65, /x\.flow\.json is not JSON/],
  [
    'JSON that is no flow',
    () => [file('y.flow.json', { format: 'flow/1', id: 'y', name: 'Y', groups: {}, extra: 1 })],
    65,
    /y\.flow\.json is not a flow:\n {2}(.*\n)*.*Unknown key: extra/,
  ],
  ['a person written badly', () => ['examples/faq.flow.json', '--as', 'Ann'], 2, /write a name and a value/],
  ['no flow at all', () => [], 2, /missing required argument/i],
])('refused with a sentence and an exit code: %s', (_name, args, code, sentence) => {
  const ended = talk(args());
  expect(ended.code).toBe(code);
  expect(ended.said).toMatch(sentence);
  expect(ended.out).toBe('');
});

test('a golden transcript is what a pipe prints of the same conversation', () => {
  const [golden = ''] = readFileSync(join(root, 'examples', 'faq.talk.txt'), 'utf8').split(/\n{2,}/);
  const replies = golden
    .split('\n')
    .filter((line) => line.startsWith('you: '))
    .slice(1)
    .map((line) => line.slice(5));
  expect(talk(['examples/faq.flow.json'], `${replies.join('\n')}\n`).out).toBe(`${golden.split('\n').slice(1).join('\n')}\n`);
});
