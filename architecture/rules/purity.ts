// The engine is a function from values to values: no clock, no chance, no timers, no process, no network.
import type { Finding, Rule } from '../rule.ts';
import { chainOf, type Placed, type Source } from '../source.ts';

const instead = 'the server: hand the engine what it needs (time, ids, chance) as an input or in ctx';

/** Names that reach the world outside, whatever is done with them. */
const impure = new Set(
  'performance crypto process console fetch setTimeout setInterval setImmediate queueMicrotask globalThis window document Buffer XMLHttpRequest WebSocket'.split(
    ' ',
  ),
);

export const purity: Rule = {
  name: 'the engine reads no clock, draws no random number and touches no world',
  check: (tree) => tree.product.filter(({ path }) => path.startsWith('engine/')).flatMap(findingsOf),
  planted: [
    {
      'engine/advance.ts': `
        // Date.now() in a comment is no clock, and neither is the string 'Date.now()'.
        const parsed = new Date(0).toISOString();
        const now = Date.now(); ✗
        const today = new Date(); ✗
        const text = Date(); ✗
        const dice = Math.random(); ✗
        const id = crypto.randomUUID(); ✗
        const later = setTimeout(() => {}, 1); ✗
        const page = fetch('https://example.com'); ✗
        console.log(process.pid); ✗
        const crypto_ = { process: 1, fetch: (x: number) => x };
        crypto_.fetch(crypto_.process);`,
      'server/main.ts': 'const now = Date.now();',
      'engine/advance.test.ts': 'const now = Date.now();',
    },
  ],
};

function findingsOf(source: Source): Finding[] {
  return source.nodes.flatMap((placed) => {
    const what = impurityOf(placed);
    return what ? [{ file: source.path, line: placed.line, what, instead }] : [];
  });
}

function impurityOf({ node, parent }: Placed): string | null {
  if (node.type === 'MemberExpression') {
    const chain = chainOf(node);
    return chain === 'Date.now' ? 'reads the clock (Date.now)' : chain === 'Math.random' ? 'draws a random number (Math.random)' : null;
  }
  if (node.type === 'NewExpression' && chainOf(node.callee) === 'Date' && node.arguments.length === 0) return 'reads the clock (new Date())';
  if (node.type === 'CallExpression' && chainOf(node.callee) === 'Date') return 'reads the clock (Date())';
  if (node.type !== 'Identifier' || !impure.has(node.name)) return null;
  // `x.fetch` and `{ fetch: 1 }` are names of ours, not the world's.
  const isMember = parent?.type === 'MemberExpression' && parent.property === node && !parent.computed;
  const isKey = (parent?.type === 'Property' || parent?.type === 'TSPropertySignature' || parent?.type === 'PropertyDefinition') && parent.key === node;
  return isMember || isKey ? null : `uses ${node.name}`;
}
