// Floor and product under the same load, in turn, round by round: what a durable bench reports about the two.
import { type Figure, median } from '../report.ts';
import type { Load, Measured } from './client.ts';
import { drive, type Running, used } from './processes.ts';

export type Sample = Measured & { cpuUs: number; diskBytes: number; rssMb: number };

export type Duel = {
  floor: Running;
  own: Running;
  /** What a request is: `write`, `turn`. */
  what: string;
  rounds: number;
  load: Omit<Load, 'port' | 'requests'>;
  requests: { floor: string[]; own: string[] };
  limits?: { ratio?: number; p99Ms?: number; diskKb?: number };
  note?: string;
};

export async function duel({ floor, own, what, rounds, load, requests, limits = {}, note }: Duel): Promise<Figure[]> {
  const samples: { floor: Sample[]; own: Sample[] } = { floor: [], own: [] };
  for (let round = 0; round < rounds; round += 1) {
    samples.floor.push(await sample(floor, { ...load, requests: requests.floor }));
    samples.own.push(await sample(own, { ...load, requests: requests.own }));
  }
  const of = (side: keyof typeof samples, key: Exclude<keyof Sample, 'statuses'>): number => median(samples[side].map((one) => one[key]));
  const both = (key: Exclude<keyof Sample, 'statuses'>, digits: number, { scale = 1, limit }: { scale?: number; limit?: number | undefined } = {}) => {
    const floorValue = of('floor', key) / scale;
    const note = `floor ${floorValue.toFixed(digits)}${limit !== undefined && floorValue > limit ? ', itself past the limit' : ''}`;
    return { value: of('own', key) / scale, note, ...bound(limit) };
  };
  // Neighbours in time, so that what else the machine does weighs on both.
  const ratio = median(samples.own.map((one, at) => one.perSecond / (samples.floor[at]?.perSecond ?? Number.NaN)));
  const at = `at ${load.connections}`;
  return [
    { name: `floor ${at}`, value: of('floor', 'perSecond'), unit: '/s', better: 'more' },
    { name: `product ${at}`, value: of('own', 'perSecond'), unit: '/s', better: 'more' },
    { name: `ratio ${at}`, value: ratio, unit: 'of the floor', better: 'more', ...bound(limits.ratio), ...(note === undefined ? {} : { note }) },
    { name: `p50 ${at}`, ...both('p50Ms', 2), unit: 'ms', better: 'less' },
    { name: `p99 ${at}`, ...both('p99Ms', 2, { limit: limits.p99Ms }), unit: 'ms', better: 'less' },
    { name: `CPU ${at}`, ...both('cpuUs', 0), unit: `µs a ${what}`, better: 'less' },
    { name: `disk ${at}`, ...both('diskBytes', 1, { scale: 1000, limit: limits.diskKb }), unit: `kB a ${what}`, better: 'less' },
    { name: `RSS ${at}`, ...both('rssMb', 0), unit: 'MB', better: 'less' },
  ];
}

function bound(limit: number | undefined): { limit?: number } {
  return limit === undefined ? {} : { limit };
}

export async function sample(server: Running, load: Omit<Load, 'port'>): Promise<Sample> {
  const before = used(server.pid);
  const measured = await drive({ ...load, port: server.port });
  const after = used(server.pid);
  if (Object.keys(measured.statuses).some((status) => !status.startsWith('2'))) throw new Error(`replies other than 2xx: ${JSON.stringify(measured.statuses)}`);
  // Use is counted from before the warm-up, so it is shared among the requests of that time too.
  const requests = measured.requests * ((load.warmMs + load.runMs) / load.runMs);
  return {
    ...measured,
    cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / requests,
    diskBytes: (after.writtenBytes - before.writtenBytes) / requests,
    rssMb: after.rssMb,
  };
}
