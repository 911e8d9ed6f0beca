// The load: keep-alive connections on raw sockets, each sending its next request when the last is answered. A process
// of its own, on a core of its own; it takes a Load as JSON and prints a Measured. Nine # become a running number.
import { connect, type Socket } from 'node:net';

export type Load = {
  port: number;
  connections: number;
  warmMs: number;
  runMs: number;
  /** Whole requests; each connection goes round them, or sends only the one of its own number. */
  requests: string[];
  oneEach?: boolean;
};

export type Measured = { requests: number; perSecond: number; p50Ms: number; p99Ms: number; maxMs: number; statuses: Record<string, number> };

const mark = '#########';
const maxSamples = 4_000_000;

function run(load: Load): void {
  // Numbers of different runs must not meet: names are unique.
  let number = Math.trunc((Date.now() / 100) % 10_000) * 100_000;
  let next = 0;
  let measuring = false;
  let measuredFrom = 0;
  let count = 0;
  const times = new Float64Array(maxSamples);
  const statuses: Record<string, number> = {};
  const sockets: Socket[] = [];

  const open = (own: number): void => {
    const socket = connect(load.port, '127.0.0.1');
    sockets.push(socket);
    socket.setNoDelay(true);
    let sentAt = 0;
    let pending = '';
    const send = (): void => {
      number += 1;
      next = (next + 1) % load.requests.length;
      sentAt = performance.now();
      socket.write((load.requests[load.oneEach ? own : next] ?? '').replace(mark, String(number).padStart(mark.length, '0')), 'latin1');
    };
    socket.on('connect', send);
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('the server closed a connection'));
    socket.on('data', (bytes: Buffer) => {
      pending += bytes.toString('latin1');
      const bodyAt = pending.indexOf('\r\n\r\n');
      if (bodyAt < 0) return;
      const length = /content-length: (\d+)/i.exec(pending.slice(0, bodyAt))?.[1];
      if (length === undefined) return fail(`a reply without Content-Length: ${pending.slice(0, 200)}`);
      if (pending.length < bodyAt + 4 + Number(length)) return;
      if (measuring && count < maxSamples) {
        times[count] = performance.now() - sentAt;
        count += 1;
        const status = pending.slice(9, 12);
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
      pending = '';
      send();
    });
  };

  for (let at = 0; at < load.connections; at += 1) open(at);
  setTimeout(() => {
    measuring = true;
    measuredFrom = performance.now();
    process.stderr.write('measuring\n');
    setTimeout(() => {
      const seconds = (performance.now() - measuredFrom) / 1000;
      const sorted = times.subarray(0, count).sort();
      const at = (share: number): number => sorted[Math.min(count - 1, Math.floor(count * share))] ?? 0;
      const measured: Measured = { requests: count, perSecond: count / seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), statuses };
      process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
    }, load.runMs);
  }, load.warmMs);
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

run(JSON.parse(process.argv[2] ?? '') as Load);
