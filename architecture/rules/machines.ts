// A folder is a list, of any length, or a machine: a few unlike parts that one can hold in mind.
import { posix } from 'node:path';
import { matchesAny } from '../patterns.ts';
import type { Rule } from '../rule.ts';

const maxParts = 12;

/** Folders of same-shaped siblings. Everything else is a machine. */
const listFolders: readonly string[] = [
  'engine',
  'engine/blocks',
  'server/doors',
  'server/doors/*',
  'server/commands',
  'server/store',
  'server/store/migrations',
  'server/cli',
  'server/channels',
  'server/effects',
  'server/files',
  'server/testing/doubles',
  'admin/pages',
  'admin/pages/*',
  'admin/ui',
  'admin/forms',
  'admin/i18n',
  'admin/builder/blocks',
  'architecture/rules',
  'bench',
  'scripts',
  'examples',
];

export const machines: Rule = {
  name: `a folder that is not a list has at most ${maxParts} files`,
  check: (tree) => {
    // x.ts beside the list folder x/ is the list itself, and no part of the machine around it.
    const isList = (path: string): boolean => matchesAny(listFolders, path.replace(/\.ts$/, ''));
    const folders = Map.groupBy(
      tree.code.filter(({ path }) => path.includes('/') && !/\.(test|generated|config)\./.test(path) && !isList(path)),
      ({ path }) => posix.dirname(path),
    );
    return [...folders]
      .filter(([folder, sources]) => sources.length > maxParts && !matchesAny(listFolders, folder))
      .map(([folder, sources]) => ({
        file: sources.at(-1)?.path ?? folder,
        line: 1,
        what: `is one of ${sources.length} files in ${folder}/, ${maxParts} at most`,
        instead: 'a folder beside the file that uses it (x.ts with x/), as do the others that only x.ts uses',
      }));
  },
  planted: [
    {
      ...Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`server/http/part-${String.fromCharCode(97 + index)}.ts`, ''])),
      'server/http/part-z.ts': 'let a; ✗',
      'server/http/part-a.test.ts': '',
      ...Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`server/part-${index}.ts`, ''])),
      'server/doors.ts': '',
      'server/files.ts': '',
      ...Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`server/store/table-${index}.ts`, ''])),
    },
  ],
};
