import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { effects } from './effects.ts';
import { workOnce } from './jobs/worker.ts';
import { deadJobs } from './store/jobs.ts';
import { databaseKinds } from './testing/databases.ts';
import { type SmtpServer, smtpServer } from './testing/doubles/smtp-server.ts';
import { makeWorld, session, type World } from './testing/factories.ts';
import { call } from './testing/scenario.ts';
import { type TestApp, testApp } from './testing/test-app.ts';

const flowOf = (id: string, blocks: object[]) => ({
  format: 'flow/1',
  id,
  name: id,
  triggers: { go: { type: 'start', to: 'a' } },
  vars: { x: { type: 'object' } },
  groups: {
    a: { blocks: [...blocks, { id: 'ok', type: 'text', text: 'Done: {{ x }}', to: { next: '@end' } }] },
    bad: { blocks: [{ id: 'sorry', type: 'text', text: 'Not done: {{ last.error }}', to: { next: '@end' } }] },
  },
});

const flows = [
  flowOf('computing', [{ id: 'c', type: 'code', code: 'return { sum: n + 1, odd: "a\\u0000b\\ud800" }', with: { n: 41 }, save: 'x', to: { error: 'bad' } }]),
  flowOf('endless', [{ id: 'c', type: 'code', code: 'for (;;);', timeout_ms: 200, save: 'x', to: { error: 'bad', timeout: 'bad' } }]),
  flowOf('mailing', [{ id: 'e', type: 'email', to_address: 'jo@example.com', subject: 'Your order', text: 'It is on its way.', to: { error: 'bad' } }]),
  flowOf('mailing_many', [{ id: 'e', type: 'email', to_address: 'a@example.com, b@example.com', subject: 'Hi', text: 'Hi', to: { error: 'bad' } }]),
];

describe.each(databaseKinds)('effects on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let mail: SmtpServer;
  beforeAll(async () => {
    mail = await smtpServer();
    t = await testApp(kind, { SMTP_URL: `smtp://127.0.0.1:${mail.port}`, BRAND_MAIL_FROM: 'Acme <chat@acme.example>', EGRESS: 'listed' });
    world = await makeWorld(t.app);
    for (const document of flows) {
      const made = await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document, publish: true } });
      expect(made.status, made.text).toBe(201);
    }
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
  const play = async (flow: string): Promise<string | undefined> => {
    const id = await begin(flow);
    await workOnce(t.app);
    return (await textsOf(id)).at(-1);
  };

  test('code runs only where it was turned on, and its result is fit to be kept', async () => {
    expect(await play('computing')).toBe('Not done: Code is off in this workspace. Someone who manages it can turn it on in its settings.');
    const headers = await session(t.app, world.account);
    expect((await call(t, { method: 'PATCH', path: '/v1/settings', headers, body: { code_enabled: true } })).status).toBe(200);
    expect(await play('computing')).toBe('Done: {"sum":42,"odd":"ab\ufffd"}');
    expect(await play('endless')).toBe('Not done: The code took too long.');
  });

  test('an e-mail goes out, from the sender of the brand, to one address', async () => {
    expect(await play('mailing')).toBe('Done: ');
    expect(mail.taken).toMatchObject([{ from: 'FROM:<chat@acme.example>', to: ['TO:<jo@example.com>'] }]);
    mail.taken.length = 0;
    await play('mailing_many');
    expect(mail.commands.filter((one) => one.startsWith('RCPT')).length).toBe(1);
  });

  test('a mail that is refused takes the error way at once, one that is put off is tried again as the same mail', async () => {
    mail.manner = 'refuse';
    expect(await play('mailing')).toMatch(/^Not done/);
    mail.manner = 'defer';
    const id = await begin('mailing');
    await workOnce(t.app);
    expect(await textsOf(id)).toEqual(['go']);
    mail.manner = 'accept';
    await t.pass(60_000);
    await workOnce(t.app);
    expect((await textsOf(id)).at(-1)).toBe('Done: ');
    expect(mail.taken.length).toBe(1);
    expect((await deadJobs(t.app.db, { limit: 10 })).rows).toEqual([]);
  });

  test('without a server or a sender for mail the flow is told so', async () => {
    const email = effects.find((one) => one.ask === 'email');
    const ask = { ask: 'email' as const, to: 'jo@example.com', subject: 'Hi', text: 'Hi', html: null };
    const errand = { workspaceId: 1, key: 'k', mailFrom: 'chat@acme.example' };
    const perform = (smtpUrl: string | null, mailFrom: string | null) =>
      email?.ask === 'email' ? email.perform({ ...t.app, config: { ...t.app.config, smtpUrl } }, ask, { ...errand, mailFrom }) : null;
    expect(await perform(null, errand.mailFrom)).toEqual({ ok: false, values: { kind: 'blocked', error: 'No e-mail can be sent: SMTP_URL is not set.' } });
    expect(await perform('smtp://127.0.0.1:1', null)).toMatchObject({ ok: false, values: { kind: 'blocked' } });
    await expect(perform('smtp://127.0.0.1:1', errand.mailFrom)).rejects.toThrow(/ECONNREFUSED/);
  });
});
