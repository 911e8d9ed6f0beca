import { expect, test } from 'vitest';
import { check } from '../../check.ts';
import type { FieldType, KnownFields } from '../../field.ts';
import { begin, changesOf, flowOf } from '../../testing/play.ts';

const vars = { n: { type: 'number', default: 1 }, list: { type: 'list' }, word: { type: 'text' } };
const set = (...assignments: object[]) => ({ a: [{ id: 's', type: 'set', set: assignments, to: { next: '@end' } }] });

test('assignments happen in order, see each other and keep their kind', () => {
  const talk = begin(set({ var: 'n', value: '{{ n + 1 }}' }, { var: 'list', value: ['{{ n }}', 'and {{ n }}'] }, { var: 'word', value: 'n is {{ n }}' }), {
    more: { vars },
  });
  expect(talk.session.vars).toEqual({ n: 2, list: [2, 'and 2'], word: 'n is 2' });
});

test('null clears, and what is missing becomes null', () => {
  expect(begin(set({ var: 'n', value: null }, { var: 'word', value: '{{ nothing.at.all }}' }), { more: { vars } }).session.vars).toEqual({
    n: null,
    word: null,
  });
});

test('fields of the subscriber and of the bot are changes, seen at once', () => {
  const talk = begin(
    set(
      { var: 'subscriber.city', value: 'Berlin' },
      { var: 'bot.count', value: '{{ (bot.count | default(0)) + 1 }}' },
      { var: 'word', value: '{{ subscriber.city }}' },
    ),
    { more: { vars } },
  );
  expect(changesOf(talk)).toEqual([
    { do: 'set_field', of: 'subscriber', name: 'city', value: 'Berlin' },
    { do: 'set_field', of: 'bot', name: 'count', value: 1 },
  ]);
  expect(talk.session.vars.word).toBe('Berlin');
});

test('the linter names a variable that nobody declared', () => {
  expect(check(flowOf(set({ var: 'm', value: 1 })))).toMatchObject([{ code: 'E03', at: 'a.s' }]);
});

test('a value too large or nested too deeply is refused by the error way, and what was there stays', () => {
  const more = { vars: { ...vars, big: { type: 'text', default: 'x'.repeat(40_000) } } };
  const talk = begin(set({ var: 'word', value: '{{ big }}{{ big }}' }), { more });
  expect(talk.lines).toEqual(['do: failed: word would be larger than 64 KB; keep a file reference instead']);
  expect(talk.session.vars.word).toBeUndefined();
  const deep = begin(set({ var: 'list', value: `{{ ${'['.repeat(40)}deep${']'.repeat(40)} }}` }), {
    more: { vars: { ...vars, deep: { type: 'list', default: JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) } } },
  });
  expect(deep.lines).toEqual(['do: failed: list would be nested too deeply']);
});

test('what a field cannot keep is said and not seen; what it can is seen as it will be read again', () => {
  const fields: KnownFields = {
    subscriber: new Map<string, FieldType>([
      ['age', 'number'],
      ['city', 'text'],
    ]),
    bot: new Map(),
  };
  const assignments = [
    { var: 'subscriber.age', value: 'old' },
    { var: 'subscriber.nickname', value: 'Jo' },
    { var: 'subscriber.city', value: 7 },
    { var: 'bot.count', value: 1 },
    { var: 'word', value: '{{ [subscriber.age, subscriber.nickname, bot.count, subscriber.city + "!"] | json }}' },
  ];
  const talk = begin(set(...assignments), { more: { vars }, context: { fields } });
  expect(changesOf(talk)).toEqual([{ do: 'set_field', of: 'subscriber', name: 'city', value: '7' }]);
  expect(talk.outputs.flatMap((one) => (one.kind === 'log' ? [one.text] : []))).toEqual([
    'Nothing was set: the field subscriber.age takes a number.',
    'Nothing was set: there is no field subscriber.nickname.',
    'Nothing was set: there is no field bot.count.',
  ]);
  expect(talk.session.vars.word).toBe('[null,null,null,"7!"]');
});
