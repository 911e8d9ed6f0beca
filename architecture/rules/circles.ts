// The one-way road: what a file needs never needs that file. Type-only imports vanish before anything runs.
import type { Finding, Rule } from '../rule.ts';
import type { Import, Source } from '../source.ts';

export const circles: Rule = {
  name: 'no chain of imports comes back to where it began',
  check(tree) {
    const sources = new Map(tree.product.map((source) => [source.path, source]));
    const state = new Map<string, 'open' | 'done'>();
    const findings: Finding[] = [];
    const walk = (source: Source, way: string[]): void => {
      state.set(source.path, 'open');
      for (const { target, line } of source.imports.filter(runs)) {
        const next = sources.get(target);
        if (!next) continue;
        if (state.get(target) === 'open') {
          const circle = [...way.slice(way.indexOf(target)), target].join(' → ');
          findings.push({
            file: source.path,
            line,
            what: `closes the circle ${circle}`,
            instead: 'the lower of the two files, or in a third that both import',
          });
        } else if (!state.has(target)) walk(next, [...way, target]);
      }
      state.set(source.path, 'done');
    };
    for (const source of sources.values()) if (!state.has(source.path)) walk(source, [source.path]);
    return findings;
  },
  planted: [
    {
      'server/a.ts': `import { b } from './b.ts';`,
      'server/b.ts': `import { c } from './c.ts';`,
      'server/c.ts': `
        import type { B } from './b.ts';
        import { a } from './a.ts'; ✗`,
    },
  ],
};

function runs(one: Import): boolean {
  return !one.isType;
}
