import { describe, expect, test } from 'vitest';
import { blocksPublishing, check } from './check.ts';
import { parseFlow } from './flow.ts';

type Blocks = { [key: string]: unknown }[];

function codes(groups: { [name: string]: Blocks }, more: object = {}, knowledge = {}): string[] {
  const found = parseFlow({
    format: 'flow/1',
    id: 'f',
    name: 'F',
    triggers: { go: { type: 'start', to: Object.keys(groups)[0] } },
    groups: Object.fromEntries(Object.entries(groups).map(([name, blocks]) => [name, { blocks }])),
    ...more,
  });
  if (!found.ok) throw new Error(JSON.stringify(found.problems));
  return check(found.flow, knowledge).map((one) => `${one.code} ${one.at}`);
}

const end = { id: 'e', type: 'end' };
const text = (id: string, more: object = {}) => ({ id, type: 'text', text: 'Hi', ...more });

test('a sound flow has no problems', () => {
  expect(codes({ a: [text('t'), end] })).toEqual([]);
});

test.each<[string, () => string[], string[]]>([
  ['E01 a last block that leads nowhere', () => codes({ a: [text('t')] }), ['E01 a.t.next']],
  ['E02 a target that is not there', () => codes({ a: [text('t', { to: { next: 'b' } })] }), ['E02 a.t.to.next']],
  ['E02 a port the block does not have', () => codes({ a: [text('t', { to: { nxt: 'a' } }), end] }), ['E02 a.t.to.nxt']],
  ['E03 a variable nobody declared', () => codes({ a: [text('t', { text: '{{ nam }}' }), end] }), ['E03 a.t.text']],
  [
    'E04 an operator that does not fit',
    () => codes({ a: [{ id: 'i', type: 'if', cases: [{ id: 'x', when: { l: 'n', op: 'has', r: 1 } }] }, end] }, { vars: { n: { type: 'number' } } }),
    ['E04 a.i.cases.x.when'],
  ],
  [
    'E05 an API that is not defined',
    () => codes({ a: [{ id: 'c', type: 'api', api: 'orders.get', to: { others: 'a.e' } }, end] }, {}, { apis: [] }),
    ['E05 a.c'],
  ],
  ['E06 an id used twice', () => codes({ a: [text('t'), end], b: [text('t', { to: { next: 'a' } })] }), ['E06 b.t', 'W01 b']],
  ['E07 a pasted secret', () => codes({ a: [text('t', { text: 'sk_live_abcdefghijklmnop1234' }), end] }), ['E07 a.t.text']],
  ['E08 an expression that cannot be read', () => codes({ a: [text('t', { text: '{{ 1 + }}' }), end] }), ['E08 a.t.text']],
  ['E08 an unknown function', () => codes({ a: [text('t', { text: '{{ now | foo }}' }), end] }), ['E08 a.t.text']],
  ['E09 a text too long for its channel', () => codes({ a: [text('t', { text: 'x'.repeat(1001) }), end] }, {}, { channels: ['instagram'] }), ['E09 a.t.text']],
  ['E10 a round without a wait', () => codes({ a: [text('t', { to: { next: 'b' } })], b: [text('u', { to: { next: 'a' } })] }), ['E10 a.t']],
  ['W01 a group nothing leads to', () => codes({ a: [text('t'), end], b: [text('u', { to: { next: '@end' } })] }), ['W01 b']],
  ['W02 a call without a way for failure', () => codes({ a: [{ id: 'c', type: 'api', request: { url: 'https://x.example' } }, end] }), ['W02 a.c.to']],
  ['W03 a question that may never be understood', () => codes({ a: [{ id: 'q', type: 'ask', kind: 'text', text: '?' }, end] }), ['W03 a.q.retry']],
  ['W05 a variable nobody uses', () => codes({ a: [text('t'), end] }, { vars: { n: { type: 'number' } } }), ['W05 vars.n']],
  ['W06 a hand-over at any hour', () => codes({ a: [text('t'), { id: 'h', type: 'handoff' }] }), ['W06 a.h']],
  [
    'W07 a loop without a limit',
    () => codes({ a: [{ id: 'w', type: 'while', test: { cel: 'true' }, to: { do: 'b', done: 'a.e' } }, end], b: [text('t', { to: { next: '@continue' } })] }),
    ['W07 a.w.max'],
  ],
])('%s', (_name, run, expected) => {
  expect(run()).toEqual(expected);
});

