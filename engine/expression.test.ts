import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { functions } from './expression/functions.ts';
import type { Value } from './expression/value.ts';
import { compile, evaluateText, isKnownFunction, namesIn, type Surroundings } from './expression.ts';
import { randomOf } from './session.ts';

const now = Date.UTC(2026, 0, 15, 10, 30);
const surroundings = (more: Partial<Surroundings> = {}): Surroundings => ({
  now,
  timeZone: 'Europe/Berlin',
  language: 'en',
  random: randomOf(1, 1),
  isOpen: (at) => at === now,
  nextOpen: (at) => at,
  ...more,
});

const scope = {
  n: 7,
  word: 'Héllo wörld',
  list: [3, 1, 2, 3],
  people: [
    { name: 'Ann', age: 30 },
    { name: 'Bob', age: 20 },
  ],
  order: { total: 12.5, package: 'box', 'odd key': 1, items: [{ sku: 'A' }] },
  empty: '',
  loop: { index: 2 },
  package: 'mine',
  now: '2026-01-15T10:30:00Z',
};
const value = (source: string, names: { [name: string]: Value } = scope, around = surroundings()): Value => evaluateText(source, names, around);

describe('values', () => {
  test.each<[string, Value]>([
    ['1 + 2 * 3', 7],
    ['7 / 2', 3.5],
    ['7 % 4', 3],
    ['-n', -7],
    ['1 / 0', null],
    ['"a" + 1', 'a1'],
    ['"3" * "4"', 12],
    ['"x" * 2', null],
    ['[1] + [2]', [1, 2]],
    ['order.total * 1.2', 15],
    ['order["odd key"]', 1],
    ['order.items[0].sku', 'A'],
    ['list[-1]', 3],
    ['list[9]', null],
    ['word[1]', 'é'],
    ['{"a": n}.a', 7],
    ['n > 5 ? "big" : "small"', 'big'],
    ['n == 7.0', true],
    ['n == "7"', true],
    ['n != 8 && !(n < 3)', true],
    ['"b" > "a"', true],
    ['3 in list', true],
    ['"ell" in "hello"', true],
    ['"total" in order', true],
    ['"toString" in order', false],
    ['true || nothing.at.all', true],
    ['has(order.total)', true],
    ['has(order.nothing)', false],
  ])('%s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  test('what is missing is null all the way, and never an error', () => {
    for (const source of ['nothing', 'nothing.at.all', 'nothing[0]', 'n.x.y', 'nothing + 1', 'nothing(1)', 'list.foo()', 'upper()', '[nothing]']) {
      expect(value(source), source).toEqual(source === '[nothing]' ? [null] : null);
    }
    expect(value('nothing > 1')).toBe(false);
    expect(value('nothing == null')).toBe(true);
  });

  test.each<[string, Value]>([
    ['list.map(i, i * 2)', [6, 2, 4, 6]],
    ['list.map(i, i > 1, i * 2)', [6, 4, 6]],
    ['list.filter(i, i > 1)', [3, 2, 3]],
    ['list.exists(i, i == 2)', true],
    ['list.all(i, i > 0)', true],
    ['list.exists_one(i, i == 3)', false],
    ['people.map(p, p.name)', ['Ann', 'Bob']],
    ['order.filter(k, k == "total")', ['total']],
    ['nothing.map(i, i)', []],
    ['list.map(i, list.filter(j, j < i).size())', [2, 0, 1, 2]],
  ])('a macro walks a list: %s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });
});

