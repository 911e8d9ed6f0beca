import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commands, exitCodes } from '../server/cli.ts';
import { settings } from '../server/config.ts';

const file = join(import.meta.dirname, 'operators.md');

/** The page with its generated parts made anew. */
function current(page: string): string {
  const names = settings.map(({ name, otherwise, example, says }) => `| \`${name}\` | ${says} | ${otherwise} | \`${example}\` |`);
  const codes = Object.entries(exitCodes).map(([exitCode, { code, meaning }]) => `| ${exitCode} | \`${code}\` | ${meaning} |`);
  const parts: [string, string[]][] = [
    ['settings', ['| Name | What | Otherwise | Example |', '|---|---|---|---|', ...names]],
    ['exit codes', ['| Code | In JSON | Meaning |', '|---|---|---|', ...codes]],
  ];
  return parts.reduce(
    (text, [name, lines]) => text.replace(new RegExp(`(<!-- ${name}:[^>]*-->\n).*?(<!-- /${name} -->)`, 's'), `$1${lines.join('\n')}\n$2`),
    page,
  );
}

test('the operators’ page has every setting and exit code as they are', () => {
  const page = readFileSync(file, 'utf8');
  if (process.env.UPDATE) writeFileSync(file, current(page));
  expect(readFileSync(file, 'utf8'), 'run: UPDATE=1 npx vitest run docs/operators.test.ts').toBe(current(page));
  expect(current(page)).toContain('| `PORT` |');
});

test('the operators’ page names every command', () => {
  const page = readFileSync(file, 'utf8');
  for (const { name } of commands) expect(page, name).toContain(`parley ${name}`);
});
