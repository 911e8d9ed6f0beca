// Tests talk to the real thing, and their names can be read as sentences.
import type { Finding, Rule } from '../rule.ts';
import { chainOf, type Source } from '../source.ts';

const minWords = 3;
/** What runs after the rest, one file at a time, is told by its name. */
const starters: Record<string, string> = { 'node:child_process': 'process', 'playwright-core': 'browser' };
const mocks = /^vi\.(mock|doMock|spyOn|stubGlobal|fn|useFakeTimers)$/;

export const tests: Rule = {
  name: 'tests are sentences about behaviour, mock nothing of ours, leave none out and say what they start',
  check: (tree) => tree.code.filter(({ path }) => /\.test\.tsx?$/.test(path)).flatMap((source) => [...findingsOf(source), ...starterFindings(source)]),
  planted: [
    {
      'server/tags.test.ts': `
        vi.mock('./tags.ts'); ✗
        test('a tag is created and listed', () => {});
        test('create tag', () => {}); ✗
        test.only('a tag is created and listed', () => {}); ✗
        describe.only('tags', () => {}); ✗
        test.each(kinds)('a tag is created on %s', () => {});
        describe('tags', () => {});`,
      'server/start.test.ts': `import { spawn } from 'node:child_process'; ✗`,
      'server/start.process.test.ts': `import { spawn } from 'node:child_process';`,
      'admin/home.test.ts': `import { chromium } from 'playwright-core'; ✗`,
      'admin/home.browser.test.ts': `import { chromium } from 'playwright-core';`,
    },
  ],
};

function findingsOf({ path, nodes }: Source): Finding[] {
  return nodes.flatMap(({ node, line }): Finding[] => {
    if (node.type !== 'CallExpression') return [];
    const at = (what: string, instead: string) => [{ file: path, line, what, instead }];
    const called = chainOf(node.callee.type === 'CallExpression' ? node.callee.callee : node.callee);
    if (mocks.test(called)) return at(`replaces a part of ours (${called})`, 'testing/, as a fake clock, network or mail handed to the real app');
    if (/^(test|it|describe)\b.*\.only$/.test(called)) return at('runs alone and leaves the others out', 'your terminal: vitest -t');
    const name = node.arguments[0];
    if (!/^(test|it)(\.|$)/.test(called) || name?.type !== 'Literal' || typeof name.value !== 'string' || /^[%$]/.test(name.value)) return [];
    return name.value.trim().split(/\s+/).length < minWords ? at(`is called "${name.value}"`, 'a sentence about behaviour') : [];
  });
}

function starterFindings({ path, imports }: Source): Finding[] {
  return imports.flatMap(({ target, isType, line }) => {
    const kind = starters[target];
    if (!kind || isType || /\.(process|browser)\.test\./.test(path)) return [];
    return [{ file: path, line, what: `starts a ${kind} among tests that share one`, instead: `a file named *.${kind}.test.ts` }];
  });
}
