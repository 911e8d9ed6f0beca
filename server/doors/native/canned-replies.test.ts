import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('canned replies on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
  });
  afterAll(() => t.close());

  const add = (shortcut: string, text: string, key = world.key) => ({ method: 'POST' as const, path: '/v1/canned-replies', key, body: { shortcut, text } });

  test('one is added, found, changed and deleted', async () => {
    const made = await scenario(t, add('Hello', 'Hello {{ subscriber.first_name }}!'), { status: 201, events: ['canned_reply.created'] });
    const { id } = made.json as { id: number };
    expect(made.json).toEqual({ id, shortcut: 'Hello', text: 'Hello {{ subscriber.first_name }}!', created_at: t.clock.now(), updated_at: t.clock.now() });
    await scenario(t, add('bye', 'Good bye.'), { status: 201, events: ['canned_reply.created'] });
    const found = await call(t, { method: 'GET', path: '/v1/canned-replies?q=hel', key: world.key });
    expect((found.json as { data: { id: number }[] }).data.map((one) => one.id)).toEqual([id]);
    const path = `/v1/canned-replies/${id}`;
    await scenario(t, { method: 'PATCH', path, key: world.key, body: { text: 'Hi!' } }, { status: 200, events: ['canned_reply.updated'] });
    await scenario(t, { method: 'PATCH', path, key: world.key, body: { text: 'Hi!' } }, { status: 200 });
    await scenario(t, { method: 'PATCH', path, key: world.key, body: { shortcut: 'BYE' } }, { status: 409 });
    await scenario(t, { method: 'DELETE', path, key: world.key }, { status: 204, events: ['canned_reply.deleted'] });
    await scenario(t, { method: 'DELETE', path, key: world.key }, { status: 404 });
  });

  test('a shortcut is one word, and nobody else has it, whatever its case', async () => {
    await scenario(t, add('thanks', 'Thank you.'), { status: 201, events: ['canned_reply.created'] });
    await scenario(t, add('THANKS', 'Thank you again.'), { status: 409 });
    await scenario(t, add('two words', 'x'), { status: 422 });
    await scenario(t, add('empty', ' '), { status: 422 });
  });

  test('whoever answers may write them, others read, and another workspace has its own', async () => {
    const made = await scenario(t, add('mine', 'x'), { status: 201, events: ['canned_reply.created'] });
    const other = await makeWorld(t.app);
    await scenario(t, add('mine', 'x', other.key), { status: 201, events: ['canned_reply.created'] });
    await sameAsUnknown(
      t,
      (id: number) => ({ method: 'PATCH', path: `/v1/canned-replies/${id}`, key: other.key, body: { text: 'y' } }),
      (made.json as { id: number }).id,
    );
    await scenario(t, add('built', 'x', await makeKeyFor(t.app, world, ['Manage Flow'])), { status: 403 });
    for (const [role, status] of [
      ['agent', 201],
      ['viewer', 403],
    ] as const) {
      const { account } = await makeMember(t.app, world, role);
      const headers = await session(t.app, account);
      await scenario(
        t,
        { method: 'POST', path: '/v1/canned-replies', headers, body: { shortcut: `of-${role}`, text: 'x' } },
        { status, events: status === 201 ? ['canned_reply.created'] : [] },
      );
      await scenario(t, { method: 'GET', path: '/v1/canned-replies', headers }, { status: 200 });
    }
  });
});
