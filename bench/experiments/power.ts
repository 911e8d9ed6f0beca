// E2: the power is cut under load. What the real server asks of its disk is recorded; then the disk is put together as
// a cut at seeded moments would have left it, in both models of what becomes of bytes that were not synced. Everything
// acknowledged before the cut must be there. The control: the same without the syncs of the WAL must lose something.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteFile } from '../../server/store/database.ts';
import { startServer } from '../../server/testing/command-line.ts';
import { seed as seedPlace } from '../load/product.ts';
import type { Experiment, Figure } from '../report.ts';
import { ClientOracle } from './kill/client-oracle.ts';
import { seeded } from './kill/reaper.ts';
import { Disk, type Left } from './power/disk.ts';
import { compileRecorder, type Entry, readRecording } from './power/recording.ts';

const cutsPerLife = 20;
const inFlight = 32;
const models: Left[] = ['none', 'torn'];

export type Cuts = {
  cuts: number;
  acks: number;
  /** Pages that checkpoints copied from the WAL meanwhile. */
  copied: number;
  lost: number;
  strangers: number;
  broken: string[];
  /** Of the control. */
  lostWithoutSyncs: number;
};

export const power: Experiment = {
  name: 'E2',
  summary: 'power cuts under load: what was acknowledged is there, and the file is whole',
  rounds: 200,
  async run({ rounds, seed, say }) {
    const found: Cuts = { cuts: 0, acks: 0, copied: 0, lost: 0, strangers: 0, broken: [], lostWithoutSyncs: 0 };
    for (let life = 0; life < rounds / cutsPerLife; life += 1) {
      const one = await cutUnderLoad({ cuts: cutsPerLife, seed: seed + life, loadMs: 5_000 });
      if (one === null) throw new Error('there is no C compiler, so nothing could be recorded');
      for (const key of ['cuts', 'acks', 'copied', 'lost', 'strangers', 'lostWithoutSyncs'] as const) found[key] += one[key];
      found.broken.push(...one.broken);
      say(`life ${life + 1}: ${one.acks} acknowledged, ${one.cuts} cuts, ${one.lost} lost; ${one.lostWithoutSyncs} without syncs`);
    }
    return figuresOf(found);
  },
};