test('conditions are known by their place: a variable may be called "all", and a request may send an "op"', () => {
  const call = { id: 'c', type: 'api', request: { url: 'https://a.example/', body: { kind: 'json', json: { op: 'x', any: '{{ nam }}' } } } };
  const groups = { a: [{ ...call, map: { all: 'body.all', none: 'body.x' }, to: { others: 'a.e' } }, end] };
  expect(codes(groups, { vars: { all: { type: 'list' }, none: { type: 'text' } } })).toEqual(['E03 a.c.request.body.json.any']);
});

test('an expression in a case and a secret beside a condition are seen', () => {
  const cases = [{ id: 'x', when: { all: [{ cel: 'nam > ' }, { l: 'n', op: 'eq', r: 'sk_live_abcdefghijklmnop1234' }] } }];
  const vars = { n: { type: 'text' } };
  expect(codes({ a: [{ id: 'i', type: 'if', cases }, end] }, { vars })).toEqual(['E08 a.i.cases.x.when.0', 'E07 a.i.cases.x.when.all.1.r']);
});

test('a question that loops back on itself waits, so it is no endless round', () => {
  expect(codes({ a: [{ id: 'q', type: 'ask', kind: 'text', text: '?', retry: { max: 1 }, to: { next: 'a', invalid: 'a' } }] })).toEqual([]);
});

