// The quick start is run as it stands: each `sh` block through curl against a listening server, and its output is the
// block that follows.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scopes } from '../server/auth.ts';
import { makeKeyFor, makeWorld } from '../server/testing/factories.ts';
import { type TestApp, testApp } from '../server/testing/test-app.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('platform-api.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^ *```(\w+)\n(.*?)^ *```$/gms)].map(([, language, text = '']) => ({ language, text }));
const examples = blocks.flatMap(({ language, text }, at) => (language === 'sh' ? [{ command: text.trim(), shown: blocks[at + 1] }] : []));

describe('the quick start of the platform API', () => {
  let t: TestApp;
  let environment: Record<string, string>;
  beforeAll(async () => {
    t = await testApp('sqlite', { PUBLIC_URL: 'https://chat.example.com' });
    const world = await makeWorld(t.app, { email: 'olive@example.com' });
    await t.server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = t.server.server.address() as AddressInfo;
    environment = { KEY: world.key, TEAM_KEY: await makeKeyFor(t.app, world, scopes, null), BASE: `http://127.0.0.1:${port}/api` };
  });
  afterAll(() => t.close());

  test('shows what each command prints', () => {
    expect(examples.length).toBeGreaterThan(8);
    for (const { command, shown } of examples) expect(shown?.language, command).toMatch(/^(json|text)$/);
  });

  test.each(examples)('$command', async ({ command, shown }) => {
    const { stdout } = await run('sh', ['-c', command], { env: { ...process.env, ...environment } });
    if (shown?.language === 'json') expect(JSON.parse(stdout)).toEqual(JSON.parse(shown.text));
    else expect(stdout.trim()).toBe(shown?.text.trim());
  });
});
