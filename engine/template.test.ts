import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Value } from './expression/value.ts';
import type { Surroundings } from './expression.ts';
import { plainMarkdown } from './message.ts';
import { partsOf, renderJson, renderText, renderValue, type Slot } from './template.ts';

const around: Surroundings = { now: 0, timeZone: 'UTC', language: 'en', random: () => 0, isOpen: () => true, nextOpen: (at) => at };
const text = (template: string, slot: Slot = 'plain', scope: { [name: string]: Value } = {}) => renderText(template, slot, scope, around);
const nasty = '../?a=b&c="d"\r\nX: <y> *z*';

test.each<[Slot, string]>([
  ['plain', nasty],
  ['markdown', '../?a=b&c="d"\r\nX: <y> \\*z\\*'],
  ['url', '..%2F%3Fa%3Db%26c%3D%22d%22%0D%0AX%3A%20%3Cy%3E%20%2Az%2A'],
  ['query', '..%2F%3Fa%3Db%26c%3D%22d%22%0D%0AX%3A%20%3Cy%3E%20%2Az%2A'],
  ['form', '..%2F%3Fa%3Db%26c%3D%22d%22%0D%0AX%3A+%3Cy%3E+%2Az%2A'],
  ['html', '../?a=b&#38;c=&#34;d&#34;\r\nX: &#60;y&#62; *z*'],
  ['header', '../?a=b&c="d" X: <y> *z*'],
])('the place a value goes to decides how it is written: %s', (slot, expected) => {
  expect(text('{{ v }}', slot, { v: nasty })).toBe(expected);
});

test('what the author wrote stays as written, except that a header is one line', () => {
  expect(text('/a b/*?', 'url')).toBe('/a b/*?');
  expect(text('**b** <i>', 'markdown')).toBe('**b** <i>');
  expect(text('a\r\nb', 'header')).toBe('a b');
});

test('a segment of dots climbs nowhere, and half a character is no character', () => {
  expect(text('/{{ v }}/x', 'url', { v: '..' })).toBe('/%2E%2E/x');
  expect(text('{{ v }}', 'url', { v: '.' })).toBe('%2E');
  expect(text('{{ v }}', 'url', { v: '\ud800' })).toBe('%EF%BF%BD');
});

test('markup is kept only where raw is asked for', () => {
  expect(text('{{ v | raw }}', 'markdown', { v: '*z*' })).toBe('*z*');
  expect(text('{{ v | raw }}', 'html', { v: '<z>' })).toBe('&#60;z&#62;');
});

test('exactly one expression keeps its kind; anything else is text', () => {
  const scope = { n: 5, list: [1], nothing: null };
  const value = (template: string) => renderValue(template, scope, around);
  expect(['{{ n }}', '{{n}}', '{{ list }}', '{{ n > 3 }}', '{{ missing }}', ' {{ n }}', '{{ n }}{{ n }}', 'n', ''].map(value)).toEqual([
    5,
    5,
    [1],
    true,
    null,
    ' 5',
    '55',
    'n',
    '',
  ]);
});

test('every text inside a JSON value is a slot of its own, keys are not', () => {
  expect(renderJson({ a: ['{{ n }}', { 'k{{ n }}': 'x{{ n }}' }], b: null, __proto__x: true }, { n: 5 }, around)).toEqual({
    a: [5, { 'k{{ n }}': 'x5' }],
    b: null,
    __proto__x: true,
  });
});

test.each([
  ['quotes around closing braces', '{{ "}}" }}!', '}}!'],
  ['escaped quotes', `{{ 'it\\'s }}' }}`, "it's }}"],
  ['maps inside', '{{ {"a": {"b": 1}}.a.b }}', '1'],
  ['what is never closed', 'a {{ b', 'a {{ b'],
  ['braces that are none', '{ a } }} {', '{ a } }} {'],
  ['nothing between them', 'a{{ }}b', 'ab'],
  ['what cannot be read', 'a{{ 1 + }}b', 'ab'],
  ['a list and an object', '{{ [1, "b", null] }} {{ {"a": 1} }}', '1, b,  {"a":1}'],
])('braces are found with %s', (_name, template, expected) => {
  expect(text(template)).toBe(expected);
});

test('text ends where no variable could hold it any more', () => {
  expect(text('{{ v }}{{ v }}', 'plain', { v: 'x'.repeat(60_000) }).length).toBe(64 * 1024 + 1);
});

test('whatever a visitor types, it stays in its place', () => {
  const anyText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string());
  fc.assert(
    fc.property(anyText, (v) => {
      expect(text('/a/{{ v }}/b', 'url', { v }).split(/[/?#]/)).toHaveLength(4);
      expect(text('{{ v }}', 'header', { v })).not.toMatch(/[\r\n\0]/);
      expect(text('<b>{{ v }}</b>', 'html', { v }).replace(/&#\d+;/g, '')).not.toMatch(/["'&]|<(?!\/?b>)/);
      expect(plainMarkdown(text('{{ v }}', 'markdown', { v }))).toBe(v);
    }),
    { numRuns: 1_000 },
  );
});

test('the parts of any template together are the template', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('{{', '}}', '{', '}', '"', "'", '\\', 'a', ' '), { maxLength: 30 }), (pieces) => {
      const template = pieces.join('');
      expect(() => text(template)).not.toThrow();
      const literal = partsOf(template)
        .filter((part) => typeof part === 'string')
        .join('');
      expect(literal.length).toBeLessThanOrEqual(template.length);
    }),
    { numRuns: 1_000 },
  );
});
