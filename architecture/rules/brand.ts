// Installations are resold under other names: the product's own name stands where nobody outside reads it.
import { matchesAny } from '../patterns.ts';
import type { Finding, Rule } from '../rule.ts';
import type { Placed } from '../source.ts';

/** Where it may stand, and who reads it there. */
const places: Record<string, string> = {
  'server/commands/brand.ts': 'the default of the brand itself',
  'widget/launcher.ts': 'the names that pages call it by: a contract, seen by nobody',
  'server/http/pages/share.ts': 'the attribute of that contract',
  'server/main.ts': 'what the operator is told at the start',
  'server/config.ts': 'examples for the operator',
  'server/secrets.ts': 'the salt of derived keys, which can never change',
  'server/store/database.ts': 'the name of the file on the disk',
  'server/cli.ts': 'the name of the program that operators type',
  'server/cli/**': 'the name of the program that operators type',
  'server/bin/**': 'the name of the program that operators type',
};

export const brand: Rule = {
  name: 'no text that the world sees says Parley',
  check: (tree) => [
    ...tree.product
      .filter(({ path }) => !matchesAny(Object.keys(places), path))
      .flatMap(({ path, nodes }) => nodes.filter(says).map(({ line }) => findingAt(path, line))),
    ...[...tree.files]
      .filter(([path]) => /^(admin|widget)\/.*\.(html|json|css|svg)$/.test(path) && !/\/(package|tsconfig)\.json$/.test(path))
      .flatMap(([path, text]) => text.split('\n').flatMap((line, index) => (/parley/i.test(line) ? [findingAt(path, index + 1)] : []))),
  ],
  planted: [
    {
      'server/commands/brand.ts': `const name = 'Parley';`,
      'server/doors/native/door.ts': `
        // Parley in a comment is read by us alone.
        import { botNs } from '@parley/engine/ids.ts';
        const headers = { 'x-parley-version': '1' }; ✗
        const text = \`Powered by Parley\`; ✗
        const parley = 1;`,
      'admin/pages/home.tsx': 'const page = <p>Welcome to Parley</p>; ✗',
      'admin/locales/en/base.json': '{ "welcome": "Welcome to {{brand}}",\n"about": "About Parley" ✗\n}',
    },
  ],
};

function says({ node, parent }: Placed): boolean {
  if (parent && 'source' in parent && parent.source === node) return false;
  if (node.type === 'Literal') return typeof node.value === 'string' && /parley/i.test(node.value);
  if (node.type === 'TemplateElement') return /parley/i.test(node.value.raw);
  return node.type === 'JSXText' && /parley/i.test(node.value);
}

function findingAt(file: string, line: number): Finding {
  return { file, line, what: 'says Parley where a brand may be set', instead: 'the settings of the brand, read where the text is shown' };
}