describe('the linter looks everywhere', () => {
  const ask = (more: object) => ({ id: 'q', type: 'ask', kind: 'text', text: '?', retry: { max: 1 }, ...more });
  test.each<[string, () => string[], string[]]>([
    ['E02 a loop word where there is no loop', () => codes({ a: [text('t', { to: { next: '@continue' } })] }), ['E02 a.t.to.next']],
    [
      'E02 an error way of a group, and a trigger',
      () => codes({ a: [text('t'), end] }, { triggers: { go: { type: 'start', to: 'a' }, kw: { type: 'keyword', any: ['x'], to: 'b' } } }),
      ['E02 triggers.kw.to'],
    ],
    [
      'E03 a variable behind vars, and a parameter',
      () => codes({ a: [text('t', { text: '{{ vars.n }} {{ param.p }}' }), end] }),
      ['E03 a.t.text', 'E03 a.t.text'],
    ],
    ['E03 in a translation', () => codes({ a: [text('t'), end] }, { texts: { de: { 'a.t.text': '{{ nam }}' } } }), ['E03 texts.de.a.t.text']],
    ['E03 a variable called like what every object has', () => codes({ a: [text('t', { text: '{{ constructor }}' }), end] }), ['E03 a.t.text']],
    [
      'E03 in the condition of a block, a case and a trigger',
      () => codes({ a: [text('t', { when: { l: 'x', op: 'is_set' } }), end] }, { triggers: { go: { type: 'start', to: 'a', when: { cel: 'y > 1' } } } }),
      ['E03 triggers.go.when', 'E03 a.t.when'],
    ],
    [
      'E04 a number compared with words',
      () => codes({ a: [text('t', { when: { l: 'n', op: 'gt', r: 'many' } }), end] }, { vars: { n: { type: 'number' } } }),
      ['E04 a.t.when'],
    ],
    [
      'E04 a list compared as a date',
      () => codes({ a: [text('t', { when: { all: [{ l: 'n', op: 'before', r: 'now' }] } }), end] }, { vars: { n: { type: 'list' } } }),
      ['E04 a.t.when.0'],
    ],
    [
      'E05 what the document requires',
      () => codes({ a: [text('t'), end] }, { requires: { apis: ['orders'], flows: ['other', 'f'] } }, { apis: [], flows: [] }),
      ['E05 requires', 'E05 requires'],
    ],
    ['E05 a flow that is called', () => codes({ a: [{ id: 'c', type: 'call', flow: 'other' }, end] }, {}, { flows: ['f'] }), ['E05 a.c']],
    [
      'E06 buttons, cases, cards and ways',
      () =>
        codes({
          a: [
            text('t', {
              buttons: [
                { id: 'x', label: 'X' },
                { id: 'x', label: 'Y' },
              ],
            }),
            end,
          ],
        }),
      ['E06 a.t.buttons'],
    ],
    [
      'E07 a key in a header, a default and a translation',
      () =>
        codes(
          { a: [{ id: 'c', type: 'api', request: { url: 'https://x.example', headers: { 'X-API-Key': 'abcdefgh12345678' } }, to: { others: 'a.e' } }, end] },
          { vars: { n: { type: 'text', default: 'AKIAABCDEFGHIJKLMNOP' } } },
        ),
      ['W05 vars.n', 'E07 a.c.request.headers.X-API-Key', 'E07 vars.n.default'],
    ],
    [
      'E08 a pattern of an answer, and of a condition',
      () => codes({ a: [ask({ check: { regex: '(' } }), text('t', { when: { l: 'msg.text', op: 'matches', r: '(' } }), end] }),
      ['E08 a.q.check.regex', 'E08 a.t.when'],
    ],
    [
      'E08 a pattern of a trigger',
      () => codes({ a: [text('t'), end] }, { triggers: { go: { type: 'start', to: 'a' }, kw: { type: 'keyword', match: 'regex', any: ['('], to: 'a' } } }),
      ['E08 triggers.kw.any'],
    ],
    ['E08 braces that are never closed', () => codes({ a: [text('t', { text: 'Hi {{ subscriber.first_name' }), end] }), ['E08 a.t.text']],
    [
      'E09 a caption, a retry and a translation of a card',
      () => codes({ a: [ask({ retry: { max: 1, text: 'x'.repeat(1001) } }), end] }, {}, { channels: ['web', 'instagram'] }),
      ['E09 a.q.retry.text'],
    ],
    ['E10 a round by starting again', () => codes({ a: [text('t', { to: { next: '@restart' } })] }), ['E10 a.t']],
    [
      'E10 a loop that is entered anew',
      () =>
        codes(
          { a: [{ id: 'l', type: 'each', in: '[1]', as: 'n', to: { do: 'b', done: '@end' } }], b: [text('t', { to: { next: 'a' } })] },
          { vars: { n: { type: 'number' } } },
        ),
      ['E10 a.l'],
    ],
    ['W01 a translation of what is gone', () => codes({ a: [text('t'), end] }, { texts: { de: { 'a.gone.text': 'x' } } }), ['W01 texts.de.a.gone.text']],
    [
      'W04 more than WhatsApp shows, where there is WhatsApp',
      () =>
        codes(
          { a: [ask({ kind: 'choice', options: Array.from({ length: 11 }, (_, at) => ({ id: `o${at}`, label: 'x' })) }), end] },
          {},
          { channels: ['whatsapp'] },
        ),
      ['W04 a.q.options'],
    ],
    [
      'W05 a variable whose name only stands in words',
      () => codes({ a: [text('t', { text: 'text and total' }), end] }, { vars: { text: { type: 'text' }, total: { type: 'number' } } }),
      ['W05 vars.text', 'W05 vars.total'],
    ],
  ])('%s', (_name, run, expected) => {
    expect(run().sort()).toEqual(expected.sort());
  });

  test('a loop that counts its rounds, and what another part knows, are no problems', () => {
    const loop = { id: 'l', type: 'each', in: 'list', as: 'n', to: { do: 'b', done: '@end' } };
    expect(
      codes(
        { a: [loop], b: [text('t', { text: '{{ n }} {{ loop.index }}', to: { next: '@continue' } })] },
        { vars: { n: { type: 'number' }, list: { type: 'list' } } },
      ),
    ).toEqual([]);
    expect(
      codes({
        a: [
          { id: 'h', type: 'hours', to: { closed: '@end' } },
          { id: 'p', type: 'handoff' },
        ],
      }),
    ).toEqual([]);
  });

  test('every problem is a plain sentence', () => {
    const found = parseFlow({
      format: 'flow/1',
      id: 'f',
      name: 'F',
      groups: { a: { blocks: [text('t', { text: '{{ x | y }} {{ 1 + }}', to: { nxt: 'b' } }), { id: 't', type: 'api' }] } },
    });
    if (!found.ok) throw new Error('it is a flow');
    const problems = check(found.flow, { apis: [] });
    expect(problems.length).toBeGreaterThan(6);
    for (const one of problems) expect(one.message).toMatch(/^[A-Z].+\.$/s);
    expect(blocksPublishing(problems)).toBe(true);
    expect(blocksPublishing([{ code: 'W01', at: '', message: '' }])).toBe(false);
  });
});

