// What comes from outside: named by the workspace that imports it, at one exact version, from a lock file that says
// nothing about the place it was fetched from.
import type { Finding, Rule } from '../rule.ts';
import { isTest, type Tree, workspaces } from '../tree.ts';

type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies' | 'peerDependencies', Record<string, string>>>;

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const testingOnly = 'the dependencies of that package.json (and of dependencies.md: look there before adding one)';

export const packages: Rule = {
  name: 'every package is listed by the workspace that imports it, at an exact version',
  check: (tree) => [...unlisted(tree), ...inexact(tree), ...fetched(tree)],
  planted: [
    {
      'package.json': `
        { "devDependencies": {
          "vitest": "5.1.0",
          "vite": "^8.3.8" ✗
        } }`,
      'server/package.json': '{ "dependencies": { "zod": "4.6.7" } }',
      'server/config.ts': `
        import { z } from 'zod';
        import { join } from 'node:path';
        import { left } from 'left-pad'; ✗
        import { test } from 'vitest'; ✗`,
      'server/config.test.ts': `
        import { test } from 'vitest';
        import { z } from 'zod';
        import { left } from 'left-pad'; ✗`,
      'package-lock.json': `
        { "packages": { "node_modules/zod": {
          "version": "4.6.7",
          "resolved": "https://example.com/zod.tgz", ✗
          "integrity": "sha512-x" } } }`,
    },
  ],
};

function manifestOf(tree: Tree, folder: string): Manifest {
  return JSON.parse(tree.files.get(folder === '' ? 'package.json' : `${folder}/package.json`) ?? '{}') as Manifest;
}

function namesIn(manifest: Manifest): string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies });
}

function unlisted(tree: Tree): Finding[] {
  const root = namesIn(manifestOf(tree, ''));
  const listed = new Map<string, Set<string>>(workspaces.map((folder) => [folder, new Set(namesIn(manifestOf(tree, folder)))]));
  const everywhere = new Set([...root, ...[...listed.values()].flatMap((names) => [...names])]);
  return tree.code.flatMap(({ path, imports }) => {
    const own = listed.get(path.split('/')[0] ?? '');
    // Tests and tools may use what the root carries for them.
    const allowed = !own ? everywhere : isTest(path) || path.endsWith('.config.ts') ? new Set([...own, ...root]) : own;
    return imports
      .filter(({ target, isType }) => isPackage(target) && !allowed.has(target) && !(isType && root.includes(`@types/${target}`)))
      .map(({ target, line }) => ({ file: path, line, what: `imports ${target}, which its package.json does not list`, instead: testingOnly }));
  });
}

function isPackage(target: string): boolean {
  return /^(@[^/]+\/)?[^/.:][^/:]*$/.test(target) && !/\.(ts|tsx|mjs|json|css)$/.test(target);
}

function inexact(tree: Tree): Finding[] {
  return ['', ...workspaces].flatMap((folder) => {
    const file = folder === '' ? 'package.json' : `${folder}/package.json`;
    const manifest = manifestOf(tree, folder);
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies });
    return versions
      .filter(([, version]) => !exact.test(version))
      .map(([name, version]) => ({
        file,
        line: lineOf(tree.files.get(file) ?? '', `"${name}": "${version}"`),
        what: `asks for ${name} ${version}, which is a range`,
        instead: 'package.json as one exact version, so that every install is the same',
      }));
  });
}

function fetched(tree: Tree): Finding[] {
  const file = 'package-lock.json';
  const what = 'names the place a package was fetched from';
  const instead = "no lock file: run npm with the root's .npmrc (npm run lock)";
  const lines = (tree.files.get(file) ?? '').split('\n');
  return lines.flatMap((line, index) => (/"resolved":\s*"http/.test(line) ? [{ file, line: index + 1, what, instead }] : []));
}

function lineOf(text: string, part: string): number {
  return text.slice(0, Math.max(0, text.indexOf(part))).split('\n').length;
}
