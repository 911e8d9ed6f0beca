// The files a rule looks at: the real checkout, or a few planted ones in memory. A rule cannot tell which.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matchesAny } from './patterns.ts';
import { parse, type Source } from './source.ts';

export type Tree = {
  /** Path to text, everything that is committed as text. */
  files: ReadonlyMap<string, string>;
  /** Every code file. */
  code: Source[];
  /** Code that ships: neither tests nor tools. */
  product: Source[];
};

const isBinary = /\.(png|jpe?g|gif|ico|woff2?|db|gz|wasm)$/;
const isCode = /\.(ts|tsx|mjs|js|jsx)$/;
const isProduct = /^(engine|server|admin|widget|sdk)\//;

export const workspaces = ['engine', 'server', 'admin', 'widget', 'sdk'] as const;

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path) || path.startsWith('server/testing/');
}

export function isGenerated(path: string): boolean {
  return path.includes('.generated.') || path.startsWith('docs/openapi/');
}

export function treeOf(files: ReadonlyMap<string, string>): Tree {
  const code = [...files].filter(([path]) => isCode.test(path)).map(([path, text]) => parse(path, text));
  return { files, code, product: code.filter(({ path }) => isProduct.test(path) && !isTest(path) && !isGenerated(path) && !path.endsWith('.config.ts')) };
}

export function readTree(root: string): Tree {
  const files = new Map<string, string>();
  const ignored = ['.git', ...ignoredNames(readFileSync(join(root, '.gitignore'), 'utf8'))];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (matchesAny(ignored, entry.name)) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && !isBinary.test(path)) files.set(path, readFileSync(join(root, path), 'utf8'));
    }
  };
  walk('');
  return treeOf(new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Of .gitignore, which names files and folders only, wherever they are. */
function ignoredNames(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^\/|\/$/g, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** A planted tree and the lines its rule must find; the mark is taken off before anything is read. */
export function plant(planted: Record<string, string>): { tree: Tree; expected: string[] } {
  const files = new Map<string, string>();
  const expected: string[] = [];
  for (const [path, marked] of Object.entries(planted)) {
    const lines = marked.replace(/^\n/, '').split('\n');
    for (const [index, line] of lines.entries()) if (line.includes('✗')) expected.push(`${path}:${index + 1}`);
    files.set(path, lines.map((line) => line.replace(/\s*(\/\/)?\s*✗$/, '')).join('\n'));
  }
  return { tree: treeOf(files), expected: expected.sort() };
}
