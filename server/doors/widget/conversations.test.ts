import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chooseStart, createFlow, publishFlow } from '../../commands/flows.ts';
import { eventsAfter } from '../../store/events.ts';
import { insertSite, type Site, type SiteValues, updateSite } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, type Reply, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const echo = (id: string, words: string) => ({
  format: 'flow/1',
  id,
  name: id,
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      blocks: [
        { id: 'hi', type: 'text', text: words },
        { id: 'q', type: 'ask', kind: 'text', text: 'Your **name**?', save: 'subscriber.first_name' },
        { id: 'thanks', type: 'text', text: 'Thanks, {{ subscriber.first_name }}.', to: { next: '@end' } },
      ],
    },
  },
});

describe.each(databaseKinds)('the plain widget calls on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let site: Site;
  let people = 0;

  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    const tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' as const };
    await t.app.transact(async (tx) => {
      await chooseStart(t.app, tx, tenant, 'default', null);
      for (const [id, words] of [
        ['of_site', 'From the site.'],
        ['of_web', 'From the web.'],
        ['of_bot', 'From the bot.'],
      ] as const) {
        await createFlow(t.app, tx, tenant, echo(id, words));
        await publishFlow(t.app, tx, tenant, { slug: id }, '');
      }
    });
  });
  afterAll(() => t.close());
  beforeEach(() => {
    site = world.site;
    // Limits are counted per minute.
    t.clock.advance(60_000);
  });

  async function makeSite(values: Partial<SiteValues>): Promise<Site> {
    people += 1;
    const { workspace_id: workspaceId, bot_id: botId, greeting, auto_reply, origins, author_label, shared_network, anonymous, flow } = world.site;
    const all = { greeting, auto_reply, origins, author_label, shared_network, anonymous, flow, name: `Site ${people}`, ...values };
    return t.app.transact((tx) => insertSite(tx, { ...all, workspaceId, botId, siteKey: `site_${people}`, at: t.clock.now() }));
  }

  const setStart = (door: 'default' | 'web', slug: string | null) =>
    t.app.transact((tx) =>
      chooseStart(t.app, tx, { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' }, door, slug === null ? null : { slug }),
    );

  const token = (): string => {
    people += 1;
    return `visitor-${people}`;
  };
  const opening = (more: object = {}) => ({ name: 'Jane Doe', email: 'jane@example.com', message: 'Hello', visitor_token: token(), ...more });
  const ask = (method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}): Request => ({
    method,
    path: `/api/v1/chat${path}`,
    headers: { 'x-api-key': site.site_key, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const refusal = (status: number, error: string, headers: Record<string, RegExp> = {}) => ({ status, body: { error }, headers });

  async function begin(more: object = {}): Promise<{ token: string; reply: Reply }> {
    const body = opening(more) as { visitor_token: string };
    const reply = await call(t, ask('POST', '/conversations', body));
    expect(reply.status, reply.text).toBe(201);
    return { token: body.visitor_token, reply };
  }
  const said = async (visitor: string, query = ''): Promise<string[]> =>
    ((await call(t, ask('GET', `/conversations/${visitor}/messages${query}`))).json as { direction: string; body: string }[]).map(
      (one) => `${one.direction}: ${one.body}`,
    );

  test('every documented body is what it says, byte by byte', async () => {
    site = await makeSite({ auto_reply: "Thanks for reaching out! We'll get back to you soon." });
    const config = await call(t, ask('GET', '/config'));
    expect([config.status, config.text]).toEqual([200, '{"greeting":"Hi there! How can we help?"}']);
    expect(config.headers['content-type']).toBe('application/json; charset=utf-8');
    const { token: visitor, reply } = await begin();
    expect(reply.text).toMatch(/^\{"conversation_token":"[\w-]{43}","auto_reply":"Thanks for reaching out! We'll get back to you soon\."\}$/);
    const sent = await call(t, ask('POST', `/conversations/${visitor}/messages`, { message: 'Anybody?' }));
    expect([sent.status, sent.text]).toEqual([201, '{"status":"ok"}']);
    const at = (seconds: number) => `${new Date(t.clock.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
    const listed = await call(t, ask('GET', `/conversations/${visitor}/messages`));
    expect(listed.status).toBe(200);
    expect(listed.text).toBe(
      `[{"direction":"inbound","body":"Hello","timestamp":"${at(0)}","author":"Jane Doe"},` +
        `{"direction":"outbound","body":"Thanks for reaching out! We'll get back to you soon.","timestamp":"${at(1)}","author":"Support"},` +
        `{"direction":"inbound","body":"Anybody?","timestamp":"${at(2)}","author":"Jane Doe"}]`,
    );
  });

  test('the four documented refusals are what they say, byte by byte, and nothing follows from them', async () => {
    const { token: visitor } = await begin();
    const cases: [object, number, string][] = [
      [opening({ name: undefined }), 422, '{"error":"Name, email, message, and visitor_token are required"}'],
      [opening({ email: 'nonsense' }), 422, '{"error":"Invalid email address"}'],
      [opening({ message: 'x'.repeat(10_001) }), 422, '{"error":"Message is too long (maximum 10000 characters)"}'],
      [opening({ visitor_token: visitor }), 409, '{"error":"A conversation with this visitor token already exists"}'],
    ];
    for (const [body, status, text] of cases) {
      const reply = await scenario(t, ask('POST', '/conversations', body), { status });
      expect(reply.text).toBe(text);
    }
  });

  test('what is missing is told before what is wrong, and that before what is too long', async () => {
    site = await makeSite({ shared_network: 1 });
    const long = 'x'.repeat(70_000);
    const required = 'Name, email, message, and visitor_token are required';
    const missing = [
      [],
      null,
      'text',
      {},
      opening({ name: 7, email: 'x' }),
      opening({ name: ' \t' }),
      opening({ message: '\n ' }),
      opening({ visitor_token: '' }),
    ];
    for (const body of missing) await scenario(t, ask('POST', '/conversations', JSON.stringify(body)), refusal(422, required));
    await scenario(t, ask('POST', '/conversations'), refusal(422, required));
    await scenario(t, ask('POST', '/conversations', opening({ email: 'a@b c', message: long })), refusal(422, 'Invalid email address'));
    const many = opening({ message: long, name: 'n'.repeat(256) });
    await scenario(t, ask('POST', '/conversations', many), refusal(422, 'Message is too long (maximum 10000 characters)'));
    await scenario(t, ask('POST', '/conversations', opening({ name: 'n'.repeat(256) })), refusal(422, 'Name is too long (maximum 255 characters)'));
    const odd = opening({ visitor_token: 'a/b' });
    await scenario(t, ask('POST', '/conversations', odd), refusal(422, 'Visitor token must be 1 to 255 URL-safe characters'));
    await scenario(t, ask('POST', '/conversations', '{"name": '), refusal(400, 'Invalid JSON'));
    await scenario(t, ask('POST', '/conversations', Buffer.from([0x7b, 0xff])), refusal(400, 'Invalid JSON'));
  });

  test('characters are code points, and what cannot be stored is mended', async () => {
    const { token: visitor } = await begin({ message: '😀'.repeat(10_000), name: ' Jane\u0000 ', email: ' Jane.Doe@EXAMPLE.com ' });
    const path = `/conversations/${visitor}/messages`;
    await scenario(t, ask('POST', path, { message: '😀'.repeat(10_001) }), refusal(422, 'Message is too long (maximum 10000 characters)'));
    await scenario(t, ask('POST', path, '{"message":" a\\u0000b\\ud83dc "}'), { status: 201 });
    expect((await said(visitor)).at(-1)).toBe('inbound:  ab\uFFFDc ');
    const person = await call(t, { method: 'GET', path: '/api/subscribers?name=jane&limit=100', key: world.key });
    expect((person.json as { data: { name: string; email: string }[] }).data.at(-1)).toMatchObject({ name: 'Jane', email: 'Jane.Doe@example.com' });
    await scenario(t, ask('POST', path, { message: ' ' }), refusal(422, 'Message is required'));
    await scenario(t, ask('POST', path, {}), refusal(422, 'Message is required'));
  });

  test('both tokens open a conversation, on their own site only, and neither is stored', async () => {
    const { token: visitor, reply } = await begin();
    const conversationToken = (reply.json as { conversation_token: string }).conversation_token;
    expect(await said(conversationToken)).toEqual(await said(visitor));
    await scenario(t, ask('POST', `/conversations/${conversationToken}/messages/`, { message: 'Me again' }), { status: 201, body: { status: 'ok' } });
    expect(await said(visitor)).toEqual(['inbound: Hello', 'inbound: Me again']);
    const rows = JSON.stringify([
      await t.app.db.selectFrom('conversation').selectAll().execute(),
      await t.app.db.selectFrom('subscriber').selectAll().execute(),
      await eventsAfter(t.app.db, 0, 10_000),
    ]);
    for (const secret of [visitor, conversationToken]) expect(rows.includes(secret)).toBe(false);
    const missing = refusal(404, 'Conversation not found');
    const paths = [visitor, conversationToken, 'nobody', '%00', 'x'.repeat(600)].map((one) => `/conversations/${one}/messages`);
    site = await makeSite({});
    // Looked up before the body is read.
    for (const path of paths) await scenario(t, ask('POST', path, '{'), missing);
    for (const path of paths) await scenario(t, ask('GET', path), missing);
    await scenario(t, ask('POST', '/conversations', opening({ visitor_token: visitor })), { status: 201, events: ['subscriber.created'] });
    expect(await said(visitor)).toEqual(['inbound: Hello']);
  });

  test('timestamps name a message each, and since is strictly after', async () => {
    const { token: visitor } = await begin();
    const path = `/conversations/${visitor}/messages`;
    for (const message of ['one', 'two', 'three']) await call(t, ask('POST', path, { message }));
    const listed = (await call(t, ask('GET', path))).json as { timestamp: string }[];
    const times = listed.map((one) => one.timestamp);
    expect(times).toEqual([...new Set(times)].sort());
    const since = times[1] ?? '';
    expect(await said(visitor, `?since=${since}`)).toEqual(['inbound: two', 'inbound: three']);
    const east = `${new Date(Date.parse(since) + 7_200_000).toISOString().slice(0, 19)}+02:00`;
    for (const same of [east, encodeURIComponent(east), since.toLowerCase(), since.replace('Z', '.999999999Z')]) {
      expect(await said(visitor, `?since=${same}`), same).toEqual(['inbound: two', 'inbound: three']);
    }
    const before = `${new Date(Date.parse(since) - 1).toISOString()}`;
    expect(await said(visitor, `?since=${before}`)).toEqual(['inbound: one', 'inbound: two', 'inbound: three']);
    for (const bad of ['yesterday', '2026-01-15', '2026-01-15T10:30:00', '2026-02-30T10:30:00Z', '1768473000']) {
      await scenario(t, ask('GET', `${path}?since=${bad}`), refusal(422, 'Invalid since parameter'));
    }
  });

  test('a conversation runs the flow of its site, else of the websites, else of the bot; without one the site speaks', async () => {
    const own = { auto_reply: 'We write back soon.' };
    const first = async (values: Partial<SiteValues>): Promise<unknown> => {
      site = await makeSite({ ...own, ...values });
      const { token: visitor, reply } = await begin();
      return [(reply.json as { auto_reply: string | null }).auto_reply, (await said(visitor))[1]];
    };
    expect(await first({})).toEqual(['We write back soon.', 'outbound: We write back soon.']);
    await setStart('default', 'of_bot');
    expect(await first({})).toEqual([null, 'outbound: From the bot.']);
    await setStart('web', 'of_web');
    expect(await first({})).toEqual([null, 'outbound: From the web.']);
    expect(await first({ flow: 'of_site' })).toEqual([null, 'outbound: From the site.']);
    expect(await first({ flow: 'gone' })).toEqual([null, 'outbound: From the web.']);
    const { token: visitor } = await begin();
    await call(t, ask('POST', `/conversations/${visitor}/messages`, { message: 'Jane' }));
    expect(await said(visitor)).toEqual(['inbound: Hello', 'outbound: From the web.', 'outbound: Your name?', 'inbound: Jane', 'outbound: Thanks, Jane.']);
    await setStart('default', null);
    await setStart('web', null);
  });

  test('the key is taken from a header, as a bearer or from the query; a missing and a wrong one look the same', async () => {
    const path = '/api/v1/chat/config';
    for (const request of [
      { path, headers: { 'x-api-key': site.site_key } },
      { path, headers: { authorization: `Bearer ${site.site_key}` } },
      { path: `${path}?key=${site.site_key}`, headers: {} },
    ]) {
      await scenario(t, { method: 'GET', ...request } as Request, { status: 200 });
    }
    for (const headers of [{}, { 'x-api-key': 'site_wrong' }, { authorization: `Bearer ${world.key}` }] as Record<string, string>[]) {
      await scenario(t, { method: 'GET', path, headers }, refusal(401, 'Invalid API key'));
      await scenario(t, { method: 'POST', path: '/api/v1/chat/conversations', headers, body: '{' }, refusal(401, 'Invalid API key'));
    }
    // The other way round, the key of a site opens no other door.
    await scenario(t, { method: 'GET', path: '/v1/me', key: site.site_key }, { status: 401 });
    await scenario(t, { method: 'GET', path: '/api/me', key: site.site_key }, { status: 401 });
  });

  test('pages of other origins are refused in words they can read, and preflights are always let through', async () => {
    site = await makeSite({ origins: JSON.stringify(['https://shop.example', 'https://*.shop.example', 'null']) });
    const from = (origin: string) => ask('GET', '/config', undefined, { origin });
    for (const origin of ['https://shop.example', 'https://a.b.shop.example', 'null']) {
      await scenario(t, from(origin), {
        status: 200,
        headers: { 'access-control-allow-origin': new RegExp(`^${origin.replaceAll('.', '\\.')}$`), vary: /Origin/ },
      });
    }
    await scenario(t, ask('GET', '/config'), { status: 200 });
    for (const origin of ['https://evil.example', 'http://shop.example', 'https://evilshop.example', 'https://shop.example:8443', 'https://.shop.example']) {
      const readable = { 'access-control-allow-origin': new RegExp(`^${origin.replaceAll('.', '\\.')}$`) };
      await scenario(t, from(origin), refusal(403, 'Origin not allowed', readable));
      await scenario(t, ask('POST', '/conversations/nobody/messages', '{', { origin }), refusal(403, 'Origin not allowed', readable));
    }
    const wrong = { method: 'GET' as const, path: '/api/v1/chat/config', headers: { origin: 'https://evil.example' } };
    await scenario(t, wrong, refusal(401, 'Invalid API key', { 'access-control-allow-origin': /^https:\/\/evil\.example$/ }));
    for (const path of ['/config', '/conversations', '/conversations/x/messages?since=1', '/nowhere']) {
      const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key' };
      const reply = await scenario(
        t,
        { method: 'OPTIONS', path: `/api/v1/chat${path}`, headers: asked },
        {
          status: 204,
          headers: {
            'access-control-allow-origin': /^https:\/\/evil\.example$/,
            'access-control-allow-methods': /POST/,
            'access-control-allow-headers': /X-Api-Key, .*Content-Type/,
            'access-control-max-age': /^7200$/,
            vary: /^Origin$/,
          },
        },
      );
      expect(reply.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  test('calls are limited per site and address, are told how often, and preflights do not count', async () => {
    site = await makeSite({});
    const limits = (limit: number, remaining: number) => ({
      'ratelimit-limit': new RegExp(`^${limit}$`),
      'ratelimit-remaining': new RegExp(`^${remaining}$`),
      'ratelimit-reset': /^60$/,
      'access-control-expose-headers': /RateLimit-Remaining/,
    });
    for (const remaining of [4, 3, 2, 1, 0]) {
      await call(t, { method: 'OPTIONS', path: '/api/v1/chat/conversations' });
      await scenario(t, ask('POST', '/conversations', {}), { status: 422, headers: limits(5, remaining) });
    }
    const over = refusal(429, 'Rate limit exceeded', { ...limits(5, 0), 'retry-after': /^60$/ });
    // Before the origin and the body are looked at.
    await scenario(t, ask('POST', '/conversations', '{', { origin: 'https://evil.example' }), over);
    await scenario(t, ask('GET', '/config'), { status: 200, headers: limits(60, 59) });
    const limited = site;
    site = await makeSite({ shared_network: 1 });
    await scenario(t, ask('POST', '/conversations', {}), { status: 422, headers: limits(30, 29) });
    site = limited;
    t.clock.advance(60_000);
    await scenario(t, ask('POST', '/conversations', {}), { status: 422, headers: limits(5, 4) });
  });

  test('a reply opens a closed conversation again', async () => {
    const { token: visitor } = await begin();
    const open = t.app.db.selectFrom('conversation').select(['id', 'status', 'closed_at']).orderBy('id', 'desc').limit(1);
    const { id } = await open.executeTakeFirstOrThrow();
    await t.app.transact((tx) => tx.updateTable('conversation').set({ status: 'done', closed_at: t.clock.now() }).where('id', '=', id).execute());
    await call(t, ask('POST', `/conversations/${visitor}/messages`, { message: 'One more thing' }));
    expect(await open.executeTakeFirstOrThrow()).toMatchObject({ id, status: 'open', closed_at: null });
  });

  test('a conversation begun twice at the same moment is begun once', async () => {
    const body = opening();
    const replies = await Promise.all([1, 2, 3].map(() => call(t, ask('POST', '/conversations', body))));
    expect(replies.map((one) => one.status).sort()).toEqual([201, 409, 409]);
    expect(await said(body.visitor_token)).toEqual(['inbound: Hello']);
  });

  test('a site that changes its name for itself shows it at once', async () => {
    site = await makeSite({ auto_reply: 'Hello!' });
    const { token: visitor } = await begin();
    await t.app.transact((tx) => updateSite(tx, site.workspace_id, site.id, undefined, { author_label: 'Team Acme', greeting: 'Moin' }, t.clock.now()));
    const listed = (await call(t, ask('GET', `/conversations/${visitor}/messages`))).json as { author: string }[];
    expect(listed.map((one) => one.author)).toEqual(['Jane Doe', 'Team Acme']);
    await scenario(t, ask('GET', '/config'), { status: 200, body: { greeting: 'Moin' } });
  });
});
