import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { call, type Reply } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const paying = {
  format: 'flow/1',
  id: 'paying',
  name: 'Paying',
  vars: { paid: { type: 'bool' }, amount: { type: 'number' }, whole: { type: 'object' } },
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'link', type: 'text', text: 'Pay here: {{ last.webhook_url | raw }}' },
        { id: 'ready', type: 'ask', kind: 'text', text: 'Ready?', retry: { max: 1 } },
        { id: 'w', type: 'wait_webhook', save: 'whole', map: { paid: '$.paid', amount: 'body.lines[0].amount' }, timeout: '1h', to: { timeout: 'late' } },
        { id: 'thanks', type: 'text', text: 'Paid {{ paid }}, {{ amount }}, {{ whole.lines | size }}.' },
        { id: 'again', type: 'text', text: 'And here: {{ last.webhook_url | raw }}' },
        { id: 'w2', type: 'wait_webhook', timeout: '1h', to: { timeout: 'late', next: '@end' } },
      ],
    },
    late: { blocks: [{ id: 'l', type: 'text', text: 'Too late.', to: { next: '@end' } }] },
  },
};

describe.each(databaseKinds)('webhooks that flows wait for on %s', (kind) => {
  let t: TestApp;
  let world: World;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: paying, publish: true } });
  });
  afterAll(() => t.close());

  const json = async <T>(reply: Promise<Reply>): Promise<T> => (await reply).json;
  const said = async (id: string): Promise<string[]> =>
    (await json<{ content: string }[]>(call(t, { method: 'GET', path: `/chats/${id}/messages`, key: world.key }))).map(({ content }) => content);
  const statusOf = async (id: string): Promise<string> =>
    (await json<{ status: string }>(call(t, { method: 'GET', path: `/chats/${id}`, key: world.key }))).status;
  const post = (path: string, body: unknown, headers = {}) => call(t, { method: 'POST', path, body, headers });

  async function begin(): Promise<{ id: string; address: string }> {
    const { id } = await json<{ id: string }>(
      call(t, { method: 'POST', path: '/chats', key: world.key, body: { name: 'x', from_flow: 'paying', message: 'hi' } }),
    );
    return { id, address: addressIn((await said(id))[1]) };
  }
  const addressIn = (text = ''): string => new URL(/(https?:\S+)/.exec(text)?.[1] ?? 'http://none/').pathname;
  const ready = (id: string) => call(t, { method: 'POST', path: `/chats/${id}/messages`, key: world.key, body: { message: 'yes' } });

  test('a call goes on with the flow, its body mapped; a second is told that nobody waits', async () => {
    const { id, address } = await begin();
    expect(address).toMatch(/^\/hooks\/wait\/\d+-\d+-[\w-]{22}$/);
    expect((await post(address, { paid: true })).status, 'too early').toBe(409);
    await ready(id);
    expect(await statusOf(id)).toBe('running');
    const paid = await post(address, { paid: true, lines: [{ amount: 12.5 }, {}] });
    expect([paid.status, paid.json]).toEqual([200, { status: 'ok' }]);
    expect((await said(id)).at(-2)).toBe('Paid true, 12.5, 2.');
    const again = await post(address, { paid: false });
    expect([again.status, again.json]).toEqual([409, { error: expect.stringMatching(/^Nobody waits at this address/) }]);
    const second = addressIn((await said(id)).at(-1));
    expect(second).not.toBe(address);
    expect((await post(second, 'null')).status).toBe(200);
    expect(await statusOf(id)).toBe('completed');
    expect((await post(second, {})).status).toBe(409);
  });

  test('two calls at the same moment are one that goes on and one that is refused', async () => {
    const { id, address } = await begin();
    await ready(id);
    const replies = await Promise.all([post(address, { paid: true }), post(address, { paid: true })]);
    expect(replies.map((one) => one.status).sort()).toEqual([200, 409]);
    expect((await said(id)).filter((one) => one.startsWith('Paid'))).toHaveLength(1);
  });

  test('an address nobody gave out is not found, whatever of it is true', async () => {
    const { id, address } = await begin();
    await ready(id);
    const [, bot, conversation, token = ''] = /^\/hooks\/wait\/(\d+)-(\d+)-(.+)$/.exec(address) ?? [];
    const wrong = [
      `${bot}-${conversation}-${'A'.repeat(22)}`,
      `${Number(bot) + 1}-${conversation}-${token}`,
      `${bot}-${Number(conversation) - 1}-${token}`,
      `${bot}-987654321-${token}`,
      `${bot}-${conversation}-${token}x`,
      `${bot}-${conversation}-`,
      token,
    ];
    for (const one of wrong) expect((await post(`/hooks/wait/${one}`, {})).status, one).toBe(404);
    expect((await call(t, { method: 'GET', path: address })).status).toBe(405);
    expect((await post(address, '{"paid":')).status).toBe(400);
    expect(await statusOf(id)).toBe('running');
  });

  test('an address leaks nothing about others: it is 409 only to who has it, also after the chat has ended', async () => {
    const { id, address } = await begin();
    await ready(id);
    await call(t, { method: 'POST', path: `/chats/${id}/abort`, key: world.key });
    expect((await post(address, {})).status).toBe(409);
    await call(t, { method: 'DELETE', path: `/chats/${id}`, key: world.key });
    expect((await post(address, {})).status).toBe(404);
  });

  describe('where the block asks for a signature', () => {
    const signedFlow = { ...structuredClone(paying), id: 'signed', name: 'Signed' };
    Object.assign(signedFlow.groups.a.blocks[2] as object, { signed: true });
    const owner = () => session(t.app, world.account);
    const secretOf = async (method: 'GET' | 'POST' = 'GET') => {
      const path = method === 'GET' ? '/v1/webhook-secret' : '/v1/webhook-secret/replace';
      return (await json<{ secret: string; headers: string[] }>(call(t, { method, path, headers: await owner() }))).secret;
    };
    const signOf = (secret: string, body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const body = '{ "paid":true,"lines":[ {"amount":12.50} ] }';

    beforeAll(async () => {
      const reply = await call(t, { method: 'POST', path: '/v1/flows', key: world.key, body: { document: signedFlow, publish: true } });
      expect(reply.status, reply.text).toBe(201);
    });

    async function waiting() {
      const { id } = await json<{ id: string }>(call(t, { method: 'POST', path: '/chats', key: world.key, body: { from_flow: 'signed', message: 'hi' } }));
      const address = addressIn((await said(id))[1]);
      await ready(id);
      return { id, address, send: (headers: object) => post(address, body, { 'content-type': 'application/json', ...headers }) };
    }

    test('without one that holds nothing is delivered, and with one the flow goes on', async () => {
      const { id, send } = await waiting();
      const secret = await secretOf();
      expect(secret).toMatch(/^whsec_[\w-]{43}$/);
      const wrong = [
        '',
        'sha256=',
        signOf('whsec_other', body),
        signOf(secret, JSON.stringify(JSON.parse(body))),
        signOf(secret, body).slice(7),
        signOf(secret, body).replace(/.$/, 'g'),
      ];
      for (const signature of wrong) expect((await send({ 'x-signature': signature })).status, signature).toBe(401);
      expect((await send({})).json).toEqual({ error: expect.stringMatching(/asks for a signature/) });
      expect(await statusOf(id)).toBe('running');
      expect((await send({ 'x-signature': signOf(secret, body) })).status).toBe(200);
      expect((await said(id)).at(-2)).toBe('Paid true, 12.5, 1.');
      expect((await send({ 'x-signature': signOf(secret, body) })).status).toBe(409);
    });

    test('under the name that GitHub gives it as well, in any case of letters', async () => {
      const secret = await secretOf();
      const one = await waiting();
      const upper = signOf(secret, body).replace(/=(.*)/, (all) => all.toUpperCase());
      expect((await one.send({ 'x-hub-signature-256': upper })).status).toBe(200);
    });

    test('an address nobody gave out is not found, whoever signs', async () => {
      const { address } = await waiting();
      const secret = await secretOf();
      const unknown = address.replace(/.{22}$/, 'A'.repeat(22));
      expect((await post(unknown, body, { 'content-type': 'application/json', 'x-signature': signOf(secret, body) })).status).toBe(404);
    });

    test('once replaced, the secret from before signs nothing; it is another in another workspace, and an agent never sees it', async () => {
      const { send } = await waiting();
      const before = await secretOf();
      const after = await secretOf('POST');
      expect(after).not.toBe(before);
      expect(await secretOf()).toBe(after);
      expect((await send({ 'x-signature': signOf(before, body) })).status).toBe(401);
      expect((await send({ 'x-signature': signOf(after, body) })).status).toBe(200);
      const other = await makeWorld(t.app);
      const theirs = await json<{ secret: string }>(call(t, { method: 'GET', path: '/v1/webhook-secret', headers: await session(t.app, other.account) }));
      expect(theirs.secret).not.toBe(after);
      const { account } = await makeMember(t.app, world, 'agent');
      expect((await call(t, { method: 'GET', path: '/v1/webhook-secret', headers: await session(t.app, account) })).status).toBe(403);
    });
  });
});
