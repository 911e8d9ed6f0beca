import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chooseStart, createFlow, publishFlow } from '../../commands/flows.ts';
import { speak } from '../../commands/sending.ts';
import type { Site } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { readStream, type Seen } from '../../testing/doubles/readers.ts';
import { makeSite, newToken, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const colours = {
  format: 'flow/1',
  id: 'colours',
  name: 'colours',
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        {
          id: 'q',
          type: 'ask',
          kind: 'choice',
          text: 'Which **colour**?',
          save: 'colour',
          options: [
            { id: 'red', label: 'Red' },
            { id: 'blue', label: 'Blue' },
          ],
        },
        { id: 'thanks', type: 'text', text: 'It is {{ colour }}.', to: { next: '@end' } },
      ],
    },
  },
  vars: { colour: { type: 'text' } },
};

describe.each(databaseKinds)('the widget calls in full on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let site: Site;
  let url: string;

  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    const tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' as const };
    await t.app.transact(async (tx) => {
      await chooseStart(t.app, tx, tenant, 'default', null);
      await createFlow(t.app, tx, tenant, colours);
      await publishFlow(t.app, tx, tenant, { slug: 'colours' }, '');
    });
    url = await t.server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => t.close());
  beforeEach(async () => {
    site = await makeSite(t, world, { anonymous: 1, settings: '{"show_agents":true}' });
  });

  const asAgent = (credentialIn: string, text: string) =>
    t.app.transact(async (tx) => {
      const row = await tx
        .selectFrom('conversation')
        .selectAll()
        .where('visitor', '=', t.app.secrets.mac('visitor', `${site.id} ${credentialIn}`))
        .executeTakeFirstOrThrow();
      return speak(t.app, tx, row, { message: { kind: 'text', text }, text, author: { kind: 'agent', id: 1, name: 'Ada' } });
    });

  test('the configuration says how the widget looks and what it asks', async () => {
    const visitor = visitorOf(t, site);
    const reply = await scenario(t, visitor.ask('GET', '/config'), { status: 200, headers: { 'cache-control': /^private/ } });
    expect(reply.json).toMatchObject({
      greeting: 'Hi there! How can we help?',
      online: true,
      theme: { color: '#2f6fed', scheme: 'auto' },
      pre_chat: { name: 'hidden', email: 'hidden', consent: null },
      limits: { message: 10_000, files: 5 },
    });
    const accept = { ...visitor.ask('GET', '/config'), path: '/api/v1/chat/config' };
    const negotiated = await call(t, { ...accept, headers: { ...accept.headers, accept: 'application/vnd.chat.v2+json' } });
    expect(negotiated.json).toMatchObject({ limits: { message: 10_000 } });
    expect((await call(t, accept)).text).toBe('{"greeting":"Hi there! How can we help?"}');
  });

  test('a visitor nobody knows begins, and a repeat of the call begins nothing', async () => {
    const visitor = visitorOf(t, site);
    const opened = await visitor.open({ message: 'Hello', client_id: 'first' });
    expect(opened).toMatchObject({ status: { state: 'open', handled_by: 'queue', agent: null } });
    expect(opened.data).toMatchObject([{ direction: 'inbound', body: 'Hello', client_id: 'first', status: 'sent', author: { kind: 'visitor', name: '' } }]);
    expect(await visitor.open({ message: 'Hello', client_id: 'first' })).toEqual(opened);
    const again = await call(t, visitor.ask('POST', '/conversations', { visitor_token: visitor.token, client_id: 'second', message: 'Hi' }));
    expect([again.status, again.json]).toEqual([
      409,
      { error: 'A conversation with this visitor token already exists', code: 'conflict', field: null, request_id: expect.any(String) },
    ]);
    expect((await visitor.read()).data).toHaveLength(1);
  });

  test('begun at the same moment under one id it is one conversation', async () => {
    const visitor = visitorOf(t, site);
    const all = await Promise.all([1, 2, 3].map(() => visitor.open({ message: 'Hello', client_id: 'same' })));
    expect(new Set(all.map((one) => one.conversation_token)).size).toBe(1);
    expect((await visitor.read()).data).toHaveLength(1);
  });

  test('a message sent again under its id is the same message', async () => {
    const visitor = visitorOf(t, site);
    await visitor.open({ message: 'Hello' });
    const [one, two] = await Promise.all([1, 2].map(() => visitor.send({ client_id: 'm1', message: 'Once' })));
    expect(one).toEqual(two);
    expect((await visitor.read()).data.map(({ body }) => body)).toEqual(['Hello', 'Once']);
  });

  test('pages go forward from a cursor and back from the end', async () => {
    const visitor = visitorOf(t, site);
    const { cursor } = await visitor.open({ message: '0' });
    for (let n = 1; n <= 6; n += 1) await visitor.send(String(n));
    const bodies = (page: { data: { body: string }[] }) => page.data.map(({ body }) => body).join('');
    const first = await visitor.read(`?cursor=${cursor}&limit=4`);
    expect([bodies(first), first.prev_cursor]).toEqual(['1234', first.data[0]?.seq]);
    expect(bodies(await visitor.read(`?cursor=${first.next_cursor}&limit=4`))).toBe('56');
    const latest = await visitor.read('?limit=3');
    expect(bodies(latest)).toBe('456');
    const before = await visitor.read(`?before=${latest.prev_cursor}&limit=3`);
    expect(bodies(before)).toBe('123');
    const last = await visitor.read(`?before=${before.prev_cursor}&limit=3`);
    expect([bodies(last), last.prev_cursor]).toEqual(['0', null]);
    expect(bodies(await visitor.read(`?cursor=${latest.next_cursor}`))).toBe('');
    // A cursor of another life of the store: the end again.
    expect(bodies(await visitor.read('?cursor=999999&limit=2'))).toBe('56');
  });

  test('without a message the flow speaks first; what it asks is open until it is answered', async () => {
    const visitor = visitorOf(t, site);
    const opened = await visitor.open({ flow: 'colours' });
    expect(opened.status.handled_by).toBe('bot');
    const [question] = opened.data;
    expect(question).toMatchObject({
      body: 'Which **colour**?',
      author: { kind: 'bot', name: 'Support' },
      input: {
        kind: 'choice',
        open: true,
        choices: [
          { id: 'red', label: 'Red' },
          { id: 'blue', label: 'Blue' },
        ],
      },
    });
    const blue = question?.input?.choices[1];
    const sent = await visitor.send({ message: 'Blue', payload: blue?.payload ?? '' });
    expect(sent).toMatchObject({ body: 'Blue', direction: 'inbound' });
    const { data, status } = await visitor.read();
    expect(data.map(({ body, input }) => [body, input?.open ?? null])).toEqual([
      ['Which **colour**?', false],
      ['Blue', null],
      ['It is Blue.', null],
    ]);
    expect(status.handled_by).toBe('queue');
    await expect(visitorOf(t, site).open({ flow: 'nowhere' })).rejects.toThrow(/422.*"field":"flow"/);
  });

  test('what the site wants to know is asked for, by field', async () => {
    const settings = JSON.stringify({ pre_chat: { consent: 'You agree.' }, min_token: 22 });
    site = await makeSite(t, world, { settings });
    const refused = async (body: object, field: string) => {
      const all = { visitor_token: newToken(), client_id: 'a', message: 'Hi', name: 'Jane', email: 'j@example.com', consent: true, ...body };
      const reply = await call(t, visitorOf(t, site).ask('POST', '/conversations', all));
      expect([reply.status, (reply.json as { field: string }).field]).toEqual([422, field]);
    };
    await refused({ name: undefined }, 'name');
    await refused({ email: ' ' }, 'email');
    await refused({ email: 'nonsense' }, 'email');
    await refused({ consent: undefined }, 'consent');
    await refused({ visitor_token: 'short' }, 'visitor_token');
    await refused({ message: 'x'.repeat(10_001) }, 'message');
    await visitorOf(t, site).open({ message: 'Hi', name: 'Jane', email: 'j@example.com', consent: true });
  });

  test('the stream tells everything once and in order, from a snapshot or a cursor', async () => {
    const visitor = visitorOf(t, site);
    const { cursor } = await visitor.open({ flow: 'colours' });
    const address = `${url}/api/v1/chat${visitor.path}/stream?key=${site.site_key}`;
    const told = (seen: Seen[], words: string): boolean => seen.some((one) => one.event === 'message' && (one.data as { body?: string }).body === words);
    let begun = (): void => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const reading = readStream(address, {}, (seen) => {
      if (seen.length > 0) begun();
      return told(seen, 'Later');
    });
    await hasBegun;
    await visitor.send('Red');
    await asAgent(visitor.token, 'Later');
    const seen = await reading;
    expect(seen[0]).toMatchObject({ event: 'snapshot', data: { data: [{ body: 'Which **colour**?' }] } });
    const after = await readStream(`${address}&cursor=${cursor}`, {}, (all) => told(all, 'Later'));
    const words = (all: Seen[]) => all.filter(({ event }) => event === 'message').map(({ data }) => (data as { body?: string }).body);
    expect(words(after)).toEqual(['Red', 'It is Red.', 'Later']);
    expect(after.find(({ event }) => event === 'message.updated')?.data).toMatchObject({ input_open: false });
    expect(after.find(({ event }) => event === 'status')?.data).toMatchObject({ handled_by: 'queue' });
    expect(after.find(({ event, data }) => event === 'message' && (data as { body?: string }).body === 'Later')?.data).toMatchObject({
      author: { kind: 'agent', name: 'Ada' },
    });
    const ids = after.flatMap(({ id }) => (id === null ? [] : [id]));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const later = await readStream(address, { 'last-event-id': String(ids[0]) }, (all) => told(all, 'Later'));
    expect(words(later)).toEqual(['It is Red.', 'Later']);
  });

  test('an Idempotency-Key is each visitor’s own', async () => {
    const [one, two] = [visitorOf(t, site), visitorOf(t, site)];
    await one.open({ message: 'One' });
    await two.open({ message: 'Two' });
    const send = (visitor: typeof one, message: string) => {
      const request = visitor.ask('POST', `${visitor.path}/messages`, { client_id: message, message }, { 'idempotency-key': 'k' });
      return call(t, request);
    };
    const replies = [await send(one, 'a'), await send(two, 'b'), await send(one, 'a')];
    expect(replies.map(({ status, json }) => [status, (json as { body: string }).body])).toEqual([
      [201, 'a'],
      [201, 'b'],
      [201, 'a'],
    ]);
    expect((await send(one, 'other')).json).toMatchObject({ code: 'idempotency_key_reused' });
  });

  test('where a start flow is, it answers the first message, and the site’s own words do where there is none', async () => {
    site = await makeSite(t, world, { anonymous: 1, flow: 'colours', auto_reply: 'Soon!' });
    expect((await visitorOf(t, site).open({ message: 'Hi' })).data.map(({ body }) => body)).toEqual(['Hi', 'Which **colour**?']);
    site = await makeSite(t, world, { anonymous: 1, auto_reply: 'Soon!' });
    expect((await visitorOf(t, site).open({ message: 'Hi' })).data.map(({ body }) => body)).toEqual(['Hi', 'Soon!']);
    // Begun without a word, the first word is answered.
    const silent = visitorOf(t, site);
    expect((await silent.open()).data).toEqual([]);
    await silent.send('Now');
    await silent.send('And again');
    expect((await silent.read()).data.map(({ body }) => body)).toEqual(['Now', 'Soon!', 'And again']);
  });

  test('one visitor may begin three conversations an hour, a repeat is none of them', async () => {
    const limited = await testApp(kind);
    const there = await makeWorld(limited.app);
    const where = await makeSite(limited, there, { anonymous: 1, shared_network: 1 });
    const visitor = visitorOf(limited, where);
    for (const client_id of ['1', '2', '3', '1', '2', '3']) await visitor.open({ message: 'Hi', client_id, another: true });
    const asked = { visitor_token: visitor.token, client_id: '4', message: 'Hi', another: true };
    const over = await call(limited, visitor.ask('POST', '/conversations', asked));
    expect([over.status, over.json, over.headers['retry-after']]).toEqual([
      429,
      expect.objectContaining({ error: 'Rate limit exceeded', code: 'rate_limited' }),
      '3600',
    ]);
    await limited.close();
  });
});
