// Who is told what happens in a chat: signed as Standard Webhooks has it, in order, at least once, for three days; and what
// then could not be told is there to be tried again. The other end fails, stalls, breaks and is told twice.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startWorker, workOnce } from '../../jobs/worker.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { addFlows, type ChatClient, chatClient, echo, hourLong, twoQuestions } from '../../testing/doubles/chat-client.ts';
import { type HookSeen, type WebhookServer, webhookServer } from '../../testing/doubles/webhook-server.ts';
import { makeWorld, session, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const key = Buffer.from('a key of twenty-four byte');
const secret = `whsec_${key.toString('base64')}`;
const dayMs = 86_400_000;

type Delivery = { id: number; event: number; attempts: number; last_error: string };

describe.each(databaseKinds)('webhooks of chats on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let client: ChatClient;
  let hook: WebhookServer;
  beforeAll(async () => {
    hook = await webhookServer();
    t = await testApp(kind, { RATE_LIMITS: 'off', EGRESS_ALLOW: `127.0.0.1:${hook.port}` });
    world = await makeWorld(t.app);
    client = chatClient(t, world.key);
    await addFlows(t, world.key, [twoQuestions, hourLong, echo]);
  });
  afterAll(async () => {
    await t.close();
    await hook.close();
  });
  beforeEach(() => {
    hook.seen.length = 0;
    hook.next.length = 0;
    hook.usual = 204;
  });

  const told = (events: string[] = []) => ({ webhook: { url: hook.url, events, secret } });
  const names = (seen: readonly HookSeen[]) => seen.map((one) => one.type);
  const seqs = (seen: readonly HookSeen[]) => seen.map((one) => (JSON.parse(one.body) as { data: { seq: number } }).data.seq);
  /** Rounds until there is nothing more to do just now: each takes one of a lane. */
  const work = async (): Promise<void> => {
    for (let round = 0; round < 30 && (await workOnce(t.app)) > 0; round += 1);
  };
  const later = async (ms: number): Promise<void> => {
    await t.pass(ms);
    await work();
  };
  const failures = (id: string) => client.get<Delivery[]>(`/chats/${id}/webhook/failures`);

  test('what happens is told in order, signed, under an id of its own, in the words of the stream', async () => {
    const id = await client.create('echo', { message: 'hi', ...told() });
    await work();
    expect(names(hook.seen)).toEqual(['run.started', 'message.completed', 'message.completed', 'run.finished']);
    expect(seqs(hook.seen)).toEqual([1, 2, 3, 4]);
    for (const { id: name, timestamp, signature, body, contentType } of hook.seen) {
      expect(signature).toBe(`v1,${createHmac('sha256', key).update(`${name}.${timestamp}.${body}`).digest('base64')}`);
      expect([Number(timestamp), contentType]).toEqual([Math.floor(t.clock.now() / 1000), 'application/json']);
    }
    expect(new Set(hook.seen.map((one) => one.id)).size).toBe(4);
    const said = JSON.parse(hook.seen[2]?.body ?? '{}');
    expect(said).toMatchObject({
      type: 'message.completed',
      timestamp: expect.stringMatching(/Z$/),
      data: { chat: id, message: { content: 'You said hi.', chat: id } },
    });
    await client.say(id, 'again');
    await work();
    expect(seqs(hook.seen)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('only what was asked for is told, and its own events of whoever caused them', async () => {
    const id = await client.create('hour', { message: 'go', ...told(['input.requested', 'run.finished']) });
    await work();
    expect(hook.seen).toEqual([]);
    await t.pass(3_600_000);
    await work();
    expect(names(hook.seen)).toEqual(['run.finished']);
    const two = await client.create('two', { message: 'go', ...told(['input.requested', 'run.finished']) });
    await client.post(`/chats/${two}/abort`);
    await work();
    expect(names(hook.seen).slice(1)).toEqual(['input.requested', 'run.finished']);
    expect(JSON.parse(hook.seen[2]?.body ?? '{}')).toMatchObject({ data: { stop_reason: 'cancelled' } });
    expect(await client.chat(id)).toMatchObject({ webhook: { url: hook.url, events: ['input.requested', 'run.finished'] } });
  });

  test('who fails, stalls or breaks is told again later, and nothing overtakes what is still to be told', async () => {
    hook.next.push(500, 'break', { redirectTo: '/elsewhere' });
    await client.create('echo', { message: 'hi', ...told() });
    await work();
    expect(hook.seen).toHaveLength(1);
    await later(2_000);
    await later(4_000);
    expect(names(hook.seen)).toEqual(['run.started', 'run.started', 'run.started']);
    expect(hook.seen.every((one) => one.url === '/hook')).toBe(true);
    expect(new Set(hook.seen.map((one) => one.id)).size).toBe(1);
    await later(8_000);
    expect(seqs(hook.seen)).toEqual([1, 1, 1, 1, 2, 3, 4]);
    // Each attempt is signed at its own time.
    expect(Number(hook.seen[3]?.timestamp)).toBeGreaterThan(Number(hook.seen[0]?.timestamp));
  });

  test('one chat that nobody takes holds up no other, and Retry-After is kept to', async () => {
    hook.next.push({ status: 429, retryAfter: '3600' });
    await client.create('echo', { message: 'one', ...told(['run.finished']) });
    await work();
    await client.create('echo', { message: 'two', ...told(['run.finished']) });
    await work();
    expect(hook.seen).toHaveLength(2);
    await later(1_800_000);
    expect(hook.seen).toHaveLength(2);
    await later(1_800_000);
    expect(hook.seen).toHaveLength(3);
    expect(hook.seen[2]?.id).toBe(hook.seen[0]?.id);
  });

  test('after three days it is given up, listed, and told when it is tried again; what never wants to hear is at once', async () => {
    hook.usual = 503;
    const id = await client.create('echo', { message: 'hi', ...told(['run.started', 'run.finished']) });
    await work();
    await later(2 * dayMs);
    expect(await failures(id)).toEqual([]);
    await later(dayMs + 1);
    // The second was never first in line before; it is as old, and has its one attempt.
    const dead = await failures(id);
    expect(dead).toMatchObject([
      { event: 4, attempts: 1, last_error: expect.stringContaining('503') },
      { event: 1, given_up: expect.any(String) },
    ]);
    hook.usual = 200;
    hook.seen.length = 0;
    const first = dead[1]?.id;
    const foreign = await client.create('echo');
    expect((await client.ask('POST', `/chats/${foreign}/webhook/failures/${first}/replay`)).status).toBe(404);
    expect((await client.ask('POST', `/chats/${id}/webhook/failures/${first}/replay`)).status).toBe(200);
    await work();
    expect(seqs(hook.seen)).toEqual([1]);
    expect((await failures(id)).map((one) => one.event)).toEqual([4]);
    hook.next.push(410);
    const gone = await client.create('echo', { message: 'hi', ...told(['run.finished']) });
    await work();
    expect(await failures(gone)).toMatchObject([{ event: 4, attempts: 1 }]);
  });

  test('no more than a thousand wait for one chat, and no more than two hundred failures are kept', async () => {
    const id = await client.create('echo', told(['run.finished']));
    const { id: conversation } = await t.app.db.selectFrom('conversation').select('id').where('public_id', '=', id).executeTakeFirstOrThrow();
    const jobs = () => t.app.db.selectFrom('job').select(['id', 'dead_at']).where('lane', '=', `chat:${conversation}`).execute();
    const row = {
      kind: 'chat_webhook',
      workspace_id: world.workspace.id,
      lane: `chat:${conversation}`,
      attempts: 1,
      leased_until: null,
      crashes: 0,
      last_error: 'no',
    };
    const payload = JSON.stringify({ botId: world.bot.id, conversationId: conversation, seq: 1 });
    const fill = (count: number, dead_at: number | null) =>
      t.app.transact(async (tx) => {
        const far = t.clock.now() + 10 * 365 * dayMs;
        for (let n = 0; n < count; n += 1)
          await tx
            .insertInto('job')
            .values({ ...row, payload, key: `${id}:${dead_at}:${n}`, run_at: far, dead_at, created_at: t.clock.now() })
            .execute();
      });
    await fill(1_000, null);
    await client.say(id, 'one too many');
    expect(await jobs()).toHaveLength(1_000);
    await t.app.transact((tx) => tx.deleteFrom('job').where('lane', '=', `chat:${conversation}`).execute());
    await fill(205, t.clock.now());
    hook.next.push(410);
    await client.say(id, 'refused');
    await work();
    const kept = await jobs();
    expect([kept.length, kept.every((one) => one.dead_at !== null)]).toEqual([200, true]);
    expect((await failures(id))[0]).toMatchObject({ event: 8, last_error: expect.stringContaining('410') });
  });

  test('what was told and could not be noted is told again under the same id', async () => {
    const id = await client.create('echo', told(['run.finished']));
    const jobs = () => t.app.db.selectFrom('job').selectAll().where('kind', '=', 'chat_webhook').where('dead_at', 'is', null).execute();
    await client.say(id, 'hi');
    const [job] = await jobs();
    await work();
    expect([hook.seen.length, (await jobs()).length]).toEqual([1, 0]);
    // As after a crash between the call and the commit: the job is there still.
    if (job)
      await t.app.transact((tx) =>
        tx
          .insertInto('job')
          .values({ ...job, key: `${job.key}:again` })
          .execute(),
      );
    await work();
    expect([hook.seen.length, hook.seen[1]?.id]).toEqual([2, hook.seen[0]?.id]);
  });

  test('a worker that runs tells without being asked; one that stalls is waited for no longer than it may', async () => {
    const stop = await startWorker(t.app);
    hook.next.push('stall');
    await client.create('echo', { message: 'stalled', ...told(['run.finished']) });
    await client.create('echo', { message: 'hi', ...told(['run.finished']) });
    await expect.poll(() => hook.seen.length, { timeout: 15_000 }).toBe(2);
    await stop();
    const rows = await t.app.db.selectFrom('job').select(['last_error', 'attempts']).where('kind', '=', 'chat_webhook').where('dead_at', 'is', null).execute();
    expect(rows).toMatchObject([{ attempts: 1, last_error: expect.stringContaining('10000 ms') }]);
    await t.app.transact((tx) => tx.deleteFrom('job').where('kind', '=', 'chat_webhook').where('dead_at', 'is', null).execute());
  }, 40_000);

  test('a chat that is gone, or wants to tell nobody any more, tells nobody', async () => {
    const id = await client.create('echo', { message: 'hi', ...told() });
    await client.ask('DELETE', `/chats/${id}`);
    const other = await client.create('echo', { message: 'hi', ...told() });
    expect((await client.ask('PATCH', `/chats/${other}`, { webhook: null })).json).toMatchObject({ webhook: null });
    await work();
    expect(hook.seen).toEqual([]);
  });

  test('the secret is readable nowhere; without it the webhook keeps the one it had', async () => {
    const id = await client.create('echo', { ...told(['run.finished']), message: 'hi' });
    expect((await client.ask('PATCH', `/chats/${id}`, { webhook: { url: `${hook.url}?moved` } })).json).toMatchObject({
      webhook: { url: `${hook.url}?moved`, events: [] },
    });
    await work();
    expect(hook.seen[0]?.url).toBe('/hook?moved');
    for (const { id: name, timestamp, signature, body } of hook.seen)
      expect(signature).toBe(`v1,${createHmac('sha256', key).update(`${name}.${timestamp}.${body}`).digest('base64')}`);
    for (const table of ['chat', 'job', 'idempotency', 'event', 'step'] as const)
      expect(JSON.stringify(await t.app.db.selectFrom(table).selectAll().execute()), table).not.toContain(secret.slice(6));
    const own = await session(t.app, world.account);
    for (const path of [`/chats/${id}`, '/chats']) expect((await call(t, { method: 'GET', path, headers: own })).text).not.toContain('whsec_');
    expect(t.lines.join('')).not.toContain(secret.slice(6));
  });

  test('an address that cannot be one, a secret that is too short and an event that does not exist are refused', async () => {
    const good = { url: hook.url, events: [], secret };
    for (const wrong of [
      { ...good, url: 'javascript:alert(1)' },
      { ...good, url: 'http://me:pw@x.example' },
      { ...good, secret: 'short' },
      { ...good, secret: 'whsec_!!' },
      { ...good, events: ['x'] },
      { url: hook.url },
    ])
      expect((await client.ask('POST', '/chats', { from_flow: 'echo', webhook: wrong })).status, JSON.stringify(wrong)).toBe(422);
    const inside = await client.create('echo', { message: 'hi', webhook: { ...good, url: 'http://127.0.0.1:8321/hook', events: ['run.finished'] } });
    await work();
    const [job] = await t.app.db.selectFrom('job').select('last_error').where('kind', '=', 'chat_webhook').where('dead_at', 'is', null).execute();
    expect(job?.last_error).toContain('EGRESS_ALLOW');
    await client.ask('DELETE', `/chats/${inside}`);
  });
});
