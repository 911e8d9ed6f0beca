import type { AddressInfo } from 'node:net';
import tls, { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificate, certificateKey } from '../testing/doubles/certificate.ts';
import { type Connects, watchConnects } from '../testing/doubles/connects.ts';
import { type HostileServer, hostileServer } from '../testing/doubles/hostile-server.ts';
import { type Egress, egressOf } from './connect.ts';
import { type Outgoing, send } from './fetch.ts';
import { makePolicy } from './policy.ts';

let friend: HostileServer;
let canary: HostileServer;
let connects: Connects;
let asked: string[] = [];

/** Names of the test's own; what nobody knows is not found. */
const addresses: { [name: string]: string[] } = {
  localhost: ['127.0.0.1', '::1'],
  'friend.example': ['127.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'inside.example': ['10.1.2.3'],
  'mixed.example': ['10.1.2.3', '192.168.7.7', '::1', '127.0.0.1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'secure.example': ['127.0.0.1'],
};

async function resolve(name: string): Promise<string[]> {
  asked.push(name);
  const found = addresses[name] ?? (/(^|\.)(nip|localtest)\.example$/.test(name) ? ['127.0.0.1'] : undefined);
  if (found === undefined) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  return found;
}

function egressFor(allow: string[], egress: 'open' | 'listed' = 'open'): Egress {
  return { policy: makePolicy({ egress, egressAllow: allow }), resolve };
}

let toFriend: Egress;
const get = (path: string, more: Partial<Outgoing> = {}, egress: Egress = toFriend) =>
  send(egress, { method: 'GET', url: new URL(path, friend.url).href, ...more });
const redirect = (to: string, status = 302) => `/redirect?status=${status}&to=${encodeURIComponent(to)}`;

beforeAll(async () => {
  friend = await hostileServer();
  canary = await hostileServer();
  connects = watchConnects();
  toFriend = egressFor([friend.address]);
});

afterAll(async () => {
  const outside = connects.outside([friend.address]).filter((one) => !one.startsWith('127.0.0.2:') && !allowedLater.has(one));
  connects.stop();
  await friend.close();
  await canary.close();
  expect(outside).toEqual([]);
  expect(canary.seen).toEqual([]);
});

const allowedLater = new Set<string>();

describe('what must not be reached', () => {
  test('no address outside the policy is dialled, however it is written', async () => {
    const { port } = canary;
    const hosts = [
      ...['127.0.0.1', '127.1', '127.0.1', '2130706433', '0x7f000001', '0x7f.1', '0x7f.0x0.0x0.0x1', '0177.0.0.1', '017700000001', '0177.1', '127.000.000.001'],
      ...[
        '0',
        '0.0.0.0',
        '0x0',
        '00',
        '127.127.127.127',
        '127.0.0.2',
        '1.0.0.127.nip.example',
        'localhost',
        'LOCALHOST',
        'localhost.',
        'LocalHost.',
        'a.localtest.example',
      ],
      ...['127.0.0.1.', '127。0。0。1', '１２７.0.0.1', '①②⑦.⓪.⓪.①', 'ⓛocalhost', 'lo%63alhost', '%31%32%37.0.0.1', '127%2e0%2e0%2e1', 'loc\u00adalhost'],
      ...[
        '[::1]',
        '[::]',
        '[0:0:0:0:0:0:0:1]',
        '[::ffff:127.0.0.1]',
        '[::ffff:7f00:1]',
        '[::ffff:7f00:0001]',
        '[0:0:0:0:0:ffff:7f00:1]',
        '[::7f00:1]',
        '[::127.0.0.1]',
      ],
      ...[
        '[64:ff9b::7f00:1]',
        '[64:ff9b::127.0.0.1]',
        '[2002:7f00:1::]',
        '[2001:0:7f00:1::1]',
        '[::ffff:0:7f00:1]',
        '[2606:4700::5efe:7f00:1]',
        '[fe80::1]',
        '[fc00::1]',
        '[ff02::1]',
      ],
      ...[
        '10.0.0.1',
        '10.1',
        '012.0.0.1',
        '167772161',
        '172.16.0.1',
        '192.168.0.1',
        '192.168.257',
        '100.64.0.1',
        '198.18.0.1',
        '224.0.0.1',
        '240.0.0.1',
        '255.255.255.255',
      ],
      ...[
        '169.254.169.254',
        '2852039166',
        '0xa9fea9fe',
        '0xA9.0xFE.0xA9.0xFE',
        '0251.0376.0251.0376',
        '169.254.43518',
        '[::ffff:a9fe:a9fe]',
        '[::ffff:169.254.169.254]',
      ],
      ...[
        '[64:ff9b::a9fe:a9fe]',
        '[2002:a9fe:a9fe::]',
        'metadata.google.internal',
        'METADATA.google.internal.',
        '100.100.100.200',
        '0x64646464c8',
        '1684301000',
        '168.63.129.16',
      ],
      ...['192.0.0.192', '[fd00:ec2::254]', '[fd20:ce::254]', 'inside.example', 'mixed.example', 'mapped.example', '169.254.170.2', '169.254.170.23'],
    ];
    const urls = [
      ...hosts.map((host) => `http://${host}:${port}/`),
      ...[
        'HTTP://127.0.0.1',
        'hTTp://[::1]',
        'http:127.0.0.1',
        'http:/127.0.0.1',
        'http:\\\\127.0.0.1',
        'http:///127.0.0.1',
        ' http://127.0.0.1',
        'http://127.0.0.1\t',
      ].map((start) => `${start}:${port}/`),
      ...[
        `http://friend.example@127.0.0.1:${port}/`,
        `http://127.0.0.1:${port}@friend.example/`,
        `http://a:b@127.0.0.1:${port}/`,
        `http://friend.example#@127.0.0.1:${port}/`,
      ],
      ...[
        `http://127.0.0.1:${port}\\@friend.example/`,
        `http://friend.example:1\\@127.0.0.1:${port}/`,
        `http://127.0.0.1:0${port}/`,
        `http://127.0.0.1:${port}?x`,
        `http://0:${port}#x`,
      ],
      ...[
        'http://localhost:5432/',
        'http://localhost:6379/',
        'http://127.0.0.1:22/',
        'http://127.0.0.1:25/',
        'http://127.0.0.1/',
        'https://127.0.0.1/',
        'https://localhost/',
      ],
      ...[
        'file:///etc/passwd',
        'ftp://127.0.0.1/',
        'gopher://127.0.0.1:6379/_x',
        'data:text/plain,x',
        'blob:http://127.0.0.1/x',
        'javascript:1',
        'ws://127.0.0.1/',
        'dict://127.0.0.1',
      ],
      ...[
        'http+unix://%2Fvar%2Frun%2Fdocker.sock/',
        'unix:/var/run/docker.sock',
        'http://unix:/var/run/docker.sock:/',
        'http://%2Fvar%2Frun%2Fdocker.sock/',
        'http://',
        '//127.0.0.1',
        '',
      ],
    ];
    expect(urls.length).toBeGreaterThan(109);
    const before = connects.tried.length;
    for (const url of urls) {
      const { kind, status } = await send(toFriend, { method: 'GET', url });
      // A name nobody has, as `http://unix:…` turns out to be, is not found; everything else is refused.
      expect([url, kind, status]).toEqual([url, expect.stringMatching(/^(blocked|network)$/), null]);
    }
    expect(connects.tried.slice(before)).toEqual([]);
    expect(canary.seen).toEqual([]);
  });

  test('a name that changes its address between two questions is dialled where it was judged', async () => {
    const other = await hostileServer({ address: '127.0.0.2', port: canary.port });
    let round = 0;
    const egress: Egress = {
      policy: makePolicy({ egress: 'open', egressAllow: [other.address] }),
      resolve: async () => [['127.0.0.2', '127.0.0.1'][round++ % 2] ?? ''],
    };
    const kinds: { [kind: string]: number } = {};
    for (let tries = 0; tries < 200; tries += 1) {
      const { kind } = await send(egress, { method: 'GET', url: `http://rebinding.example:${canary.port}/` });
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    await other.close();
    expect(kinds).toEqual({ status: 100, blocked: 100 });
    expect([round, other.seen.length, canary.seen.length]).toEqual([200, 100, 0]);
  });

  test.each([301, 302, 303, 307, 308])('a redirect by %i is judged like the first address', async (status) => {
    const targets = [
      ...[
        canary.url,
        `http://[::ffff:7f00:1]:${canary.port}/`,
        'http://169.254.169.254/latest/meta-data/',
        `//127.0.0.1:${canary.port}/`,
        `http://localhost:${canary.port}/`,
      ],
      ...[
        'http://2852039166/',
        'file:///etc/passwd',
        `HTTP://127.0.0.1:${canary.port}/`,
        `http://x@127.0.0.1:${friend.port}/`,
        'http://metadata.google.internal/',
      ],
    ];
    for (const to of targets) expect([to, (await get(redirect(to, status))).kind]).toEqual([to, 'blocked']);
    expect((await get(redirect(redirect(canary.url), status))).kind).toBe('blocked');
  });

  test('with a list, what is not on it is refused before its name is asked for', async () => {
    const listed = egressFor(['friend.example', friend.address], 'listed');
    asked = [];
    for (const url of ['http://shop.example/', 'http://8.8.8.8/', 'https://friend.example.evil.example/', `http://localhost:${friend.port}/`])
      expect((await send(listed, { method: 'GET', url })).kind).toBe('blocked');
    expect(asked).toEqual([]);
    expect(await send(listed, { method: 'GET', url: `http://friend.example:${friend.port}/json` })).toMatchObject({ kind: 'status', status: 200 });
    expect(asked).toEqual(['friend.example']);
  });

  test('proxies of the environment are no way around', async () => {
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'ALL_PROXY'];
    for (const name of names) process.env[name] = canary.url;
    process.env.NODE_USE_ENV_PROXY = '1';
    expect((await get('/json')).kind).toBe('status');
    expect((await send(toFriend, { method: 'GET', url: 'http://127.0.0.1:9/' })).kind).toBe('blocked');
    for (const name of [...names, 'NODE_USE_ENV_PROXY']) delete process.env[name];
    expect(canary.seen).toEqual([]);
  });

  test('an error says no more than the host', async () => {
    const { error } = await send(toFriend, { method: 'GET', url: 'http://inside.example/path?token=secret', headers: { authorization: 'Bearer secret' } });
    expect(error).toBe('inside.example port 80 is not a public address, and EGRESS_ALLOW does not name it.');
  });
});

describe('what is said', () => {
  test('an allowed host answers, by its address and by its name', async () => {
    expect(await get('/json')).toMatchObject({ kind: 'status', status: 200, value: { ok: true, list: [1, 2] }, error: null, url: `${friend.url}/json` });
    expect((await send(toFriend, { method: 'GET', url: `http://friend.example:${friend.port}/` })).value).toBe('hello');
  });

  test('a body is JSON, text or bytes by its type, or as it was asked for', async () => {
    expect(await get('/problem')).toMatchObject({ status: 404, value: { title: 'No' } });
    expect(await get('/text')).toMatchObject({ value: 'café' });
    expect(await get('/bytes')).toMatchObject({ value: null, bytes: Buffer.from([0x89, 0x50, 0, 255]) });
    expect(await get('/empty')).toMatchObject({ kind: 'status', status: 204, value: null });
    expect(await get('/gzip')).toMatchObject({ value: { packed: true } });
    expect(await get('/json', { parse: 'text' })).toMatchObject({ value: '{"ok":true,"list":[1,2]}' });
    expect(await get('/text', { parse: 'json' })).toMatchObject({ kind: 'parse', status: 200 });
    expect(await get('/broken-json')).toMatchObject({ kind: 'parse', status: 200 });
  });

  test('what could not be kept or copied safely is left out or refused', async () => {
    const { value } = await get('/odd-json');
    expect(value).toEqual({ a: 'b\ufffd', n: null });
    expect(({} as { x?: number }).x).toBeUndefined();
    expect(await get('/deep-json')).toMatchObject({ kind: 'parse' });
  });

  test('method, headers and body arrive; framing is ours, and GET carries no body', async () => {
    await get('/x', {
      method: 'post',
      headers: { 'Content-Type': 'application/json', 'X-A': 'é', Host: 'evil.example', 'Content-Length': '1' },
      body: '{"a":1}',
    });
    const { method, headers, body } = friend.seen.at(-1) ?? {};
    expect({ method, body, type: headers?.['content-type'], a: headers?.['x-a'] }).toEqual({
      method: 'POST',
      body: '{"a":1}',
      type: 'application/json',
      a: '\u00e9',
    });
    expect([headers?.host, headers?.['content-length']]).toEqual([friend.address, '7']);
    await get('/x', { body: 'never' });
    expect(friend.seen.at(-1)?.body).toBe('');
  });

  test('no header can smuggle another, and no method be made up', async () => {
    const before = friend.seen.length;
    const smuggled: { [name: string]: string }[] = [
      { 'x-a': 'b\r\nx-c: d' },
      { 'x-a': 'b\nc' },
      { 'x-a\r\nx-c': 'd' },
      { 'x a': 'b' },
      { '': 'b' },
      { 'x-a': 'b\0' },
      { 'x-a': '日本' },
    ];
    for (const headers of smuggled) expect((await get('/x', { headers })).kind).toBe('blocked');
    for (const method of ['CONNECT', 'TRACE', 'GET /x HTTP/1.1\r\n', '']) expect((await get('/x', { method })).kind).toBe('blocked');
    expect(friend.seen.length).toBe(before);
  });
});

describe('redirects', () => {
  const last = () => {
    const { method, url, body, headers } = friend.seen.at(-1) ?? {};
    return { method, url, body, auth: headers?.authorization, key: headers?.['x-key'], type: headers?.['content-type'] };
  };
  const post = (path: string) =>
    get(path, { method: 'POST', body: 'b', headers: { 'content-type': 'text/plain', authorization: 'Bearer t' }, credentials: { 'X-Key': 'k' } });

  test('301, 302 and 303 become GET without a body, 307 and 308 repeat', async () => {
    for (const status of [301, 302, 303]) {
      await post(redirect('/json', status));
      expect(last()).toEqual({ method: 'GET', url: '/json', body: '', auth: 'Bearer t', key: 'k', type: undefined });
    }
    for (const status of [307, 308]) {
      await post(redirect('/json', status));
      expect(last()).toEqual({ method: 'POST', url: '/json', body: 'b', auth: 'Bearer t', key: 'k', type: 'text/plain' });
    }
  });

  test('another origin is told no secret, nor is the first one after it', async () => {
    const elsewhere = `http://friend.example:${friend.port}`;
    await post(redirect(`${elsewhere}/json`, 307));
    expect(last()).toMatchObject({ method: 'POST', auth: undefined, key: undefined });
    await post(redirect(`${elsewhere}${redirect(`${friend.url}/json`, 307)}`, 307));
    expect(last()).toMatchObject({ url: '/json', auth: undefined, key: undefined });
  });

  test('five are followed and no sixth; what names no place, and what is asked to stay, stays', async () => {
    const chain = (length: number): string => (length === 0 ? '/json' : redirect(chain(length - 1)));
    expect(await get(chain(5))).toMatchObject({ kind: 'status', status: 200, url: `${friend.url}/json` });
    expect(await get(chain(6))).toMatchObject({ kind: 'network', status: null, error: 'More than 5 redirects.' });
    expect(await get('/status?is=302')).toMatchObject({ kind: 'status', status: 302 });
    expect(await get('/status?is=300')).toMatchObject({ kind: 'status', status: 300 });
    expect(await get(redirect('/json', 304))).toMatchObject({ kind: 'status', status: 304 });
    expect(await get(redirect(canary.url), { redirects: 'manual' })).toMatchObject({ kind: 'status', status: 302, headers: { location: canary.url } });
  });
});

describe('limits', () => {
  test('a bomb is cut off at the limit, and costs no more memory than that', async () => {
    // Packed once, before the measuring begins.
    await get('/gzip-bomb', { limits: { maxBytes: 1 } });
    const before = process.memoryUsage().rss;
    for (const path of ['/gzip-bomb', '/brotli-bomb']) expect(await get(path)).toMatchObject({ kind: 'too_large', status: 200 });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('too much is too large, whether it was announced or has no end', async () => {
    expect(await get('/large')).toMatchObject({ kind: 'too_large', error: 'The reply has more than 1048576 bytes.' });
    expect(await get('/endless')).toMatchObject({ kind: 'too_large' });
    expect(await get('/large-headers')).toMatchObject({ kind: 'too_large' });
    expect(await get('/large', { limits: { maxBytes: 11_000_000 } })).toMatchObject({ kind: 'status' });
  });

  test('who is silent or slow runs out of time', async () => {
    const silent = await get('/silent', { limits: { headersMs: 100 } });
    expect(silent).toMatchObject({ kind: 'timeout', status: null });
    expect(silent.ms).toBeLessThan(8_000);
    const drip = await get('/drip', { limits: { totalMs: 200 } });
    expect(drip).toMatchObject({ kind: 'timeout' });
    expect(drip.ms).toBeLessThan(8_000);
  });

  test('what is packed twice or badly cannot be read', async () => {
    expect(await get('/packed-twice')).toMatchObject({ kind: 'parse' });
    expect(await get('/broken-gzip')).toMatchObject({ kind: 'parse' });
  });

  test('a connection that is refused or breaks is a failure of the network', async () => {
    const closed = await hostileServer();
    await closed.close();
    allowedLater.add(closed.address);
    const refused = await send(egressFor([closed.address]), { method: 'GET', url: closed.url });
    expect(refused).toMatchObject({ kind: 'network', error: expect.stringContaining('ECONNREFUSED') });
    for (const path of ['/reset', '/half']) expect(await get(path)).toMatchObject({ kind: 'network' });
    expect(await send(toFriend, { method: 'GET', url: 'http://nobody.example/' })).toMatchObject({
      kind: 'network',
      error: expect.stringContaining('ENOTFOUND'),
    });
  });

  test('of several addresses the allowed ones are tried until one answers', async () => {
    const spare = { ...egressFor([friend.address, `127.0.0.2:${friend.port}`]), resolve: async () => ['10.1.2.3', '127.0.0.2', '127.0.0.1', '::1'] };
    const before = connects.tried.length;
    expect(await send(spare, { method: 'GET', url: `http://several.example:${friend.port}/json` })).toMatchObject({ kind: 'status', status: 200 });
    expect(connects.tried.slice(before)).toEqual([`127.0.0.2:${friend.port}`, friend.address]);
  });

  test('a name server that does not answer is a timeout', async () => {
    const waiting: Egress = { policy: makePolicy({ egress: 'open', egressAllow: [] }), resolve: () => new Promise(() => {}) };
    expect(await send(waiting, { method: 'GET', url: 'http://slow.example/', limits: { totalMs: 100 } })).toMatchObject({ kind: 'timeout' });
  });
});

test('TLS is verified for the name that was asked, whatever the environment says', async () => {
  const names: unknown[] = [];
  const server = createTlsServer({ cert: certificate, key: certificateKey }, (socket) => {
    names.push(socket.servername);
    socket.on('error', () => {}).resume();
    socket.end('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi');
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  allowedLater.add(`127.0.0.1:${port}`);
  const egress = egressFor([`127.0.0.1:${port}`]);
  const ask = (host: string) => send(egress, { method: 'GET', url: `https://${host}:${port}/` });
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  expect(await ask('secure.example')).toMatchObject({ kind: 'network', error: expect.stringContaining('CERT') });
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  const trusted = tls.getCACertificates();
  tls.setDefaultCACertificates([...trusted, certificate]);
  expect(await ask('secure.example')).toMatchObject({ kind: 'status', value: 'hi' });
  expect(names.at(-1)).toBe('secure.example');
  expect(await ask('friend.example')).toMatchObject({ kind: 'network', error: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID') });
  expect(await ask('127.0.0.1')).toMatchObject({ kind: 'network' });
  tls.setDefaultCACertificates(trusted);
  await new Promise((done) => server.close(done));
});

test('one configuration has one way out', () => {
  const config = { egress: 'listed', egressAllow: [] } as never;
  expect(egressOf(config)).toBe(egressOf(config));
});
