// The server that runs on a data directory, if one does: announced by DATA_DIR/server.json (0600), found by it, and
// called through it. The only connection the command line ever opens, and it goes nowhere but to this machine.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export type LocalServer = { pid: number; url: string; token: string };
export type Call = { method: 'GET' | 'POST' | 'DELETE'; path: string; body?: object };
export type Reply = { status: number; body: string };

const aliveMs = 2_000;
const callMs = 60_000;

function fileIn(dataDir: string): string {
  return join(dataDir, 'server.json');
}

/** Written whole or not at all: a reader never sees half of it. */
export function announceServer(dataDir: string, server: LocalServer): void {
  const file = fileIn(dataDir);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(server)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** Only its own announcement: another node on the same Postgres may have written its since. */
export function withdrawServer(dataDir: string): void {
  if (readAnnouncement(dataDir)?.pid === process.pid) rmSync(fileIn(dataDir), { force: true });
}

/** Null when none runs: no file, its process is gone, or nothing answers there. */
export async function findServer(dataDir: string): Promise<LocalServer | null> {
  const server = readAnnouncement(dataDir);
  if (!server || !isAlive(server.pid)) return null;
  const answers = await send(server, { method: 'GET', path: '/livez' }, aliveMs).then(
    ({ status }) => status === 200,
    () => false,
  );
  return answers ? server : null;
}

export function callServer(server: LocalServer, call: Call): Promise<Reply> {
  return send(server, call, callMs);
}

function readAnnouncement(dataDir: string): LocalServer | null {
  try {
    const { pid, url, token } = JSON.parse(readFileSync(fileIn(dataDir), 'utf8')) as Partial<LocalServer>;
    return typeof pid === 'number' && typeof url === 'string' && typeof token === 'string' ? { pid, url, token } : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It lives and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function send(server: LocalServer, { method, path, body }: Call, timeoutMs: number): Promise<Reply> {
  const payload = body === undefined ? null : JSON.stringify(body);
  // Here and not above: a server that only announces itself would pay for it at every start (http/serve/node-http.ts).
  const { request } = await import('node:http');
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(new URL(path, server.url), {
      method,
      agent: false,
      timeout: timeoutMs,
      headers: { authorization: `Bearer ${server.token}`, ...(payload === null ? {} : { 'content-type': 'application/json' }) },
    });
    sent
      .on('response', resolve)
      .on('error', reject)
      .on('timeout', () => sent.destroy(new Error('the server does not answer')));
    sent.end(payload ?? undefined);
  });
  return { status: reply.statusCode ?? 0, body: await text(reply) };
}
