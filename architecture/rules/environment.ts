// The environment is read once, whole, in config.ts; everything else is handed a Config.
import type { Rule } from '../rule.ts';
import { chainOf } from '../source.ts';

const readers = ['server/config.ts'];

export const environment: Rule = {
  name: 'only server/config.ts reads the environment',
  check: (tree) =>
    tree.product
      .filter(({ path }) => !readers.includes(path))
      .flatMap(({ path, nodes }) =>
        nodes
          .filter(
            ({ node }) =>
              (node.type === 'MemberExpression' && chainOf(node) === 'process.env') ||
              (node.type === 'VariableDeclarator' && node.id.type === 'ObjectPattern' && node.init !== null && chainOf(node.init) === 'process') ||
              (node.type === 'ImportSpecifier' && 'name' in node.imported && node.imported.name === 'env'),
          )
          .map(({ line }) => ({ file: path, line, what: 'reads the environment', instead: 'server/config.ts, as a setting with its check and its example' })),
      ),
  planted: [
    {
      'server/config.ts': 'const all = process.env;',
      'server/log.ts': `
        const level = process.env.LOG_LEVEL; ✗
        const { env } = process; ✗
        import { env as e } from 'node:process'; ✗
        const pid = process.pid;`,
      'server/log.test.ts': 'process.env.LOG_LEVEL;',
      'scripts/build.mjs': 'process.env.CI;',
    },
  ],
};
