// Sizes are decided, not grown into: a file of 400 lines, a function of 70, a component of 150.
import type { Finding, Rule } from '../rule.ts';
import { isFunction, nameOf, type Placed, type Source } from '../source.ts';
import { isGenerated, isTest } from '../tree.ts';

const maxFile = 400;
const maxFunction = 70;
const maxComponent = 150;

/** `path` or `path#function` to the lines it has today and why. The number may only go down: a smaller one fails too. */
const exceptions: Record<string, { lines: number; because: string }> = {};

export const sizes: Rule = {
  name: `no file over ${maxFile} lines, no function over ${maxFunction}, no component over ${maxComponent}`,
  check: (tree) =>
    tree.code.filter(({ path }) => !isTest(path) && !isGenerated(path)).flatMap((source) => [...fileFindings(source), ...functionFindings(source)]),
  planted: [
    {
      'server/long.ts': `function tiny() {} ✗${'\nlet a;'.repeat(400)}`,
      'server/exact.ts': `function tiny() {}${'\nlet a;'.repeat(399)}`,
      'server/data.ts': `export const words = {${"\n  a: 'b',".repeat(500)}\n};`,
      'server/long.test.ts': '\nlet a;'.repeat(500),
      'server/straight.ts': `function seventy() {${'\n  a();'.repeat(68)}\n}\nconst more = () => { ✗${'\n  a();'.repeat(70)}\n};`,
      'admin/page.tsx': `export function Page() {${'\n  a();'.repeat(140)}\n  return <p />;\n}\nexport function Longer() { ✗${'\n  a();'.repeat(149)}\n  return <p />;\n}`,
    },
  ],
};

function fileFindings({ path, text, nodes }: Source): Finding[] {
  const lines = text.replace(/\n$/, '').split('\n').length;
  // Data is read by looking something up, not from top to bottom.
  const isData = !nodes.some(({ node }) => isFunction(node) || node.type === 'ClassDeclaration');
  const what = tooLong(path, lines, isData ? Number.POSITIVE_INFINITY : maxFile);
  return what ? [{ file: path, line: 1, what, instead: 'two files, each named after what it exports' }] : [];
}

function functionFindings(source: Source): Finding[] {
  return source.nodes.flatMap((placed) => {
    if (!isFunction(placed.node)) return [];
    const name = nameOfFunction(placed);
    const lines = source.lineAt(placed.node.end) - placed.line + 1;
    const what = tooLong(`${source.path}#${name}`, lines, isComponent(source, placed, name) ? maxComponent : maxFunction);
    return what
      ? [{ file: source.path, line: placed.line, what: `${name || 'a function'} ${what}`, instead: 'two functions that can each be read alone' }]
      : [];
  });
}

function tooLong(key: string, lines: number, limit: number): string | null {
  const known = exceptions[key];
  if (known) return lines === known.lines ? null : `has ${lines} lines where the exception says ${known.lines}, a number that may only go down,`;
  return lines > limit ? `has ${lines} lines, ${limit} at most` : null;
}

function nameOfFunction({ node, parent }: Placed): string {
  if ('id' in node && node.id) return nameOf(node.id as Placed['node']);
  if (parent?.type === 'VariableDeclarator') return nameOf(parent.id);
  return parent?.type === 'Property' || parent?.type === 'MethodDefinition' ? nameOf(parent.key) : '';
}

function isComponent({ path, nodes }: Source, { node }: Placed, name: string): boolean {
  if (!path.endsWith('.tsx') || !/^[A-Z]/.test(name)) return false;
  return nodes.some(({ node: one }) => (one.type === 'JSXElement' || one.type === 'JSXFragment') && one.start > node.start && one.end <= node.end);
}
