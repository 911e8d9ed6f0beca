// One word per concept, everywhere (design.md, Words). The doors of other families translate; nothing behind them does.
import { matchesAny } from '../patterns.ts';
import type { Finding, Rule } from '../rule.ts';
import { wordsOf } from '../source.ts';

type Word = { not: string; say: string; within: string[]; butNot?: RegExp };

const ours = ['engine/**', 'server/**', 'admin/**'];

/** Only words that mean one thing here: "step" is also what advance answers, "team" also a team of agents. */
const words: readonly Word[] = [
  { not: 'node', say: 'block', within: ['engine/**'] },
  { not: 'contact', say: 'subscriber', within: ours },
  { not: 'visitor', say: 'subscriber', within: ours },
  // A user field is a field of a subscriber; a user agent is a browser's name for itself.
  { not: 'user', say: 'subscriber (who chats), member (who signs in) or account', within: ours, butNot: /\buser (field|agent|event)/ },
  { not: 'attribute', say: 'field', within: ours },
  { not: 'workflow', say: 'flow', within: ours },
  { not: 'organization', say: 'workspace', within: ours },
  { not: 'organisation', say: 'workspace', within: ours },
  { not: 'chatbot', say: 'bot', within: ours },
  { not: 'login', say: 'sign-in', within: ours },
  { not: 'logout', say: 'sign-out', within: ours },
  { not: 'signup', say: 'set-up, or member invited', within: ours },
];

/** Where other families' names are spoken: their doors, and the platform command `user reset-password`. */
const translators = ['server/doors/platform/**', 'server/doors/widget/**', 'server/doors/chats/**', 'server/channels/**', 'server/cli/user.ts'];

export const vocabulary: Rule = {
  name: 'one word per concept in the names of files and exports',
  check: (tree) => tree.product.filter(({ path }) => !matchesAny(translators, path)).flatMap(findingsOf),
  planted: [
    {
      'server/store/contacts.ts': 'export const rows = 1; ✗',
      'engine/flow.ts': `
        export type FlowNode = {}; ✗
        export function findVisitor() {} ✗
        const userName = 1;`,
      'server/store/fields.ts': `
        export type UserField = {};
        export const userAgent = '';
        export const userName = ''; ✗
        export const nodeCount = 2;`,
      'server/doors/platform/subscribers.ts': 'export const botUsers = 1;',
    },
  ],
};

function findingsOf({ path, exports }: { path: string; exports: { name: string; line: number }[] }): Finding[] {
  const file = path
    .split('/')
    .slice(1)
    .join(' ')
    .replace(/\.\w+$/, '');
  return [{ name: file, line: 1 }, ...exports].flatMap(({ name, line }) => {
    const said = wordsOf(name)
      .map((word) => word.replace(/s$/, ''))
      .join(' ');
    return words
      .filter((word) => matchesAny(word.within, path) && new RegExp(`\\b${word.not}\\b`).test(said) && !word.butNot?.test(said))
      .map((word) => ({ file: path, line, what: `says ${word.not} in ${name}`, instead: `our words as ${word.say}` }));
  });
}