describe('what starts a flow', () => {
  const judged = (trigger: object): string[] => codes({ a: [text('t'), end] }, { triggers: { go: { type: 'start', to: 'a' }, t: { to: 'a', ...trigger } } });

  test.each<[object, string]>([
    [{ type: 'schedule' }, 'E08 triggers.t.cron'],
    [{ type: 'schedule', cron: '61 * * * *' }, 'E08 triggers.t.cron'],
    [{ type: 'schedule', cron: '* * * * * *' }, 'E08 triggers.t.cron'],
    [{ type: 'schedule', cron: '0 0 30 2 *' }, 'E08 triggers.t.cron'],
    [{ type: 'schedule', cron: '@daily', tz: 'Mars/Olympus' }, 'E08 triggers.t.tz'],
    [{ type: 'date_field' }, 'E08 triggers.t.field'],
    [{ type: 'date_field', field: 'x', offset: 'soon' }, 'E08 triggers.t.offset'],
    [{ type: 'inactivity' }, 'E08 triggers.t.after'],
    [{ type: 'inactivity', after: '10s' }, 'E08 triggers.t.after'],
    [{ type: 'tag', on: 'changed' }, 'E08 triggers.t.on'],
    [{ type: 'conversation', on: 'begun' }, 'E08 triggers.t.on'],
    [{ type: 'intent' }, 'W08 triggers.t'],
    [{ type: 'comment' }, 'W08 triggers.t'],
    [{ type: 'story' }, 'W08 triggers.t'],
  ])('that cannot be read, or that nothing sets off, is told of: %j', (trigger, expected) => expect(judged(trigger)).toEqual([expected]));

  test.each([
    { type: 'schedule', cron: '0 9 * * mon-fri', tz: 'Europe/Berlin' },
    { type: 'date_field', field: 'due', offset: '-3d' },
    { type: 'date_field', field: 'due' },
    { type: 'inactivity', after: '3d' },
    { type: 'tag', tag: 'vip', on: 'removed' },
    { type: 'conversation', on: 'assigned' },
    { type: 'webhook' },
  ])('that can be read is not: %j', (trigger) => expect(judged(trigger)).toEqual([]));

  test('by a hook has an address of its own', () => {
    const hooks = { go: { type: 'start', to: 'a' }, paid: { type: 'webhook', to: 'a' }, two: { type: 'webhook', hook: 'paid', to: 'a' } };
    expect(codes({ a: [text('t'), end] }, { triggers: hooks })).toEqual(['E06 triggers.two.hook']);
  });

  test('is known to it as param.trigger, undeclared', () => {
    expect(codes({ a: [text('t', { text: '{{ param.trigger.data.total }}' }), end] })).toEqual([]);
    expect(codes({ a: [text('t', { text: '{{ param.total }}' }), end] })).toEqual(['E03 a.t.text']);
  });
});
