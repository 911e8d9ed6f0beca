import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FastifyInstance, fastify } from 'fastify';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser, openBrowser, openPage } from '../testing/browser.ts';
import { builtFiles } from './pages/built.ts';
import { staticPages } from './static.ts';

const brand = { name: 'Acme Chat', logo: null, color: '#2f6fed', favicon: null, supportUrl: null, mailFrom: null };
const launcher = join(import.meta.dirname, '../../widget/launcher.ts');

/** Run in the page: everything that moved since it opened. */
const layoutShift = `new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 200);
})`;

describe.skipIf(!hasBrowser)('the unbuilt pages in a browser', () => {
  const dist = mkdtempSync(join(tmpdir(), 'dist-'));
  let server: FastifyInstance;
  let browser: Browser;
  let origin: string;
  let siteKey: string | null = 'site_1';
  beforeAll(async () => {
    server = fastify();
    const options = { readBrand: async () => brand, isSetupNeeded: async () => false, findShared: async () => null, built: builtFiles(dist), launcher };
    staticPages({ ...options, findDemoSite: async () => (siteKey === null ? null : { site_key: siteKey }) })(server, {} as never);
    // A stranger's page, with a policy that forbids every style of its own.
    server.get('/stranger', (_request, reply) =>
      reply
        .header('content-security-policy', "default-src 'none'; script-src 'self'; style-src 'none'; require-trusted-types-for 'script'")
        .type('text/html')
        .send('<!doctype html><html lang="ar" dir="rtl"><title>x</title><script src="/widget.js" data-site-key="site_1"></script><p>text</p></html>'),
    );
    origin = await server.listen({ port: 0, host: '127.0.0.1' });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    rmSync(dist, { recursive: true });
  });

  test.each(['light', 'dark'] as const)('read well in %s, for everyone, and ask nobody else', async (colorScheme) => {
    for (const width of [1280, 390]) {
      const { page, problems } = await openPage(browser, origin, { colorScheme, viewport: { width, height: 844 } });
      for (const [path, key] of [
        ['/app', 'site_1'],
        ['/demo', null],
        ['/demo', 'site_1'],
      ] as const) {
        siteKey = key;
        await page.goto(path, { waitUntil: 'networkidle' });
        expect(await accessibilityProblems(page), `${path} ${key}`).toEqual([]);
        const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
        expect(overflow, `${path} scrolls sideways at ${width}`).toBe(0);
      }
      expect(problems).toEqual([]);
      await page.context().close();
    }
  });

  test('the launcher stands in its corner, is named, and says that the pages must be built', async () => {
    siteKey = 'site_1';
    const { page, problems } = await openPage(browser, origin, { viewport: { width: 1280, height: 800 } });
    await page.goto('/demo');
    const button = page.getByRole('button', { name: 'Chat' });
    expect(await button.boundingBox()).toEqual({ x: 1280 - 20 - 56, y: 800 - 20 - 56, width: 56, height: 56 });
    expect(await page.evaluate("getComputedStyle(document.querySelector('chat-launcher').shadowRoot.querySelector('button')).backgroundColor")).toBe(
      'rgb(47, 111, 237)',
    );
    expect(await page.evaluate(layoutShift)).toBe(0);
    await button.click();
    await page.getByRole('status').filter({ hasText: 'npm run build' }).waitFor();
    const stored = await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]');
    expect(stored).toEqual([0, 0, '']);
    expect(problems).toEqual([]);
  });

  test('on the strictest stranger it is still itself, at the inline end of a page that reads from the right', async () => {
    const { page, problems } = await openPage(browser, origin, { viewport: { width: 800, height: 600 } });
    await page.goto('/stranger');
    const button = page.getByRole('button', { name: 'Chat' });
    expect(await button.boundingBox()).toEqual({ x: 20, y: 600 - 20 - 56, width: 56, height: 56 });
    expect(await page.evaluate('Object.keys(window).filter((name) => /chat|launcher|siteKey|bubble/i.test(name))')).toEqual([]);
    expect(problems).toEqual([]);
  });
});
