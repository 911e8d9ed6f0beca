import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../block/answer.ts';
import { check } from '../../check.ts';
import type { Value } from '../../expression/value.ts';
import type { AskKind, FileRef, Reply } from '../../message.ts';
import { askKinds } from '../../message.ts';
import { asksOf, begin, changesOf, ends, flowOf, play, saidBy } from '../../testing/play.ts';

const vars = {
  x: { type: 'text' },
  list: {
    type: 'list',
    default: [
      { name: 'Ann', id: 7 },
      { name: 'Bob', id: 8 },
    ],
  },
};
const ask = (more: object) => ({
  a: [{ id: 'q', type: 'ask', kind: 'text', text: 'Well?', save: 'x', ...more }, ...ends('Got {{ x | json }}')],
  invalid: ends('Invalid'),
  timeout: ends('Timeout'),
  cancel: ends('Cancelled'),
  skip: ends('Skipped'),
  yes: ends('Yes {{ x | json }}'),
});
const talk = (more: object, script: string[], options: object = {}) => play(ask(more), ['you: hi', ...script], { more: { vars }, ...options }).slice(1);

const file: FileRef = { id: '1', name: 'Scan.PDF', type: 'application/pdf', size: 500, url: 'https://files.example/1' };
const reply = (text: string, more: Partial<Reply> = {}): Reply => ({ text, ...more });
const kinds: { [kind in AskKind]: { good: [Reply | string, Value][]; bad: (Reply | string)[] } } = {
  text: { good: [[' hello ', 'hello']], bad: ['', '   '] },
  number: {
    good: [
      ['3', 3],
      ['-1.5', -1.5],
      ['1.234,5', 1234.5],
      ['1,234.5', 1234.5],
      ["1'000", 1000],
      ['2,5', 2.5],
    ],
    bad: ['three', '', '1e', '0x10 apples', 'Infinity'],
  },
  email: { good: [['Jane@Example.COM ', 'Jane@example.com']], bad: ['jane', 'jane@', 'jane@localhost', 'a b@example.com', `${'x'.repeat(250)}@example.com`] },
  phone: { good: [['+49 151 23456789', '+4915123456789']], bad: ['0151 23456789', '12', 'call me'] },
  url: {
    good: [
      ['example.com/a?b=1', 'https://example.com/a?b=1'],
      ['http://x.example', 'http://x.example'],
    ],
    bad: ['example', 'javascript:alert(1)', 'two words.com x'],
  },
  date: {
    good: [
      ['2026-2-3', '2026-02-03'],
      ['3.2.2026', '2026-02-03'],
      ['29/02/2028', '2028-02-29'],
    ],
    bad: ['2026-02-29', '31.04.2026', 'tomorrow', '2026-13-01'],
  },
  time: {
    good: [
      ['9:30', '09:30'],
      ['9h30', '09:30'],
      ['9 pm', '21:00'],
      ['12 am', '00:00'],
    ],
    bad: ['25:00', '9', '13 pm', '9:60'],
  },
  choice: { good: [], bad: [] },
  multi: { good: [], bad: [] },
  file: { good: [[reply('', { files: [file] }), file as unknown as Value]], bad: ['here you are'] },
  location: {
    good: [
      ['52.52, 13.4', { lat: 52.52, lng: 13.4 }],
      [reply('', { location: { lat: 1, lng: 2, name: 'Here' } }), { lat: 1, lng: 2, name: 'Here' }],
    ],
    bad: ['91,0', 'Berlin'],
  },
  rating: {
    good: [
      ['4', 4],
      ['⭐⭐⭐', 3],
      ['★★★★★', 5],
    ],
    bad: ['0', '6', '4.5', 'good'],
  },
  confirm: {
    good: [
      ['Yes', true],
      ['ja', true],
      ['Não', false],
      ['2', false],
    ],
    bad: ['maybe', ''],
  },
  contact: {
    good: [
      ['jane@example.com', { email: 'jane@example.com' }],
      ['+49 151 23456789', { phone: '+4915123456789' }],
      [reply('', { values: { name: 'Jo' } }), { name: 'Jo' }],
    ],
    bad: ['me'],
  },
};

