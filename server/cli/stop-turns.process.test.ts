// A stop in the middle of turns: who was let in is answered, and what was answered is kept.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { parleyJson, startServer } from '../testing/command-line.ts';
import { databaseKinds, makePlace } from '../testing/databases.ts';
import { compareTalk, openTalks, type Talk } from '../testing/doubles/talkers.ts';

const talkers = 16;

/** Its status, or the code of what broke. */
function send(agent: Agent, url: string, key: string, chat: string, text: string): Promise<number | string> {
  return new Promise((resolve) => {
    const body = JSON.stringify({ message: text });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(`${url}/chats/${chat}/messages`, { method: 'POST', agent, headers }, (reply) => {
      reply.resume();
      reply.on('end', () => resolve(reply.statusCode ?? 0));
      reply.on('error', () => resolve('a broken reply'));
    });
    asked.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asked.end(body);
  });
}

test.each(databaseKinds)('under turns on %s no accepted request fails, and what was answered is there after the next start', async (kind) => {
  const place = await makePlace(kind);
  const environment = { DATA_DIR: place.dataDir, RATE_LIMITS: 'off', ...(place.databaseUrl === null ? {} : { DATABASE_URL: place.databaseUrl }) };
  const args = ['init', '--email', 'ann@example.com', '--password', 'Correct-horse-9', '--workspace', 'Acme', '--bot', 'Helper'];
  const { api_key: key } = (await parleyJson<{ api_key: string }>(args, environment)).json;
  const server = await startServer(environment);
  const chats = await openTalks(server.url, key, talkers);
  const failed: (number | string)[] = [];
  let signalledAt = Number.POSITIVE_INFINITY;
  const talk = async (chat: string): Promise<Talk> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const said: string[] = [];
    for (let number = 1; ; number += 1) {
      const text = `m${number}`;
      const begunAt = performance.now();
      const sent = await send(agent, server.url, key, chat, text);
      if (sent === 200) said.push(text);
      else {
        // Who knocks after the signal may find the door closed, or closing, and nothing was done for them.
        if (begunAt < signalledAt || (sent !== 'ECONNREFUSED' && sent !== 'ECONNRESET')) failed.push(sent);
        agent.destroy();
        return { chat, said };
      }
    }
  };
  const talking = Promise.all(chats.map(talk));
  await sleep(1_000);
  signalledAt = performance.now();
  expect(await server.stop()).toBe(0);
  expect(performance.now() - signalledAt).toBeLessThan(25_000);
  const talks = await talking;
  expect(failed).toEqual([]);
  expect(talks.every(({ said }) => said.length > 0)).toBe(true);

  const again = await startServer(environment);
  for (const one of talks) expect(await compareTalk(again.url, key, one)).toEqual([]);
  expect(await again.stop()).toBe(0);
  await place.remove();
});
