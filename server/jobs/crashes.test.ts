// A worker that dies at any point between an ask and its answer: what may be repeated is, what may not ends as an unknown
// outcome that everyone can see, and no conversation is left waiting.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnyEffect, Performed } from '../effects.ts';
import { effects } from '../effects.ts';
import { deadJobs, leaseJobs } from '../store/jobs.ts';
import { databaseKinds } from '../testing/databases.ts';
import { type SmtpServer, smtpServer } from '../testing/doubles/smtp-server.ts';
import { makeWorld, session, type World } from '../testing/factories.ts';
import { call } from '../testing/scenario.ts';
import { crashing, watching } from '../testing/simulation/watched.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { workOnce } from './worker.ts';

const flowOf = (id: string, block: object) => ({
  format: 'flow/1',
  id,
  name: id,
  triggers: { go: { type: 'start', to: 'a' } },
  vars: { x: { type: 'object' } },
  groups: {
    a: { blocks: [block, { id: 'ok', type: 'text', text: 'Done.', to: { next: '@end' } }] },
    bad: { blocks: [{ id: 'sorry', type: 'text', text: 'Not done.', to: { next: '@end' } }] },
  },
});

const flows = [
  flowOf('computing', { id: 'c', type: 'code', code: 'return { sum: 41 + 1 }', save: 'x', to: { error: 'bad' } }),
  flowOf('mailing', { id: 'e', type: 'email', to_address: 'jo@example.com', subject: 'Your order', text: 'It is on its way.', to: { error: 'bad' } }),
];

const leaseRunsOutMs = 60_000;

