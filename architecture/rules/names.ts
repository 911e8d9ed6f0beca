// Files are named in kebab-case after what they export, so there is no name left for what nobody decided on.
import type { Finding, Rule } from '../rule.ts';
import { wordsOf } from '../source.ts';

const nobodys = new Set('index util utils helper helpers common shared misc core base lib libs manager service services impl types'.split(' '));
const emptySuffixes = new Set('util utils helper helpers manager service impl repository controller provider'.split(' '));
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Names that others look for. */
const given = /^(\.[\w.-]+|README|ARCHITECTURE|CONTRIBUTING|SECURITY|CHANGELOG|LICENSE|Dockerfile|Caddyfile)(\.md)?$/;

export const names: Rule = {
  name: 'files and folders are kebab-case and named after what they hold',
  check: (tree) => [...[...tree.files.keys()].flatMap(pathFindings), ...tree.product.flatMap(exportFindings)],
  planted: [
    {
      'server/tagList.ts': `export const tagList = []; ✗`,
      'server/utils/dates.ts': 'export const day = 1; ✗',
      'server/store/index.ts': 'export const tags = 1; ✗',
      'server/tag-helpers.ts': 'export const tags = 1; ✗',
      'server/store/rate-limits.test.ts': 'export const ok = 1;',
      'server/tags.ts': `
        export class TagService {} ✗
        export const serviceHours = 1;`,
      'docs/decisions/0001-own-limiter.md': 'A page.',
      'README.md': 'Read me.',
      'admin/index.html': 'A page must be called this.',
      '.ci/run': 'echo',
    },
  ],
};

function pathFindings(path: string): Finding[] {
  const parts = path.split('/');
  return parts.flatMap((part, index): Finding[] => {
    if (given.test(part)) return [];
    const isFile = index === parts.length - 1;
    const stem = isFile ? (part.split('.')[0] ?? '') : part;
    const at = (what: string, instead: string) => [{ file: path, line: 1, what, instead }];
    const wrong = part.split('.').find((piece) => !kebab.test(piece));
    if (wrong !== undefined) return at(`is named ${part}, which is not kebab-case`, 'a file named in small letters with hyphens, after what it exports');
    const isCode = !isFile || /\.(ts|tsx|mjs)$/.test(part);
    const isEmpty = nobodys.has(stem) || emptySuffixes.has(stem.split('-').at(-1) ?? '');
    return isCode && isEmpty ? at(`is named ${stem}, which says nothing about what it holds`, 'files named after what they export, beside what uses them') : [];
  });
}

function exportFindings({ path, exports }: { path: string; exports: { name: string; line: number }[] }): Finding[] {
  return exports
    .filter(({ name }) => wordsOf(name).length > 1 && emptySuffixes.has(wordsOf(name).at(-1) ?? '') && /^[A-Z]/.test(name))
    .map(({ name, line }) => ({ file: path, line, what: `exports ${name}, a class of no particular thing`, instead: 'functions named after what they do' }));
}
