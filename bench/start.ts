// From the start of the process to the first answer of /readyz on a data directory that needs no migration, and the
// memory it holds when nothing happens; against bare node:http, in turn.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { launch, used } from './load/processes.ts';
import { environmentOf, launcher, nodeFlags, seed } from './load/product.ts';
import { type Bench, type Figure, median } from './report.ts';

const rounds = 10;
const idleMs = 3_000;
const pollMs = 2;

type Sample = { readyMs: number; rssMb: number };

export const start: Bench = {
  name: 'start',
  summary: 'from nothing to the first answer, and the memory of an idle server, against bare node:http',
  async run(say) {
    const root = mkdtempSync(join(tmpdir(), 'bench-start-'));
    const place = { dataDir: join(root, 'data') };
    await seed(place);
    const floor: Sample[] = [];
    const own: Sample[] = [];
    // The first start fills the compile cache; it is the second that people wait for.
    await sample([...nodeFlags, launcher, 'start'], environmentOf(place), '/readyz');
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round} of ${rounds}`);
      floor.push(await sample([`${import.meta.dirname}/floors/hello.ts`], {}, '/'));
      own.push(await sample([...nodeFlags, launcher, 'start'], environmentOf(place), '/readyz'));
    }
    rmSync(root, { recursive: true, force: true });
    return figuresOf(floor, own);
  },
};

async function sample(program: string[], environment: Record<string, string>, path: string): Promise<Sample> {
  const port = await freePort();
  const begun = performance.now();
  const child = launch('server', program, { ...environment, PORT: String(port) });
  while (!(await answers(port, path))) await sleep(pollMs);
  const readyMs = performance.now() - begun;
  await sleep(idleMs);
  const { rssMb } = used(child.pid ?? 0);
  child.kill('SIGTERM');
  await once(child, 'exit');
  return { readyMs, rssMb };
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (reply) => {
      reply.resume();
      resolve(reply.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function figuresOf(floor: Sample[], own: Sample[]): Figure[] {
  const ready = (samples: Sample[]): number => median(samples.map(({ readyMs }) => readyMs));
  const rss = (samples: Sample[]): number => median(samples.map(({ rssMb }) => rssMb));
  return [
    { name: 'ready', value: ready(own), unit: 'ms', better: 'less', limit: 500, note: `floor ${ready(floor).toFixed(0)}` },
    { name: 'ready, slowest', value: Math.max(...own.map(({ readyMs }) => readyMs)), unit: 'ms', better: 'less' },
    { name: 'idle RSS', value: rss(own), unit: 'MB', better: 'less', limit: 110, note: `floor ${rss(floor).toFixed(0)}` },
  ];
}
