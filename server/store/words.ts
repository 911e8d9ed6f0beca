// The words of a text as searches know them: small letters without accents, and pairs of signs where a script sets no
// spaces. The index of messages is made of them, what is searched for is read as them, and they are found again in what
// is shown. Pure.

/** Where a word stands in the text, and how it is known; of a pair also where its first sign ends. */
type Piece = { word: string; from: number; to: number; half?: number };

const run = /[\p{L}\p{N}\p{M}]+/gu;
const spaceless = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc][\p{M}]*/gu;
const maxWord = 40;
const maxWords = 2_000;

function known(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .normalize('NFC');
  return plain.replace(/[^\p{L}\p{N}\p{M}]/gu, '').slice(0, maxWord);
}

function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const { 0: found, index } of text.matchAll(run)) {
    const signs = [...found.matchAll(spaceless)];
    let from = 0;
    for (const [at, sign] of signs.entries()) {
      if (sign.index > from) pieces.push({ word: known(found.slice(from, sign.index)), from: index + from, to: index + sign.index });
      from = sign.index + sign[0].length;
      // The last of a run stands alone, so that it is found, too.
      const next = signs[at + 1];
      const end = next?.index === from ? from + next[0].length : from;
      pieces.push({ word: known(found.slice(sign.index, end)), from: index + sign.index, to: index + end, half: index + from });
    }
    if (from < found.length) pieces.push({ word: known(found.slice(from)), from: index + from, to: index + found.length });
    if (pieces.length >= maxWords) break;
  }
  return pieces.filter(({ word }) => word !== '');
}

/** Each once. */
export function wordsOf(text: string): string[] {
  return [...new Set(piecesOf(text).map(({ word }) => word))];
}

/** All of these words; the last may be the beginning of one. */
export type WantedWords = { whole: string[]; begun: string };

const maxWanted = 10;

/** Null when there is no word in it. */
export function wantedIn(text: string): WantedWords | null {
  const words = wordsOf(text).slice(0, maxWanted);
  const begun = words.pop();
  return begun === undefined ? null : { whole: words, begun };
}

export function holdsWords(text: string, { whole, begun }: WantedWords): boolean {
  const words = wordsOf(text);
  return words.some((word) => word.startsWith(begun)) && whole.every((word) => words.includes(word));
}

/** `marks`: where the words stand in `text`, from and to, in order and apart. */
export type Excerpt = { text: string; marks: [number, number][] };

const before = 40;
const excerptLength = 160;

/** What stands around the first word that was wanted. */
export function excerptOf(text: string, { whole, begun }: WantedWords): Excerpt {
  const flat = text.replace(/\s+/g, ' ').trim();
  const isWhole = ({ word }: Piece) => word === begun || whole.includes(word);
  const found = piecesOf(flat)
    .filter((one) => isWhole(one) || one.word.startsWith(begun))
    .map((one) => ({ ...one, to: isWhole(one) ? one.to : (one.half ?? one.to) }));
  const first = found[0]?.from ?? 0;
  // Not in the middle of a word, nor of a sign of two halves.
  const start = first <= before ? 0 : first - before + flat.slice(first - before, first).indexOf(' ') + 1;
  const lead = start > 0 ? '…' : '';
  const shown = flat.slice(start, start + excerptLength).replace(/[\ud800-\udbff]$/, '');
  const shift = lead.length - start;
  const marks: [number, number][] = [];
  for (const { from, to } of found) {
    if (to > start + shown.length) break;
    const last = marks.at(-1);
    if (last && from + shift <= last[1]) last[1] = to + shift;
    else marks.push([from + shift, to + shift]);
  }
  return { text: `${lead}${shown}${start + shown.length < flat.length ? '…' : ''}`, marks };
}
