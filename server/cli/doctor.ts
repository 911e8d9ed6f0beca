// `parley doctor`: is everything as it should be, and how fast does the disk keep its word? It changes nothing.
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from '../app.ts';
import type { Config } from '../config.ts';
import type { Command } from './command.ts';

type State = 'ok' | 'warn' | 'fail';
type Finding = { name: string; state: State; said: string };
/** Said alone means ok. */
type Look = () => Promise<string | [State, string]> | string | [State, string];

const probes = 20;
const slowFsyncMs = 20;
const alarmBytes = 1024 ** 3;
const dayMs = 86_400_000;

export const doctor: Command = {
  name: 'doctor',
  summary: 'check configuration, permissions, disk, database, master key and audit log',
  examples: ['doctor', 'doctor --json'],
  run: async ({ config: readConfig, terminal }) => {
    const config = readConfig();
    const { openReader } = await import('../main.ts');
    const findings: Finding[] = [{ name: 'configuration', state: 'ok', said: 'valid' }];
    const look = async (name: string, check: Look): Promise<void> => {
      findings.push({ name, ...(await outcomeOf(check)) });
    };
    await look('data directory', () => dataDirectory(config));
    await look('disk space', () => diskSpace(config));
    await look('disk speed', () => diskSpeed(config));
    await look('server', () => server(config));
    await look('backups', () => backups(config));
    let opened: Awaited<ReturnType<typeof openReader>> | null = null;
    await look('database', async () => {
      opened = await openReader(config, { write: terminal.note, fatal: () => {} });
      const { pending, app } = opened;
      return pending.length === 0 ? `${app.database.place}, schema current` : ['warn', `${pending.length} migrations pending; run: parley migrate`];
    });
    const reader = opened as Awaited<ReturnType<typeof openReader>> | null;
    if (reader) {
      findings.push({ name: 'master key', state: 'ok', said: 'is the one the database was written with' });
      await look('storage', () => storage(reader.app));
      await look('searches', () => searches(reader.app));
      await look('clock', () => clock(reader.app));
      await look('audit log', () => auditLog(reader.app));
      await reader.close();
    }
    const isHealthy = findings.every(({ state }) => state !== 'fail');
    const text = findings.map(({ name, state, said }) => `${state.padEnd(5)} ${name.padEnd(15)} ${said}`).join('\n');
    terminal.reply({ healthy: isHealthy, findings }, text);
    return isHealthy ? 0 : 1;
  },
};

async function outcomeOf(check: Look): Promise<Omit<Finding, 'name'>> {
  try {
    const found = await check();
    const [state, said] = typeof found === 'string' ? (['ok', found] as const) : found;
    return { state, said };
  } catch (error) {
    return { state: 'fail', said: (error as Error).message };
  }
}

async function dataDirectory({ dataDir, databaseUrl }: Config): Promise<string | [State, string]> {
  const { prepareDataDir } = await import('../store/database/data-dir.ts');
  const [warning] = prepareDataDir(dataDir, { holdsDatabase: databaseUrl === null });
  if (warning) return ['warn', warning];
  const mode = statSync(dataDir).mode & 0o777;
  if ((mode & 0o077) !== 0) return ['warn', `${dataDir} can be read by others; run: chmod 700 ${dataDir}`];
  return `${dataDir}, writable`;
}

function diskSpace({ dataDir }: Config): string | [State, string] {
  const { bavail, bsize, blocks } = statfsSync(dataDir);
  const said = `${Math.floor((bavail * bsize) / 1024 ** 2)} MiB free of ${Math.floor((blocks * bsize) / 1024 ** 2)}`;
  return bavail * bsize < Math.min(alarmBytes, (blocks * bsize) / 10) ? ['warn', said] : said;
}

/** What every commit pays. */
function diskSpeed({ dataDir }: Config): string | [State, string] {
  const file = join(dataDir, `.doctor-${process.pid}`);
  const handle = openSync(file, 'w', 0o600);
  const times: number[] = [];
  for (let probe = 0; probe < probes; probe += 1) {
    const startedAt = performance.now();
    writeSync(handle, Buffer.alloc(4096));
    fsyncSync(handle);
    times.push(performance.now() - startedAt);
  }
  closeSync(handle);
  rmSync(file, { force: true });
  times.sort((a, b) => a - b);
  const median = times[probes / 2] ?? 0;
  const said = `fsync ${median.toFixed(1)} ms at the median, ${(times.at(-1) ?? 0).toFixed(1)} ms at worst`;
  return median > slowFsyncMs ? ['warn', `${said}: each commit waits that long`] : said;
}

async function server({ dataDir }: Config): Promise<string | [State, string]> {
  const { callServer, findServer } = await import('../egress/local.ts');
  const running = await findServer(dataDir);
  if (!running) return 'none runs on this directory';
  const { status, body } = await callServer(running, { method: 'GET', path: '/readyz' });
  const said = `runs as process ${running.pid} at ${running.url}`;
  return status === 200 ? `${said}, ready` : ['fail', `${said}, not ready: ${body}`];
}

function backups({ dataDir }: Config): string | [State, string] {
  const last = statSync(join(dataDir, 'backups', 'last.json'), { throwIfNoEntry: false });
  if (!last) return ['warn', 'none was made from here yet; run: parley backup <file>'];
  const days = Math.floor((Date.now() - last.mtimeMs) / dayMs);
  return days > 7 ? ['warn', `the last is ${days} days old`] : `the last is ${days} days old`;
}

async function storage({ database }: App): Promise<string | [State, string]> {
  const { storageProblems } = await import('../store/database/examine.ts');
  const problems = await storageProblems(database);
  return problems.length === 0 ? 'sound' : ['fail', problems.join('; ')];
}

async function searches({ database }: App): Promise<string | [State, string]> {
  const { unindexedSearches } = await import('../store/database/examine.ts');
  const tables = await unindexedSearches(database);
  if (tables.length === 0) return 'indexed';
  return ['warn', `${tables.join(' and ')} lists are looked through row by row: the database's owner may not create the extensions pg_trgm and btree_gin`];
}

async function clock({ database, clock: { now } }: App): Promise<string | [State, string]> {
  const { clockAheadMs, newestEventAt } = await import('../store/database/examine.ts');
  const ahead = await clockAheadMs(database, now);
  if (Math.abs(ahead) > 5_000) return ['warn', `this machine and the database differ by ${Math.round(ahead / 1000)} s`];
  const newest = await newestEventAt(database);
  return newest > now() + 60_000 ? ['warn', `is before the newest event, of ${new Date(newest).toISOString()}: it was set back`] : 'plausible';
}

async function auditLog(app: App): Promise<string | [State, string]> {
  const { verifyAudit } = await import('../commands/audit.ts');
  const chains = await verifyAudit(app);
  const broken = chains.filter(({ brokenAt }) => brokenAt !== null);
  if (broken.length === 0) return `${chains.reduce((sum, { events }) => sum + events, 0)} events, none changed or removed`;
  return ['fail', broken.map(({ workspaceId, brokenAt }) => `changed or removed in workspace ${workspaceId} at event ${brokenAt} or before`).join('; ')];
}
