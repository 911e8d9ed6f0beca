import { describe, expect, test } from 'vitest';
import { check } from '../../check.ts';
import { begin, ends, flowOf, play, saidBy } from '../../testing/play.ts';

const vars = { who: { type: 'object' } };
const fields = [
  { id: 'email', kind: 'email', label: 'E-mail' },
  { id: 'age', kind: 'number', label: 'Age', required: false, check: { min: 18 } },
  {
    id: 'plan',
    kind: 'choice',
    label: 'Plan',
    required: false,
    options: [
      { id: 's', label: 'Small' },
      { id: 'l', label: 'Large', value: 2 },
    ],
  },
];
const form = (more: object = {}) => ({
  a: [{ id: 'f', type: 'form', text: 'Tell us', fields, save: 'who', ...more }, ...ends('Thanks {{ who | json }}')],
  timeout: ends('Timeout'),
  cancel: ends('Cancelled'),
});
const open = (more: object = {}) => begin(form(more), { more: { vars } });

test('a form is one message with all its fields', () => {
  expect(saidBy(open())[0]).toEqual({
    kind: 'text',
    text: 'Tell us',
    input: {
      kind: 'form',
      block: 'a.f',
      fields: [
        { id: 'email', kind: 'email', label: 'E-mail', required: true, choices: [] },
        { id: 'age', kind: 'number', label: 'Age', required: false, choices: [] },
        {
          id: 'plan',
          kind: 'choice',
          label: 'Plan',
          required: false,
          choices: [
            { id: 's', label: 'Small', payload: 'opt:a.f:s' },
            { id: 'l', label: 'Large', payload: 'opt:a.f:l' },
          ],
        },
      ],
    },
  });
});

test('what was filled in is read, each field by its kind, and saved as one value', () => {
  const talk = open();
  talk.say({ text: '', values: { email: ' Jo@Example.com', age: '42', plan: 'large', more: 'ignored' } });
  expect(talk.session.vars.who).toEqual({ email: 'Jo@example.com', age: 42, plan: 2 });
  expect(talk.lines.at(-1)).toBe('do: end');
});

test('fields that need not be filled may stay empty, also when they are called like something else', () => {
  const talk = open({
    fields: [
      { id: 'email', kind: 'email', label: 'E-mail' },
      { id: 'constructor', kind: 'text', label: 'Builder', required: false },
    ],
  });
  talk.say({ text: '', values: { email: 'jo@example.com' } });
  expect(talk.session.vars.who).toEqual({ email: 'jo@example.com' });
});

test('each field for a file gets the one whose id it holds', () => {
  const two = [
    { id: 'bill', kind: 'file', label: 'Bill' },
    { id: 'photo', kind: 'file', label: 'Photo' },
  ];
  const talk = open({ fields: two });
  const [a, b] = ['a', 'b'].map((id) => ({ id, name: `${id}.txt`, type: 'text/plain', size: 1, url: `https://files.example/${id}` }));
  if (!a || !b) throw new Error('there are two');
  talk.say({ text: '', values: { bill: 'b', photo: 'a' }, files: [a, b] });
  expect(talk.session.vars.who).toEqual({ bill: b, photo: a });
});

test('wrong and missing fields are named and the form comes again, at most ten times', () => {
  const talk = open({ to: { cancel: 'cancel' } });
  talk.say({ text: '', values: { age: '17' } });
  expect(talk.lines.slice(-5)).toEqual(['bot: Tell us', '     → E-mail, Age', '     E-mail:', '     Age:', '     Plan:']);
  for (let n = 0; n < 10; n += 1) talk.say({ text: '', values: {} });
  expect(talk.lines.slice(-2)).toEqual(['bot: Cancelled', 'do: end']);
});

test('lines with names or the one value are read', () => {
  const talk = open();
  talk.say('E-mail: jo@example.com\nage: 20');
  expect(talk.session.vars.who).toEqual({ email: 'jo@example.com', age: 20 });
  const one = open({ fields: [fields[0]] });
  one.say('jo@example.com');
  expect(one.session.vars.who).toEqual({ email: 'jo@example.com' });
});

describe('on a channel that can show no form', () => {
  const telegram = { more: { vars }, context: { channel: 'telegram' } };
  const talk = (script: string[], more: object = {}) => play(form(more), ['you: hi', ...script], telegram);

  test('the fields are asked for one after the other, each by its kind, and some may be skipped', () => {
    expect(talk(['you: nobody', 'you: Jo@Example.com', 'you: skip', 'you: 2'])).toEqual([
      'you: hi',
      'bot: Tell us',
      'bot: E-mail',
      'you: nobody',
      'bot: E-mail',
      'you: Jo@Example.com',
      'bot: Age',
      'you: skip',
      'bot: Plan',
      '     1. Small',
      '     2. Large',
      'you: 2',
      'bot: Thanks {"email":"Jo@example.com","plan":2}',
      'do: end',
    ]);
  });

  test('it is cancelled by the word, by too many misses, and by time', () => {
    const to = { cancel: 'cancel', timeout: 'timeout' };
    expect(talk(['you: cancel'], { to }).at(-2)).toBe('bot: Cancelled');
    expect(talk(['you: a', 'you: b', 'you: c', 'you: d'], { to }).at(-2)).toBe('bot: Cancelled');
    expect(talk(['you: jo@example.com', 'do: +1h'], { to, timeout: '1h' }).at(-2)).toBe('bot: Timeout');
  });

  test('what an earlier form left behind is not in the new one', () => {
    const twice = {
      a: [
        ...form().a.slice(0, 1),
        { id: 'again', type: 'form', fields: [{ id: 'name', kind: 'text', label: 'Name' }], save: 'who' },
        ...ends('{{ who | json }}'),
      ],
    };
    expect(play(twice, ['you: hi', 'you: jo@example.com', 'you: skip', 'you: skip', 'you: Jo'], telegram).at(-2)).toBe('bot: {"name":"Jo"}');
  });
});

test('a form can be cancelled, and its time can run out', () => {
  expect(play(form({ to: { cancel: 'cancel' } }), ['you: hi', 'you: cancel'], { more: { vars } }).slice(-2)).toEqual(['bot: Cancelled', 'do: end']);
  expect(play(form({ timeout: '1h', to: { timeout: 'timeout' } }), ['you: hi', 'do: +1h'], { more: { vars } }).slice(-2)).toEqual(['bot: Timeout', 'do: end']);
});

test('two fields of one name are refused', () => {
  expect(check(flowOf(form({ fields: [fields[0], fields[0]] }), { vars })).map((one) => `${one.code} ${one.at}`)).toContain('E06 a.f.fields');
});
