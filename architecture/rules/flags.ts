// At a call, `true` says nothing: what is on or off is a property with a name, or two functions.
import type { Finding, Rule } from '../rule.ts';
import { isFunction, type Node, nameOf, type Source } from '../source.ts';

export const flags: Rule = {
  name: 'no exported function takes a bare boolean',
  check: (tree) => tree.product.flatMap(findingsOf),
  planted: [
    {
      'server/tags.ts': `
        export function list(db: Db, withDeleted: boolean) {} ✗
        export const find = (db: Db, deep = false) => db; ✗
        export function show(tag: Tag, options: { isShort: boolean }) {}
        export const isOpen = (tag: Tag): boolean => true;
        function inside(isFirst: boolean) {}`,
    },
  ],
};

function findingsOf({ path, exports }: Source): Finding[] {
  return exports.flatMap(({ name, line, node }) => {
    const made = node.type === 'VariableDeclarator' ? node.init : node;
    if (!made || !isFunction(made)) return [];
    return made.params
      .map(flagOf)
      .filter((flag) => flag !== '')
      .map((flag) => ({
        file: path,
        line,
        what: `${name} takes the boolean ${flag} by position`,
        instead: `an object, so that the call says { ${flag}: true }`,
      }));
  });
}

/** The parameter's name when it is a boolean. */
function flagOf(parameter: Node): string {
  if (parameter.type === 'AssignmentPattern')
    return parameter.right.type === 'Literal' && typeof parameter.right.value === 'boolean' ? nameOf(parameter.left) : '';
  if (parameter.type !== 'Identifier' || !('typeAnnotation' in parameter) || !parameter.typeAnnotation) return '';
  return parameter.typeAnnotation.typeAnnotation.type === 'TSBooleanKeyword' ? parameter.name : '';
}
