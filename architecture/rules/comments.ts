// Comments say why. Each file begins with what it is, in one to four lines; nothing is left for later.
import type { Finding, Rule } from '../rule.ts';
import type { Source } from '../source.ts';
import { isGenerated } from '../tree.ts';

const maxHeaderLines = 4;
const later = /\b(TODO|FIXME|XXX|HACK)\b/;

export const comments: Rule = {
  name: 'every file says what it is, and no comment is a banner, a signature or a promise',
  check: (tree) => [
    ...tree.code.filter(({ path }) => !isGenerated(path)).flatMap(commentFindings),
    ...tree.code.filter(({ path }) => !isGenerated(path) && !path.includes('.test.')).flatMap(headerFindings),
  ],
  planted: [
    { 'server/a.ts': 'export const a = 1; ✗', 'server/b.ts': '// One line.\nexport const b = 1;', 'server/a.test.ts': 'export const a = 1;' },
    {
      'server/a.ts': `// One. ✗\n// Two.\n// Three.\n// Four.\n// Five.\nexport const a = 1;`,
      'server/b.ts': '// One.\n// Two.\n// Three.\n// Four.\n\n// Of b.\nexport const b = 1;',
    },
    { 'server/bin/run.mjs': '#!/usr/bin/env node\n// Starts it.\nrun();', 'server/bin/stop.mjs': '#!/usr/bin/env node ✗\nstop();' },
    { 'server/a.ts': '/** One. */\nexport const a = 1;', 'server/b.ts': '/* One. ✗\n 2\n 3\n 4\n 5 */\nexport const b = 1;' },
    {
      'server/a.ts': `
        // What it is.
        // TODO: the rest ✗
        const text = 'TODO';
        // ---------- banners ---------- ✗
        /** @param name the name */ ✗
        export function find(name: string) {}`,
    },
  ],
};

function commentFindings({ path, comments }: Source): Finding[] {
  return comments.flatMap(({ text, line }): Finding[] => {
    const at = (what: string, instead: string) => [{ file: path, line, what, instead }];
    const found = later.exec(text)?.[1];
    if (found) return at(`says ${found}`, 'an issue, or done now');
    if (/[-=*#~_]{8,}/.test(text)) return at('is a banner', 'a file of its own, if it needs a heading');
    return /@(param|returns?)\b/.test(text) ? at('repeats the signature', 'the type, and in prose only what types cannot say') : [];
  });
}

function headerFindings({ path, text }: Source): Finding[] {
  const length = headerLines(text.replace(/^#!.*\n/, ''));
  if (length >= 1 && length <= maxHeaderLines) return [];
  const what = length === 0 ? 'does not begin with what it is' : `begins with ${length} lines of comment`;
  return [{ file: path, line: 1, what, instead: `the first lines of the file, as one to ${maxHeaderLines} lines that say what it is` }];
}

function headerLines(text: string): number {
  if (text.trimStart().startsWith('/*')) return text.slice(0, text.indexOf('*/')).split('\n').length;
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.trimStart().startsWith('//'));
  return end < 0 ? lines.length : end;
}