describe('every kind of answer', () => {
  const question = (kind: AskKind) => ({ kind, choices: [], trim: true, judge: () => null });
  test.each(askKinds.filter((kind) => kinds[kind].good.length > 0))('%s: what fits is read, what does not is refused', (kind) => {
    for (const [given, value] of kinds[kind].good)
      expect(readAnswer(question(kind), typeof given === 'string' ? reply(given) : given), JSON.stringify(given)).toMatchObject({ ok: true, value });
    for (const given of kinds[kind].bad)
      expect(readAnswer(question(kind), typeof given === 'string' ? reply(given) : given), JSON.stringify(given)).toEqual({ ok: false });
  });

  test('a phone number without a country code is read by the country of the person', () => {
    expect(talk({ kind: 'phone' }, ['you: 0151 23456789'], { context: { subscriber: { country: 'de' } } }).at(-2)).toBe('bot: Got "+4915123456789"');
  });

  test.each<[string, object, string, string]>([
    ['a text of at least three signs', { check: { min: 3 } }, 'ab', 'abc'],
    ['a text of at most three signs, however wide', { check: { max: 3 } }, 'abcd', '👍👍👍'],
    ['a number below ten', { kind: 'number', check: { max: 10 } }, '11', '10'],
    ['a pattern', { check: { regex: '^[A-Z]{2}\\d$' } }, 'AB', 'AB1'],
    ['a list of words, in any case', { check: { in: ['Red', 'Blue'] } }, 'green', 'blue'],
    ['an expression', { kind: 'number', check: { cel: 'value % 2 == 0' } }, '3', '4'],
    ['a rating up to ten', { kind: 'rating', check: { max: 10 } }, '11', '10'],
  ])('a check refuses what does not pass: %s', (_name, more, bad, good) => {
    expect(talk({ ...more, to: { invalid: 'invalid' } }, [`you: ${bad}`]).at(-2)).toBe('bot: Invalid');
    expect(talk({ ...more, to: { invalid: 'invalid' } }, [`you: ${good}`]).at(-2)).toMatch(/^bot: Got/);
  });

  test('a file must be of an accepted kind and size', () => {
    const files = ask({ kind: 'file', accept: ['image/*', '.pdf'], max_size: 1000, retry: { max: 5, text: 'Not that' } });
    const one = begin(files, { more: { vars } });
    for (const wrong of [
      { ...file, name: 'a.exe', type: 'application/x-msdownload' },
      { ...file, size: 1001 },
    ]) {
      one.say({ text: '', files: [wrong] });
      expect(one.lines.at(-1)).toBe('bot: Not that');
    }
    one.say({ text: '', files: [file] });
    expect(one.session.status).toBe('ended');
  });
});

