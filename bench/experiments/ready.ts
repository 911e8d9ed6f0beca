// E19: a start after kill -9 with a gigabyte of conversations and a write-ahead log that nobody had copied yet.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteFile } from '../../server/store/database.ts';
import { startServer } from '../../server/testing/command-line.ts';
import { lengthenNewest, seedTalks } from '../load/conversations.ts';
import { type Experiment, quantile } from '../report.ts';
import { ClientOracle } from './kill/client-oracle.ts';
import { reap, seeded } from './kill/reaper.ts';

const wantedBytes = 2 ** 30;
const messagesAtOnce = 1_000_000;
const withinMs = 3_000;
const inFlight = 32;

export const ready: Experiment = {
  name: 'E19',
  summary: 'a start after kill -9 with a gigabyte in the database',
  rounds: 20,
  async run({ rounds, seed, say }) {
    const root = mkdtempSync(join(tmpdir(), 'ready-'));
    const dataDir = join(root, 'data');
    try {
      const { key: apiKey } = await seedTalks({ dataDir }, { chats: 1 });
      while (sizeOf(dataDir) < wantedBytes) {
        await lengthenNewest({ dataDir }, messagesAtOnce);
        say(`${(sizeOf(dataDir) / 2 ** 20).toFixed(0)} MiB`);
      }
      const oracle = new ClientOracle({ apiKey, path: '/api/flow/create-tag', logFile: join(root, 'client.log'), inFlight });
      const chance = seeded(seed);
      const readyMs: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const begun = performance.now();
        const running = await startServer({ DATA_DIR: dataDir, HOST: '127.0.0.1', RATE_LIMITS: 'off' });
        readyMs.push(performance.now() - begun);
        await Promise.all([oracle.sendUntilGone(running.url), reap(running, withinMs, chance)]);
      }
      oracle.close();
      return [
        { name: 'size of the database', value: sizeOf(dataDir) / 2 ** 20, unit: 'MiB', better: 'more' },
        { name: 'ready after a kill, p50', value: quantile(readyMs, 0.5), unit: 'ms', better: 'less' },
        { name: 'ready after a kill, slowest', value: Math.max(...readyMs), unit: 'ms', better: 'less', limit: 10_000 },
      ];
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

function sizeOf(dataDir: string): number {
  return statSync(sqliteFile(dataDir)).size;
}
