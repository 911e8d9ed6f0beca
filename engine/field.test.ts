import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalFieldValue, type FieldType, fieldTypes } from './field.ts';

const text = (type: FieldType, value: unknown): string | null => {
  const found = canonicalFieldValue(type, value);
  return found.ok ? found.text : null;
};

describe('what a value becomes', () => {
  test.each<[FieldType, unknown, string | null]>([
    ['text', 'string', 'string'],
    ['text', 123, '123'],
    ['text', true, 'true'],
    ['text', ' kept as it is ', ' kept as it is '],
    ['text', ['a', 1], '["a",1]'],
    ['longtext', { a: 'b' }, '{"a":"b"}'],
    ['number', '123', '123'],
    ['number', ' +12.50 ', '12.5'],
    ['number', '.5', '0.5'],
    ['number', '1e3', '1000'],
    ['number', -0, '0'],
    ['number', '12 apples', null],
    ['number', '0x10', null],
    ['number', '1e999', null],
    ['number', true, null],
    ['number', [1], null],
    ['boolean', true, 'true'],
    ['boolean', 'NO', 'false'],
    ['boolean', 1, 'true'],
    ['boolean', '0', 'false'],
    ['boolean', 'maybe', null],
    ['boolean', { toString: 1, valueOf: 1 }, null],
    ['date', '2018-07-18', '2018-07-18'],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', '2023-02-29', null],
    ['date', '18.07.2018', null],
    ['date', '2018-07-18T00:00:00Z', null],
    ['datetime', '2018-07-02T00:00:00+00:00', '2018-07-02T00:00:00+00:00'],
    ['datetime', '2018-07-02 10:30', '2018-07-02T10:30:00+00:00'],
    ['datetime', '2018-07-02T00:30:00.123+02:00', '2018-07-01T22:30:00+00:00'],
    ['datetime', '0050-01-01T00:00:00Z', '0050-01-01T00:00:00+00:00'],
    ['datetime', '9999-12-31T23:59:59-14:00', null],
    ['datetime', '2018-02-30T00:00:00Z', null],
    ['datetime', '2018-07-02T24:00:00Z', null],
    ['datetime', 1_530_489_600, null],
    ['array', ['a', { b: 1 }], '["a",{"b":1}]'],
    ['array', '[1, 2]', '[1,2]'],
    ['array', '{"a": [ ]}', '{"a":[]}'],
    ['array', 'a,b', null],
    ['array', 'true', null],
    ['array', 7, null],
  ])('%s %j is %j', (type, value, expected) => {
    expect(text(type, value)).toBe(expected);
  });

  test('every type has the empty text, which null stands for', () => {
    for (const type of fieldTypes) {
      expect(text(type, '')).toBe('');
      expect(text(type, null)).toBe('');
      expect(text(type, undefined)).toBe(null);
    }
  });

  test('a refusal says what was expected', () => {
    expect(canonicalFieldValue('date', 'tomorrow')).toEqual({ ok: false, expected: 'a date such as 2018-07-18' });
    expect(canonicalFieldValue('text', 'x'.repeat(64 * 1024 + 1))).toEqual({ ok: false, expected: 'a text, of at most 65536 characters' });
    // It grows when it is written the one way: 1e+21.
    expect(canonicalFieldValue('array', `[${Array(13_000).fill('1e21')}]`)).toEqual({ ok: false, expected: 'a list, as JSON, of at most 65536 characters' });
  });

  test('a list nested beyond 64 levels is refused, as text too', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(text('array', nested(64))).toBe(nested(64));
    expect(text('array', nested(65))).toBe(null);
    expect(text('array', nested(30_000))).toBe(null);
  });
});

const hostile = fc.constantFrom('['.repeat(30_000), `1${' '.repeat(60_000)}x`, '1'.repeat(60_000), '-0', '1e400', '0000-00-00', '0000-01-01T00:00:00+23:59');
const digits = fc.nat({ max: 99 }).map((n) => String(n).padStart(2, '0'));
const nearDates = fc
  .tuple(fc.nat({ max: 9999 }), digits, digits, digits, digits, fc.constantFrom('', 'Z', '+02:00', '-2359', ' +14:00'))
  .map(([year, month, day, hour, minute, offset]) => `${String(year).padStart(4, '0')}-${month}-${day}T${hour}:${minute}${offset}`);
const values = fc.oneof(fc.jsonValue(), fc.json(), fc.double().map(String), nearDates, hostile, fc.anything({ withNullPrototype: true }));

describe('whatever is sent', () => {
  test('it never throws, and the canonical form of a canonical text is itself', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fieldTypes), values, (type, value) => {
        const first = canonicalFieldValue(type, value);
        if (first.ok) expect(canonicalFieldValue(type, first.text)).toEqual(first);
        else expect(first.expected).not.toBe('');
      }),
      { numRuns: 3000 },
    );
  });

  test('a date and time keeps its moment', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
        fc.integer({ min: -839, max: 839 }),
        (date, offset) => {
          const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
          const zone = `${offset < 0 ? '-' : '+'}${String(Math.trunc(Math.abs(offset) / 60)).padStart(2, '0')}:${String(Math.abs(offset) % 60).padStart(2, '0')}`;
          const found = text('datetime', `${local}${zone}`);
          expect(Date.parse(String(found))).toBe(Math.floor(date.getTime() / 1000) * 1000);
        },
      ),
    );
  });
});
