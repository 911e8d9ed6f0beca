// The map is checked in and true: short, naming every folder, and no file that is not there.
import type { Finding, Rule } from '../rule.ts';
import { type Tree, workspaces } from '../tree.ts';

const map = 'ARCHITECTURE.md';
const maxLines = 200;
const guides = [map, 'CONTRIBUTING.md', 'README.md'];

export const mapped: Rule = {
  name: `${map} has at most ${maxLines} lines and names every folder; the guides name no file that is not there`,
  check: (tree) => [...tooLong(tree), ...unnamedFolders(tree), ...deadPaths(tree)],
  planted: [
    {
      'ARCHITECTURE.md': `
        server/ has store/ and http/.
        See \`server/store/tags.ts\`, \`server/store/<name>.ts\`, \`docs/decisions/NNNN-*.md\` and \`npm run check\`.
        See \`server/store/gone.ts\`. ✗`,
      'server/store/tags.ts': '',
      'server/http/serve.ts': '',
      'server/jobs/worker.ts': 'export const worker = 1; ✗',
    },
    { 'ARCHITECTURE.md': `Line. ✗${'\nLine.'.repeat(200)}` },
  ],
};

function tooLong(tree: Tree): Finding[] {
  const lines = (tree.files.get(map) ?? '').trimEnd().split('\n').length;
  return lines > maxLines ? [{ file: map, line: 1, what: `has ${lines} lines, ${maxLines} at most`, instead: 'docs/, as a page that the map names' }] : [];
}

function unnamedFolders(tree: Tree): Finding[] {
  const text = tree.files.get(map) ?? '';
  const firsts = new Map<string, string>();
  for (const { path } of tree.code) {
    const [top = '', folder = '', rest] = path.split('/');
    if (rest !== undefined && (workspaces as readonly string[]).includes(top) && !firsts.has(`${top}/${folder}`)) firsts.set(`${top}/${folder}`, path);
  }
  return [...firsts]
    .filter(([folder]) => !text.includes(`${folder.split('/')[1]}/`))
    .map(([folder, file]) => ({
      file,
      line: 1,
      what: `stands in ${folder}/, which ${map} does not name`,
      instead: 'a folder of the map, or the map has one line more',
    }));
}

function deadPaths(tree: Tree): Finding[] {
  return guides.flatMap((file) =>
    (tree.files.get(file) ?? '')
      .split('\n')
      .flatMap((line, index) =>
        [...line.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|tsx|mjs|md|json|txt))`/g)]
          .filter(([, path = '']) => !path.includes('NNNN') && !tree.files.has(path))
          .map(([, path]) => ({ file, line: index + 1, what: `names ${path}, which is not there`, instead: 'the guides only as files that are' })),
      ),
  );
}
