// `npm run check`: everything but the tests themselves. Every step runs, each says in one line how it went, and what
// a failing step printed follows it. Without an argument all steps; with names, those.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** THE LIST of steps: a name, and a command as one would type it. */
const steps = [
  ['types of engine', 'tsc -p engine'],
  ['types of server', 'tsc -p server'],
  ['types of admin', 'tsc -p admin'],
  ['types of widget', 'tsc -p widget'],
  ['types of tests and tools', 'tsc -p .'],
  ['format and lint', 'biome check --error-on-warnings .'],
  ['nothing unused', 'knip --no-progress'],
  ['architecture', 'vitest run architecture.test.ts --reporter=dot'],
  ['API documents are current', 'node scripts/openapi.mjs --check'],
  ['deployment files', 'node scripts/lint-deploy.mjs'],
];

const asked = process.argv.slice(2);
const chosen = asked.length === 0 ? steps : steps.filter(([name]) => asked.some((word) => name.includes(word)));
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`, NO_COLOR: '1' };

let failed = 0;
for (const [name, command] of chosen) {
  const started = performance.now();
  const [program, ...args] = command.split(' ');
  const local = join(root, 'node_modules', '.bin', program);
  const ended = spawnSync(existsSync(local) ? local : program, args, { cwd: root, encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024 });
  const isOk = ended.status === 0;
  if (!isOk) failed += 1;
  console.log(`${isOk ? 'ok    ' : 'FAILED'} ${name.padEnd(28)} ${((performance.now() - started) / 1000).toFixed(1)} s`);
  if (!isOk) console.log(`\n$ ${command}\n${`${ended.stdout ?? ''}${ended.stderr ?? ''}${ended.error?.message ?? ''}`.trim()}\n`);
}
console.log(`check: ${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || chosen.length === 0 ? 1 : 0);
