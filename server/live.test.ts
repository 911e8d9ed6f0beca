import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Announcement, announce, makeLive, publishing } from './live.ts';
import { migrate } from './store/database/migrate.ts';
import type { Notices } from './store/database/postgres/notices.ts';
import { type Database, openDatabase } from './store/database.ts';
import { databaseKinds, makePlace, type Place } from './testing/databases.ts';
import { openLine } from './testing/doubles/line.ts';
import { readStream } from './testing/doubles/readers.ts';
import { makeWorld, type World } from './testing/factories.ts';
import { echo } from './testing/samples/echo.ts';
import { call, scenario } from './testing/scenario.ts';
import { type TestApp, testApp } from './testing/test-app.ts';

const said = (conversationId: number, seq = 1, dueAt: number | null = null): Announcement => ({ workspaceId: 1, botId: 2, conversationId, seq, dueAt });

test('listeners hear what they asked about and nothing else, until they stop', () => {
  const live = makeLive();
  const heard: string[] = [];
  const stops = [
    live.listen('everything', (one) => void heard.push(`all ${one?.conversationId}`)),
    live.listen({ workspace: 1 }, (one) => void heard.push(`workspace ${one?.conversationId}`)),
    live.listen({ bot: 3 }, (one) => void heard.push(`bot ${one?.conversationId}`)),
    live.listen({ conversation: 5 }, (one) => void heard.push(`conversation ${one?.conversationId}`)),
  ];
  live.publish([said(5), said(6)]);
  expect(heard).toEqual(['all 5', 'workspace 5', 'conversation 5', 'all 6', 'workspace 6']);
  for (const stop of stops) stop();
  live.publish([said(5)]);
  expect(heard).toHaveLength(5);
});

/** What goes between nodes, without a network. */
function noticesDouble(): Notices & { sent: string[]; isDown: boolean; release(): void } {
  let release = (): void => {};
  const double = {
    sent: [] as string[],
    isDown: false,
    release: () => release(),
    send: async (text: string) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      if (double.isDown) return false;
      double.sent.push(text);
      return true;
    },
    listen: () => {},
    close: async () => {},
  };
  return double;
}

test('other nodes are told once a conversation, its newest number and its nearest work, and after a failure again', async () => {
  const notices = noticesDouble();
  const live = makeLive(notices);
  const next = async () => {
    await sleep(20);
    notices.release();
    await sleep(20);
  };
  live.publish([said(1, 1, 900), said(1, 2, 700)]);
  live.publish([said(2, 9), said(1, 3)]);
  await next();
  expect(notices.sent.map((text) => JSON.parse(text))).toEqual([
    [
      [1, 2, 1, 3, 700],
      [1, 2, 2, 9, null],
    ],
  ]);
  notices.isDown = true;
  live.publish([said(1, 4)]);
  await next();
  live.publish([said(1, 5)]);
  notices.isDown = false;
  await sleep(300);
  await next();
  expect(notices.sent.slice(1).map((text) => JSON.parse(text))).toEqual([[[1, 2, 1, 5, null]]]);
});

test('too much to tell in pieces is told as a word to look at everything', async () => {
  const notices = noticesDouble();
  const live = makeLive(notices);
  live.publish(Array.from({ length: 5_000 }, (_, at) => said(at)));
  await sleep(20);
  notices.release();
  await sleep(20);
  expect(notices.sent).toEqual(['[]']);
});

test('a transaction that fails tells nothing', async () => {
  const live = makeLive();
  const heard: unknown[] = [];
  live.listen('everything', (one) => void heard.push(one));
  const transact = publishing(async (body) => body({} as never), live);
  await transact(async (tx) => announce(tx, said(1)));
  await expect(
    transact(async (tx) => {
      announce(tx, said(2));
      throw new Error('the disk is full');
    }),
  ).rejects.toThrow('the disk is full');
  expect(heard).toEqual([said(1)]);
});

describe.runIf(databaseKinds.includes('postgres'))('two nodes on one database', () => {
  let place: Place;
  let nodes: [TestApp, TestApp];
  let world: World;
  let base: string;
  const own = (databaseUrl: string | null): Promise<Database> => openDatabase({ dataDir: place.dataDir, databaseUrl });
  beforeAll(async () => {
    place = await makePlace('postgres');
    const first = await own(place.databaseUrl);
    await migrate(first.migrator, 0);
    nodes = [await testApp(first), await testApp(await own(place.databaseUrl))];
    world = await makeWorld(nodes[1].app);
    await call(nodes[1], { method: 'POST', path: '/v1/flows', key: world.key, body: { document: echo, publish: true } });
    base = await nodes[0].server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    for (const node of nodes) await node.close();
    await place.remove();
  });

  const newChat = async (): Promise<string> =>
    (
      (await scenario(nodes[1], { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: 'echo' } }, { status: 200, events: [] }))
        .json as { id: string }
    ).id;
  const say = (id: string, message: string) => call(nodes[1], { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message } });
  /** From the commit on one node until a stream on the other shows it. */
  const latencyMs = async (id: string, text: string, meanwhile = async (): Promise<void> => {}): Promise<number> => {
    const reading = readStream(`${base}/chats/${id}/events?after=0`, { authorization: `Bearer ${world.key}` }, (seen) =>
      seen.some((one) => one.data.message?.content === text),
    );
    await sleep(150);
    await meanwhile();
    await say(id, text);
    const begun = performance.now();
    await reading;
    return performance.now() - begun;
  };

  test('a stream on one sees what the other commits, at once', async () => {
    expect(await latencyMs(await newChat(), 'over there')).toBeLessThan(8_000);
  });

  test('also right after the connection between them was killed: nothing is lost', async () => {
    const id = await newChat();
    const kill = async (): Promise<void> => {
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: place.databaseUrl ?? '' });
      await client.connect();
      const killed = await client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'live' and datname = current_database()",
      );
      await client.end();
      expect(killed.rowCount).toBe(2);
    };
    expect(await latencyMs(id, 'once more', kill)).toBeLessThan(8_000);
    expect(await latencyMs(id, 'and again')).toBeLessThan(8_000);
  });

  test('what was said while one could not listen is seen as soon as it can', async () => {
    const url = new URL(place.databaseUrl ?? '');
    const line = await openLine({ host: url.hostname, port: Number(url.port || 5432) });
    url.port = String(line.port);
    const far = await testApp(await own(url.href));
    const missed: (Announcement | null)[] = [];
    const stop = far.app.live.listen('everything', (one) => void missed.push(one));
    await sleep(200);
    missed.length = 0;
    await line.cut();
    await say(await newChat(), 'unheard');
    await sleep(100);
    expect(missed).toEqual([]);
    await line.restore();
    for (let tries = 0; missed.length === 0 && tries < 100; tries += 1) await sleep(20);
    expect(missed[0]).toBeNull();
    stop();
    await far.close();
    await line.close();
  });
});
