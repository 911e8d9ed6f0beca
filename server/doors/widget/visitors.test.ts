import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Identified } from '../../../widget/wire.ts';
import { identitySecrets } from '../../commands/sites.ts';
import type { Site } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeSite, newToken, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('visitors on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let site: Site;

  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    await t.app.db.selectFrom('site').select('id').execute();
    await t.app.transact((tx) => tx.deleteFrom('flow_start').where('bot_id', '=', world.bot.id).execute());
  });
  afterAll(() => t.close());
  beforeEach(async () => {
    site = await makeSite(t, world, { anonymous: 1, settings: JSON.stringify({ identity: 'optional' }) });
  });

  const sign = (userId: string, at = 0): string =>
    createHmac('sha256', identitySecrets(t.app, site)[at] ?? '')
      .update(userId)
      .digest('hex');
  const identify = (token: string, userId: string, more: object = {}) =>
    visitorOf(t, site).ask('POST', '/identify', { visitor_token: token, user_id: userId, signature: sign(userId), ...more });
  const proven = async (token: string, userId: string, more: object = {}): Promise<Identified> => {
    const reply = await call(t, identify(token, userId, more));
    expect(reply.status, reply.text).toBe(200);
    return reply.json;
  };
  const bodies = (page: { data: { body: string }[] }) => page.data.map(({ body }) => body);
  const isClosed = async (token: string): Promise<void> => {
    expect((await visitorOf(t, site, token).call('GET', '/messages')).status).toBe(404);
  };

  test('a list shows their conversations, the latest first, and what is unread', async () => {
    const visitor = visitorOf(t, site);
    const first = await visitor.open({ message: 'One' });
    t.clock.advance(1000);
    const second = await visitor.open({ message: 'Two', another: true });
    const { data } = await visitor.list();
    expect(data.map(({ id, last, unread }) => [id, last, unread])).toEqual([
      [second.conversation_token, 'Two', 0],
      [first.conversation_token, 'One', 0],
    ]);
    const other = visitorOf(t, site, second.conversation_token);
    expect(bodies(await other.read())).toEqual(['Two']);
    // The token of one conversation opens no list of all.
    expect((await call(t, other.ask('GET', '/conversations', undefined, other.credential))).status).toBe(404);
    expect((await call(t, other.ask('GET', '/conversations'))).status).toBe(404);
  });

  test('who proves who they are keeps what they wrote, under a token that opens it everywhere; the old one opens nothing', async () => {
    const visitor = visitorOf(t, site);
    const { conversation_token } = await visitor.open({ message: 'Anonymous' });
    const person = await proven(visitor.token, 'u1', { name: 'Jane', email: 'Jane@EXAMPLE.com' });
    expect(person).toMatchObject({ verified: true, visitor_token: expect.stringMatching(/^[\w-]{43}$/) });
    await isClosed(visitor.token);
    await isClosed(conversation_token);
    expect(bodies(await visitorOf(t, site, person.visitor_token).read())).toEqual(['Anonymous']);
    const elsewhere = await proven(newToken(), 'u1');
    const phone = visitorOf(t, site, elsewhere.visitor_token);
    expect(bodies(await phone.read())).toEqual(['Anonymous']);
    expect((await phone.list()).data).toHaveLength(1);
    // Again from the same device it is the same token.
    expect((await proven(elsewhere.visitor_token, 'u1')).visitor_token).toBe(elsewhere.visitor_token);
    const { email, name, user_id } = await t.app.db.selectFrom('subscriber').selectAll().where('user_id', '=', `${site.id}:u1`).executeTakeFirstOrThrow();
    expect([name, email, user_id]).toEqual(['Jane', 'Jane@example.com', `${site.id}:u1`]);
  });

  test('what two devices wrote before is one person’s afterwards', async () => {
    const laptop = visitorOf(t, site);
    await laptop.open({ message: 'From the laptop' });
    const { visitor_token } = await proven(laptop.token, 'u2');
    const phone = visitorOf(t, site);
    await phone.open({ message: 'From the phone' });
    await proven(phone.token, 'u2');
    const { data } = await visitorOf(t, site, visitor_token).list();
    expect(data.map(({ last }) => last).sort()).toEqual(['From the laptop', 'From the phone']);
    expect(await t.app.db.selectFrom('subscriber').select('id').where('user_id', 'like', `${site.id}:%`).execute()).toHaveLength(1);
  });

  test('another person on the same device begins anew', async () => {
    const first = await proven(newToken(), 'ann');
    await visitorOf(t, site, first.visitor_token).open({ message: 'Mine' });
    const second = await proven(first.visitor_token, 'bob');
    expect(second.visitor_token).not.toBe(first.visitor_token);
    expect((await visitorOf(t, site, second.visitor_token).list()).data).toEqual([]);
    await visitorOf(t, site, second.visitor_token).open({ message: 'Hers, not mine' });
    expect((await visitorOf(t, site, first.visitor_token).list()).data.map(({ last }) => last)).toEqual(['Mine']);
  });

  test('a wrong signature is refused, and both secrets hold while one takes the place of the other', async () => {
    const refused = async (body: object, sentence: string) =>
      scenario(t, identify(newToken(), 'u3', body), { status: 422, body: (one: object) => expect(one).toMatchObject({ error: sentence, field: 'signature' }) });
    await refused({ signature: sign('u4') }, 'Signature is invalid');
    await refused({ signature: '' }, 'Signature is invalid');
    const older = sign('u3');
    await t.app.transact((tx) => tx.updateTable('site').set({ identity_current: 2, identity_oldest: 1 }).where('id', '=', site.id).execute());
    await proven(newToken(), 'u3', { signature: older });
    await t.app.transact((tx) => tx.updateTable('site').set({ identity_oldest: 2 }).where('id', '=', site.id).execute());
    await refused({ signature: older }, 'Signature is invalid');
    site = await makeSite(t, world, { settings: JSON.stringify({ identity: 'enforced' }) });
    await refused({ signature: undefined }, 'Signature is required');
  });

  test('what is only said changes who nobody has verified, and never who is', async () => {
    const visitor = visitorOf(t, site);
    await scenario(t, identify(visitor.token, 'u5', { signature: undefined }), { status: 404 });
    await visitor.open({ message: 'Hi' });
    const said = await call(t, identify(visitor.token, 'u5', { signature: undefined, name: 'Max', email: 'max@example.com' }));
    expect(said.json).toMatchObject({ visitor_token: visitor.token, verified: false });
    const person = await proven(newToken(), 'u5', { email: 'true@example.com' });
    expect((await visitorOf(t, site, person.visitor_token).list()).data).toEqual([]);
    await scenario(t, identify(person.visitor_token, 'u5', { signature: undefined, email: 'false@example.com' }), { status: 422 });
    const emails = await t.app.db.selectFrom('subscriber').select('email').where('user_id', '=', `${site.id}:u5`).execute();
    expect(emails).toEqual([{ email: 'true@example.com' }]);
  });

  test('a visitor takes everything along, page by page, and is erased with everything', async () => {
    const visitor = visitorOf(t, site);
    const { conversation_token } = await visitor.open({
      message: 'Remember me',
      name: 'Jane',
      email: 'j@example.com',
      attributes: { plan: 'gold' },
      context: { url: 'https://shop.example/x', locale: 'pt-BR', tz: 'Europe/Lisbon' },
    });
    await visitor.open({ message: 'Second', another: true });
    const ask = (method: 'GET' | 'DELETE', path: string) => visitor.ask(method, path, undefined, visitor.credential);
    const all = (await call(t, ask('GET', '/visitor/export'))).json as { conversations: { id: string; context: object; messages: { body: string }[] }[] };
    expect(all).toMatchObject({ name: 'Jane', email: 'j@example.com', locale: 'pt-BR', time_zone: 'Europe/Lisbon', next: null });
    expect(all.conversations.flatMap(({ messages }) => messages.map(({ body }) => body)).sort()).toEqual(['Remember me', 'Second']);
    expect(all.conversations.find(({ id }) => id === conversation_token)?.context).toMatchObject({
      url: 'https://shop.example/x',
      attributes: { plan: 'gold' },
    });
    await scenario(t, ask('DELETE', '/visitor'), { status: 204, events: ['subscriber.deleted'] });
    await scenario(t, ask('DELETE', '/visitor'), { status: 404 });
    await isClosed(visitor.token);
    await isClosed(conversation_token);
    for (const table of ['message', 'step'] as const) {
      const left = await t.app.db
        .selectFrom(table)
        .select('conversation_id')
        .where('conversation_id', 'not in', (eb) => eb.selectFrom('conversation').select('id'))
        .execute();
      expect(left).toEqual([]);
    }
    expect(await t.app.db.selectFrom('subscriber').select('id').where('email', '=', 'j@example.com').where('name', '=', 'Jane').execute()).toEqual([]);
  });
});
