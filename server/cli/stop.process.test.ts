import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parleyJson, startServer } from '../testing/command-line.ts';
import { makePlace } from '../testing/databases.ts';

// fsync that fails as a dying disk's does, from the moment a file is there.
const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int fails(void) { const char *file = getenv("FSYNC_FAILS"); return file && access(file, F_OK) == 0; }
int fsync(int fd) { if (fails()) { errno = EIO; return -1; } return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { if (fails()) { errno = EIO; return -1; } return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
`;

const directory = mkdtempSync(join(tmpdir(), 'test-fsync-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const library = join(directory, 'fsync.so');
const compiler = 'cc';
const isCompiled =
  process.platform === 'linux' && spawnSync(compiler, ['-shared', '-fPIC', '-o', library, '-x', 'c', '-', '-ldl'], { input: source }).status === 0;
if (!isCompiled) console.warn('SKIPPED: there is no C compiler, so a disk that fails is not tested.');

describe.runIf(isCompiled)('a disk whose fsync fails', () => {
  test('ends the server within a second with 74, before anything more is acknowledged; what was acknowledged is there after', async () => {
    const place = await makePlace('sqlite');
    const environment = { DATA_DIR: place.dataDir };
    const args = ['init', '--email', 'ann@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];
    const { json } = await parleyJson<{ api_key: string }>(args, environment);
    const headers = { 'x-api-key': json.api_key, 'content-type': 'application/json' };
    const switchFile = join(directory, 'now');
    const server = await startServer({ ...environment, LD_PRELOAD: library, FSYNC_FAILS: switchFile });
    const write = (name: string): Promise<number> =>
      fetch(`${server.url}/api/flow/create-tag`, { method: 'POST', headers, body: JSON.stringify({ name }) }).then(
        ({ status }) => status,
        () => 0,
      );
    expect(await write('before')).toBe(200);
    writeFileSync(switchFile, '');
    const failedAt = performance.now();
    const statuses = await Promise.all(['a', 'b', 'c'].map(write));
    expect(await server.ended).toBe(74);
    expect(performance.now() - failedAt).toBeLessThan(1_000);
    for (const status of statuses) expect([0, 500, 503]).toContain(status);
    expect(server.printed()).toContain('"message":"storage failed; stopping before anything more is acknowledged"');
    rmSync(switchFile);
    const again = await startServer(environment);
    const kept = await (await fetch(`${again.url}/api/flow/tags`, { headers })).text();
    expect(kept).toContain('"before"');
    expect(await again.stop()).toBe(0);
    await place.remove();
  });
});