/** Null where the recorder cannot be compiled. */
export async function cutUnderLoad({ cuts, seed, loadMs }: { cuts: number; seed: number; loadMs: number }): Promise<Cuts | null> {
  const root = mkdtempSync(join(tmpdir(), 'power-'));
  try {
    const library = compileRecorder(root);
    if (library === null) return null;
    const place = { root, dataDir: join(root, 'data'), before: join(root, 'before'), recording: join(root, 'recording') };
    const life = await record(place, { library, loadMs });
    const chance = seeded(seed);
    const moments = Array.from({ length: cuts }, () => life.from + BigInt(Math.floor(chance() * Number(life.until - life.from)))).sort((a, b) => Number(a - b));
    const own = replay(place, life, moments, chance, () => true);
    // At NORMAL the WAL is synced by checkpoints only.
    const control = replay(place, life, moments, chance, ({ what, path }) => !(what.startsWith('sync') && path.endsWith('-wal')));
    life.oracle.close();
    const copied = life.entries.filter(({ what, path }) => what === 'write' && path === basename(sqliteFile(place.dataDir))).length;
    return { ...own, cuts: cuts * models.length, acks: life.oracle.acked.size, copied, lostWithoutSyncs: control.lost };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

type Place = { root: string; dataDir: string; before: string; recording: string };
type Life = { entries: Entry[]; oracle: ClientOracle; from: bigint; until: bigint };

async function record({ root, dataDir, before, recording }: Place, { library, loadMs }: { library: string; loadMs: number }): Promise<Life> {
  const { key: apiKey } = await seedPlace({ dataDir });
  cpSync(dataDir, before, { recursive: true });
  const recorded = { LD_PRELOAD: library, RECORD_DIR: dataDir, RECORD_FILE: recording };
  const running = await startServer({ DATA_DIR: dataDir, HOST: '127.0.0.1', RATE_LIMITS: 'off', ...recorded });
  const oracle = new ClientOracle({ apiKey, path: '/api/flow/create-tag', logFile: join(root, 'client.log'), inFlight });
  const from = process.hrtime.bigint();
  const sending = oracle.sendUntilGone(running.url);
  await sleep(loadMs);
  const until = process.hrtime.bigint();
  running.signal('SIGKILL');
  await Promise.all([running.ended, sending]);
  return { entries: readRecording(recording), oracle, from, until };
}

function replay(place: Place, { entries, oracle }: Life, moments: bigint[], chance: () => number, counts: (entry: Entry) => boolean) {
  const disk = new Disk(place.before);
  const found: Pick<Cuts, 'lost' | 'strangers' | 'broken'> = { lost: 0, strangers: 0, broken: [] };
  let next = 0;
  for (const moment of moments) {
    for (let entry = entries[next]; entry && entry.at <= moment; entry = entries[next]) {
      if (counts(entry)) disk.take(entry);
      next += 1;
    }
    const promised = [...oracle.ackedAt].filter(([, at]) => at <= moment).map(([name]) => name);
    for (const left of models) {
      const after = join(place.root, 'after');
      cpSync(place.before, after, { recursive: true });
      disk.cut(after, left, chance);
      const { names, findings } = look(after);
      found.lost += promised.filter((name) => !names.has(name)).length;
      found.strangers += [...names].filter((name) => !oracle.asked(name)).length;
      if (findings !== 'ok') found.broken.push(`${left}: ${findings}`);
      rmSync(after, { recursive: true });
    }
  }
  return found;
}

/** As the next start would find it: SQLite puts the WAL in order when it opens. */
function look(dataDir: string): { names: Set<string>; findings: string } {
  try {
    const db = new DatabaseSync(sqliteFile(dataDir));
    const rows = db.prepare('select name from tag').all() as { name: string }[];
    const checks = [...db.prepare('pragma integrity_check').all(), ...db.prepare('pragma foreign_key_check').all()];
    db.close();
    return { names: new Set(rows.map((row) => row.name)), findings: checks.map((row) => Object.values(row as object).join(' ')).join('; ') };
  } catch (error) {
    return { names: new Set(), findings: String(error) };
  }
}

/** Whether the recording missed nothing: put together with all of its writes, the files are those that are there. */
export async function recordsEverything(): Promise<boolean | null> {
  const root = mkdtempSync(join(tmpdir(), 'power-'));
  try {
    const library = compileRecorder(root);
    if (library === null) return null;
    const place = { root, dataDir: join(root, 'data'), before: join(root, 'before'), recording: join(root, 'recording') };
    const { entries, oracle } = await record(place, { library, loadMs: 3_000 });
    oracle.close();
    const disk = new Disk(place.before);
    for (const entry of entries) disk.take(entry);
    const after = join(root, 'after');
    cpSync(place.before, after, { recursive: true });
    disk.cut(after, 'all', () => 1);
    const file = basename(sqliteFile(place.dataDir));
    const same = (name: string): boolean => readFileSync(join(after, name)).equals(readFileSync(join(place.dataDir, name)));
    return same(file) && same(`${file}-wal`);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function figuresOf(found: Cuts): Figure[] {
  const none = (name: string, value: number): Figure => ({ name, value, unit: '', better: 'less', limit: 0 });
  return [
    { name: 'power cuts', value: found.cuts, unit: '', better: 'more' },
    { name: 'acknowledged writes', value: found.acks, unit: '', better: 'more', limit: found.cuts * 10 },
    { name: 'pages copied by checkpoints meanwhile', value: found.copied, unit: '', better: 'more', limit: found.cuts },
    none('acknowledged and lost', found.lost),
    none('there and never asked for', found.strangers),
    none('databases that were not whole', found.broken.length),
    { name: 'lost by the control, which does not sync', value: found.lostWithoutSyncs, unit: '', better: 'more', limit: 1 },
  ];
}
