// The real app on a fresh database. Only the clock and randomness are ours, so that tests can say when and what.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { readConfig } from '../config.ts';
import { doors } from '../doors.ts';
import { fileStoreOf } from '../files.ts';
import { buildServer } from '../http/serve.ts';
import { makeLive, publishing } from '../live.ts';
import { makeLog } from '../log.ts';
import { plugins, systemRandom } from '../main.ts';
import { makeSecrets } from '../secrets.ts';
import type { Database } from '../store/database.ts';
import { type DatabaseKind, makeDatabase } from './databases.ts';

export type TestClock = { now(): number; set(ms: number): void; advance(ms: number): void };

export type TestApp = {
  app: App;
  server: FastifyInstance;
  clock: TestClock;
  /** Every log line so far. */
  lines: string[];
  close(): Promise<void>;
};

export const testStart = Date.UTC(2026, 0, 15, 10, 30, 0);

/** On a fresh database of a kind, or on one that other apps share, which closes with this one. */
export async function testApp(on: DatabaseKind | Database = 'sqlite', environment: Record<string, string> = {}): Promise<TestApp> {
  const database = typeof on === 'string' ? await makeDatabase(on) : on;
  // Made when a file is uploaded.
  const dataDir = join(tmpdir(), `parley-test-${randomUUID()}`);
  const { config } = readConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'debug', ...environment });
  let now = testStart;
  const clock: TestClock = {
    now: () => now,
    set: (ms) => {
      now = ms;
    },
    advance: (ms) => {
      now += ms;
    },
  };
  const lines: string[] = [];
  const live = makeLive(database.notices);
  const app: App = {
    config,
    database,
    db: database.read,
    transact: publishing(database.transact, live),
    live,
    files: fileStoreOf(config),
    clock,
    random: systemRandom,
    secrets: makeSecrets(Buffer.alloc(32, 'test-master-key')),
    log: makeLog(config.logLevel, (line) => lines.push(line)),
    actor: { kind: 'system', id: null, name: 'system', ip: null, requestId: null },
    operatorToken: 'operator-token-for-tests',
  };
  const server = buildServer(app, doors, { checkReplies: true, plugins });
  await server.ready();
  return {
    app,
    server,
    clock,
    lines,
    close: async () => {
      await server.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