describe.each(databaseKinds)('a worker that dies on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let mail: SmtpServer;
  let headers: Record<string, string>;
  beforeAll(async () => {
    mail = await smtpServer();
    t = await testApp(kind, { SMTP_URL: `smtp://127.0.0.1:${mail.port}`, BRAND_MAIL_FROM: 'chat@acme.example', EGRESS: 'listed' });
    world = await makeWorld(t.app);
    headers = await session(t.app, world.account);
    expect((await call(t, { method: 'PATCH', path: '/v1/settings', headers, body: { code_enabled: true } })).status).toBe(200);
    for (const document of flows)
      expect((await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } })).status).toBe(201);
  });
  afterAll(async () => {
    await t.close();
    await mail.close();
  });

  const begin = async (flow: string): Promise<string> => {
    const made = await call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: flow, message: 'go' } });
    return (made.json as { id: string }).id;
  };
  const textsOf = async (id: string): Promise<string[]> => {
    const { json } = await call(t, { method: 'GET', path: `/chats/${id}/messages`, key: world.key });
    return (json as { content: string }[]).map((one) => one.content);
  };
  const dead = async () => (await deadJobs(t.app.db, { limit: 50 })).rows;
  const forget = () => t.app.transact(async (tx) => void (await tx.deleteFrom('job').execute()));
  const steps = async () => t.app.db.selectFrom('step').select('trace').orderBy('conversation_id', 'desc').orderBy('last_seq', 'desc').limit(1).execute();
  const lastTrace = async () => (JSON.parse((await steps())[0]?.trace ?? '[]') as { block: string; port: string; reason?: string }[])[0];

  /** From the first query of the work on, everything a worker writes is lost; the next comes when its lease has run out. */
  async function dyingAt(at: number, performers?: readonly AnyEffect[]): Promise<boolean> {
    const dying = crashing(t.app, at);
    await workOnce(dying.app, performers).then(
      () => {},
      () => {},
    );
    await t.pass(leaseRunsOutMs);
    return dying.reached();
  }

  test('with code: at whatever point, it is computed again and the flow goes on as if nothing had been', async () => {
    let at = 1;
    for (; ; at += 1) {
      const id = await begin('computing');
      const hasDied = await dyingAt(at);
      await workOnce(t.app);
      expect(await textsOf(id), `dead at query ${at}`).toEqual(['go', 'Done.']);
      if (!hasDied) break;
    }
    expect(at, 'there were points to die at').toBeGreaterThan(5);
    expect(await dead()).toEqual([]);
  });

  test('with an e-mail: at whatever point, none goes out twice, and where nobody knows the flow takes its error way', async () => {
    let unknown = 0;
    let at = 1;
    for (; ; at += 1) {
      mail.taken.length = 0;
      const id = await begin('mailing');
      const hasDied = await dyingAt(at);
      await workOnce(t.app);
      const texts = await textsOf(id);
      expect(mail.taken.length, `dead at query ${at}`).toBe(1);
      if (texts.at(-1) === 'Not done.') {
        unknown += 1;
        expect(await lastTrace()).toMatchObject({ block: 'a.e', port: 'error', reason: 'unknown_outcome' });
        expect(await dead()).toMatchObject([{ kind: 'ask:email', last_error: 'the worker died with it' }]);
        await forget();
      } else expect(texts, `dead at query ${at}`).toEqual(['go', 'Done.']);
      expect(await t.app.db.selectFrom('job').selectAll().execute()).toEqual([]);
      if (!hasDied) break;
    }
    expect(unknown, 'it died after the mail had gone out').toBeGreaterThan(3);
  });

  test('with an e-mail that has perhaps not even begun: unknown as well, told once, and done when it is replayed', async () => {
    mail.taken.length = 0;
    const id = await begin('mailing');
    expect(await t.app.transact((tx) => leaseJobs(tx, { now: t.clock.now(), leaseMs: 25_000, limit: 10 }))).toHaveLength(1);
    await t.pass(leaseRunsOutMs);
    // Who is to give it up dies with that, too.
    for (let at = 1; at < 50 && (await dead()).length === 0; at += 1) await dyingAt(at);
    expect(await textsOf(id)).toEqual(['go', 'Not done.']);
    expect(mail.taken).toEqual([]);
    const [given] = await dead();
    const shown = await call(t, { method: 'GET', path: `/v1/operator/jobs/${given?.id}`, key: 'operator-token-for-tests' });
    expect(shown.json).toMatchObject({ kind: 'ask:email', error: 'the worker died with it', payload: { ask: { to: 'jo@example.com' } } });
    const conversations = await call(t, { method: 'GET', path: '/v1/conversations', key: world.key });
    const [latest] = (conversations.json as { data: { id: number }[] }).data;
    const seen = await call(t, { method: 'GET', path: `/v1/conversations/${latest?.id}/session`, key: world.key });
    expect((seen.json as { trace: object[] }).trace).toContainEqual(expect.objectContaining({ block: 'a.e', port: 'error', reason: 'unknown_outcome' }));

    expect((await call(t, { method: 'POST', path: `/v1/operator/jobs/${given?.id}/replay`, key: 'operator-token-for-tests' })).status).toBe(200);
    await workOnce(t.app);
    expect(mail.taken).toHaveLength(1);
    expect(await dead()).toEqual([]);
    // The conversation had gone on.
    expect(await textsOf(id)).toEqual(['go', 'Not done.']);
  });

  test('a mail server that hangs up once it has the mail leaves the same: unknown, on the list, and not sent again by itself', async () => {
    mail.taken.length = 0;
    mail.manner = 'drop-after-data';
    const id = await begin('mailing');
    await workOnce(t.app);
    mail.manner = 'accept';
    expect(await textsOf(id)).toEqual(['go', 'Not done.']);
    expect(await lastTrace()).toMatchObject({ block: 'a.e', port: 'error', reason: 'unknown_outcome' });
    expect(await dead()).toMatchObject([{ kind: 'ask:email', attempts: 1, crashes: 0 }]);
    await t.pass(3_600_000);
    await workOnce(t.app);
    expect(mail.taken).toHaveLength(1);
    await forget();
  });

  test('an answer that cannot be kept because of a fault of ours is not asked for again', async () => {
    let asked = 0;
    const performers: AnyEffect[] = effects.map((one) =>
      one.ask === 'email'
        ? {
            ask: 'email',
            perform: async (): Promise<Performed> => {
              asked += 1;
              return { ok: true, values: {} };
            },
          }
        : one,
    );
    const id = await begin('mailing');
    let isBroken = true;
    const broken = watching(t.app, async (text, run) => {
      if (isBroken && text.startsWith('insert into "step"')) {
        isBroken = false;
        throw new Error('a fault of ours');
      }
      return run();
    });
    await workOnce(broken, performers);
    await t.pass(3_600_000);
    await workOnce(t.app, performers);
    expect(asked).toBe(1);
    expect(await textsOf(id)).toEqual(['go', 'Not done.']);
    expect(await dead()).toMatchObject([{ kind: 'ask:email', last_error: 'its answer could not be kept: Error: a fault of ours' }]);
    await forget();
  });
});
