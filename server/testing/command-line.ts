// The command line as others call it: the real launcher in a process of its own, with an environment that holds
// nothing but what the test says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const launcher = join(import.meta.dirname, '..', 'bin', 'parley.mjs');

export type Environment = Record<string, string>;
export type Ended = { code: number | null; stdout: string; stderr: string };

function launch(args: string[], environment: Environment, node = process.execPath): ChildProcess {
  return spawn(node, [launcher, ...args], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end. */
export async function parley(args: string[], environment: Environment): Promise<Ended> {
  const child = launch(args, environment);
  if (!child.stdout || !child.stderr) throw new Error('a child without pipes');
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, stdout, stderr };
}

/** The one document that `--json` prints. */
export async function parleyJson<T>(args: string[], environment: Environment): Promise<Ended & { json: T }> {
  const ended = await parley([...args, '--json'], environment);
  return { ...ended, json: JSON.parse(ended.stdout) as T };
}

export type Running = {
  url: string;
  setupUrl: string | null;
  pid: number;
  /** Everything printed so far, on both outputs. */
  printed(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves to the exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** SIGTERM, and its end. */
  stop(): Promise<number | NodeJS.Signals>;
};

// One that a failed test left behind ends with the test process.
const left = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of left) child.kill('SIGKILL');
});

/** A server on a free port, once it says it is ready. Throws what it printed when it ends before. */
export async function startServer(environment: Environment, args: string[] = [], node?: string): Promise<Running> {
  const child = launch(['start', '--port', '0', ...args], environment, node);
  left.add(child);
  child.once('exit', () => left.delete(child));
  let printed = '';
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  const ready = new Promise<{ url: string; setup_url?: string }>((resolve) => {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      const line = printed.split('\n').find((one) => one.includes('"message":"ready"') && one.endsWith('}'));
      if (line) resolve(JSON.parse(line));
    });
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  const said = await Promise.race([ready, ended.then((code) => Promise.reject(new Error(`the server ended with ${code}:\n${printed}`)))]);
  return {
    url: said.url,
    setupUrl: said.setup_url ?? null,
    pid: child.pid ?? 0,
    printed: () => printed,
    signal: (name) => void child.kill(name),
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