describe('options', () => {
  const options = [
    { id: 'cafe', label: 'Café' },
    { id: 'tea', label: 'Tea', value: { cup: 1 } },
  ];
  test.each([
    ['a press', 'you: [Café]', '"Café"'],
    ['its words', 'you: café', '"Café"'],
    ['its words without accents', 'you: CAFE', '"Café"'],
    ['its number', 'you: 2', '{"cup":1}'],
    ['its number with a dot', 'you: 1.', '"Café"'],
    ['its id', 'you: tea', '{"cup":1}'],
  ])('a choice is taken by %s', (_name, line, value) => {
    expect(talk({ kind: 'choice', options }, [line]).at(-2)).toBe(`bot: Got ${value}`);
  });

  test('an option with a way of its own takes it, the others go on', () => {
    const more = { kind: 'choice', options, to: { 'opt:tea': 'yes' } };
    expect(talk(more, ['you: tea']).at(-2)).toBe('bot: Yes {"cup":1}');
    expect(talk(more, ['you: 1']).at(-2)).toBe('bot: Got "Café"');
    expect(talk({ ...more, to: { invalid: 'invalid' } }, ['you: 3']).at(-2)).toBe('bot: Invalid');
  });

  test('several are taken by words, numbers, ticks and a press, each once', () => {
    const more = { kind: 'multi', options };
    expect(talk(more, ['you: 1, tea; cafe']).at(-2)).toBe('bot: Got ["Café",{"cup":1}]');
    expect(talk(more, ['you: [Tea]']).at(-2)).toBe('bot: Got [{"cup":1}]');
    const ticked = begin(ask(more), { more: { vars } });
    ticked.say({ text: '', values: { choices: ['tea', 'opt:a.q:cafe'] } });
    expect(ticked.session.vars.x).toEqual([{ cup: 1 }, 'Café']);
    expect(talk({ ...more, to: { invalid: 'invalid' } }, ['you: 1, coffee']).at(-2)).toBe('bot: Invalid');
  });

  test('yes and no mean true and false, whatever they are called', () => {
    const confirm = {
      kind: 'confirm',
      options: [
        { id: 'yes', label: 'Gladly' },
        { id: 'no', label: 'Rather not' },
      ],
      to: { 'opt:yes': 'yes' },
    };
    expect(['you: [Gladly]', 'you: 1', 'you: oui'].map((line) => talk(confirm, [line]).at(-2))).toEqual(Array(3).fill('bot: Yes true'));
    expect(['you: rather not', 'you: nein'].map((line) => talk(confirm, [line]).at(-2))).toEqual(Array(2).fill('bot: Got false'));
    expect(talk({ kind: 'confirm' }, ['you: [No]']).at(-2)).toBe('bot: Got false');
  });

  test('a list becomes the options, each with a label and a value of its own', () => {
    const more = { kind: 'choice', options_from: 'list', option: { label: '{{ item.name }}', value: '{{ item.id }}' } };
    expect(talk(more, ['you: bob'])).toEqual(['bot: Well?', '     1. Ann', '     2. Bob', 'you: bob', 'bot: Got 8', 'do: end']);
    expect(talk({ kind: 'choice', options_from: '["a", "b"]' }, ['you: 2']).at(-2)).toBe('bot: Got "b"');
  });

  test('an API gives the options; without any there is nothing to ask', () => {
    const from = { api: 'staff.list', with: { day: '{{ "mon" }}' }, path: 'body.people' };
    const more = { kind: 'choice', options_from: from, option: { label: '{{ item.name }}', value: '{{ item.id }}' }, to: { invalid: 'invalid' } };
    const samples = { 'staff.list': [{ status: 200, body: { people: [{ name: 'Cy', id: 9 }] } }] };
    expect(talk(more, ['you: Cy'], { samples })).toEqual(['do: staff.list → 200', 'bot: Well?', '     1. Cy', 'you: Cy', 'bot: Got 9', 'do: end']);
    expect(asksOf(begin(ask(more), { more: { vars } }))).toMatchObject([{ ask: 'api', api: 'staff.list', with: { day: 'mon' } }]);
    expect(talk(more, [])).toEqual(['do: staff.list → no sample', 'bot: Invalid', 'do: end']);
  });

  test('at most a hundred options are shown, and more than a session can hold are refused', () => {
    const many = (item: string) => ({ vars: { ...vars, list: { type: 'list', default: Array.from({ length: 300 }, () => item) } } });
    const talkOf = (item: string) => begin(ask({ kind: 'choice', options_from: 'list', option: { label: 'x', value: '{{ item }}' } }), { more: many(item) });
    const [shown] = saidBy(talkOf('x'));
    expect(shown?.kind === 'text' && shown.input && 'choices' in shown.input && shown.input.choices).toHaveLength(100);
    expect(talkOf('x'.repeat(4_000)).lines.at(-1)).toContain('do: failed:');
  });
});

