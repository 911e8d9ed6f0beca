import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deadJobs } from '../store/jobs.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { call } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { startWorker, workOnce } from './worker.ts';

const later = {
  format: 'flow/1',
  id: 'later',
  name: 'Later',
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'w', type: 'wait', for: '1h' },
        { id: 't', type: 'text', text: 'An hour later.' },
        { id: 'e', type: 'end' },
      ],
    },
  },
};

const calling = {
  format: 'flow/1',
  id: 'calling',
  name: 'Calling',
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'c', type: 'api', request: { url: 'https://shop.example/orders' }, to: { '2xx': 'a.ok', others: 'bad' } },
        { id: 'ok', type: 'text', text: 'Found.', to: { next: '@end' } },
      ],
    },
    bad: { blocks: [{ id: 'sorry', type: 'text', text: 'Not now: {{ last.kind }}', to: { next: '@end' } }] },
  },
};

describe.each(databaseKinds)('the worker on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    for (const document of [later, calling]) {
      const made = await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
      expect(made.status, made.text).toBe(201);
    }
  });
  afterAll(() => t.close());

  const begin = async (flow: string): Promise<string> => {
    const made = await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: flow, message: 'go' } });
    return (made.json as { id: string }).id;
  };
  const read = async (id: string) => {
    const chat = (await call(t, { method: 'GET', path: `/chats/${id}`, key: world.key })).json as { status: string; stop_reason: string };
    const messages = (await call(t, { method: 'GET', path: `/chats/${id}/messages`, key: world.key })).json as { content: string }[];
    return { ...chat, texts: messages.map((one) => one.content) };
  };

  test('a session wakes when its time has come, and not before', async () => {
    const id = await begin('later');
    expect(await workOnce(t.app)).toBe(0);
    t.clock.advance(3_600_000);
    expect(await workOnce(t.app)).toBe(1);
    expect(await read(id)).toMatchObject({ status: 'completed', stop_reason: 'graph_complete', texts: ['go', 'An hour later.'] });
    expect(await workOnce(t.app)).toBe(0);
  });

  test('what waited its turn while the flow was busy has it then', async () => {
    const id = await begin('later');
    await call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'once more' } });
    t.clock.advance(3_600_000);
    await workOnce(t.app);
    expect(await read(id)).toMatchObject({ status: 'running', texts: ['go', 'An hour later.', 'once more'] });
  });

  test('an ask that nothing here can do comes back as a failure, and the flow says so', async () => {
    const id = await begin('calling');
    expect((await read(id)).status).toBe('running');
    await workOnce(t.app);
    expect(await read(id)).toMatchObject({ status: 'completed', texts: ['go', 'Not now: blocked'] });
    expect((await deadJobs(t.app.db, { limit: 10 })).rows).toEqual([]);
  });

  test('it works by itself, woken by the commit that brings work, and stops when told', async () => {
    const stop = await startWorker(t.app);
    const id = await begin('calling');
    for (let tries = 0; tries < 100 && (await read(id)).status === 'running'; tries += 1) await new Promise((done) => setTimeout(done, 10));
    await stop();
    expect((await read(id)).status).toBe('completed');
  });
});