test.each<[string, Value]>([
  ['nothing | default("x")', 'x'],
  ['empty | default("x")', 'x'],
  ['0 | default(5)', 0],
  ['string(1.5)', '1.5'],
  ['word | raw', 'Héllo wörld'],
  ['word | upper', 'HÉLLO WÖRLD'],
  ['word | lower', 'héllo wörld'],
  ['"jean-luc PICARD" | title', 'Jean-Luc Picard'],
  ['"  a " | trim', 'a'],
  ['word | slug', 'hello-world'],
  ['"a.b.a" | replace("a", "$&")', '$&.b.$&'],
  ['"a, b" | split(", ")', ['a', 'b']],
  ['"abc".contains("b") && list.contains(2)', true],
  ['"abc".startsWith("a") && "abc".endsWith("c")', true],
  ['"order 66" | matches("\\\\d+")', true],
  ['"order 66" | regex_extract("order (\\\\d+)", 1)', '66'],
  ['"x" | regex_extract("(")', null],
  ['7 | pad(3, "0")', '007'],
  ['"4111111111111111" | mask', '••••••••••••1111'],
  ['"0151 23456789" | phone("de")', '+4915123456789'],
  ['"12" | phone', null],
  ['int("7.9")', 7],
  ['double("1e3")', 1000],
  ['number("x")', null],
  ['bool("false")', false],
  ['1.005 | round(2)', 1.01],
  ['-2.5 | round', -3],
  ['floor(2.9) + ceil(2.1) + abs(-1)', 6],
  ['1234567.891 | number_format(2)', '1,234,567.89'],
  ['1234567.891 | number_format(2, "de")', '1.234.567,89'],
  ['-0.5 | number_format', '-0.5'],
  ['now | date("DD.MM.YYYY HH:mm")', '15.01.2026 11:30'],
  ['"2026-07-01" | date("D/M/YY h:mm A", "UTC")', '1/7/26 12:00 AM'],
  ['date("no date")', null],
  ['now | date_add("1d")', '2026-01-16T10:30:00Z'],
  ['now | date_add("-90m")', '2026-01-15T09:00:00Z'],
  ['"2026-01-31" | date_add("1mo")', '2026-02-27T23:00:00Z'],
  ['date_diff("2026-01-01", "2026-03-01")', 59],
  ['date_diff("2026-01-01", "2026-01-02", "h")', 24],
  ['date_diff("2026-01-01", "2026-01-02", "constructor")', null],
  ['now | in_tz("America/New_York")', '2026-01-15 05:30'],
  ['weekday("2026-01-18")', 7],
  ['is_open()', true],
  ['is_open("2026-01-18")', false],
  ['duration("1h30m")', 5_400_000],
  ['timestamp("2026-01-15")', '2026-01-14T23:00:00Z'],
  ['is_date("2026-02-30")', false],
  ['size(word) + size(list) + size(order) + size(nothing)', 19],
  ['list | join("-")', '3-1-2-3'],
  ['list | slice(1, 3)', [1, 2]],
  ['word | slice(0, 2)', 'Hé'],
  ['first(list) + last(list)', 6],
  ['list | uniq', [3, 1, 2]],
  ['list | sort', [1, 2, 3, 3]],
  ['["b", "a"] | sort', ['a', 'b']],
  ['list | reverse', [3, 2, 1, 3]],
  ['sum(list) + min(list) + max(1, 2)', 12],
  ['[] | min', null],
  ['["only"] | pick', 'only'],
  ['[] | pick', null],
  ['{"a": [1, null]} | json', '{"a":[1,null]}'],
  ['from_json("[1, {}]")', [1, {}]],
  ['from_json("{")', null],
  ['"héllo" | base64', 'aMOpbGxv'],
  ['"" | sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [
    '"héllo wörld, this is longer than one block of the hash, and then some more" | sha256',
    createHash('sha256').update('héllo wörld, this is longer than one block of the hash, and then some more').digest('hex'),
  ],
  ['"abc" | sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
])('a function answers: %s', (source, expected) => {
  expect(value(source)).toEqual(expected);
});

test('every function is tried above, and answers to nothing at all without a fault', () => {
  for (const name of Object.keys(functions)) {
    expect(isKnownFunction(name)).toBe(true);
    for (const args of ['', 'nothing', 'order', 'list, list', '"", -1, order', 'n, order, list'])
      expect(() => value(`${name}(${args})`), `${name}(${args})`).not.toThrow();
  }
});

test('random functions draw from the turn, so that a replay repeats', () => {
  const draw = (seed: number) => value('[uuid(), pick([1,2,3,4,5,6,7,8,9])]', {}, surroundings({ random: randomOf(seed, 1) }));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(value('uuid()')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

describe('pipes and names', () => {
  test.each<[string, Value]>([
    ['nothing | default("there") | upper', 'THERE'],
    ['n + 1 | round', 8],
    ['(nothing | default(0)) + 1', 1],
    ['[word | upper, {"k": "x" | upper}]', ['HÉLLO WÖRLD', { k: 'X' }]],
    ['list.map(i, i | pad(2, "0"))', ['03', '01', '02', '03']],
    ['"a|b" | upper', 'A|B'],
    ['false || true', true],
    ['order.items | json | size', 13],
  ])('%s', (source, expected) => {
    expect(value(source)).toEqual(expected);
  });

  test('words that CEL keeps for itself are names here', () => {
    expect(value('loop.index + 1')).toBe(3);
    expect(value('package + order.package')).toBe('minebox');
    expect(value('"for" + "import"')).toBe('forimport');
  });

  test('the names it reads are told, with the member, and without what it binds itself', () => {
    expect(namesIn(compile('people.map(p, p.age + n) + [order.total, vars["x"], loop.index]')).sort()).toEqual([
      'loop.index',
      'n',
      'order.total',
      'people',
      'vars',
    ]);
  });

  test.each(['1 +', 'a |', '| upper', 'a | 1', 'f(', `a${' | trim'.repeat(33)}`, '('.repeat(5_000), 'x'.repeat(20_001)])(
    'what cannot be read is said and is null: %#',
    (source) => {
      expect(compile(source)).toMatchObject({ ok: false, problem: expect.stringMatching(/\w/) });
      expect(value(source)).toBeNull();
    },
  );
});

describe('nothing of the host can be reached', () => {
  test.each([
    '__proto__',
    'constructor',
    'order.__proto__',
    'order.constructor.name',
    'order["__proto__"]',
    'list.length',
    'word.length',
    'toString()',
    'order.hasOwnProperty("total")',
    'list.constructor("x")',
  ])('%s', (source) => {
    expect(value(source)).toBeNull();
  });

  test('a key called __proto__ is a key like any other', () => {
    const made = value('{"__proto__": {"polluted": true}}');
    expect(Object.keys(made as object)).toEqual(['__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(value('from_json("{\\"__proto__\\": {\\"polluted\\": 1}}").polluted')).toBeNull();
  });
});

describe('the budget', () => {
  const long = Array.from({ length: 900 }, (_, at) => at);
  test.each<[string, { [name: string]: Value }]>([
    ['big.map(i, big.map(j, big.map(k, i * j * k)))', { big: long }],
    ['big.map(i, text | sha256)', { big: long, text: 'x'.repeat(60_000) }],
    ['big.map(i, text | matches("(a+)+b"))', { big: long, text: 'a'.repeat(60_000) }],
    ['big.map(i, big | uniq)', { big: long }],
    ['text + text + text + text + text', { text: 'x'.repeat(60_000) }],
  ])('ends in null soon: %s', (source, names) => {
    const before = process.cpuUsage();
    expect(value(source, names)).toBeNull();
    expect(process.cpuUsage(before).user).toBeLessThan(1_500_000);
  });

  test('numbers that leave the range are null, so that a session stays JSON', () => {
    for (const source of ['sum([1e308, 1e308])', '1e308 * 10', 'round(1e308 * 9)', '1e999']) expect(value(source), source).toBeNull();
  });

  test('text nested deeper than anyone can walk is not read', () => {
    expect(value('from_json(text)', { text: `${'['.repeat(10_000)}${']'.repeat(10_000)}` })).toBeNull();
  });
});

// What is kept is JSON, which writes no negative zero.
const anyValue: fc.Arbitrary<Value> = fc.jsonValue({ maxDepth: 3 }).map((one) => JSON.parse(JSON.stringify(one)) as Value);

test('whatever is written and whatever is in scope, an answer comes: JSON, and the same again', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'n',
      'word',
      'list',
      'order',
      '.x',
      '[0]',
      '(',
      ')',
      '+',
      '|',
      '||',
      '?',
      ':',
      '"',
      "'",
      '{',
      '}',
      '1',
      '-',
      ' in ',
      '.map(i, ',
      'i',
      ',',
      '\\',
      '__proto__',
      'loop',
      '\u0000',
      '💥',
    ),
    fc.constantFrom(...Object.keys(functions)),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 20 }),
      fc.dictionary(fc.constantFrom('n', 'word', 'list', 'order', '__proto__', 'i'), anyValue),
      (pieces, names) => {
        const source = pieces.join('');
        const got = value(source, names);
        expect(JSON.parse(JSON.stringify({ got }))).toEqual({ got });
        expect(value(source, names)).toEqual(got);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('every function answers any arguments with a value and never a fault', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(functions)), fc.array(anyValue, { maxLength: 3 }), (name, args) => {
      const names = Object.fromEntries(args.map((one, at) => [`a${at}`, one]));
      const got = value(`${name}(${Object.keys(names).join(', ')})`, names);
      expect(JSON.parse(JSON.stringify({ got }))).toEqual({ got });
    }),
    { numRuns: 3_000 },
  );
});
