// One product, not several APIs: what is said at one door is read at every other, the same rows in the same order.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { call, type Request } from '../testing/scenario.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';

const asking = {
  format: 'flow/1',
  id: 'asking',
  name: 'Asking',
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        { id: 'hi', type: 'text', text: 'Hello!' },
        { id: 'q', type: 'ask', kind: 'text', text: 'Your name?', save: 'subscriber.first_name' },
        { id: 'thanks', type: 'text', text: 'Thanks, {{ subscriber.first_name }}.', to: { next: '@end' } },
      ],
    },
  },
};

type Native = { id: number; seq: number; direction: string; text: string; created_at: number };
type Platform = { id: number; type: string; content: string };
type Chat = { id: string; seq: number; role: string; content: string };
type Widget = { direction: string; body: string; timestamp: string };

describe.each(databaseKinds)('the doors on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await ask('POST', '/v1/flows', { document: asking, publish: true });
  });
  afterAll(() => t.close());

  async function ask<Reply>(method: Request['method'], path: string, body?: object): Promise<Reply> {
    const reply = await call(t, { method, path, key: path.startsWith('/api/v1/chat') ? world.site.site_key : world.key, ...(body ? { body } : {}) });
    expect(reply.status, `${method} ${path}: ${reply.text}`).toBeLessThan(300);
    return reply.json as Reply;
  }

  const historyOf = async (subscriberId: number): Promise<Platform[]> => {
    const query = `user_ns=f${world.bot.id}u${subscriberId}&include_bot=1&include_note=1&limit=100`;
    return (await ask<{ data: Platform[] }>('GET', `/api/subscriber/chat-messages?${query}`)).data.reverse();
  };
  const nativeOf = async (conversationId: number): Promise<Native[]> =>
    (await ask<{ data: Native[] }>('GET', `/v1/conversations/${conversationId}/messages`)).data;
  const latest = async () =>
    (await ask<{ data: { id: number; channel: string; subscriber: { id: number; user_ns: string; name: string } }[] }>('GET', '/v1/conversations?limit=1'))
      .data[0] ?? expect.fail('there is no conversation');

  test('begun in the widget, answered by a program, read at every door', async () => {
    const site = `/v1/sites/${world.site.id}`;
    await ask('PATCH', site, { flow: 'asking' });
    const opening = { name: 'Jane Doe', email: 'jane@example.com', message: 'Hi', visitor_token: 'jane' };
    await ask('POST', '/api/v1/chat/conversations', opening);
    const { id, channel, subscriber } = await latest();
    expect([channel, subscriber.name]).toEqual(['web', 'Jane Doe']);
    await ask('POST', '/api/subscriber/send-text', { user_ns: subscriber.user_ns, content: 'One moment', send_as_agent: 1 });
    await ask('POST', '/api/v1/chat/conversations/jane/messages', { message: 'Jane' });
    const native = await nativeOf(id);
    expect(native.map((one) => `${one.direction}: ${one.text}`)).toEqual([
      'in: Hi',
      'out: Hello!',
      'out: Your name?',
      'out: One moment',
      'in: Jane',
      'out: Thanks, Jane.',
    ]);
    const platform = await historyOf(subscriber.id);
    expect(platform.map((one) => [one.id, one.content])).toEqual(native.map((one) => [one.id, one.text]));
    expect(platform.map((one) => one.type)).toEqual(['in', 'out', 'out', 'agent', 'in', 'out']);
    const widget = await ask<Widget[]>('GET', '/api/v1/chat/conversations/jane/messages');
    expect(widget.map((one) => one.body)).toEqual(native.map((one) => one.text));
    expect(native.map((one) => one.id)).toEqual([...native.map((one) => one.id)].sort((a, b) => a - b));
    await ask('PATCH', site, { flow: null });
  });

  test('a chat of a program is a conversation like any other', async () => {
    const made = await ask<{ id: string }>('POST', '/v1/chats', { from_flow: 'asking', message: 'Hi' });
    const { id, channel, subscriber } = await latest();
    expect(channel).toBe('api');
    await ask('POST', '/api/subscriber/send-text', { user_ns: subscriber.user_ns, content: 'By the way: *stars* stay' });
    await ask('POST', `/chats/${made.id}/input`, { message: 'Ada' });
    const native = await nativeOf(id);
    const chats = await ask<Chat[]>('GET', `/v1/chats/${made.id}/messages`);
    expect(chats.map((one) => [one.id, one.seq, one.content])).toEqual(native.map((one) => [String(one.id), one.seq, one.text]));
    expect((await historyOf(subscriber.id)).map((one) => [one.id, one.content])).toEqual(native.map((one) => [one.id, one.text]));
    expect(native.map((one) => one.text)).toEqual(['Hi', 'Hello!', 'Your name?', 'By the way: *stars* stay', 'Ada', 'Thanks, Ada.']);
  });

  test('where the flow stands, what it knows and how it came there can be read', async () => {
    const made = await ask<{ id: string }>('POST', '/v1/chats', { from_flow: 'asking', message: 'Hi' });
    const { id } = await latest();
    const session = () => ask<{ trace: object[] }>('GET', `/v1/conversations/${id}/session`);
    expect(await session()).toMatchObject({
      flow: 'asking',
      version: 1,
      status: 'waiting',
      at: { flow: 'asking', block: 'hello.q' },
      wait: { kind: 'reply', block: 'hello.q', until: null },
      trace: [{ at: t.clock.now(), block: 'hello.hi', port: 'next' }],
    });
    await ask('POST', `/v1/chats/${made.id}/messages`, { message: 'Ada' });
    const done = await session();
    expect(done).toMatchObject({ status: 'ended', wait: null });
    expect(done.trace).toContainEqual({ at: t.clock.now(), block: 'hello.q', port: 'next', set: { 'subscriber.first_name': 'Ada' }, reason: null });
    const nobody = await ask<{ user_ns: string }>('PUT', '/v1/subscribers', { email: 'nobody@example.com' });
    await ask('POST', '/api/subscriber/send-text', { user_ns: nobody.user_ns, content: 'Hello' });
    const reply = await call(t, { method: 'GET', path: `/v1/conversations/${(await latest()).id}/session`, key: world.key });
    expect([reply.status, (reply.json as { detail: string }).detail]).toEqual([404, 'Session not found.']);
  });

  test('conversations are listed by their newest activity, a page at a time', async () => {
    const ids: number[] = [];
    for (const email of ['a@example.com', 'b@example.com', 'c@example.com']) {
      t.clock.advance(1_000);
      const { user_ns } = await ask<{ user_ns: string }>('PUT', '/v1/subscribers', { email });
      await ask('POST', '/api/subscriber/send-text', { user_ns, content: 'Hello' });
      ids.push((await latest()).id);
    }
    t.clock.advance(1_000);
    const { user_ns: first } = await ask<{ user_ns: string }>('PUT', '/v1/subscribers', { email: 'A@example.com', name: 'Anna' });
    await ask('POST', '/api/subscriber/send-text', { user_ns: first, content: 'Once more' });
    const [a, b, c] = ids;
    type Page = { data: { id: number; subscriber: { name: string } }[]; next: string | null };
    const page = await ask<Page>('GET', '/v1/conversations?limit=2&channel=api');
    expect(page.data.map((one) => one.id)).toEqual([a, c]);
    expect(page.data[0]?.subscriber.name).toBe('Anna');
    const next = await ask<Page>('GET', `/v1/conversations?limit=2&channel=api&cursor=${page.next}`);
    expect(next.data[0]?.id).toBe(b);
    expect((await ask<Page>('GET', '/v1/conversations?cursor=nonsense')).data).toEqual([]);
    const ofOne = await ask<Page>('GET', `/v1/conversations?subscriber=${first.split('u')[1]}`);
    expect(ofOne.data.map((one) => one.id)).toEqual([a]);
  });

  test('a subscriber is found by channel id, phone or e-mail and changed, or made', async () => {
    const put = (body: object) => ask<{ id: number; name: string; user_id: string; phone: string | null }>('PUT', '/v1/subscribers', body);
    const made = await put({ phone: '0049 30 901820', name: 'Jane', first_name: 'Jane' });
    expect(made).toMatchObject({ user_id: '4930901820', phone: '+4930901820', channel: 'api', tags: [], fields: {} });
    expect(await put({ phone: '+4930901820', email: 'jane.doe@example.com', first_name: null })).toMatchObject({ id: made.id, name: 'Jane', first_name: null });
    expect((await put({ email: 'JANE.DOE@example.com', name: 'Jane Doe' })).id).toBe(made.id);
    expect((await put({ user_id: '4930901820' })).name).toBe('Jane Doe');
    expect(await put({ user_id: 'crm-17', name: 'Someone' })).toMatchObject({ user_id: 'crm-17', phone: null });
    const byNs = await ask('GET', `/v1/subscribers/f${world.bot.id}u${made.id}`);
    expect(byNs).toEqual(await ask('GET', `/v1/subscribers/${made.id}`));
    const found = await ask<{ data: { id: number }[] }>('GET', `/v1/subscribers?q=jane d&phone=${encodeURIComponent('+49 30 901820')}`);
    expect(found.data.map((one) => one.id)).toEqual([made.id]);
    const none = await call(t, { method: 'PUT', path: '/v1/subscribers', key: world.key, body: { name: 'Nobody' } });
    expect([none.status, (none.json as { detail: string }).detail]).toEqual([422, 'One of user_id, phone and email is required.']);
  });

  test('a fresh workspace talks and has people in it, and its websites are not spoken for', async () => {
    const fresh = await makeWorld(t.app);
    const as = async (path: string) =>
      (await call(t, { method: 'GET', path, key: fresh.key })).json as { data: { name: string; email: string; version: number }[] };
    expect((await as('/v1/flows')).data).toMatchObject([{ name: 'Welcome', version: 1 }]);
    const people = (await as('/v1/subscribers')).data;
    expect(people.map((one) => one.email).every((email) => email.endsWith('@example.com'))).toBe(true);
    expect(people).toHaveLength(3);
    expect(await t.app.db.selectFrom('flow_start').select('door').where('bot_id', '=', fresh.bot.id).execute()).toEqual([{ door: 'default' }]);
    expect(fresh.site.flow).toBeNull();
    const body = { user_ns: `f${fresh.bot.id}u${(people[0] as unknown as { id: number }).id}` };
    const sent = await call(t, { method: 'POST', path: '/api/subscriber/send-main-flow', key: fresh.key, body });
    expect((sent.json as { message_ids: number[] }).message_ids.length).toBeGreaterThan(0);
  });
});
