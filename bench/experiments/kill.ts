// E1: the real server under 32 writes in flight, kill -9 at seeded moments, started again, un-acknowledged writes sent
// again with their keys. Every acknowledged write must be there exactly once, and nothing else may be.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqliteFile } from '../../server/store/database.ts';
import { startServer } from '../../server/testing/command-line.ts';
import { seed as seedPlace } from '../load/product.ts';
import { type Experiment, type Figure, quantile } from '../report.ts';
import { ClientOracle } from './kill/client-oracle.ts';
import { reap, seeded } from './kill/reaper.ts';

export type Found = {
  rounds: number;
  acks: number;
  committedUnacked: number;
  lost: number;
  duplicates: number;
  orphans: number;
  integrity: string;
  readyMs: number[];
};

const withinMs = 3_000;
const inFlight = 32;

export const kill: Experiment = {
  name: 'E1',
  summary: 'kill -9 under load: what was acknowledged is there exactly once',
  rounds: 200,
  async run({ rounds, seed, say }) {
    return figuresOf(await killUnderLoad({ rounds, seed, say }));
  },
};

export async function killUnderLoad({ rounds, seed, say }: { rounds: number; seed: number; say: (line: string) => void }): Promise<Found> {
  const root = mkdtempSync(join(tmpdir(), 'kill-'));
  const dataDir = join(root, 'data');
  const { key: apiKey } = await seedPlace({ dataDir });
  const environment = { DATA_DIR: dataDir, HOST: '127.0.0.1', RATE_LIMITS: 'off' };
  const oracle = new ClientOracle({ apiKey, path: '/api/flow/create-tag', logFile: join(root, 'client.log'), inFlight });
  const chance = seeded(seed);
  const readyMs: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const begun = performance.now();
    const running = await startServer(environment);
    readyMs.push(performance.now() - begun);
    await Promise.all([oracle.sendUntilGone(running.url), reap(running, withinMs, chance)]);
    if (round % 10 === 0) say(`round ${round} of ${rounds}: ${oracle.acked.size} acknowledged`);
  }
  const last = await startServer(environment);
  await oracle.settle(last.url);
  const listed = await namesAt(last.url, apiKey);
  await last.stop();
  const found = { rounds, readyMs, acks: oracle.acked.size, committedUnacked: oracle.committedUnacked, ...judge(dataDir, oracle, listed) };
  oracle.close();
  rmSync(root, { recursive: true, force: true });
  return found;
}

/** All names, as the API shows them. */
async function namesAt(url: string, key: string): Promise<string[]> {
  const names: string[] = [];
  for (let page = 1; ; page += 1) {
    const reply = await fetch(`${url}/api/flow/tags?limit=100&page=${page}`, { headers: { authorization: `Bearer ${key}` } });
    const { data } = (await reply.json()) as { data: { name: string }[] };
    if (data.length === 0) return names;
    for (const { name } of data) names.push(name);
  }
}

function judge(dataDir: string, oracle: ClientOracle, listed: string[]): Pick<Found, 'lost' | 'duplicates' | 'orphans' | 'integrity'> {
  const there = new Set(listed);
  const db = new DatabaseSync(sqliteFile(dataDir), { readOnly: true });
  const count = (query: string): number => (db.prepare(query).get() as { n: number }).n;
  // A write is a tag, its event, its kept reply and one more in the tally: all of them or none.
  const orphans =
    count("select count(*) as n from (select subject from event where kind = 'tag.created' group by subject having count(*) > 1)") +
    count("select count(*) as n from tag where 'tag:' || id not in (select subject from event where kind = 'tag.created')") +
    count("select count(*) as n from event where kind = 'tag.created' and substr(subject, 5) not in (select cast(id as text) from tag)") +
    Math.abs(count('select count(*) as n from tag') - count('select count(*) as n from idempotency')) +
    Math.abs(count('select count(*) as n from tag') - count("select n from tally where list = 'tag'"));
  const checks = [...db.prepare('pragma integrity_check').all(), ...db.prepare('pragma foreign_key_check').all()];
  db.close();
  return {
    lost: [...oracle.acked.keys()].filter((name) => !there.has(name)).length,
    duplicates: listed.length - there.size + [...there].filter((name) => !oracle.acked.has(name)).length,
    orphans,
    integrity: checks.map((row) => Object.values(row as object).join(' ')).join('; '),
  };
}

function figuresOf(found: Found): Figure[] {
  const none = (name: string, value: number): Figure => ({ name, value, unit: '', better: 'less', limit: 0 });
  return [
    { name: 'rounds of kill -9', value: found.rounds, unit: '', better: 'more' },
    { name: 'acknowledged writes', value: found.acks, unit: '', better: 'more', limit: found.rounds * 500 },
    // Fewer, and the experiment would be too weak to show anything.
    { name: 'committed but not acknowledged at a kill', value: found.committedUnacked, unit: '', better: 'more', limit: Math.floor(found.rounds / 2) },
    none('acknowledged and lost', found.lost),
    none('there twice, or never asked for', found.duplicates),
    none('written by half', found.orphans),
    none('findings of integrity_check', found.integrity === 'ok' ? 0 : 1),
    { name: 'ready after a kill, p99', value: quantile(found.readyMs, 0.99), unit: 'ms', better: 'less', limit: 10_000 },
  ];
}
