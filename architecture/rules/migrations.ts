// Migrations run in the order of their names on every installation there is, so a name is its file and comes once.
import { posix } from 'node:path';
import type { Finding, Rule } from '../rule.ts';
import { nameOf, type Source } from '../source.ts';

const list = 'server/store/migrations.ts';

export const migrationOrder: Rule = {
  name: 'migrations are named after their files and listed in order',
  check: (tree) => {
    const files = tree.code.filter(({ path }) => path.startsWith('server/store/migrations/') && !path.includes('.test.'));
    const listed = tree.code.find(({ path }) => path === list);
    return [...files.flatMap(nameFindings), ...(listed ? orderFindings(listed) : [])];
  },
  planted: [
    {
      'server/store/migrations.ts': `
        import { a } from './migrations/0001-a.ts';
        import { b } from './migrations/0002-b.ts';
        import { c } from './migrations/0002-c.ts'; ✗
        export const migrations: Migration[] = [b, a]; ✗`,
      'server/store/migrations/0001-a.ts': `export const a: Migration = { name: '0001-a', up: () => [] };`,
      'server/store/migrations/0002-b.ts': `export const b: Migration = { name: '0002-renamed', up: () => [] }; ✗`,
      'server/store/migrations/later.ts': `export const c: Migration = { name: 'later', up: () => [] }; ✗`,
    },
  ],
};

function nameFindings({ path, nodes }: Source): Finding[] {
  const stem = posix.basename(path, '.ts');
  if (!/^\d{4}-[a-z0-9-]+$/.test(stem))
    return [{ file: path, line: 1, what: 'has no number', instead: 'a file named NNNN-what-it-adds.ts, one above the last' }];
  return nodes.flatMap(({ node, parent, line }) => {
    const isName = node.type === 'Literal' && parent?.type === 'Property' && nameOf(parent.key) === 'name' && node.value !== stem;
    return isName
      ? [{ file: path, line, what: `calls itself ${String(node.value)}, not ${stem}`, instead: 'the file of that name; a name once released never changes' }]
      : [];
  });
}

function orderFindings({ path, imports, nodes }: Source): Finding[] {
  const fileOf = new Map(imports.flatMap(({ target, names }) => names.map((name) => [name, target] as const)));
  const order = nodes.find(
    ({ node, parent }) => node.type === 'ArrayExpression' && parent?.type === 'VariableDeclarator' && nameOf(parent.id) === 'migrations',
  );
  if (order?.node.type !== 'ArrayExpression') return [];
  const files = order.node.elements.map((one) => fileOf.get(nameOf(one)) ?? '');
  const isSorted = files.every((file, index) => index === 0 || (files[index - 1] ?? '') < file);
  const numbers = imports.map(({ target }) => posix.basename(target).slice(0, 4));
  return [
    ...(isSorted ? [] : [{ file: path, line: order.line, what: 'lists migrations out of order', instead: 'the order of their numbers' }]),
    ...imports
      .filter((_, index) => numbers.indexOf(numbers[index] ?? '') < index)
      .map(({ target, line }) => ({ file: path, line, what: `takes ${target}, whose number is taken`, instead: 'a file one above the last number' })),
  ];
}
