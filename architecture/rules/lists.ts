// A list folder holds same-shaped siblings and one file names them all: what is not named there does not exist.
import { fill, match } from '../patterns.ts';
import type { Finding, Rule } from '../rule.ts';
import type { Exported, Source } from '../source.ts';

type List = {
  list: string;
  /** Its members, each of which the list imports. */
  of: string;
  /** Only exports of this name or of this type are members; absent: the file itself is. */
  named?: RegExp;
  typed?: string;
};

const lists: readonly List[] = [
  { list: 'engine/blocks.ts', of: 'engine/blocks/<name>/<name>.ts' },
  { list: 'server/doors.ts', of: 'server/doors/<door>/door.ts' },
  { list: 'server/doors/<door>/door.ts', of: 'server/doors/<door>/*.ts', named: /Routes$/ },
  { list: 'server/store/tables.ts', of: 'server/store/*.ts', named: /Table$/ },
  { list: 'server/store/migrations.ts', of: 'server/store/migrations/*.ts', typed: 'Migration' },
  { list: 'server/cli.ts', of: 'server/cli/*.ts', typed: 'Command' },
  { list: 'server/channels.ts', of: 'server/channels/*.ts', typed: 'Channel' },
  { list: 'server/effects.ts', of: 'server/effects/*.ts', typed: 'Effect' },
  { list: 'bench/benches.ts', of: 'bench/*.ts', typed: 'Bench' },
  { list: 'architecture/rules.ts', of: 'architecture/rules/*.ts', typed: 'Rule' },
];

export const completeness: Rule = {
  name: 'every list names all of its siblings',
  check: (tree) => {
    const sources = tree.code.filter(({ path }) => !path.includes('.test.'));
    return lists.flatMap((list) => sources.flatMap((member) => findingsOf(list, member, sources)));
  },
  planted: [
    {
      'server/doors.ts': `import { nativeDoor } from './doors/native/door.ts';`,
      'server/doors/native/door.ts': `
        import { meRoutes } from './me.ts';
        import { tagRoutes } from './tags.ts';`,
      'server/doors/native/me.ts': 'export const meRoutes = [];',
      'server/doors/native/tags.ts': `
        export const tagRoutes = [];
        export const forgottenRoutes = []; ✗`,
      'server/doors/native/sites.ts': 'export const siteRoutes = []; ✗',
      'server/doors/native/shapes.ts': 'export const shape = {};',
      'server/doors/mcp/door.ts': 'export const mcpDoor = {}; ✗',
      'server/store/tables.ts': `import type { TagTable } from './tags.ts';`,
      'server/store/tags.ts': `
        export type TagTable = {};
        export type LabelTable = {}; ✗`,
      'server/cli.ts': `import { start } from './cli/start.ts';`,
      'server/cli/start.ts': 'export const start: Command = {};',
      'server/cli/stop.ts': 'export const stop: Command = {}; ✗',
      'server/cli/terminal.ts': 'export const width = 80;',
    },
  ],
};

function findingsOf(list: List, member: Source, sources: Source[]): Finding[] {
  const captures = match(list.of, member.path);
  const path = captures && fill(list.list, captures);
  if (!path || path === member.path) return [];
  const taken = sources.find((one) => one.path === path)?.imports.filter(({ target }) => target === member.path) ?? [];
  const isWhole = !list.named && !list.typed;
  const members = isWhole ? [{ name: member.path, line: 1 }] : member.exports.filter((one) => isMember(list, one));
  const missing = members.filter(({ name }) => !taken.some(({ names }) => isWhole || names.includes(name)));
  return missing.map(({ name, line }) => ({
    file: member.path,
    line,
    what: `has ${name}, which ${path} does not name`,
    instead: `${path} too, as one more line`,
  }));
}

function isMember(list: List, { name, node }: Exported): boolean {
  if (list.named) return list.named.test(name);
  if (node.type !== 'VariableDeclarator' || !node.id.typeAnnotation) return false;
  const type = node.id.typeAnnotation.typeAnnotation;
  return type.type === 'TSTypeReference' && type.typeName.type === 'Identifier' && type.typeName.name === list.typed;
}
