// Event streams of chats: what an idle one costs in memory, and how late events arrive when much happens at once.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { seedTalks } from './load/conversations.ts';
import { launch, type Running, used } from './load/processes.ts';
import { startProduct } from './load/product.ts';
import type { Heard, Reading } from './load/readers.ts';
import type { Bench, Figure } from './report.ts';

const idleStreams = 10_000;
const readers = 200;
/** Five events each: the message, two answers, the session, what it asks. */
const turnsPerSecond = 1_000;
const runMs = 10_000;
/** V8 collects what opening has left behind (a third of it all) when nothing has been allocated for about ten seconds. */
const settleMs = 16_000;
const watchedMs = 5_000;

export const streams: Bench = {
  name: 'streams',
  summary: 'event streams: memory of idle ones, delay of busy ones',
  async run(say) {
    const root = mkdtempSync(join(tmpdir(), 'bench-streams-'));
    const place = { dataDir: join(root, 'own') };
    const { key, talks } = await seedTalks(place, { chats: readers });
    const reading = { key, chats: talks.chats.names };
    try {
      say(`${idleStreams} idle streams`);
      const idle = await withProduct(place, (own) => memoryOfIdle(own, reading));
      say(`${turnsPerSecond} turns a second, ${readers} readers`);
      const busy = await withProduct(place, (own) => delays(own, reading));
      return [...idle, ...busy];
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

async function withProduct<T>(place: { dataDir: string }, use: (own: Running) => Promise<T>): Promise<T> {
  const own = await startProduct(place);
  try {
    return await use(own);
  } finally {
    await own.stop();
  }
}

type Chats = Pick<Reading, 'key' | 'chats'>;

function startReaders(port: number, reading: Omit<Reading, 'port'>) {
  const child = launch('client', [join(import.meta.dirname, 'load', 'readers.ts'), JSON.stringify({ port, ...reading } satisfies Reading)]);
  child.stderr?.pipe(process.stderr);
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the readers ended');
    return value as string;
  };
  return { child, line };
}

async function memoryOfIdle(own: Running, chats: Chats): Promise<Figure[]> {
  // Code and buffers that any stream needs are there after the first few.
  const few = startReaders(own.port, { ...chats, streams: 100, turnsPerSecond: 0, runMs: 0 });
  await few.line();
  await sleep(settleMs);
  const before = used(own.pid);
  const many = startReaders(own.port, { ...chats, streams: idleStreams, turnsPerSecond: 0, runMs: 0 });
  await many.line();
  await sleep(settleMs);
  const after = used(own.pid);
  await sleep(watchedMs);
  const cpuMs = (used(own.pid).cpuMs - after.cpuMs) / (watchedMs / 1000);
  for (const { child } of [few, many]) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return [
    { name: `an idle stream, of ${idleStreams}`, value: ((after.rssMb - before.rssMb) * 1024) / idleStreams, unit: 'kB', better: 'less', limit: 15 },
    { name: 'CPU of all of them', value: cpuMs, unit: 'ms a second', better: 'less' },
  ];
}

async function delays(own: Running, chats: Chats): Promise<Figure[]> {
  const { line } = startReaders(own.port, { ...chats, streams: readers, turnsPerSecond, runMs });
  await line();
  const heard = JSON.parse(await line()) as Heard;
  const figure = (name: string, value: number, unit: string, better: Figure['better'], limit?: number): Figure => ({
    name,
    value,
    unit,
    better,
    ...(limit === undefined ? {} : { limit }),
  });
  return [
    figure('turns meanwhile', heard.turnsPerSecond, '/s', 'more'),
    figure(`events to ${readers} readers`, heard.eventsPerSecond, '/s', 'more', 0.95 * 5 * turnsPerSecond),
    figure('delay, p50', heard.p50Ms, 'ms', 'less'),
    figure('delay, p99', heard.p99Ms, 'ms', 'less', 250),
    figure('delay, longest', heard.maxMs, 'ms', 'less'),
  ];
}
