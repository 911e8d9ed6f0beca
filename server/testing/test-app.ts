// The real app on a fresh database. Only the clock and randomness are ours, so that tests can say when and what.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import type { App } from '../app.ts';
import { readConfig } from '../config.ts';
import { doors } from '../doors.ts';
import { fileStoreOf } from '../files.ts';
import { buildServer } from '../http/serve.ts';
import { makeLive, publishing } from '../live.ts';
import { makeLog } from '../log.ts';
import { plugins, systemRandom, withQueue } from '../main.ts';
import { makeSecrets } from '../secrets.ts';
import type { Database, Db } from '../store/database.ts';
import { type DatabaseKind, makeDatabase } from './databases.ts';

export type TestClock = { now(): number; set(ms: number): void; advance(ms: number): void };

export type TestApp = {
  app: App;
  server: FastifyInstance;
  clock: TestClock;
  /** For everyone: on a shared database, whose clock is the database's, what waits there grows older instead. */
  pass(ms: number): Promise<void>;
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
  const { app, queue } = withQueue({
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
  });
  const server = buildServer(app, doors, { checkReplies: true, plugins });
  await server.ready();
  return {
    app,
    server,
    clock,
    pass: async (ms) => {
      clock.advance(ms);
      if (database.isShared) await app.transact((tx) => age(tx, ms));
      // Whoever sleeps until something is due looks again.
      app.live.publish([{ workspaceId: 0, botId: null, conversationId: null, seq: 0, dueAt: 0 }]);
    },
    lines,
    close: async () => {
      await server.close();
      await queue.close();
      await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function age(tx: Db, ms: number): Promise<void> {
  await sql`update job set run_at = run_at - ${ms}, leased_until = leased_until - ${ms}`.execute(tx);
  const signals = await sql<{ at: string | null }>`select to_regclass('pgboss.job') as at`.execute(tx);
  if (signals.rows[0]?.at != null) await sql`update pgboss.job set start_after = start_after - ${ms} * interval '1 millisecond'`.execute(tx);
}
