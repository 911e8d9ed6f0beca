import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureSetupToken } from '../../commands/setup.ts';
import { installation, readSetting } from '../../store/settings.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { beginEvents } from '../../testing/factories.ts';
import { call, cookiesOf, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const owner = { name: 'Olive Owner', email: 'Olive@Example.com', password: 'correct horse battery', workspace: 'Acme', bot: 'Helper' };

describe.each(databaseKinds)('set-up on %s', (kind) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp(kind);
  });
  afterAll(() => t.close());

  const setUp = (body: object) => ({ method: 'POST' as const, path: '/v1/setup', body });

  test('each start makes a fresh token of which only a keyed hash is stored', async () => {
    const old = await ensureSetupToken(t.app);
    const token = await ensureSetupToken(t.app);
    expect(Buffer.from(token ?? '', 'base64url')).toHaveLength(32);
    expect(token).not.toBe(old);
    const stored = await readSetting<string>(t.app.db, installation, 'setup_token');
    expect(stored).not.toContain(token);
    await scenario(t, setUp({ ...owner, token: old }), { status: 403 });
    await scenario(t, setUp({ ...owner, token: stored }), { status: 403 });
  });

  test('a wrong token, a weak password and a missing name change nothing', async () => {
    const token = await ensureSetupToken(t.app);
    await scenario(t, setUp({ ...owner, token: 'guess' }), {
      status: 403,
      body: (problem: { detail: string; code: string }) => {
        expect(problem.code).toBe('forbidden');
        expect(problem.detail).toBe('This set-up link is not valid any more. Use the one that was printed at the latest start.');
      },
    });
    for (const password of ['short', 'Ninechars', owner.email.toLowerCase()]) {
      await scenario(t, setUp({ ...owner, token, password }), {
        status: 422,
        body: (problem: { errors: object[] }) => expect(problem.errors).toMatchObject([{ type: 'weak', loc: ['password'] }]),
      });
    }
    await scenario(t, setUp({ ...owner, token, name: ' ' }), { status: 422 });
    await scenario(t, { method: 'GET', path: '/v1/setup' }, { status: 200, body: { needed: true } });
  });

  test('the holder of the link becomes the owner and is signed in; the link works once', async () => {
    const token = await ensureSetupToken(t.app);
    const both = await Promise.all([call(t, setUp({ ...owner, token })), call(t, setUp({ ...owner, token, email: 'other@example.com' }))]);
    expect(both.map((reply) => reply.status).sort()).toEqual([201, 409]);
    const reply = both.find((one) => one.status === 201);
    expect(reply?.json).toMatchObject({
      workspaces: [{ name: 'Acme', role: 'owner', bots: [{ name: 'Helper', type: 'web' }] }],
      key: null,
      is_installation_owner: true,
    });
    const cookies = reply?.headers['set-cookie'] as unknown as string[];
    expect(cookies[0]).toMatch(/^sid=[\w-]{43}; Path=\/; SameSite=Lax; Max-Age=7776000; HttpOnly$/);
    expect(cookies[1]).toMatch(/^csrf=[\w-]{43}; Path=\/; SameSite=Lax; Max-Age=7776000$/);
    await scenario(t, { method: 'GET', path: '/v1/me', headers: { cookie: cookiesOf(reply) } }, { status: 200, body: reply?.json as unknown as object });

    await scenario(t, { method: 'GET', path: '/v1/setup' }, { status: 200, body: { needed: false } });
    await scenario(t, setUp({ ...owner, token, email: 'late@example.com' }), { status: 409 });
    expect(await ensureSetupToken(t.app)).toBeNull();
    expect(await readSetting(t.app.db, installation, 'setup_token')).toBeNull();
  });
});

test('set-up records the owner as the one who did it', async () => {
  const t = await testApp();
  const token = await ensureSetupToken(t.app);
  await scenario(
    t,
    { method: 'POST', path: '/v1/setup', body: { ...owner, token } },
    { status: 201, events: [...beginEvents, 'setup.completed', 'account.signed_in'] },
  );
  const actors = await t.app.db.selectFrom('event').select(['actor_kind', 'actor_name']).distinct().execute();
  expect(actors).toEqual([{ actor_kind: 'account', actor_name: owner.name }]);
  await t.close();
});
