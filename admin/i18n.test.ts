import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { factKinds } from './pages/settings/facts.ts';

type Words = { [name: string]: string | Words };

const root = import.meta.dirname;
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const wordsIn = (path: string) => flatten(JSON.parse(read(path)) as Words);
const groups = readdirSync(join(root, 'locales', 'en')).map((file) => file.replace('.json', ''));
const locales = readdirSync(join(root, 'locales')).map((code) => ({
  code,
  files: readdirSync(join(root, 'locales', code)),
  words: new Map(groups.flatMap((group) => [...wordsIn(`locales/${code}/${group}.json`)])),
}));
const english = locales.find(({ code }) => code === 'en')?.words ?? new Map<string, string>();
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

test.each(locales)('$code says everything English says, and nothing else', ({ files, words }) => {
  expect(files).toEqual(groups.map((group) => `${group}.json`));
  expect([...words.keys()].map(asked).sort()).toEqual([...english.keys()].map(asked).sort());
});

test.each(locales)('$code leaves no word empty and fills in the same values as English', ({ words }) => {
  for (const [key, text] of words) {
    expect(text.trim(), key).not.toBe('');
    expect(placeholders(text), key).toEqual(placeholders(english.get(key)));
  }
});

/** Of a file, itself and what it imports, also later: not what the router opens. */
function filesFrom(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const imported = [...read(path).matchAll(/^import (?!type\b)[^'"]*from '(\.[^']+\.tsx?)'|\bimport\('(\.[^']+\.tsx?)'\)/gms)];
  for (const [, early, late] of imported) if (path !== 'router.tsx') filesFrom(join(dirname(path), early ?? late ?? ''), seen);
  return seen;
}

test('every page comes with the words it says', () => {
  const words = new Map(groups.map((group) => [group, new Set([...wordsIn(`locales/en/${group}.json`).keys()].map(asked))]));
  const opened = [...read('router.tsx').matchAll(/(?:page\(\s*('\w+'|\[[^\]]+\]),\s*|lazy\()\(\) => import\('\.\/([^']+)'\)/g)];
  expect(opened.length).toBeGreaterThan(20);
  for (const [, listed = '', path = ''] of [...opened, ['', '', 'main.tsx']]) {
    const theirs = ['base', ...[...listed.matchAll(/\w+/g)].map(([group]) => group)];
    const said = [...filesFrom(path)].flatMap((file) =>
      [...read(file).matchAll(/\bt\(\s*(?:'([^']+)'|`([\w.]+\.)\$)/g)].map(([, key = '', family = '']) => [key, family] as const),
    );
    const known = theirs.flatMap((group) => [...(words.get(group) ?? [])]);
    expect(
      said.filter(([key, family]) => (key === '' ? !known.some((one) => one.startsWith(family)) : !known.includes(key))),
      path,
    ).toEqual([]);
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
