import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccount } from '../../store/accounts.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, cookiesOf, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp, testStart } from '../../testing/test-app.ts';

const dayMs = 86_400_000;

// The last use is noted after the reply.
const patience = { timeout: 10_000 };

describe.each(databaseKinds)('sign-in on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app, { email: 'olive@example.com' });
  });
  afterAll(() => t.close());

  const signIn = (email: string, password: string): Request => ({ method: 'POST', path: '/v1/sign-in', body: { email, password } });

  test('the right password opens a session in two cookies, whatever the case of the address', async () => {
    const reply = await scenario(t, signIn(' OLIVE@example.com', world.password), { status: 200, events: ['account.signed_in'] });
    expect(reply.json).toMatchObject({ email: 'olive@example.com', workspaces: [{ id: world.workspace.id, role: 'owner' }] });
    const cookie = cookiesOf(reply);
    const [sid = '', csrf = ''] = cookie.split('; ');
    const stored = await t.app.db.selectFrom('sign_in').selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain(sid.slice(4));

    const refused = await scenario(t, { method: 'POST', path: '/v1/sign-out', headers: { cookie } }, { status: 403 });
    expect(refused.json).toMatchObject({ detail: 'The X-CSRF-Token header is missing or wrong. Reload the page.' });
    await scenario(t, { method: 'POST', path: '/v1/sign-out', headers: { cookie, 'x-csrf-token': sid.slice(4) } }, { status: 403 });
    const out = await scenario(
      t,
      { method: 'POST', path: '/v1/sign-out', headers: { cookie, 'x-csrf-token': csrf.slice(5) } },
      { status: 204, events: ['account.signed_out'] },
    );
    expect(out.headers['set-cookie']).toEqual(['sid=; Path=/; SameSite=Lax; Max-Age=0; HttpOnly', 'csrf=; Path=/; SameSite=Lax; Max-Age=0']);
    await scenario(t, { method: 'GET', path: '/v1/me', headers: { cookie } }, { status: 401 });
    await scenario(t, { method: 'POST', path: '/v1/sign-out', headers: { cookie } }, { status: 401 });
  });

  test('a browser that lost the csrf cookie gets it back with the page, and only then', async () => {
    const { cookie, 'x-csrf-token': csrf } = await session(t.app, world.account);
    const get = (sent: string) => call(t, { method: 'GET', path: '/v1/me', headers: { cookie: sent } });
    expect(cookiesOf(await get(cookie))).toBe(`csrf=${csrf}`);
    expect(cookiesOf(await get(`${cookie}; csrf=stale`))).toBe(`csrf=${csrf}`);
    expect((await get(`${cookie}; csrf=${csrf}`)).headers['set-cookie']).toBeUndefined();
    expect((await call(t, { method: 'GET', path: '/v1/me', key: world.key })).headers['set-cookie']).toBeUndefined();
  });

  test('a wrong password and an unknown address get the same answer in about the same time', async () => {
    // Processor time: what else the machine does is not counted.
    const took = async (email: string): Promise<{ text: string; us: number }> => {
      const began = process.cpuUsage();
      const reply = await scenario(
        t,
        { ...signIn(email, 'wrong password'), headers: { 'x-request-id': 'same' } },
        { status: 401, events: ['account.sign_in_failed'] },
      );
      const { user, system } = process.cpuUsage(began);
      return { text: reply.text, us: user + system };
    };
    const wrong = [await took('olive@example.com'), await took('olive@example.com'), await took('olive@example.com')];
    const unknown = [await took('nobody1@example.com'), await took('nobody2@example.com'), await took('not an address')];
    expect(new Set([...wrong, ...unknown].map((one) => one.text)).size).toBe(1);
    expect(wrong[0]?.text).toContain('Wrong e-mail or password.');
    // Without the hash of nobody an unknown address would be answered with a tenth of the work.
    const least = (all: { us: number }[]) => Math.min(...all.map((one) => one.us));
    expect(least(unknown)).toBeGreaterThan(least(wrong) / 3);
    expect(least(wrong)).toBeGreaterThan(least(unknown) / 3);
  });

  test('a failed attempt under an Idempotency-Key can be repeated with the right password', async () => {
    const headers = { ...(await session(t.app, world.account)), 'idempotency-key': 'one' };
    await scenario(t, { ...signIn('olive@example.com', 'wrong password'), headers }, { status: 401, events: ['account.sign_in_failed'] });
    await scenario(t, { ...signIn('olive@example.com', world.password), headers }, { status: 200, events: ['account.signed_in'] });
    await scenario(t, { ...signIn('olive@example.com', world.password), headers }, { status: 409 });
  });

  test('one account takes ten guesses a minute and one address thirty', async () => {
    t.clock.advance(60_000);
    const { account, password } = await makeMember(t.app, world, 'viewer');
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) statuses.push((await call(t, signIn(account.email.toUpperCase(), 'guess'))).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const refused = await call(t, signIn(account.email, password));
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
    for (let n = 0; n < 17; n += 1) statuses.push((await call(t, signIn(`nobody${n}@example.com`, 'guess'))).status);
    expect(statuses.slice(12)).toEqual(Array(17).fill(401));
    expect((await call(t, signIn('olive@example.com', world.password))).status).toBe(429);
    t.clock.advance(60_000);
    expect((await call(t, signIn(account.email, password))).status).toBe(200);
  });

  test('a sign-in in use lasts 90 days and an unused one 30; its use is noted to the minute', async () => {
    t.clock.set(testStart + dayMs);
    const began = t.clock.now();
    const { account } = await makeMember(t.app, world, 'agent');
    const used = await session(t.app, account);
    const unused = await session(t.app, account);
    const ask = (headers: Record<string, string>) => call(t, { method: 'GET', path: '/v1/me', headers });
    const seen = async () =>
      (await t.app.db.selectFrom('sign_in').select('seen_at').where('account_id', '=', account.id).orderBy('seen_at', 'desc').execute())[0]?.seen_at;

    t.clock.set(began + 60_000);
    await ask(used);
    await expect.poll(seen, patience).toBe(began + 60_000);

    for (let day = 25; day < 90; day += 25) {
      t.clock.set(began + day * dayMs);
      expect((await ask(used)).status).toBe(200);
      await expect.poll(seen, patience).toBe(t.clock.now());
    }
    expect((await ask(unused)).status).toBe(401);
    t.clock.set(began + 90 * dayMs - 1);
    expect((await ask(used)).status).toBe(200);
    t.clock.set(began + 90 * dayMs);
    expect((await ask(used)).status).toBe(401);
    expect((await findAccount(t.app.db, account.id))?.email).toBe(account.email);
  });
});

test('with RATE_LIMITS=off nobody is limited', async () => {
  const t = await testApp('sqlite', { RATE_LIMITS: 'off' });
  for (let n = 0; n < 32; n += 1) {
    const reply = await call(t, { method: 'POST', path: '/v1/sign-in', body: { email: 'olive@example.com', password: 'guess' } });
    expect(reply.status).toBe(401);
  }
  await t.close();
});
