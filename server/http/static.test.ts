import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeBrand } from '../commands/brand.ts';
import { doors } from '../doors.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { builtFiles } from './pages/built.ts';
import { buildServer } from './serve.ts';
import { staticPages } from './static.ts';

const launcher = join(import.meta.dirname, '../../widget/launcher.ts');
const brand = { name: 'Acme "Chat"', logo: 'https://acme.example/logo.svg', color: '#ffcc00', favicon: null, supportUrl: null, mailFrom: null };
const consolePaths = ['/', '/setup?token=abc', '/app', '/app/', '/app/bots/3/flows'];

/** The real server beside a dist folder of the test's own. */
async function serve(t: TestApp, dist: string, siteKey: string | null): Promise<FastifyInstance> {
  const pages = staticPages({
    readBrand: async () => brand,
    isSetupNeeded: async () => siteKey === null,
    findDemoSite: async () => (siteKey === null ? null : { site_key: siteKey }),
    findShared: async (_app, slug) => (slug === siteKey ? { site_key: slug, name: 'Shop <b>', greeting: 'Hello & welcome' } : null),
    built: builtFiles(dist),
    launcher,
  });
  const server = buildServer(t.app, doors, { checkReplies: true, plugins: [pages] });
  await server.ready();
  return server;
}

function put(dist: string, path: string, content: string | Buffer): void {
  mkdirSync(join(dist, path, '..'), { recursive: true });
  writeFileSync(join(dist, path), content);
}

let t: TestApp;
let dist: string;
beforeAll(async () => {
  t = await testApp();
  dist = mkdtempSync(join(tmpdir(), 'dist-'));
});
afterAll(async () => {
  await t.close();
  rmSync(dist, { recursive: true });
});

describe('before anything is built or set up', () => {
  let server: FastifyInstance;
  beforeAll(async () => {
    server = await serve(t, dist, null);
  });
  afterAll(() => server.close());

  test.each(consolePaths)('%s is a page that says how to build, under the brand', async (path) => {
    const got = await server.inject({ path });
    expect([got.statusCode, got.headers['content-type'], got.headers['cache-control']]).toEqual([200, 'text/html; charset=utf-8', 'no-store']);
    expect(got.body).toContain('npm run build');
    expect(got.body).toContain('Acme &#34;Chat&#34;');
    expect(got.body).not.toMatch(/parley/i);
  });

  test('/demo says how to make a workspace', async () => {
    const got = await server.inject({ path: '/demo' });
    expect(got.statusCode).toBe(200);
    expect(got.body).toContain('/setup?token=');
    expect(got.body).not.toContain('widget.js');
  });

  test('/widget.js is the launcher as it is written, for any page to load; it asks nobody anything by itself', async () => {
    const got = await server.inject({ path: '/widget.js', headers: { 'accept-encoding': 'gzip' } });
    expect(got.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'content-encoding': 'gzip',
    });
    const script = gunzipSync(got.rawPayload).toString();
    expect(() => new Function(script)).not.toThrow();
    expect(script).not.toMatch(/fetch\(|XMLHttpRequest|setItem|sessionStorage|indexedDB|document\.cookie|import .* from/);
    const again = await server.inject({ path: '/widget.js', headers: { 'accept-encoding': 'gzip', 'if-none-match': String(got.headers.etag) } });
    expect([again.statusCode, again.headers['access-control-allow-origin']]).toEqual([304, '*']);
  });

  test('any other path stays a 404 of its door, and a page is only for reading', async () => {
    for (const path of ['/nothing', '/application', '/setup/x', '/assets/app.js', '/demo/x', '/index.html']) {
      const got = await server.inject({ path, headers: { accept: 'text/html' } });
      expect([got.statusCode, got.json().code], path).toEqual([404, 'not_found']);
    }
    expect((await server.inject({ method: 'POST', path: '/demo' })).statusCode).toBe(405);
  });
});

