// Lives of the product with crashes and repeats in them, against a model; and the same with a bug in the product, which
// must be found, or the test proves nothing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Announcement } from '../live.ts';
import { noteInbound } from '../store/inbound.ts';
import { databaseKinds } from '../testing/databases.ts';
import { type Bug, makeSimulation } from '../testing/simulation/simulation.ts';
import { watched, watching } from '../testing/simulation/watched.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { receiveReply } from './receive-reply.ts';

const seeds = Number(process.env.SIMULATION_SEEDS ?? 12);
const seedsPerBug = 12;

/** A write that seems to work and does nothing. */
function lost(name: string, start: string): Bug {
  return {
    name,
    app: (app) => watching(app, (sql, run) => (sql.startsWith(start) ? Promise.resolve({ rows: [{ id: 1 }] as never, numAffectedRows: 1n }) : run())),
  };
}

/** A write that is done twice. */
function doubled(name: string, start: string): Bug {
  return { name, app: (app) => watching(app, async (sql, run) => (sql.startsWith(start) ? run().then(run) : run())) };
}

const bugs: Bug[] = [
  lost('a session that is not saved', 'update "session"'),
  lost('a conversation that is not saved', 'update "conversation"'),
  lost('a step that is not written', 'insert into "step"'),
  lost('a timer that is not set', 'insert into "timer"'),
  lost('a job that is not enqueued', 'insert into "job"'),
  lost('an event of the provider that is not noted', 'insert into "inbound"'),
  lost('messages that are not written', 'insert into "message"'),
  doubled('messages that are written twice', 'insert into "message"'),
  {
    name: 'work that is undone and acknowledged all the same',
    receive: async (app, event, one) => {
      await Promise.allSettled([app.transact(async (tx) => ((await noteInbound(tx, event.source, event.event, 0)) ? receiveReply(app, tx, one) : null))]);
    },
  },
  {
    name: 'an event that is noted after the work, in a transaction of its own',
    receive: async (app, event, one) => {
      const there = await app.db.selectFrom('inbound').selectAll().where('source', '=', event.source).where('event', '=', event.event).executeTakeFirst();
      if (there) return;
      await app.transact((tx) => receiveReply(app, tx, one));
      await app.transact((tx) => noteInbound(tx, event.source, event.event, 0));
    },
  },
  {
    name: 'an event that is noted before the work, in a transaction of its own',
    receive: async (app, event, one) => {
      const isNew = await app.transact((tx) => noteInbound(tx, event.source, event.event, 0));
      if (isNew) await app.transact((tx) => receiveReply(app, tx, one));
    },
  },
  {
    name: 'events that are told before the commit',
    app: (app) => ({
      ...app,
      transact: (body) =>
        app.database.transact(async (tx) => {
          const told: Announcement[] = [];
          const done = await body(watched(tx, (_sql, run) => run()));
          const last = await tx.selectFrom('step').select(['conversation_id', 'last_seq']).orderBy('at', 'desc').limit(1).executeTakeFirst();
          if (last) told.push({ workspaceId: 0, botId: null, conversationId: last.conversation_id, seq: last.last_seq, dueAt: null });
          app.live.publish(told);
          return done;
        }),
    }),
  },
];

describe.each(databaseKinds)('a life of the product on %s', (kind) => {
  let t: TestApp;
  let simulate: (seed: number, bug?: Bug) => Promise<string[]>;
  beforeAll(async () => {
    t = await testApp(kind);
    simulate = await makeSimulation(t);
  });
  afterAll(() => t.close());

  test(
    `${seeds} seeds lose nothing, repeat nothing, and leave nobody without an answer`,
    async () => {
      for (let seed = 1; seed <= seeds; seed += 1) expect(await simulate(seed), `seed ${seed}`).toEqual([]);
    },
    30_000 + seeds * 1_000,
  );

  test.each(bugs)('is told from the sound product by the model: $name', async (bug) => {
    const found: string[] = [];
    for (let seed = 1; seed <= seedsPerBug && found.length === 0; seed += 1) found.push(...(await simulate(seed, bug)));
    expect(found).not.toEqual([]);
  });
});
