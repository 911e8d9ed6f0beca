// Global commands: words that mean the same in every flow.
import { fold } from '../block/answer.ts';

const foldedWords = new WeakMap<object, Map<string, string>>();

/** Which command a word is; folded once, for the same commands are asked at every reply. */
function wordsOf(commands: { [name: string]: string[] }): Map<string, string> {
  const known = foldedWords.get(commands);
  if (known) return known;
  const named = Object.entries(commands).flatMap(([name, words]) => words.map((word): [string, string] => [fold(word), name]));
  // Of two commands with the same word it is the first.
  const made = new Map(named.reverse());
  foldedWords.set(commands, made);
  return made;
}

/** The command that a whole message is. */
export function commandIn(commands: { [name: string]: string[] }, text: string): string | null {
  const said = fold(text);
  return said === '' ? null : (wordsOf(commands).get(said) ?? null);
}