describe('built', () => {
  let server: FastifyInstance;
  const script = `console.log(${JSON.stringify('x'.repeat(3000))})`;
  beforeAll(async () => {
    put(
      dist,
      'admin/index.html',
      '<title>__TITLE__</title><link rel="icon" href="__FAVICON__"><script nonce="__NONCE__"></script><script type="application/json" id="boot">__BOOT__</script>',
    );
    put(dist, 'admin/assets/app-1a2b.js', script);
    put(dist, 'admin/assets/app-1a2b.js.gz', gzipSync(script, { level: 9 }));
    put(dist, 'widget.js', '(()=>{})()');
    put(dist, 'widget/chat-5e6f.js', 'export const startChat = 1;');
    put(dist, 'secret.txt', 'not served');
    put(dist, 'built.json', '{}');
    server = await serve(t, dist, 'site_1');
  });
  afterAll(() => server.close());

  test.each(consolePaths)('%s is the console with the brand, what it starts from, and a nonce that its policy names', async (path) => {
    const got = await server.inject({ path });
    const policy = String(got.headers['content-security-policy']);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    expect([got.statusCode, got.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(policy).toContain(`script-src 'self' 'nonce-${nonce}'`);
    expect(policy).toContain("frame-src 'self'; frame-ancestors 'none'");
    const boot = { brand: { name: brand.name, logo: brand.logo, color: brand.color, favicon: null, support_url: null }, setup_needed: false };
    expect(got.body).toBe(
      `<title>Acme &#34;Chat&#34;</title><link rel="icon" href="data:,"><script nonce="${nonce}"></script><script type="application/json" id="boot">${JSON.stringify(boot)}</script>`,
    );
    const again = await server.inject({ path });
    expect(again.body).not.toContain(String(nonce));
  });

  test('an asset is kept for ever, compressed as the client takes it, and revalidated', async () => {
    const path = '/assets/app-1a2b.js';
    const plain = await server.inject({ path });
    expect([plain.body, plain.headers['content-type'], plain.headers['cache-control']]).toEqual([
      script,
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
    const gzip = await server.inject({ path, headers: { 'accept-encoding': 'gzip;q=0.5, br;q=0' } });
    expect([gzip.headers['content-encoding'], gunzipSync(gzip.rawPayload).toString()]).toEqual(['gzip', script]);
    const br = await server.inject({ path, headers: { 'accept-encoding': 'gzip, deflate, br' } });
    expect([br.headers['content-encoding'], brotliDecompressSync(br.rawPayload).toString()]).toEqual(['br', script]);
    expect(new Set([plain, gzip, br].map((one) => one.headers.etag)).size).toBe(3);
    const again = await server.inject({ path, headers: { 'accept-encoding': 'br', 'if-none-match': String(br.headers.etag) } });
    expect([again.statusCode, again.body, again.headers.vary]).toEqual([304, '', 'Accept-Encoding']);
    const head = await server.inject({ method: 'HEAD', path });
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', String(script.length)]);
  });

  test('nothing outside the assets can be named, however the path is written', async () => {
    for (const name of ['../built.json', '..%2fbuilt.json', '%2e%2e/%2e%2e/secret.txt', '..%5csecret.txt', 'app-1a2b.js.gz', 'app-1a2b.js%00', '/etc/passwd']) {
      const got = await server.inject({ path: `/assets/${name}` });
      expect([400, 404], name).toContain(got.statusCode);
      expect(got.headers['content-type'], name).toContain('application/problem+json');
    }
  });

  test('the parts of the widget are kept for ever, for any page to load', async () => {
    const got = await server.inject({ path: '/widget/chat-5e6f.js' });
    expect([got.statusCode, got.body]).toEqual([200, 'export const startChat = 1;']);
    expect(got.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    });
    for (const name of ['chat-0000.js', '%2e%2e/secret.txt', '..%2fsecret.txt'])
      expect((await server.inject({ path: `/widget/${name}` })).statusCode, name).not.toBe(200);
  });

  test('a chat that is shared has a page that says whose it is, and others have none', async () => {
    const got = await server.inject({ path: '/b/site_1' });
    expect(got.statusCode).toBe(200);
    expect(got.body).toContain('<h1>Shop &#60;b&#62;</h1>');
    expect(got.body).toContain('<script src="/widget.js" data-site-key="site_1" async></script>');
    expect(got.body).toContain('aria-label="A code that opens this page"');
    expect(String(got.headers['content-security-policy'])).toContain("img-src 'self' data: https:");
    expect((await server.inject({ path: '/b/site_2' })).statusCode).toBe(404);
  });

  test('a build beside the running server shows at once', async () => {
    put(dist, 'admin/assets/app-3c4d.js', 'later');
    expect((await server.inject({ path: '/assets/app-3c4d.js' })).statusCode).toBe(404);
    put(dist, 'built.json', '{"again":true}');
    utimesSync(join(dist, 'built.json'), new Date(), new Date(Date.now() + 5000));
    expect((await server.inject({ path: '/assets/app-3c4d.js' })).body).toBe('later');
    expect((await server.inject({ path: '/widget.js' })).body).toBe('(()=>{})()');
  });
});

test('the real installation shows its own site on the demo page, and every page goes by the brand that holds now', async () => {
  const real = await testApp('sqlite', { BRAND_NAME: 'Acme' });
  expect((await real.server.inject({ path: '/demo' })).body).toContain('There is no workspace yet');
  const world: World = await makeWorld(real.app);
  const demo = await real.server.inject({ path: '/demo' });
  expect(demo.body).toContain(`<script src="/widget.js" data-site-key="${world.site.site_key}" async></script>`);
  expect(demo.body).toContain('A demo page of Acme.');
  const other = await makeWorld(real.app);
  expect((await real.server.inject({ path: `/demo?site_key=${other.site.site_key}` })).body).toContain(`data-site-key="${other.site.site_key}"`);
  expect((await real.server.inject({ path: '/demo?site_key=site_unknown' })).body).toContain(`data-site-key="${world.site.site_key}"`);
  expect(demo.body).not.toMatch(/parley|__[A-Z]+__/i);
  await real.app.transact((tx) => changeBrand(real.app, tx, { name: 'Zenith', color: '#112233' }));
  for (const path of ['/', '/demo', '/api']) {
    const page = await real.server.inject({ path, headers: { accept: 'text/html' } });
    expect(page.body, path).toContain('Zenith');
    expect(page.body, path).not.toContain('Acme');
  }
  await real.close();
});
