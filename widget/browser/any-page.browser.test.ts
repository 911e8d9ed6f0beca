import { gzipSync } from 'node:zlib';
import type { Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcherOf, openChat, openShop, type Shop, saidIn, write } from '../../server/testing/browser/shop.ts';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { takePicture } from '../../server/testing/console.ts';
import { hardTexts, storableTexts } from '../../server/testing/samples/naughty.ts';

const hostile = [
  '<img src=x onerror="window.pwned=1">',
  '<svg onload=window.pwned=1>',
  '[click](javascript:window.pwned=1)',
  '[x](data:text/html,<script>window.pwned=1</script>)',
  '**<b onmouseover=window.pwned=1>bold</b>**',
  '`<script>window.pwned=1</script>`',
  'https://shop.example/"onmouseover="window.pwned=1',
  '*'.repeat(2000),
  '[['.repeat(500),
];

describe.skipIf(!hasBrowser)('the widget on any page', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  test('before anybody wants it, it is one request and leaves nothing; open it is at most four and 15 kB', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    const { page, problems } = await shop.open();
    let asked: string[] = [];
    const isAsking = (request: Request) => request.method() === 'GET' && /\/widget|\/chat\//.test(request.url());
    page.on('request', (request) => isAsking(request) && asked.push(request.url().replace(shop.origin, '')));
    await page.goto(`/demo?site_key=${site.site_key}`, { waitUntil: 'networkidle' });
    expect(asked).toEqual(['/widget.js']);
    expect(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([0, 0, '']);
    const chat = await openChat(page);
    await write(chat, 'Hi');
    await chat.getByText('Hello!').waitFor();
    asked = [];
    await page.reload();
    await launcherOf(page).click();
    await chat.getByText('Hello!').waitFor();
    // The page that was left may ask something to its end; what comes after the chat can be read is not waited for.
    const open = asked.slice(asked.indexOf('/widget.js')).filter((url) => !/rest-/.test(url));
    const kinds = open.map((url) => url.replace(/[?-].*/, '').replace(/conversations.*/, 'history'));
    expect(kinds.sort(), open.join(' ')).toEqual(['/api/v1/chat/config', '/api/v1/chat/history', '/widget.js', '/widget/chat']);
    const weigh = async (url: string) => gzipSync(await (await page.request.get(url.replace('/stream', '/messages'))).body(), { level: 9 }).length;
    const weights = await Promise.all(open.map(weigh));
    expect(weights.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(15_000);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('a strict policy, Trusted Types and a body that is replaced change nothing, and two tags are one chat', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    const { page, problems } = await shop.open();
    const tag = `<script src="${shop.origin}/widget.js" data-site-key="${site.site_key}"></script>`;
    await page.goto(await shop.stranger(site, { body: `<h1>A page</h1><button data-parley-open>Help</button>${tag}` }));
    expect(await page.locator('chat-launcher').count()).toBe(1);
    await page.getByRole('button', { name: 'Help' }).click();
    const chat = page.getByRole('dialog');
    await chat.locator('.begin').click();
    await write(chat, 'Hi');
    await chat.getByText('Hello!').waitFor();
    await page.evaluate(() => document.body.replaceWith(document.createElement('body')));
    await write(chat, 'Still here');
    await shop.answer(site, 'So am I');
    await chat.getByText('So am I').waitFor();
    const own = chat.locator('.own .text').first();
    expect(await own.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe('rgb(47, 111, 237)');
    await takePicture(page, 'widget-stranger');
    expect(problems.filter((one) => !one.startsWith('asked a third party: http://127.0.0.1'))).toEqual([]);
    await page.context().close();
  });

  test('whatever a text says, it is text', async () => {
    const texts = [...hostile, ...storableTexts, ...hardTexts.filter((one) => one.trim() !== '' && !/[\0\ud800-\udfff]/.test(one) && one.length < 10_000)];
    const site = await shop.site({
      greeting: hostile[0] ?? '',
      author_label: '<img src=x onerror=window.pwned=1>',
      settings: JSON.stringify({ starters: [hostile[1]] }),
    });
    const { page, problems } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, hostile[0] ?? '');
    await chat.getByText('Sent ·').waitFor();
    for (const text of texts) await shop.answer(site, text, hostile[1]);
    await shop.answer(site, 'The last one');
    await chat.getByText('The last one').waitFor();
    expect(await chat.locator('.their .said').count()).toBeGreaterThan(texts.length);
    expect(await chat.locator('script, iframe, .list img, .text svg, [onerror], [onmouseover], a[href^="javascript"], a[href^="data"]').count()).toBe(0);
    expect((await saidIn(chat)).filter((one) => one === '<svg onload=window.pwned=1>').length).toBe(1);
    expect(await page.evaluate('window.pwned')).toBe(undefined);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('a page talks to it before it is there, in order, and hears of everything', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    await page.addInitScript(() => {
      const w = window as unknown as { parley: unknown; heard: string[] };
      const stub = Object.assign((...call: unknown[]) => stub.q.push(call), { q: [] as unknown[] });
      w.parley = stub;
      w.heard = [];
      for (const name of ['ready', 'open', 'close', 'started', 'sent', 'message', 'failed']) {
        stub('on', name, () => w.heard.push(name));
        addEventListener(`parley:${name}`, () => w.heard.push(`dom ${name}`));
      }
      stub('setAttributes', { plan: 'pro' });
      stub('prefill', 'From the page');
      stub('open');
    });
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = page.getByRole('dialog');
    await chat.locator('.begin').click();
    await page.evaluate("parley('send', 'From a program')");
    await chat.getByText('From a program').waitFor();
    await chat.getByText('Sent ·').waitFor();
    await shop.answer(site, 'An answer');
    await chat.getByText('An answer').waitFor();
    expect(await page.evaluate('[parley.isOpen(), parley.unreadCount()]')).toEqual([true, 0]);
    await page.evaluate("parley('setTheme', { color: '#ffcc00' }); parley.setScheme('dark'); parley.close()");
    await chat.waitFor({ state: 'hidden' });
    expect(await launcherOf(page).evaluate((element) => getComputedStyle(element).color)).toBe('rgb(0, 0, 0)');
    for (const name of ['ready', 'open', 'started', 'sent', 'message', 'close']) {
      await expect.poll(() => page.evaluate('heard'), { message: name }).toEqual(expect.arrayContaining([name, `dom ${name}`]));
    }
    await page.evaluate('parley.reset()');
    await expect.poll(() => page.evaluate('localStorage.length')).toBe(0);
    await page.evaluate('parley.destroy()');
    expect(await page.locator('chat-launcher').count()).toBe(0);
    await page.evaluate('parley.init()');
    await launcherOf(page).waitFor();
    await page.context().close();
  });

  test('it speaks Arabic from right to left, and each language is fetched alone', async () => {
    const site = await shop.site({ auto_reply: 'أهلاً!' });
    const { page, problems } = await shop.open({ locale: 'ar', colorScheme: 'dark' });
    const languages: string[] = [];
    page.on('request', (request) => /\/widget\/[a-z]{2}-/.test(request.url()) && languages.push(request.url().replace(/.*widget\/(..)-.*/, '$1')));
    await page.addInitScript("addEventListener('DOMContentLoaded', () => { document.documentElement.lang = 'ar'; document.documentElement.dir = 'rtl'; })");
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'مرحبًا');
    await chat.getByText('أهلاً!').waitFor();
    expect(await chat.locator('.body').getAttribute('dir')).toBe('rtl');
    expect((await launcherOf(page).boundingBox())?.x).toBe(20);
    await takePicture(page, 'widget-arabic');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(languages).toEqual(['ar']);
    await page.evaluate("parley('setLocale', 'de')");
    await chat.getByPlaceholder('Nachricht schreiben …').waitFor();
    expect(languages).toEqual(['ar', 'de']);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('by keyboard alone it is opened, written in, left and found again', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    const { page, problems } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    await launcherOf(page).focus();
    await page.keyboard.press('Enter');
    const chat = page.getByRole('dialog');
    await chat.waitFor();
    const focused = () => page.evaluate("document.querySelector('chat-launcher').shadowRoot.activeElement?.className");
    for (let presses = 0; (await focused()) !== 'tile begin' && presses < 10; presses += 1) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await chat.locator('textarea:focus').waitFor();
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('in two lines');
    await page.keyboard.press('Enter');
    await chat.getByText('Hello!').waitFor();
    expect(await saidIn(chat)).toEqual(['By keyboard\nin two lines', 'Hello!']);
    await page.keyboard.press('Escape');
    await chat.waitFor({ state: 'hidden' });
    expect(await focused()).toBe('launcher');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('on a phone it fills the screen, keeps the focus inside, and gives the page back', async () => {
    const site = await shop.site();
    const { page, problems } = await shop.open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    expect(await chat.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
    for (let presses = 0; presses < 12; presses += 1) await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement === document.body || document.activeElement === document.querySelector('chat-launcher')")).toBe(true);
    await takePicture(page, 'widget-phone');
    await chat.getByRole('button', { name: 'Close chat' }).click();
    await chat.waitFor({ state: 'hidden' });
    await launcherOf(page).waitFor();
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('a chat without a website has a page and a code of its own', async () => {
    const site = await shop.site({ name: 'Fern & Clay', greeting: 'Ask us about plants.', auto_reply: 'Hello!' });
    const { page, problems } = await shop.open();
    await page.goto(`/b/${site.site_key}`);
    await page.getByRole('img', { name: 'A code that opens this page' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await takePicture(page, 'share-page');
    await page.getByRole('button', { name: 'Start the chat' }).click();
    await page.getByRole('dialog').locator('.begin').click();
    await write(page.getByRole('dialog'), 'Hi');
    await page.getByRole('dialog').getByText('Hello!').waitFor();
    expect(problems).toEqual([]);
    expect((await page.goto('/b/site_unknown'))?.status()).toBe(404);
    await page.context().close();
  });
});
