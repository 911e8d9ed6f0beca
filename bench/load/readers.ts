// Readers of event streams, and turns that give them something to read. A process of its own; it takes a Reading as JSON,
// says `open` when every stream is, and prints a Heard when it is over. Without `turnsPerSecond` it only holds the streams
// open, until it is ended.
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../report.ts';

export type Reading = { port: number; key: string; chats: string[]; streams: number; turnsPerSecond: number; runMs: number };

export type Heard = { open: number; turnsPerSecond: number; eventsPerSecond: number; p50Ms: number; p99Ms: number; maxMs: number };

/** Opened at once, they would be refused by the length of the kernel's queue. */
const openedAtOnce = 50;

async function run({ port, key, chats, streams, turnsPerSecond, runMs }: Reading): Promise<void> {
  const delays: number[] = [];
  let open = 0;
  const read = (chat: string): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', (error) => fail(error.message));
      socket.on('close', () => fail('a stream was closed'));
      socket.once('data', (bytes: Buffer) => {
        if (!bytes.toString('latin1').startsWith('HTTP/1.1 200')) fail(bytes.toString('latin1').slice(0, 200));
        open += 1;
        resolve();
      });
      socket.on('data', (bytes: Buffer) => {
        const now = Date.now();
        for (const [, at] of bytes.toString('latin1').matchAll(/^id: .*\n.*\ndata: .*?"ts":"([^"]+)"/gm)) delays.push(now - Date.parse(at ?? ''));
      });
      socket.write(`GET /chats/${chat}/events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n\r\n`);
    });
  for (let from = 0; from < streams; from += openedAtOnce) {
    await Promise.all(Array.from({ length: Math.min(openedAtOnce, streams - from) }, (_, at) => read(chats[(from + at) % chats.length] ?? '')));
  }
  console.log('open');
  if (turnsPerSecond === 0) return;

  await sleep(500);
  delays.length = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let turns = 0;
  const from = performance.now();
  const send = (chat: string): void => {
    const body = JSON.stringify({ message: `message ${turns}` });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ port, path: `/chats/${chat}/messages`, method: 'POST', agent, headers }, (reply) => {
      if (reply.statusCode !== 200) fail(`a turn was answered with ${reply.statusCode}`);
      reply.resume();
    });
    asked.on('error', (error) => fail(error.message));
    asked.end(body);
  };
  for (;;) {
    const ms = performance.now() - from;
    if (ms > runMs) break;
    for (; turns < (ms / 1000) * turnsPerSecond; turns += 1) send(chats[turns % chats.length] ?? '');
    await sleep(2);
  }
  const seconds = (performance.now() - from) / 1000;
  const heard = delays.length;
  await sleep(1_000);
  const measured: Heard = {
    open,
    turnsPerSecond: turns / seconds,
    eventsPerSecond: heard / seconds,
    p50Ms: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
    maxMs: quantile(delays, 1),
  };
  process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

process.on('SIGTERM', () => process.exit(0));
await run(JSON.parse(process.argv[2] ?? '') as Reading);
