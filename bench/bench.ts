// `npm run bench -- <name> [--json] [--save]`, `-- --list`, `-- --compare [name …]`. Figures mean little without the
// machine they were taken on and the floor beside them; differences under 15 % are noise.
import { parseArgs } from 'node:util';
import { benches } from './benches.ts';
import { type Bench, type Figure, lineOf, misses } from './report.ts';
import { machine, type Result, saved, saveResult } from './results.ts';

const noise = 0.15;

const { values: options, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, list: { type: 'boolean' }, compare: { type: 'boolean' }, save: { type: 'boolean' } },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);

if (options.list || (names.length === 0 && !options.compare)) {
  for (const { name, summary } of benches) console.log(`${name.padEnd(12)} ${summary}`);
} else {
  let isWorse = false;
  for (const bench of chosen()) isWorse = (await runOne(bench)) || isWorse;
  process.exitCode = isWorse ? 1 : 0;
}

function chosen(): Bench[] {
  const found = names.length === 0 ? benches.filter(({ name }) => name in saved()) : benches.filter(({ name }) => names.includes(name));
  const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) throw new Error(`no bench is called ${unknown.join(', ')}; see --list`);
  return found;
}

/** True when a limit is missed or, with --compare, a figure is worse than the committed one by more than noise. */
async function runOne(bench: Bench): Promise<boolean> {
  say(`${bench.name}: ${bench.summary}`);
  const result: Result = { at: new Date().toISOString(), machine: machine(), figures: await bench.run(say) };
  const worse = options.compare ? comparison(result.figures, saved()[bench.name]?.figures ?? []) : [];
  if (options.json) console.log(JSON.stringify({ bench: bench.name, ...result, ...(options.compare ? { worse } : {}) }));
  else for (const line of [...result.figures.map(lineOf), ...worse.map((one) => `WORSE  ${one}`)]) console.log(line);
  if (options.save) saveResult({ ...saved(), [bench.name]: result });
  return worse.length > 0 || result.figures.some(misses);
}

function comparison(now: Figure[], before: Figure[]): string[] {
  return now.flatMap((figure) => {
    const old = before.find(({ name }) => name === figure.name);
    if (!old || old.value === 0) return [];
    const change = (figure.value - old.value) / old.value;
    const isWorse = figure.better === 'more' ? change < -noise : change > noise;
    return isWorse ? [`${figure.name}: ${old.value.toFixed(2)} → ${figure.value.toFixed(2)} ${figure.unit} (${(change * 100).toFixed(0)} %)`] : [];
  });
}
