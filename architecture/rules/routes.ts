// A route says who may call it. The types ask for it too; this also holds where a cast or a spread would hide it.
import type { Finding, Rule } from '../rule.ts';
import { chainOf, nameOf, type Source } from '../source.ts';
import type { Tree } from '../tree.ts';

export const routes: Rule = {
  name: 'every route names its policy from server/auth.ts',
  check: (tree) => {
    const policies = policiesIn(tree);
    return tree.product.filter(({ path }) => path.startsWith('server/doors/')).flatMap((source) => findingsOf(source, policies));
  },
  planted: [
    {
      'server/auth.ts': `export const policies = { anyone: {}, bot_read: {} } as const satisfies Record<string, Policy>;`,
      'server/doors/native/tags.ts': `
        route({ method: 'GET', path: '/tags', access: 'bot_read' });
        route({ method: 'GET', path: '/tags' }); ✗
        route({ method: 'GET', path: '/tags', access: 'bot_everything' }); ✗
        route({ method: 'GET', path: '/tags', access: somebody }); ✗
        route(spec); ✗`,
      'server/doors/native/door.ts': `const nativeDoor: Door = { routes: [{ method: 'GET', path: '/raw', docs: {} }] }; ✗`,
    },
  ],
};

function policiesIn(tree: Tree): Set<string> {
  const declared = tree.code.find(({ path }) => path === 'server/auth.ts')?.exports.find(({ name }) => name === 'policies')?.node;
  let value = declared?.type === 'VariableDeclarator' ? declared.init : null;
  while (value?.type === 'TSSatisfiesExpression' || value?.type === 'TSAsExpression') value = value.expression;
  return new Set(value?.type === 'ObjectExpression' ? value.properties.flatMap((one) => (one.type === 'Property' ? [nameOf(one.key)] : [])) : []);
}

function findingsOf({ path, nodes }: Source, policies: Set<string>): Finding[] {
  return nodes.flatMap(({ node, parent, line }): Finding[] => {
    const at = (what: string) => [{ file: path, line, what, instead: '`access`, as one of the policies of server/auth.ts written out in the route' }];
    if (node.type === 'CallExpression' && chainOf(node.callee) === 'route' && node.arguments[0]?.type !== 'ObjectExpression')
      return at('makes a route of something that cannot be read here');
    if (node.type !== 'ObjectExpression') return [];
    const keys = new Map(node.properties.flatMap((one) => (one.type === 'Property' ? [[nameOf(one.key), one.value] as const] : [])));
    const isRoute = parent?.type === 'CallExpression' && chainOf(parent.callee) === 'route';
    if (!isRoute) return keys.has('method') && keys.has('path') && keys.has('docs') ? at('is a route beside route({…})') : [];
    const access = keys.get('access');
    if (!access) return at('is a route without a policy');
    const name = access.type === 'Literal' ? String(access.value) : '';
    return policies.has(name) ? [] : at(name ? `names the policy ${name}, which does not exist` : 'names its policy by something other than its name');
  });
}