describe('when the answer does not come, or not well', () => {
  test('it is asked again in other words, so often, and then goes its own way', () => {
    expect(talk({ kind: 'number', retry: { max: 2, text: 'A number!' }, to: { invalid: 'invalid' } }, ['you: a', 'you: b', 'you: c'])).toEqual([
      'bot: Well?',
      'you: a',
      'bot: A number!',
      'you: b',
      'bot: A number!',
      'you: c',
      'bot: Invalid',
      'do: end',
    ]);
  });

  test('with a way for it but no retries it goes there at once; with neither it asks three times and fails', () => {
    expect(talk({ kind: 'number', to: { invalid: 'invalid' } }, ['you: a']).at(-2)).toBe('bot: Invalid');
    expect(talk({ kind: 'number' }, ['you: a', 'you: b', 'you: c', 'you: d']).filter((line) => line === 'bot: Well?')).toHaveLength(4);
    expect(talk({ kind: 'number' }, ['you: a', 'you: b', 'you: c', 'you: d']).at(-1)).toBe('do: failed: nothing follows "invalid" of a.q');
    expect(check(flowOf(ask({}), { vars })).map((one) => one.code)).toContain('W03');
  });

  test('after its time it goes by timeout, else by invalid, else on', () => {
    const late = (to: object) => talk({ timeout: '15m', to }, ['do: +14m', 'do: +1m']).at(-2);
    expect(late({ timeout: 'timeout', invalid: 'invalid' })).toBe('bot: Timeout');
    expect(late({ invalid: 'invalid' })).toBe('bot: Invalid');
    expect(late({})).toBe('bot: Got null');
  });

  test('every retry gives the whole time again', () => {
    const script = ['do: +10m', 'you: a', 'do: +10m', 'do: +5m'];
    expect(talk({ kind: 'number', timeout: '15m', retry: { max: 3 }, to: { timeout: 'timeout' } }, script).slice(-4)).toEqual([
      'do: +10m',
      'do: +5m',
      'bot: Timeout',
      'do: end',
    ]);
  });

  test('what need not be answered can be skipped, and what can be cancelled is', () => {
    expect(talk({ required: false, to: { skip: 'skip' } }, ['you: skip']).at(-2)).toBe('bot: Skipped');
    expect(talk({ required: false }, ['you: skip']).at(-2)).toBe('bot: Got null');
    expect(talk({ to: { cancel: 'cancel' } }, ['you: Cancel']).at(-2)).toBe('bot: Cancelled');
    expect(talk({}, ['you: cancel']).at(-2)).toBe('bot: Got "cancel"');
  });

  test('what is known already is not asked, and a known choice goes its way', () => {
    const known = { context: { subscriber: { email: 'a@b.example', size: 'L' } } };
    expect(talk({ kind: 'email', save: 'subscriber.email', skip_if_set: true }, [], known)).toEqual(['bot: Got null', 'do: end']);
    const size = {
      kind: 'choice',
      save: 'subscriber.size',
      skip_if_set: true,
      options: [
        { id: 's', label: 'S' },
        { id: 'l', label: 'L' },
      ],
      to: { 'opt:l': 'yes' },
    };
    expect(talk(size, [], known)).toEqual(['bot: Yes null', 'do: end']);
    expect(talk({ save: 'subscriber.name', skip_if_set: true }, [], { context: { subscriber: { name: '' } } })).toEqual(['bot: Well?']);
  });
});

test('the message carries what the visitor is asked for', () => {
  const more = { kind: 'rating', required: false, placeholder: '{{ 1 + 1 }} stars?', check: { max: 10 } };
  expect(saidBy(begin(ask(more), { more: { vars } }))[0]).toEqual({
    kind: 'text',
    text: 'Well?',
    input: { kind: 'rating', block: 'a.q', choices: [], canSkip: true, placeholder: '2 stars?', min: 1, max: 10 },
  });
});

test('an answer may be kept as it was typed, and saved in a field of the person', () => {
  expect(talk({ trim: false }, []).length).toBe(1);
  const kept = begin(ask({ trim: false }), { more: { vars } });
  kept.say({ text: '  spaced ' });
  expect(kept.session.vars.x).toBe('  spaced ');
  const field = begin(ask({ save: 'subscriber.city' }), { more: { vars } });
  field.say('Rome');
  expect(changesOf(field)).toEqual([{ do: 'set_field', of: 'subscriber', name: 'city', value: 'Rome' }]);
});

test('a trigger that may interrupt takes an answer that does not fit, and only that', () => {
  const groups = ask({ kind: 'number' });
  const options = { more: { vars }, context: { interrupts: () => true } };
  const one = begin(groups, options);
  one.say('what is this?');
  expect(one.outputs.at(-1)).toEqual({ kind: 'interrupted' });
  expect(one.session.wait?.kind).toBe('reply');
  one.say('5');
  expect(one.lines.at(-2)).toBe('bot: Got 5');
});

test('a choice without options, and a way that is missing, are found by the linter', () => {
  const codes = (more: object) =>
    check(flowOf({ a: [{ id: 'q', type: 'ask', kind: 'choice', text: '?', retry: { max: 1 }, ...more }] })).map((one) => `${one.code} ${one.at}`);
  const options = [
    { id: 'a', label: 'A' },
    { id: 'b', label: 'B' },
  ];
  expect(codes({ to: { next: '@end' } })).toEqual(['E04 a.q.options']);
  expect(codes({ options, to: { 'opt:a': '@end', 'opt:b': '@end' } })).toEqual([]);
  expect(codes({ options, to: { 'opt:a': '@end' } })).toEqual(['E01 a.q.opt:b', 'E01 a.q.next']);
  expect(codes({ options: [...options, options[0]], to: { next: '@end' } })).toEqual(['E06 a.q.options']);
});
