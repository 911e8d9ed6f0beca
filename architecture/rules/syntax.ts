// Node runs our TypeScript as it stands, so nothing that needs compiling; and nothing that hides what a name is.
import type { Finding, Rule } from '../rule.ts';
import type { Placed, Source } from '../source.ts';

/** Types that Node cannot strip away, and what says the same. */
const uncompiled: Partial<Record<Placed['node']['type'], [what: string, instead: string]>> = {
  TSEnumDeclaration: ['declares an enum, which Node cannot run', 'a list `as const` and a type derived from it'],
  TSParameterProperty: ['declares a parameter property, which Node cannot run', 'a field of the class, assigned in the constructor'],
  Decorator: ['uses a decorator, which Node cannot run', 'a plain function call'],
  TSImportEqualsDeclaration: ['imports with `=`, which Node cannot run', 'an import statement'],
  TSExportAssignment: ['exports with `=`, which Node cannot run', 'a named export'],
};

export const syntax: Rule = {
  name: 'no enum, namespace, decorator, parameter property, default export or barrel',
  check: (tree) => tree.code.flatMap(findingsOf),
  planted: [
    {
      'server/tags.ts': `
        export enum Color { Red } ✗
        export namespace Tags {} ✗
        declare module 'fastify' { interface FastifyRequest { state: null } }
        class Tag {
          constructor(private name: string) {} ✗
          @logged run() {} ✗
        }
        export default Tag; ✗
        export * from './other.ts'; ✗`,
      'server/all.ts': `
        // Only forwards. ✗
        import { b } from './b.ts';
        export { a } from './a.ts';
        export { b };`,
      'server/database.ts': `
        export type { Db } from './handle.ts';
        export const open = 1;`,
      'vitest.config.ts': 'export default {};',
      'server/broken.ts': 'const a = ; ✗',
    },
  ],
};

function findingsOf(source: Source): Finding[] {
  const { path, nodes, error } = source;
  if (error !== null) return [{ file: path, line: 1, what: `cannot be parsed (${error})`, instead: 'a file that Node can run' }];
  const findings = nodes.flatMap(({ node, line }): Finding[] => {
    const at = (what: string, instead: string) => [{ file: path, line, what, instead }];
    const known = uncompiled[node.type];
    if (known) return at(...known);
    // `declare module 'x'` and `declare global` add to types that others own; a namespace makes a value of its own.
    if (node.type === 'TSModuleDeclaration' && node.id.type === 'Identifier')
      return at('declares a namespace, which Node cannot run', 'a file: a file is our namespace');
    if (node.type === 'ExportDefaultDeclaration' && !/\.config\.(ts|mjs)$/.test(path))
      return at('exports a default, which has no name to search for', 'a named export');
    if (node.type === 'ExportAllDeclaration') return at('exports all of another file', 'that file: import from where a thing is');
    return [];
  });
  return isBarrel(source)
    ? [{ file: path, line: 1, what: 'only forwards what others export', instead: 'the files it forwards: import from where a thing is' }, ...findings]
    : findings;
}

function isBarrel({ nodes }: Source): boolean {
  const program = nodes[0]?.node;
  if (program?.type !== 'Program' || program.body.length === 0) return false;
  const forwards = program.body.every((one) => one.type === 'ImportDeclaration' || (one.type === 'ExportNamedDeclaration' && !one.declaration));
  return forwards && program.body.some((one) => one.type === 'ExportNamedDeclaration');
}
