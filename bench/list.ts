// Any page of a list of a million rows, over HTTP, on both databases: all rows and those that contain a text, asked for
// the first time and again, the last page and one in the middle. The limit is the last page's; what a middle one costs, and
// the first ask of a text that a large part of all rows contains, is shown without one (docs/decisions/0011).
import { Agent, get } from 'node:http';
import { databaseKinds, makePlace } from '../server/testing/databases.ts';
import { fillMillion, nameOf } from '../server/testing/samples/million.ts';
import { seed, startProduct } from './load/product.ts';
import { type Bench, type Figure, lineOf, quantile } from './report.ts';

const rows = Number(process.env.BENCH_ROWS ?? 1_000_000);
const limit = 10;
const limitMs = 50;
const repeats = 100;

type Case = { name: string; texts: string[]; where: 'last' | 'middle'; repeats: number; mustHold: boolean };

const numbers = Array.from({ length: 60 }, (_, n) => String(400_000 + n * 9_871));
const words = [
  'customer',
  'order',
  'newsletter',
  'gold',
  'north',
  'visitor',
  'camp',
  'tick',
  'old',
  'warm',
  'partner',
  'silver',
  'webi',
  'east',
  'cust',
  'quick',
];
const halves = ['er', 'e', 'r ', 't', 'i', 'o', 'n', ' 1', '5', '77', '0', 'a', 'l', 's', 'd', '9'];

const cases: Case[] = [
  { name: 'last page of all', texts: [''], where: 'last', repeats, mustHold: true },
  { name: 'middle page of all', texts: [''], where: 'middle', repeats, mustHold: false },
  { name: 'last page, few found, asked once', texts: numbers, where: 'last', repeats: 1, mustHold: true },
  { name: 'last page, few found, asked again', texts: numbers.slice(0, 5), where: 'last', repeats, mustHold: true },
  { name: 'last page, none found, asked once', texts: numbers.map((text) => `x${text}`), where: 'last', repeats: 1, mustHold: true },
  { name: 'last page, 50,000 found, asked once', texts: words, where: 'last', repeats: 1, mustHold: false },
  { name: 'last page, 50,000 found, asked again', texts: words.slice(0, 5), where: 'last', repeats, mustHold: true },
  { name: 'middle page, 50,000 found, asked again', texts: words.slice(0, 5), where: 'middle', repeats: 20, mustHold: false },
  { name: 'last page, one or two letters, asked once', texts: halves, where: 'last', repeats: 1, mustHold: false },
  { name: 'last page, one or two letters, asked again', texts: halves.slice(0, 5), where: 'last', repeats, mustHold: true },
  { name: 'middle page, half of all found, asked again', texts: ['o'], where: 'middle', repeats: 20, mustHold: false },
];

export const list: Bench = {
  name: 'list',
  summary: 'pages of a list of a million rows over HTTP, all and filtered, on both databases',
  async run(say) {
    const figures: Figure[] = [];
    for (const kind of databaseKinds) {
      const place = await makePlace(kind);
      const own = { dataDir: place.dataDir, databaseUrl: place.databaseUrl ?? undefined };
      const seeded = await seed(own);
      say(`${kind}: writing ${rows.toLocaleString('en')} rows`);
      await fillMillion(place, seeded, rows);
      const server = await startProduct(own);
      const ask = asker(server.port, seeded.key);
      await ask('/api/flow/tags?limit=1');
      for (const one of cases) {
        say(`${kind}: ${one.name}`);
        const measured = await measure(kind, one, ask);
        for (const figure of measured) say(`  ${lineOf(figure)}`);
        figures.push(...measured);
      }
      figures.push(...(await measureAudit(kind, ask)));
      await server.stop();
      await place.remove();
    }
    return figures;
  },
};

type Ask = (path: string) => Promise<{ ms: number; json: { data: unknown[]; meta: { total: number } } }>;

function asker(port: number, key: string): Ask {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (path) =>
    new Promise((resolve, reject) => {
      const begun = performance.now();
      get({ host: '127.0.0.1', port, path, agent, headers: { authorization: `Bearer ${key}` } }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        reply.on('end', () => {
          const ms = performance.now() - begun;
          if (reply.statusCode === 200) resolve({ ms, json: JSON.parse(text) });
          else reject(new Error(`${path}: ${reply.statusCode} ${text}`));
        });
      }).on('error', reject);
    });
}

async function measure(kind: string, { name, texts, where, repeats: times, mustHold }: Case, ask: Ask): Promise<Figure[]> {
  const taken: number[] = [];
  for (const text of texts) {
    const total = countOf(text);
    const last = Math.max(1, Math.ceil(total / limit));
    const page = where === 'last' ? last : Math.ceil(last / 2);
    const path = `/api/flow/tags?limit=${limit}&page=${page}${text === '' ? '' : `&name=${encodeURIComponent(text)}`}`;
    for (let time = 0; time < times; time += 1) {
      const { ms, json } = await ask(path);
      if (json.meta.total !== total) throw new Error(`${path} says ${json.meta.total} of ${total}`);
      const expected = Math.min(limit, total - (page - 1) * limit);
      if (json.data.length !== expected) throw new Error(`${path} shows ${json.data.length} of ${expected}`);
      // What was asked before is not "asked again" the first time.
      if (times === 1 || time > 0) taken.push(ms);
    }
  }
  const bound = mustHold ? { limit: limitMs } : {};
  return [
    { name: `${kind}: ${name}, p50`, value: quantile(taken, 0.5), unit: 'ms', better: 'less' },
    { name: `${kind}: ${name}, p99`, value: quantile(taken, 0.99), unit: 'ms', better: 'less', ...bound },
  ];
}

const all: string[] = [];

function countOf(text: string): number {
  if (text === '') return rows;
  if (all.length === 0) for (let n = 1; n <= rows; n += 1) all.push(nameOf(n));
  return all.reduce((count, name) => count + (name.includes(text) ? 1 : 0), 0);
}

/** A million audited events, newest first: the newest page, pages far back, and filters that fit few, many and none. */
async function measureAudit(kind: string, ask: Ask): Promise<Figure[]> {
  const far = (at: number): string => `&cursor=${Buffer.from(`i${at}.${at}`).toString('base64url')}`;
  const asked: [string, string][] = [
    ['newest', ''],
    ['oldest', far(50)],
    ['rare kind', '&kind=workspace.updated'],
    ['rare kind, far back', `&kind=workspace.updated${far(20_000)}`],
    ['unknown kind', '&kind=nothing.happened'],
    ['one actor, far back', `&actor=7${far(20_000)}`],
    ['unknown actor', '&actor=999999'],
    ['one day long ago', '&from=1000&until=2000'],
    ['one kind in one day long ago', '&kind=member.joined&from=1000&until=2000'],
  ];
  const taken: number[] = [];
  for (const [, query] of asked) for (let time = 0; time < 30; time += 1) taken.push((await ask(`/v1/audit?limit=50${query}`)).ms);
  return [{ name: `${kind}: audit, ${asked.length} ways to ask, p99`, value: quantile(taken, 0.99), unit: 'ms', better: 'less', limit: limitMs }];
}
