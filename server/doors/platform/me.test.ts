import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPassword } from '../../commands/passwords.ts';
import { findAccount } from '../../store/accounts.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('the owner of a key on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  const weak = 'The password field must have at least 8 characters, among them an upper-case letter, a lower-case letter, a digit and a symbol.';
  const change = (body: object, key = world.key): Request => ({ method: 'PUT', path: '/api/user/change-password', key, body });
  const to = (password: string, current = world.password) => ({ current_password: current, password, password_confirmation: password });

  test('is told with any key, whatever its scopes', async () => {
    const { id, name, email } = world.account;
    const body = { id, name, email, data: { id, name, email }, status: 'ok' };
    await scenario(t, { method: 'GET', path: '/api/me', key: world.key }, { status: 200, body });
    await scenario(t, { method: 'GET', path: '/api/me', key: await makeKeyFor(t.app, world, []) }, { status: 200, body });
    await scenario(t, { method: 'GET', path: '/api/me', key: await makeKeyFor(t.app, world, [], null) }, { status: 200, body });
    await scenario(t, { method: 'GET', path: '/api/me', headers: { 'x-api-key': world.key } }, { status: 200, body });
  });

  test('changes their password: sign-ins end, keys keep working', async () => {
    const key = await makeKeyFor(t.app, world, []);
    const browser = await session(t.app, world.account);
    const console = () => call(t, { method: 'GET', path: '/v1/me', headers: browser });
    expect((await console()).status).toBe(200);
    await scenario(t, change(to('Battery-staple-7'), key), { status: 200, body: { status: 'ok' }, events: ['account.password_changed'] });
    expect((await console()).status).toBe(401);
    await scenario(t, { method: 'GET', path: '/api/me', key }, { status: 200 });
    const account = await findAccount(t.app.db, world.account.id);
    expect(await isPassword('Battery-staple-7', account?.password_hash ?? null)).toBe(true);
    expect(await isPassword(world.password, account?.password_hash ?? null)).toBe(false);
    await call(t, change(to(world.password, 'Battery-staple-7')));
  });

  test('is refused a weak password, one that was mistyped, and without the current one', async () => {
    for (const password of ['Aa1!aaa', 'battery-staple-7', 'BATTERY-STAPLE-7', 'Battery-staple', 'Batterystaple7']) {
      await scenario(t, change(to(password)), { status: 422, body: { message: weak, errors: { password: [weak] } } });
    }
    const mistyped = 'The password confirmation field must be the same as the password.';
    const body = { ...to('Battery-staple-7'), password_confirmation: 'Battery-stable-7' };
    await scenario(t, change(body), { status: 422, body: { message: mistyped, errors: { password_confirmation: [mistyped] } } });
    await scenario(t, change({}), {
      status: 422,
      body: {
        message: 'The current password field is required.',
        errors: {
          current_password: ['The current password field is required.'],
          password: ['The password field is required.'],
          password_confirmation: ['The password confirmation field is required.'],
        },
      },
    });
    const wrong = 'The current password is wrong.';
    await scenario(t, change(to('Battery-staple-7', 'Guess-1234')), { status: 422, body: { message: wrong, errors: { current_password: [wrong] } } });
    const account = await findAccount(t.app.db, world.account.id);
    expect(await isPassword(world.password, account?.password_hash ?? null)).toBe(true);
  });

  test('letters of any script count, and each as one character', async () => {
    const other = await makeWorld(t.app);
    await scenario(t, change(to('Ключ-от-Двери-٣', other.password), other.key), { status: 200, events: ['account.password_changed'] });
    await scenario(t, change(to('Aa1😀😀😀😀', 'Ключ-от-Двери-٣'), other.key), { status: 422 });
  });

  test('cannot be guessed at: ten tries a minute, then 429 that says when', async () => {
    const other = await makeWorld(t.app);
    const guess = change(to('Battery-staple-7', 'Guess-1234'), other.key);
    const statuses: number[] = [];
    for (let n = 0; n < 10; n += 1) statuses.push((await call(t, guess)).status);
    expect(statuses).toEqual(Array(10).fill(422));
    await scenario(t, guess, { status: 429, headers: { 'retry-after': /^60$/, 'x-ratelimit-limit': /^10$/, 'x-ratelimit-remaining': /^0$/ } });
    t.clock.advance(60_000);
    await scenario(t, guess, { status: 422 });
  });
});
