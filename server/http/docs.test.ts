import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doors } from '../doors.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { docsPages } from './docs.ts';
import { builtFiles } from './pages/built.ts';

const asBrowser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the interactive reference', () => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp('sqlite', { BRAND_NAME: 'Acme <Chat>', BRAND_LOGO: 'https://acme.example/logo.svg', BRAND_COLOR: '#ffcc00' });
  });
  afterAll(() => t.close());

  test.each([
    ['/api', ['Platform API', 'Native API', 'Widget API', 'Webhooks']],
    ['/api-docs', ['Native API', 'Platform API', 'Widget API', 'Webhooks']],
  ])('at %s is a page for a browser, with the definitions %j', async (path, names) => {
    const got = await t.server.inject({ path, headers: asBrowser });
    expect([got.statusCode, got.headers['content-type'], got.headers['cache-control'], got.headers.vary]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
      'Accept',
    ]);
    const boot = JSON.parse(/id="boot">([^<]*)</.exec(got.body)?.[1] ?? '');
    expect(boot.definitions.map((one: { name: string }) => one.name)).toEqual(names);
    for (const { url } of boot.definitions) expect((await t.server.inject({ path: url })).statusCode).toBe(200);
    for (const [, src] of got.body.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)) expect((await t.server.inject({ path: src })).statusCode, src).toBe(200);
  });

  test.each(['/api', '/api-docs'])('at %s is the document for a program', async (path) => {
    for (const headers of [{}, { accept: 'application/json' }, { accept: '*/*' }]) {
      const got = await t.server.inject({ path, headers });
      expect([got.statusCode, got.headers['content-type'], got.json().info.title]).toEqual([200, 'application/json; charset=utf-8', 'Platform API']);
    }
  });

  test('carries the brand, escaped, and a policy that lets in nothing but ourselves and the logo', async () => {
    const got = await t.server.inject({ path: '/api', headers: asBrowser });
    expect(got.body).toContain('<title>Acme &#60;Chat&#62; · API reference</title>');
    expect(got.body).not.toMatch(/parley|<Chat>|smartbear/i);
    const policy = String(got.headers['content-security-policy']);
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
    expect(policy).toBe(
      `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: https://acme.example; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    );
    expect(got.body).toContain(`<style nonce="${nonce}">:root{--brand:#ffcc00;--on-brand:#000000}`);
    const again = await t.server.inject({ path: '/api', headers: asBrowser });
    expect(again.headers['content-security-policy']).not.toBe(policy);
  });

  test('answers HEAD, revalidates its files and refuses other names', async () => {
    const page = await t.server.inject({ method: 'HEAD', path: '/api', headers: asBrowser });
    expect([page.statusCode, page.body]).toEqual([200, '']);
    const file = await t.server.inject({ path: '/docs/docs.js' });
    const again = await t.server.inject({ path: '/docs/docs.js', headers: { 'if-none-match': `"other", W/${file.headers.etag}` } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    for (const path of ['/docs/page.ts', '/docs/..%2f..%2fpackage.json', '/docs/']) {
      const refused = await t.server.inject({ path });
      expect([refused.statusCode, refused.json().code]).toEqual([404, 'not_found']);
    }
  });
});

test('without Swagger UI the page says how to get it and where the documents are', async () => {
  const nowhere = mkdtempSync(join(tmpdir(), 'no-dist-'));
  const brand = { name: 'Acme', logo: null, color: '#2f6fed', favicon: null, supportUrl: null, mailFrom: null };
  const server = fastify();
  docsPages({ doors, built: builtFiles(nowhere), library: nowhere, readBrand: async () => brand })(server, {} as never);
  const got = await server.inject({ path: '/api', headers: asBrowser });
  expect(got.statusCode).toBe(200);
  expect(got.body).toContain('npm run build');
  expect(got.body).toContain('<a href="/api/openapi.json">Platform API</a>, <a href="/openapi.json">Native API</a>');
  expect((await server.inject({ path: '/docs/swagger-ui.css' })).statusCode).toBe(404);
  await server.close();
  rmSync(nowhere, { recursive: true });
});
