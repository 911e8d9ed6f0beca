// `parley start`: the server, from the lock on its data to the last reply before it stops.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.ts';
import { type Config, configLines, type Overrides, printableConfig } from '../config.ts';
import { announceServer, withdrawServer } from '../egress/local.ts';
import { StartError } from '../errors.ts';
import { prepareDataDir } from '../store/database/data-dir.ts';
import { takeLock } from '../store/database/lock.ts';
import { type Ask, type Command, textOf } from './command.ts';
import { settle } from './settle.ts';
import { watchForEnd } from './stop.ts';

export const start: Command = {
  name: 'start',
  summary: 'run the server',
  options: [
    { flags: '--port <number>', summary: 'listen here instead of PORT' },
    { flags: '--host <address>', summary: 'listen here instead of HOST' },
    { flags: '--print-config', summary: 'print the configuration that holds, without its secrets, and end' },
  ],
  examples: ['start', 'start --port 9000', 'start --config /etc/parley.conf'],
  run: async (ask) => {
    const config = ask.config(overridesOf(ask));
    if (ask.options.printConfig) return ask.terminal.reply(printableConfig(config), configLines(config));
    return run(ask, config);
  },
};

function overridesOf(ask: Ask): Overrides {
  return {
    ...(ask.options.port === undefined ? {} : { port: textOf(ask, 'port') }),
    ...(ask.options.host === undefined ? {} : { host: textOf(ask, 'host') }),
  };
}

async function run(ask: Ask, config: Config): Promise<number> {
  const write = (line: string): void => void (ask.terminal.isJson ? process.stderr : process.stdout).write(line);
  const ending = watchForEnd(write);
  const isAlone = config.databaseUrl === null;
  for (const warning of prepareDataDir(config.dataDir, { holdsDatabase: isAlone })) ask.terminal.note(`Note: ${warning}`);
  const lock = isAlone ? takeLock(config.dataDir) : null;

  const [{ openApp, serverOf }, { makeDrain }, { health }, { makeMetrics }] = await Promise.all([
    import('../main.ts'),
    import('../http/operators/drain.ts'),
    import('../http/operators/health.ts'),
    import('../http/operators/metrics.ts'),
  ]);
  const opened = await openApp(config, { write, fatal: ending.storageFailed, style: ask.terminal.isInteractive ? 'short' : 'json' });
  const metrics = makeMetrics();
  const app: App = { ...opened.app, transact: metrics.watch(opened.app.transact), operatorToken: opened.app.random.token(32) };
  const drain = makeDrain();
  const server = serverOf(app, [drain.plugin, health(drain), metrics.plugin]);
  await listen(server, config);
  announceServer(config.dataDir, { pid: process.pid, url: localUrl(server), token: app.operatorToken ?? '' });
  const { startHousekeeping } = await import('../jobs/schedule.ts');
  const stopHousekeeping = startHousekeeping(app);
  const { startWorker } = await import('../jobs/worker.ts');
  const stopWorker = config.roles.worker ? await startWorker(app) : null;
  await sayReady(ask, app);
  settle();

  await ending.asked(() => server.server.closeAllConnections());
  app.log.info({}, 'stopping: no new connections, the last requests end');
  await drain.run(server);
  await server.close();
  await stopHousekeeping();
  await stopWorker?.();
  await opened.close();
  withdrawServer(config.dataDir);
  lock?.release();
  app.log.info({}, 'stopped');
  return 0;
}

async function listen(server: FastifyInstance, config: Config): Promise<void> {
  try {
    await server.listen({ host: config.host, port: config.port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const refusal = typeof code === 'string' ? refusals[code] : undefined;
    if (!refusal) throw error;
    throw new StartError(`${config.host}:${config.port} ${refusal.what}`, refusal.exitCode);
  }
  // Port 0 means any free one: what links say is known only now.
  const { port } = server.server.address() as AddressInfo;
  config.publicUrl = config.publicUrl.replace(/:0$/, `:${port}`);
}

const refusals: Record<string, { exitCode: number; what: string }> = {
  EADDRINUSE: { exitCode: 69, what: 'is in use by another program. Stop it, or choose another port with PORT or --port.' },
  EACCES: { exitCode: 78, what: 'may not be used by this user. Choose a port above 1023 with PORT or --port.' },
  EADDRNOTAVAIL: { exitCode: 78, what: 'is not an address of this machine. Set HOST to one that is, or to 0.0.0.0 for all.' },
  ENOTFOUND: { exitCode: 78, what: 'is not a host name known here. Set HOST to an address of this machine.' },
};

/** Where a command on this machine reaches it, whatever the address it listens on. */
function localUrl(server: FastifyInstance): string {
  const { address, family, port } = server.server.address() as AddressInfo;
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function sayReady(ask: Ask, app: App): Promise<void> {
  const [{ ensureSetupToken }, { readBrand }] = await Promise.all([import('../commands/setup.ts'), import('../commands/brand.ts')]);
  const token = await ensureSetupToken(app);
  const { name } = await readBrand(app);
  const url = app.config.publicUrl;
  const said = { url, data: app.config.dataDir, ...(token === null ? {} : { setup_url: `${url}/setup?token=${token}` }) };
  const people = [
    '',
    `${name} is running.`,
    '',
    `  Open    ${url}`,
    ...(token === null ? [] : [`  Set up  ${said.setup_url}`, '          once, for the first account; a new link comes with each start until then']),
    `  Data    ${app.config.dataDir}`,
    '',
    'Stop it with Ctrl+C.',
    '',
  ].join('\n');
  const line = JSON.stringify({ time: new Date(app.clock.now()).toISOString(), level: 'info', message: 'ready', ...said });
  ask.terminal.reply(said, ask.terminal.isInteractive ? people : line);
}
