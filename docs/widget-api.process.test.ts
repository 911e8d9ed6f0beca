// The guide of the widget API is run as it stands, as one shell session against the real server.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parleyJson, type Running, startServer } from '../server/testing/command-line.ts';
import { makePlace, type Place } from '../server/testing/databases.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('widget-api.md', import.meta.url), 'utf8');
const script = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text).join('\necho\necho ---\n');

let place: Place;
let server: Running;
let keys: { api_key: string; site_key: string };

beforeAll(async () => {
  place = await makePlace('sqlite');
  const asked = ['init', '--email', 'a@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];
  keys = (await parleyJson<typeof keys>(asked, { DATA_DIR: place.dataDir })).json;
  server = await startServer({ DATA_DIR: place.dataDir });
});
afterAll(async () => {
  await server.stop();
  await place.remove();
});

test('a conversation is begun, followed, proved, taken along and erased, by the commands of the page', async () => {
  const env = { ...process.env, BASE: server.url, SITE: keys.site_key, KEY: keys.api_key };
  const { stdout } = await run('sh', ['-c', `${script}\ntrue`], { env, cwd: place.dataDir });
  const [spoken = '', heard = '', proved = '', taken = ''] = stdout.split('---\n');
  expect(spoken).toContain('"greeting":"Hi there! How can we help?"');
  expect(spoken).toMatch(/"conversation_token":"[\w-]{43}"/);
  expect(spoken).toContain('"client_id":"second"');
  expect(spoken).toContain('"next_cursor":');
  expect(heard).toContain('event: message\n');
  expect(heard).toContain('Do you deliver?');
  expect(proved).toContain('"identity":"optional"');
  expect(proved).toContain('"verified":true');
  expect(proved).toMatch(/"data":\[\{"id":"[\w-]{43}"/);
  expect(taken).toContain('"email":"jane@shop.example"');
  expect(taken.trim()).toMatch(/\}204$/);
});
