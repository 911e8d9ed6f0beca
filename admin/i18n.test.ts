import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { factKinds } from './pages/settings/facts.ts';

type Words = { [name: string]: string | Words };

const root = import.meta.dirname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const locales = readdirSync(join(root, 'locales')).map((file) => ({ file, words: flatten(JSON.parse(read(`locales/${file}`)) as Words) }));
const english = locales.find(({ file }) => file === 'en.json')?.words ?? new Map<string, string>();
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.includes('node_modules') && !file.endsWith('.test.ts'))
  .map(read);

function flatten(words: Words, before = ''): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([name, value]) =>
      typeof value === 'string' ? [[`${before}${name}`, value] as const] : [...flatten(value, `${before}${name}.`)],
    ),
  );
}

/** Of `andMore_one` the code asks for `andMore`. */
const asked = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '');
const placeholders = (text: string | undefined) => [...(text ?? '').matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

test.each(locales)('$file says everything English says, and nothing else', ({ words }) => {
  expect([...words.keys()].map(asked).sort()).toEqual([...english.keys()].map(asked).sort());
});

test.each(locales)('$file leaves no word empty and fills in the same values as English', ({ words }) => {
  for (const [key, text] of words) {
    expect(text.trim(), key).not.toBe('');
    expect(placeholders(text), key).toEqual(placeholders(english.get(key)));
  }
});

test('every word that is asked for exists', () => {
  const wanted = sources.flatMap((source) => [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key = '']) => key));
  expect(wanted.length).toBeGreaterThan(200);
  const known = new Set([...english.keys()].map(asked));
  expect(wanted.filter((key) => !known.has(key))).toEqual([]);
});

test('every word is asked for somewhere, whole or as one of a family', () => {
  const text = sources.join('\n');
  const families = [...text.matchAll(/`([\w.]+\.)\$\{[^`]*`/g)].map(([, start = '']) => start);
  const idle = [...english.keys()].map(asked).filter((key) => !text.includes(`'${key}'`) && !families.some((start) => key.startsWith(start)));
  expect(idle).toEqual([]);
});

test('every kind of fact has words', () => {
  expect(factKinds.filter((kind) => !english.has(`fact.${kind}`))).toEqual([]);
});

test('no word names the product: an installation goes by its own name', () => {
  for (const { words } of locales) expect([...words.values()].filter((text) => /parley/i.test(text))).toEqual([]);
});

test('the dialog that shows a new key says exactly what was agreed', () => {
  expect(english.get('keys.madeText')).toBe(
    'Here is your new API Key. This is the only time the key will ever be displayed, so be sure not to lose it! You may revoke the key at any time from your API settings.',
  );
});
