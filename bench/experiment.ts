// `npm run experiment -- E1 [--rounds n] [--seed n] [--json] [--save]`: promises shown at full size. The same at the
// size of a test runs in `npm test`.
import { parseArgs } from 'node:util';
import { experiments } from './experiments.ts';
import { lineOf, misses } from './report.ts';
import { machine, saved, saveResult } from './results.ts';

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, save: { type: 'boolean' }, rounds: { type: 'string' }, seed: { type: 'string' } },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (names.length === 0) for (const { name, summary, rounds } of experiments) console.log(`${name.padEnd(6)} ${summary} (${rounds} rounds)`);
for (const name of names) {
  const experiment = experiments.find((one) => one.name === name);
  if (!experiment) throw new Error(`no experiment is called ${name}`);
  const rounds = Number(options.rounds ?? experiment.rounds);
  const seed = Number(options.seed ?? Date.now() % 1_000_000);
  say(`${name}: ${experiment.summary}; ${rounds} rounds, seed ${seed}`);
  const result = { at: new Date().toISOString(), machine: machine(), seed, figures: await experiment.run({ rounds, seed, say }) };
  if (options.json) console.log(JSON.stringify({ experiment: name, ...result }));
  else for (const line of result.figures.map(lineOf)) console.log(line);
  if (options.save) saveResult({ ...saved(), [name]: result });
  if (result.figures.some(misses)) process.exitCode = 1;
}
