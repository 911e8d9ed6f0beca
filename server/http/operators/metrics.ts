// What operators watch, in the Prometheus text form. Counting is a few additions per request; the library that writes
// the text is loaded with the first scrape. No label names a workspace or a person, and routes are templates.
import { createHash, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { App } from '../../app.ts';
import { AppError } from '../../errors.ts';
import { probe } from './health.ts';

const boundsS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Labels = Record<string, string | number>;
type Series = { labels: Labels; buckets: number[]; sum: number; count: number };
type Metric = { name: string; help: string; type: 'counter' | 'gauge' | 'histogram'; values: { value: number; labels: Labels; metricName?: string }[] };

export type Metrics = {
  plugin(server: FastifyInstance, app: App): void;
  /** The same transact, watched. */
  watch(transact: App['transact']): App['transact'];
};

export function makeMetrics(): Metrics {
  const requests = new Map<string, Series>();
  const transactions = makeSeries({});
  const counts = { waiting: 0, rateLimited: 0, refused: 0 };
  let delay: ReturnType<typeof monitorEventLoopDelay> | null = null;
  return {
    watch: (transact) => async (body) => {
      const startedAt = performance.now();
      counts.waiting += 1;
      try {
        return await transact(body);
      } finally {
        counts.waiting -= 1;
        observe(transactions, (performance.now() - startedAt) / 1000);
      }
    },
    plugin: (server, app) => {
      server.addHook('onResponse', (request, reply, done) => {
        if (reply.statusCode === 429) counts.rateLimited += 1;
        if (reply.statusCode === 401) counts.refused += 1;
        observe(seriesOf(requests, request, reply.statusCode), reply.elapsedTime / 1000);
        done();
      });
      server.get('/metrics', probe, async (request, reply) => {
        admit(app, request);
        if (!delay) {
          delay = monitorEventLoopDelay({ resolution: 20 });
          delay.enable();
        }
        const text = await render([
          histogram('http_request_duration_seconds', 'Requests by route, method and class of status.', [...requests.values()]),
          histogram('database_transaction_seconds', 'From asking for a transaction to its commit.', [transactions]),
          gauge('database_transactions_waiting', 'Transactions asked for and not yet settled.', counts.waiting),
          counter('rate_limit_rejections_total', 'Requests answered with 429.', counts.rateLimited),
          counter('auth_failures_total', 'Requests answered with 401.', counts.refused),
          gauge('process_resident_memory_bytes', 'Memory of this process.', process.memoryUsage.rss()),
          gauge('event_loop_delay_p99_seconds', 'How late the event loop came since the last scrape.', delay.percentile(99) / 1e9),
          gauge('event_loop_delay_max_seconds', 'The longest the event loop stood still since the last scrape.', delay.max / 1e9),
          ...(await storage(app)),
        ]);
        delay.reset();
        return reply.header('cache-control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8').send(text);
      });
    },
  };
}

/** With METRICS_TOKEN to whoever sends it; without one to this machine only, and to no proxy on it. */
function admit(app: App, request: FastifyRequest): void {
  const token = app.config.metricsToken;
  const { headers, socket } = request;
  if (token === null) {
    const isHere = /^(127\.|::1$|::ffff:127\.)/.test(socket.remoteAddress ?? '');
    const isForwarded = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name] !== undefined);
    if (isHere && !isForwarded) return;
    throw new AppError('forbidden', 'Metrics are shown to this machine only. Set METRICS_TOKEN and send it as a bearer token.');
  }
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`))) return;
  throw new AppError('unauthorized', 'Send METRICS_TOKEN as a bearer token.', { headers: { 'www-authenticate': 'Bearer' } });
}

async function storage(app: App): Promise<Metric[]> {
  const { dataDir } = app.config;
  const disk = await statfs(dataDir);
  const wal = statSync(`${app.database.place}-wal`, { throwIfNoEntry: false });
  const backup = statSync(join(dataDir, 'backups', 'last.json'), { throwIfNoEntry: false });
  return [
    gauge('disk_free_bytes', 'Free space where DATA_DIR is.', disk.bavail * disk.bsize),
    ...(app.database.isShared ? [] : [gauge('database_wal_bytes', 'Size of the write-ahead log.', wal?.size ?? 0)]),
    ...(backup ? [gauge('backup_age_seconds', 'Since the last backup by this command line.', (app.clock.now() - backup.mtimeMs) / 1000)] : []),
  ];
}

function makeSeries(labels: Labels): Series {
  return { labels, buckets: boundsS.map(() => 0), sum: 0, count: 0 };
}

function seriesOf(all: Map<string, Series>, request: FastifyRequest, statusCode: number): Series {
  const route = request.routeOptions.url ?? 'unknown';
  const status = `${Math.floor(statusCode / 100)}xx`;
  const name = `${request.method} ${route} ${status}`;
  const kept = all.get(name);
  if (kept) return kept;
  const made = makeSeries({ method: request.method, route, status });
  all.set(name, made);
  return made;
}

function observe(series: Series, seconds: number): void {
  const at = boundsS.findIndex((bound) => seconds <= bound);
  if (at >= 0) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
  series.sum += seconds;
  series.count += 1;
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, help, type: 'gauge', values: [{ value, labels: {} }] };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, help, type: 'counter', values: [{ value, labels: {} }] };
}

function histogram(name: string, help: string, all: Series[]): Metric {
  const values = all.flatMap(({ labels, buckets, sum, count }) => {
    let seen = 0;
    const steps = boundsS.map((le, at) => {
      seen += buckets[at] ?? 0;
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: seen };
    });
    return [
      ...steps,
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
  return { name, help, type: 'histogram', values };
}

async function render(metrics: Metric[]): Promise<string> {
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  // Its own counters would have to be loaded before the first request; what it writes needs only these two names.
  for (const metric of metrics) registry.registerMetric({ name: metric.name, get: async () => metric } as never);
  return registry.metrics();
}
