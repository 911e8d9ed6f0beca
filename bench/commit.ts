// Durable small transactions over HTTP: a new tag (tag, tally, event in one transaction, synchronous = FULL) at 1, 16
// and 64 connections, against the floor that writes the same rows, in turn.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteFile } from '../server/store/database.ts';
import { duel } from './load/duel.ts';
import { drive, startServer } from './load/processes.ts';
import { request, seed, startProduct } from './load/product.ts';
import type { Bench, Figure } from './report.ts';

const rounds = 5;
const connectionCounts = [1, 16, 64];
const perRun = { warmMs: 400, runMs: 2_500 };

export const commit: Bench = {
  name: 'commit',
  summary: 'durable small transactions over HTTP, against bare node:http and node:sqlite',
  async run(say) {
    const root = mkdtempSync(join(tmpdir(), 'bench-commit-'));
    const floorSeed = await seed({ dataDir: join(root, 'floor') });
    const ownSeed = await seed({ dataDir: join(root, 'own') });
    const hello = await startServer([`${import.meta.dirname}/floors/hello.ts`]);
    const floor = await startServer([
      `${import.meta.dirname}/floors/commit.ts`,
      sqliteFile(join(root, 'floor')),
      String(floorSeed.botId),
      String(floorSeed.workspaceId),
    ]);
    const own = await startProduct({ dataDir: join(root, 'own') });
    const requests = [request('POST', '/api/flow/create-tag', ownSeed.key, { name: 'bench #########' })];
    try {
      const ceiling = await drive({ port: hello.port, connections: 64, requests, ...perRun });
      const figures: Figure[] = [{ name: 'client ceiling at 64 (bare node:http)', value: ceiling.perSecond, unit: '/s', better: 'more' }];
      for (const connections of connectionCounts) {
        say(`${connections} connections, ${rounds} rounds of floor and product`);
        const closing = connections === 64 ? { limits: { ratio: 0.4, p99Ms: 30 }, note: 'the aim is 0.6' } : {};
        const load = { connections, ...perRun };
        figures.push(...(await duel({ floor, own, what: 'write', rounds, load, requests: { floor: requests, own: requests }, ...closing })));
      }
      return figures;
    } finally {
      for (const one of [hello, floor, own]) await one.stop();
      rmSync(root, { recursive: true, force: true });
    }
  },
};
