// The README's commands as they stand: `parley init`, then each curl of its `sh` blocks against the real server.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parleyJson, type Running, startServer } from '../server/testing/command-line.ts';
import { makePlace, type Place } from '../server/testing/databases.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const lines = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, text = '']) => text.split('\n'));
const commands = lines.filter((line) => line.startsWith('curl '));

describe('the README', () => {
  let place: Place;
  let server: Running;
  let environment: Record<string, string>;
  beforeAll(async () => {
    place = await makePlace('sqlite');
    const init = lines.find((line) => line.startsWith('parley init')) ?? '';
    const args = [...init.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '').filter((one) => one !== 'parley' && one !== '--json');
    const { json } = await parleyJson<{ api_key: string }>(args, { DATA_DIR: place.dataDir });
    server = await startServer({ DATA_DIR: place.dataDir });
    environment = { KEY: json.api_key, BASE: server.url };
  });
  afterAll(async () => {
    await server.stop();
    await place.remove();
  });

  test('has a command for every door', () => {
    for (const path of ['/api/', '/v1/', '/chats', '/widget.js', '/readyz'])
      expect(
        commands.some((command) => command.includes(`$BASE${path}`)),
        path,
      ).toBe(true);
  });

  test.each(commands)('%s', async (command) => {
    const { stdout } = await run('sh', ['-c', `${command} -w '\\n%{http_code}'`], { env: { ...process.env, ...environment } });
    expect(stdout.trim().split('\n').at(-1), stdout).toBe('200');
  });
});
