// kill -9 at any moment, over and over: nothing acknowledged is lost, nothing is done twice or out of order, and nobody is
// left without an answer. The clients' own log is the judge. The full run: KILL_ROUNDS=400 KILL_MESSAGES=20000 KILL_LIFE_MS=4000.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomOf } from '@parley/engine/session.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../commands/save-step.ts';
import { openDatabase } from '../store/database.ts';
import { parleyJson, startServer } from '../testing/command-line.ts';
import { databaseKinds, makePlace, type Place } from '../testing/databases.ts';
import { compareTalk, openTalks, readLog, startTalkers } from '../testing/doubles/talkers.ts';

const rounds = Number(process.env.KILL_ROUNDS ?? 6);
const enough = Number(process.env.KILL_MESSAGES ?? Number.POSITIVE_INFINITY);
const talkers = 32;
/** A server that has just begun is slow; a longer life acknowledges more between two kills. */
const longestLifeMs = Number(process.env.KILL_LIFE_MS ?? 1_500);

describe.each(databaseKinds)('a server on %s that is killed again and again', (kind) => {
  let place: Place;
  const directory = mkdtempSync(join(tmpdir(), 'test-kill-'));
  afterAll(async () => {
    await place.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  test('loses nothing it acknowledged, repeats nothing, and answers everyone', { timeout: 60_000 + rounds * 10_000 }, async () => {
    place = await makePlace(kind);
    const environment = { DATA_DIR: place.dataDir, RATE_LIMITS: 'off', LOG_LEVEL: 'warn', ...(place.databaseUrl ? { DATABASE_URL: place.databaseUrl } : {}) };
    const args = ['init', '--email', 'ann@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];
    const { api_key: key } = (await parleyJson<{ api_key: string }>(args, environment)).json;
    const logFile = join(directory, 'log');
    let server = await startServer(environment);
    const clients = await startTalkers(await openTalks(server.url, key, talkers), key, logFile);
    clients.serverIs(server.url);

    const chance = randomOf(1, 1);
    let slowestStartMs = 0;
    let killed = 0;
    for (; killed < rounds && clients.acked() < enough && clients.wrong.length === 0; killed += 1) {
      await sleep(chance() * longestLifeMs);
      server.signal('SIGKILL');
      clients.serverIs(null);
      expect(await server.ended).toBe('SIGKILL');
      const begun = performance.now();
      server = await startServer(environment);
      slowestStartMs = Math.max(slowestStartMs, performance.now() - begun);
      clients.serverIs(server.url);
    }
    await clients.finish();

    expect(clients.wrong).toEqual([]);
    const talks = readLog(logFile);
    expect(talks).toHaveLength(talkers);
    for (const talk of talks) expect(await compareTalk(server.url, key, talk)).toEqual([]);
    expect(await server.stop()).toBe(0);

    expect(await unevenNumbers(place)).toEqual([]);
    if (kind === 'sqlite') {
      const db = new DatabaseSync(join(place.dataDir, 'parley.db'), { readOnly: true });
      expect(db.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
      db.close();
    }
    console.info(
      `${kind}: ${killed} kills, ${clients.acked()} acknowledged, ${clients.replayed()} of them done before a kill and acknowledged after, slowest start ${Math.round(slowestStartMs)} ms`,
    );
  });
});

/** Conversations whose events are not numbered 1, 2, 3 … to the end. */
async function unevenNumbers({ dataDir, databaseUrl }: Place): Promise<number[]> {
  const database = await openDatabase({ dataDir, databaseUrl, mode: 'read' });
  const uneven: number[] = [];
  for (const { id, seq } of await database.read.selectFrom('conversation').select(['id', 'seq']).execute()) {
    const steps = await database.read.selectFrom('step').select(['events', 'last_seq', 'at']).where('conversation_id', '=', id).orderBy('last_seq').execute();
    const numbers = steps.flatMap((step) => eventsOf(step).map((one) => one.seq));
    if (numbers.length !== seq || numbers.some((number, at) => number !== at + 1)) uneven.push(id);
  }
  await database.close();
  return uneven;
}
