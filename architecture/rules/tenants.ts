// Every look-up carries its tenant: an id alone is not a right to see the row.
import type { Finding, Rule } from '../rule.ts';
import { isFunction, type Node, nameOf, type Source } from '../source.ts';

const tenant = /\b(workspace|bot|account|owner|subscriber|conversation|session)(Ids?|_id)\b/;

/** Files whose rows are above any workspace, and why; in a file, single functions. */
const installationWide: Record<string, string | Record<string, string>> = {
  'server/store/accounts.ts': 'an account is a person, who may be a member of several workspaces',
  'server/store/workspaces.ts': 'a workspace is the tenant',
  'server/store/idempotency.ts': 'the scope holds who asked',
  'server/store/rate-limits.ts': 'the name holds who is counted',
  'server/store/leftovers.ts': 'what only its time kept is deleted whoever it belonged to',
  'server/store/pages.ts': 'works on queries that carry their tenant',
  'server/store/keys.ts': {
    findKeyByHash: 'is how the tenant is found',
    touchKey: 'after findKeyByHash',
    listAllKeys: 'the operator, on the command line',
    workspaceOfKey: 'the operator, on the command line',
  },
  'server/store/bots.ts': { findBotBySlug: 'is how the tenant is found', workspaceOfBot: 'is how the tenant is found' },
  'server/store/events.ts': {
    chainHeads: 'doctor checks the chain of every workspace',
    eventsAfter: 'replays what was recorded; who may see it is judged after',
    lastFactId: 'numbers are drawn for all workspaces together',
  },
  'server/store/files.ts': {
    findPublicFile: 'the signature of the link is the right to it',
    takeRemnants: 'what belongs to nobody any more is cleared away, whoever it belonged to',
  },
  'server/store/invites.ts': { findInvite: 'the secret of the link is the right to it' },
  'server/store/sites.ts': { firstSite: 'what /demo shows', findSiteByKey: 'is how the tenant is found' },
  'server/store/inbound.ts': 'the source names the channel it came by',
  'server/store/jobs.ts': 'the worker takes what is due, whoever it belongs to; each job carries its own tenant',
  'server/store/alarms.ts': { dueAlarms: 'the worker rings what is due, whoever it belongs to', nextAlarm: 'says when, not what' },
  'server/store/sessions.ts': { dueTimers: 'the worker wakes what is due, whoever it belongs to', nextTimer: 'says when, not what' },
};

export const tenants: Rule = {
  name: 'every function of the store takes its tenant',
  check: (tree) => tree.product.filter(({ path }) => /^server\/store\/[^/]+\.ts$/.test(path) && path !== 'server/store/database.ts').flatMap(findingsOf),
  planted: [
    {
      'server/store/tags.ts': `
        export type TagTable = { id: number; bot_id: number };
        export type Tag = Selectable<TagTable>;
        export type Note = { text: string };
        export function findTag(db: Db, botId: number, id: number) {}
        export function insertTag(tx: Db, tag: Omit<Tag, 'id'>) {}
        export function insertOther(tx: Db, tag: { workspaceId: number }) {}
        export function findAny(db: Db, id: number) {} ✗
        export const listAny = (db: Db, ask: Ask) => []; ✗
        export function insertNote(tx: Db, note: Note) {} ✗
        export function late(db: Db, id: number, by: string, botId: number) {} ✗
        export function fold(text: string) {}
        function helper(db: Db, id: number) {}`,
      'server/store/keys.ts': `
        export function findKeyByHash(db: Db, hash: string) {}
        export function findKeyByPrefix(db: Db, prefix: string) {} ✗`,
    },
  ],
};

function findingsOf(source: Source): Finding[] {
  const known = installationWide[source.path];
  if (typeof known === 'string') return [];
  return source.exports.flatMap(({ name, line, node }) => {
    const made = node.type === 'VariableDeclarator' ? node.init : node;
    if (!made || !isFunction(made) || known?.[name]) return [];
    const [first, ...rest] = made.params;
    // Only what is handed the database can read a row.
    if (!first || !/:\s*Db\b/.test(textOf(source, first))) return [];
    const isScoped = rest.slice(0, 2).some((one) => tenant.test(nameOf(one)) || tenant.test(withTypes(source, one)));
    const what = `${name} reads or writes rows without their tenant`;
    return isScoped ? [] : [{ file: source.path, line, what, instead: 'the store with workspaceId or botId as its second parameter, and in its where clause' }];
  });
}

function textOf(source: Source, node: Node): string {
  return source.text.slice(node.start, node.end);
}

/** A parameter's text, and the text of the types of this file that it names. */
function withTypes(source: Source, parameter: Node): string {
  const texts = [textOf(source, parameter)];
  const seen = new Set<string>();
  for (let at = 0; at < texts.length; at += 1) {
    for (const [name] of (texts[at] ?? '').matchAll(/\b[A-Z]\w+/g)) {
      const type = source.exports.find((one) => one.name === name)?.node;
      if (!type || seen.has(name)) continue;
      seen.add(name);
      texts.push(textOf(source, type));
    }
  }
  return texts.join('\n');
}
