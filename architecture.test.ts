// ARCHITECTURE.md executed: every rule over every file, and every rule over planted trees that show it bites.
import { describe, expect, test } from 'vitest';
import { sentenceOf } from './architecture/rule.ts';
import { rules } from './architecture/rules.ts';
import { plant, readTree } from './architecture/tree.ts';

describe('the house', () => {
  const tree = readTree(import.meta.dirname);
  test.each(rules)('$name', (rule) => {
    const said = rule.check(tree).map(sentenceOf).join('\n');
    // Without a stack: where this line is helps nobody.
    if (said !== '') throw Object.assign(new Error(`\n${said}`), { stack: said });
  });
});

describe('the referee bites', () => {
  test.each(rules)('when planted: $name', (rule) => {
    expect(rule.planted.length).toBeGreaterThan(0);
    for (const { tree, expected } of rule.planted.map(plant)) {
      const found = rule.check(tree);
      const said = found.map(sentenceOf);
      expect([...new Set(found.map(({ file, line }) => `${file}:${line}`))].sort(), said.join('\n')).toEqual(expected);
      expect(expected).not.toEqual([]);
      for (const sentence of said) expect(sentence).toMatch(/^\S+:\d+: \S.+ — belongs in \S.+$/);
    }
  });
});
