// One code file, parsed: its nodes with their parents, its imports, exports and comments. Parsing is vite's (oxc);
// TypeScript 7 has no stable API for it.
import { posix } from 'node:path';
import { type ESTree, parseSync } from 'vite';

export type Node = ESTree.Node;
export type Placed = { node: Node; parent: Node | null; line: number };
/** `target` is a path from the root for our own files, else a package or `node:…`; `names` are what is taken from it. */
export type Import = { target: string; names: string[]; isType: boolean; line: number };
export type Exported = { name: string; line: number; node: Node };
export type Comment = { text: string; line: number; start: number; end: number };

export type Source = {
  path: string;
  text: string;
  /** Why it cannot be parsed; then it has no nodes. */
  error: string | null;
  /** Every node, parents before children. */
  nodes: Placed[];
  comments: Comment[];
  imports: Import[];
  exports: Exported[];
  lineAt(offset: number): number;
};

const parsed = new Map<string, Source>();

export function parse(path: string, text: string): Source {
  const kept = parsed.get(path);
  if (kept?.text === text) return kept;
  const { program, comments, errors } = parseSync(path, text);
  const lineAt = makeLineAt(text);
  const nodes: Placed[] = [];
  if (errors.length === 0) place(program, null, lineAt, nodes);
  const source: Source = {
    path,
    text,
    error: errors[0]?.message ?? null,
    nodes,
    comments: comments.map(({ value, start, end }) => ({ text: value, line: lineAt(start), start, end })),
    imports: nodes.flatMap((placed) => importOf(path, placed)),
    exports: nodes.flatMap(({ node }) => exportsOf(node, lineAt)),
    lineAt,
  };
  parsed.set(path, source);
  return source;
}

function place(node: Node, parent: Node | null, lineAt: (offset: number) => number, nodes: Placed[]): void {
  nodes.push({ node, parent, line: lineAt(node.start) });
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) place(child, node, lineAt, nodes);
  }
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && typeof (value as { type?: unknown }).type === 'string';
}

function makeLineAt(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

function importOf(path: string, { node, line }: Placed): Import[] {
  switch (node.type) {
    case 'ImportDeclaration': {
      const isType =
        node.importKind === 'type' || (node.specifiers.length > 0 && node.specifiers.every((one) => 'importKind' in one && one.importKind === 'type'));
      const names = node.specifiers.flatMap((one) => (one.type === 'ImportSpecifier' ? [nameOf(one.imported)] : []));
      return [{ target: targetOf(path, node.source.value), names, isType, line }];
    }
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return node.source ? [{ target: targetOf(path, node.source.value), names: [], isType: node.exportKind === 'type', line }] : [];
    case 'TSImportType':
      return [{ target: targetOf(path, node.source.value), names: [], isType: true, line }];
    case 'ImportExpression':
      return node.source.type === 'Literal' ? [{ target: targetOf(path, String(node.source.value)), names: [], isType: false, line }] : [];
    default:
      return [];
  }
}

function targetOf(path: string, specifier: string): string {
  const bare = specifier.replace(/\?\w+$/, '');
  if (bare.startsWith('.')) return posix.join(posix.dirname(path), bare);
  if (bare.startsWith('@parley/')) return bare.slice('@parley/'.length);
  if (bare.startsWith('node:')) return bare;
  return bare
    .split('/')
    .slice(0, bare.startsWith('@') ? 2 : 1)
    .join('/');
}

function exportsOf(node: Node, lineAt: (offset: number) => number): Exported[] {
  if (node.type !== 'ExportNamedDeclaration') return [];
  const line = lineAt(node.start);
  const { declaration } = node;
  if (!declaration) return node.specifiers.map((one) => ({ name: nameOf(one.exported), line, node: one }));
  if (declaration.type === 'VariableDeclaration') {
    return declaration.declarations.map((one) => ({ name: nameOf(one.id), line: lineAt(one.start), node: one }));
  }
  return 'id' in declaration && declaration.id ? [{ name: nameOf(declaration.id), line, node: declaration }] : [];
}

/** The name of an identifier; empty for anything else. */
export function nameOf(node: Node | null): string {
  return node !== null && 'name' in node && typeof node.name === 'string' ? node.name : '';
}

/** `a.b.c` as written, for chains of plain names; empty for anything else. */
export function chainOf(node: Node): string {
  if (node.type === 'ThisExpression') return 'this';
  if (node.type !== 'MemberExpression') return nameOf(node);
  const object = chainOf(node.object);
  const property = node.computed ? (node.property.type === 'Literal' ? String(node.property.value) : '') : nameOf(node.property);
  return object && property ? `${object}.${property}` : '';
}

export function isFunction(node: Node): node is ESTree.Function | ESTree.ArrowFunctionExpression {
  return node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression';
}

/** A name as its words: `listApiKeys` and `list-api-keys` are both list, api, keys. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}
