// The quick start of flows and chats is run as it stands, as one shell session against the real server.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parleyJson, type Running, startServer } from '../server/testing/command-line.ts';
import { makePlace, type Place } from '../server/testing/databases.ts';

const run = promisify(execFile);
const page = readFileSync(new URL('chats.md', import.meta.url), 'utf8');
const script = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text).join('\necho\necho ---\n');

let place: Place;
let server: Running;
let key: string;

beforeAll(async () => {
  place = await makePlace('sqlite');
  const made = await parleyJson<{ api_key: string }>(
    ['init', '--email', 'a@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'],
    {
      DATA_DIR: place.dataDir,
    },
  );
  key = made.json.api_key;
  server = await startServer({ DATA_DIR: place.dataDir });
});
afterAll(async () => {
  await server.stop();
  await place.remove();
});

test('a flow is written, run, watched, gone on with and held to something, by the commands of the page', async () => {
  const { stdout } = await run('sh', ['-c', `${script}\ntrue`], { env: { ...process.env, KEY: key, BASE: server.url } });
  const [written = '', ran = '', watched = '', streamed = '', cancelled = '', gone = '', held = '', told = ''] = stdout.split('---\n');
  expect(JSON.parse(written)).toMatchObject({ id: 'table', version: 1, problems: [] });
  const replies = ran.trim().replaceAll(/([}\]])([{[])/g, (_all, end: string, begin: string) => `${end}\n${begin}`);
  expect(replies).toContain('"status":"wait_for_human_input"');
  expect(replies).toContain('"content":"A table for 4. See you!"');
  expect(replies).toContain('"status":"completed"');
  const ids = [...watched.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(ids.length).toBeGreaterThan(5);
  expect(ids).toEqual(ids.map((_, at) => at + 1));
  expect(watched).toContain('event: run.finished');
  expect(streamed).toContain('event: input.requested');
  expect(streamed).toContain('"client_message_id":"second"');
  expect(cancelled).toContain('"cancel_reason":"no longer needed"');
  expect(cancelled).toContain('"name":"invoke_workflow"');
  expect(gone).toMatch(/"state":"waiting".*"trigger":\{"type":"retry"/s);
  expect(gone).toMatch(/"name":"Another way".*"status":"wait_for_human_input"/s);
  expect(held).toContain('"limits":{"max_turns":20,"max_duration_ms":600000,"on_exceed":"stop"},"metadata":{"order":7}');
  expect(told).toContain('"webhook":{"url":"https://example.com/hook","events":["run.finished"]}');
  expect(told).not.toContain('whsec_');
  expect(told.trim().endsWith('[]')).toBe(true);
});
