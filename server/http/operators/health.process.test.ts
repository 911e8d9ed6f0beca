import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parleyJson, type Running, startServer } from '../../testing/command-line.ts';

/** A disk of so many MiB, or null where this user may not mount one. */
function smallDisk(directory: string, sizeMiB: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', directory], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const directory = mkdtempSync(join(tmpdir(), 'test-disk-'));
const isSmall = smallDisk(directory, 64);
if (!isSmall) console.warn('SKIPPED: this user may not mount a small disk, so a full one is not tested.');

describe.runIf(isSmall)('a disk that fills up', () => {
  const environment = { DATA_DIR: directory, RATE_LIMITS: 'off' };
  let key = '';
  let server: Running | undefined;

  beforeAll(async () => {
    const args = ['init', '--email', 'ann@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];
    key = (await parleyJson<{ api_key: string }>(args, environment)).json.api_key;
  });

  afterAll(async () => {
    server?.signal('SIGKILL');
    await server?.ended;
    execFileSync('umount', [directory]);
    rmSync(directory, { recursive: true, force: true });
  });

  test('writes are refused and say why, reads go on, readyz tells, nothing acknowledged is lost, and space is all it takes to recover', async () => {
    const running = await startServer(environment);
    server = running;
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const write = async (name: string): Promise<number> =>
      (await fetch(`${running.url}/api/flow/create-tag`, { method: 'POST', headers, body: JSON.stringify({ name }) })).status;
    const ready = async (): Promise<[number, { status: string }]> => {
      const reply = await fetch(`${running.url}/readyz`);
      return [reply.status, (await reply.json()) as { status: string }];
    };
    expect(await write('before')).toBe(200);
    expect(await ready()).toEqual([200, { status: 'ok', failing: [] }]);

    const ballast = join(directory, 'ballast');
    const { bavail, bsize } = await import('node:fs').then((fs) => fs.statfsSync(directory));
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - 5 * 1024 * 1024));
    await sleep(1_100);
    expect(await ready()).toEqual([200, { status: 'degraded: disk', failing: [] }]);
    writeFileSync(join(directory, 'more-ballast'), Buffer.alloc(5 * 1024 * 1024 - bsize * 2));

    const acked = ['before'];
    let refused = 0;
    for (let count = 0; refused === 0 && count < 500; count += 1) {
      const status = await write(`tag-${count}`);
      if (status === 200) acked.push(`tag-${count}`);
      else {
        expect(status).toBe(507);
        refused += 1;
      }
    }
    expect(refused).toBe(1);
    expect((await fetch(`${running.url}/api/flow/tags`, { headers })).status).toBe(200);
    await sleep(1_100);
    expect(await ready()).toEqual([503, { status: 'degraded: disk', failing: ['disk'] }]);
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);

    rmSync(ballast);
    rmSync(join(directory, 'more-ballast'));
    expect(await write('after')).toBe(200);
    await sleep(1_100);
    expect((await ready())[0]).toBe(200);
    const kept = await (await fetch(`${running.url}/api/flow/tags?limit=100`, { headers })).text();
    for (const name of [...acked, 'after']) expect(kept).toContain(`"${name}"`);
    expect(await running.stop()).toBe(0);
  });
});
