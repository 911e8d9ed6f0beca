// SQL is written in the store, where every query runs on both databases and carries its tenant.
import type { Finding, Rule } from '../rule.ts';
import { nameOf, type Source } from '../source.ts';

const verbs = new Set(['selectFrom', 'insertInto', 'updateTable', 'deleteFrom', 'mergeInto', 'executeQuery']);

export const queries: Rule = {
  name: 'only the store writes queries',
  check: (tree) => tree.product.filter(({ path }) => path.startsWith('server/') && !path.startsWith('server/store/')).flatMap(findingsOf),
  planted: [
    {
      'server/store/tags.ts': `const rows = db.selectFrom('tag').execute();`,
      'server/commands/tags.ts': `
        const rows = await app.db
          .selectFrom('tag') ✗
          .execute();
        await tx.deleteFrom('tag').execute(); ✗`,
      'server/testing/scenario.ts': `db.selectFrom('event');`,
    },
  ],
};

function findingsOf({ path, nodes, lineAt }: Source): Finding[] {
  return nodes.flatMap(({ node }) => {
    if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || !verbs.has(nameOf(node.callee.property))) return [];
    const { property } = node.callee;
    return [
      {
        file: path,
        line: lineAt(property.start),
        what: `writes a query (${nameOf(property)})`,
        instead: 'server/store/, as a function of the file whose table it is',
      },
    ];
  });
}
