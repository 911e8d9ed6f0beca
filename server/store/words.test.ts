import { expect, test } from 'vitest';
import { excerptOf, holdsWords, wantedIn, wordsOf } from './words.ts';

const wanted = (text: string) => wantedIn(text) ?? { whole: [], begun: '' };
const marked = (text: string, asked: string) => {
  const { text: shown, marks } = excerptOf(text, wanted(asked));
  return marks.map(([from, to]) => shown.slice(from, to));
};

test('words are known without accents and in small letters, whatever stands between them', () => {
  expect(wordsOf('Où est ma commande n°A-1001 ? Straße, İzmir… e\u0301tude ÉTUDE')).toEqual([
    ...['ou', 'est', 'ma', 'commande', 'n', 'a', '1001', 'straße', 'izmir', 'etude'],
  ]);
  expect(wordsOf('  !?… 👋 ')).toEqual([]);
});

test('where a script sets no spaces, pairs of signs are the words', () => {
  expect(wordsOf('注文番号はA1')).toEqual(['注文', '文番', '番号', '号は', 'は', 'a1']);
  expect(holdsWords('荷物はどこですか', wanted('荷物'))).toBe(true);
  expect(holdsWords('荷物はどこですか', wanted('か'))).toBe(true);
  expect(holdsWords('荷物はどこですか', wanted('どこか'))).toBe(false);
});

test('all words are wanted, the last also as the beginning of one', () => {
  expect(holdsWords('Where is my parcel?', wanted('parcel wh'))).toBe(true);
  expect(holdsWords('Where is my parcel?', wanted('par wh'))).toBe(false);
  expect(wantedIn('?!')).toBeNull();
});

test('an excerpt shows what stands around the first word and marks each that was found', () => {
  const long = `${'One two three four five six seven eight nine ten. '.repeat(6)}Your PÄRCEL is late. ${'And so on and on. '.repeat(20)}`;
  const { text, marks } = excerptOf(long, wanted('parcel'));
  expect(text.length).toBeLessThan(165);
  expect(text.startsWith('…') && text.endsWith('…')).toBe(true);
  expect(marks.map(([from, to]) => text.slice(from, to))).toEqual(['PÄRCEL']);
  expect(marked('Late parcel, late again', 'parcel lat')).toEqual(['Late', 'parcel', 'late']);
  expect(marked('荷物はどこ', '荷物は')).toEqual(['荷物は']);
  expect(excerptOf('nothing in here', wanted('zebra'))).toEqual({ text: 'nothing in here', marks: [] });
});

test('a text of ten thousand letters without a space is cut, not looked at for ever', () => {
  expect(wordsOf('x'.repeat(10_000))).toEqual(['x'.repeat(40)]);
  expect(wordsOf('字'.repeat(10_000)).length).toBeLessThanOrEqual(2);
  expect(excerptOf(`${'😀'.repeat(300)} parcel`, wanted('parcel')).text).toContain('parcel');
});
