// The guide of triggers is run as it stands, as one shell session against the real server.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { triggerTypes } from '@parley/engine/flow.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parleyJson, type Running, startServer } from '../server/testing/command-line.ts';
import { makePlace, type Place } from '../server/testing/databases.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('triggers.md', import.meta.url), 'utf8');
const script = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text).join('\necho\necho ---\n');

let place: Place;
let server: Running;
let key: string;

beforeAll(async () => {
  place = await makePlace('sqlite');
  const environment = { DATA_DIR: place.dataDir };
  const words = ['init', '--email', 'a@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];
  key = (await parleyJson<{ api_key: string }>(words, environment)).json.api_key;
  server = await startServer(environment);
});
afterAll(async () => {
  await server.stop();
  await place.remove();
});

test('an event and a webhook set a flow off, by the commands of the page', async () => {
  const { stdout } = await run('sh', ['-c', `${script}\ntrue`], { env: { ...process.env, KEY: key, BASE: server.url } });
  const [written = '', logged = '', called = ''] = stdout.split('---\n');
  expect(JSON.parse(written)).toMatchObject({ id: 'thanks', version: 1, problems: [] });
  expect(JSON.parse(logged)).toMatchObject({ name: 'ordered' });
  expect(called).toBe('{"status":"ok","begun":true}{"status":"ok","begun":false}');
  const said = async (): Promise<string[]> => {
    const headers = { 'x-api-key': key };
    const read = async (path: string) => ((await (await fetch(`${server.url}${path}`, { headers })).json()) as { data: { id: number; text: string }[] }).data;
    const all = await Promise.all((await read('/v1/conversations')).map(({ id }) => read(`/v1/conversations/${id}/messages`)));
    return all.flat().map((one) => one.text);
  };
  await expect.poll(async () => (await said()).toSorted(), { timeout: 15_000 }).toEqual(['Thank you for A-17!', 'Thank you for A-18!']);
});

test('the page names every type of trigger', () => {
  expect(triggerTypes.filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
});
