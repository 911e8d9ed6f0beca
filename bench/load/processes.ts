// Child processes of a bench: each on a core of its own where the machine has two, watched through /proc, ended by us.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import type { Load, Measured } from './client.ts';

export type Core = 'server' | 'client';

const coreOf: Record<Core, number> = { server: 0, client: 1 };
const canPin = cpus().length > 1 && tryPin();

function tryPin(): boolean {
  try {
    execFileSync('taskset', ['-c', '0', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export type Running = { child: ChildProcess; pid: number; url: string; port: number; stop(signal?: NodeJS.Signals): Promise<void> };

export function launch(core: Core, program: string[], environment: Record<string, string> = {}): ChildProcess {
  const [command = '', ...rest] = canPin ? ['taskset', '-c', String(coreOf[core]), process.execPath, ...program] : [process.execPath, ...program];
  return spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
}

/** A server that says on standard output, in a line of JSON, at which `url` it is ready. */
export async function startServer(program: string[], environment: Record<string, string> = {}): Promise<Running> {
  const child = launch('server', program, environment);
  let said = '';
  child.stderr?.on('data', (bytes) => {
    said += bytes;
  });
  const ready = new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> });
    lines.on('line', (line) => {
      const found = /"url":"([^"]+)"/.exec(line)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${program.join(' ')} ended with ${code}: ${said}`)));
  });
  const url = await ready;
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return { child, pid: child.pid ?? 0, url, port: Number(new URL(url).port), stop };
}

export async function drive(load: Load): Promise<Measured> {
  const child = launch('client', [`${import.meta.dirname}/client.ts`, JSON.stringify(load)]);
  let out = '';
  let said = '';
  child.stdout?.on('data', (bytes) => {
    out += bytes;
  });
  child.stderr?.on('data', (bytes) => {
    said += bytes;
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the client ended with ${code}: ${said}`);
  return JSON.parse(out) as Measured;
}

export type Used = { cpuMs: number; writtenBytes: number; rssMb: number };

/** What a process has used since it began; resident memory is what it holds now. */
export function used(pid: number): Used {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const io = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'));
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  // The kernel counts in hundredths of a second.
  return { cpuMs: (Number(stat[11]) + Number(stat[12])) * 10, writtenBytes: Number(io?.[1]), rssMb: Number(rss?.[1]) / 1024 };
}
