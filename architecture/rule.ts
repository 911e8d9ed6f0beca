// What a rule is: a name that is a sentence, a check over a tree of files, and small planted trees that prove it bites.
import type { Tree } from './tree.ts';

export type Finding = {
  file: string;
  line: number;
  /** What is wrong, as the rest of a sentence whose subject is the line. */
  what: string;
  /** Where the line belongs instead; read after "belongs in". */
  instead: string;
};

export type Rule = {
  name: string;
  check(tree: Tree): Finding[];
  /** Path to text. The rule must find exactly the lines that end in the mark ✗, here and in no other file. */
  planted: Record<string, string>[];
};

export function sentenceOf({ file, line, what, instead }: Finding): string {
  return `${file}:${line}: ${what} — belongs in ${instead}`;
}
