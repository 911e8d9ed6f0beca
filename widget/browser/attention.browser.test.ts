import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChat, openShop, type Shop, saidIn, write } from '../../server/testing/browser/shop.ts';
import { hasBrowser, openBrowser, openPage } from '../../server/testing/browser.ts';

const soon = { timeout: 15_000 };
const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Counts what sounds and what is asked for, and says whether somebody looks. */
async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const w = window as unknown as { tones: number; asked: number; hide(isHidden: boolean): void };
    w.tones = w.asked = 0;
    const make = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function (this: AudioContext) {
      w.tones += 1;
      return make.call(this);
    };
    Notification.requestPermission = () => {
      w.asked += 1;
      return Promise.resolve('default');
    };
    let isHidden = false;
    Object.defineProperty(document, 'hidden', { get: () => isHidden });
    w.hide = (now) => {
      isHidden = now;
      document.dispatchEvent(new Event('visibilitychange'));
    };
  });
}

const give = (target: Locator, kind: 'drop' | 'paste', names: string[]): Promise<void> =>
  target.evaluate(
    (element, { kind, names, bytes }) => {
      const data = new DataTransfer();
      for (const name of names) data.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], name, { type: 'image/png' }));
      const more = { bubbles: true, cancelable: true, composed: true };
      const event = kind === 'drop' ? new DragEvent('drop', { ...more, dataTransfer: data }) : new ClipboardEvent('paste', { ...more, clipboardData: data });
      element.dispatchEvent(event);
    },
    { kind, names, bytes: picture },
  );

describe.skipIf(!hasBrowser)('a chat that stands open', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  async function begin(): Promise<{ page: Page; chat: Locator; answer(text: string): Promise<void> }> {
    const site = await shop.site();
    const { page } = await shop.open();
    await watch(page);
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Hi');
    await chat.getByText('Sent ·').waitFor();
    return { page, chat, answer: (text) => shop.answer(site, text) };
  }

  test('sounds once for each message nobody looks at, counts them in the title, and is silent when it is told to be', async () => {
    const { page, chat, answer } = await begin();
    const tones = () => page.evaluate('tones');
    await answer('Before your eyes');
    await chat.getByText('Before your eyes').waitFor();
    expect(await tones()).toBe(0);
    const title = await page.title();
    await page.evaluate('hide(true)');
    await answer('One');
    await expect.poll(() => page.title(), soon).toBe(`(1) ${title}`);
    await expect.poll(tones, soon).toBe(2);
    // A page that renames itself meanwhile keeps its new name.
    await page.evaluate("document.title = 'Sofas'");
    await answer('Two');
    await expect.poll(() => page.title(), soon).toBe('(2) Sofas');
    await expect.poll(tones, soon).toBe(4);
    await page.evaluate('parley.mute()');
    await answer('Three');
    await expect.poll(() => page.title(), soon).toBe('(3) Sofas');
    expect(await tones()).toBe(4);
    await page.evaluate('hide(false)');
    await expect.poll(() => page.title(), soon).toBe('Sofas');
    expect(await page.evaluate('asked')).toBe(0);
    await page.context().close();
  });

  test('two tabs sound once', async () => {
    const { page, answer } = await begin();
    const other = await page.context().newPage();
    await watch(other);
    await other.goto(page.url());
    await openChat(other);
    await other.getByRole('dialog').getByText('Hi', { exact: true }).waitFor();
    // A tab in which nothing was ever pressed may make no sound.
    await other.getByRole('dialog').locator('textarea').click();
    for (const one of [page, other]) await one.evaluate('hide(true)');
    await answer('To both');
    for (const one of [page, other]) await expect.poll(() => one.title(), soon).toMatch(/^\(1\) /);
    const sum = async () => ((await page.evaluate('tones')) as number) + ((await other.evaluate('tones')) as number);
    await expect.poll(sum, soon).toBe(2);
    await page.context().close();
  });

  test('older messages come when their place is reached, and what is read stays where it is', async () => {
    const { page, chat, answer } = await begin();
    for (let count = 1; count <= 120; count += 1) await answer(`Message ${count} of many, long enough to be seen`);
    await chat.getByText('Message 120 of many').waitFor();
    await page.reload();
    await openChat(page);
    await chat.getByText('Message 120 of many').waitFor();
    expect(await chat.getByText('Message 60 of many').count()).toBe(0);
    // They come when it has been seen where the reader is.
    const { promise: isSeen, resolve: seen } = Promise.withResolvers<void>();
    await page.route('**/messages?*before=*', async (route) => {
      await isSeen;
      await route.continue();
    });
    const log = chat.locator('.log');
    await log.evaluate((element) => {
      element.scrollTop = 110;
    });
    const first = chat.getByText('Message 72 of many');
    // The panel may still be on its way up.
    let before = Number.NaN;
    const isStill = async (): Promise<boolean> => {
      const earlier = before;
      before = (await first.boundingBox())?.y ?? 0;
      return before === earlier;
    };
    await expect.poll(isStill, soon).toBe(true);
    seen();
    await chat.getByText('Message 60 of many').waitFor({ state: 'attached' });
    expect(Math.abs(((await first.boundingBox())?.y ?? 0) - before)).toBeLessThan(2);
    // News at the end move nobody who reads further up; a button leads there.
    await answer('News');
    await chat.getByRole('button', { name: '1 new messages' }).click();
    await chat.getByText('News').waitFor();
    await expect.poll(() => chat.locator('.jump').isVisible(), soon).toBe(false);
    await page.context().close();
  });

  test('a stream that says nothing any more is given up and begun again', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    await page.clock.install();
    let streams = 0;
    page.on('request', (request) => {
      if (request.url().includes('/stream?')) streams += 1;
    });
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Hi');
    await chat.getByText('Sent ·').waitFor();
    await expect.poll(() => streams, soon).toBe(1);
    await page.clock.runFor(20_000);
    expect(streams).toBe(1);
    // No beat is heard in time that does not pass on the server.
    await page.clock.fastForward(46_000);
    await page.clock.runFor(5_000);
    await expect.poll(() => streams, soon).toBe(2);
    await shop.answer(site, 'Still there');
    await chat.getByText('Still there').waitFor();
    await page.context().close();
  });

  test('files are dropped on it and pasted into it, and what cannot be sent says why', async () => {
    const { page, chat } = await begin();
    await give(chat, 'drop', ['one.png', 'two.png']);
    await chat.locator('.upload progress[hidden]').nth(1).waitFor({ state: 'attached' });
    await give(chat.locator('textarea'), 'paste', ['three.png']);
    await chat.locator('.upload progress[hidden]').nth(2).waitFor({ state: 'attached' });
    await chat.getByRole('button', { name: 'Delete: two.png' }).click();
    await chat.locator('.send').click();
    for (const name of ['one.png', 'three.png']) await chat.getByRole('img', { name }).waitFor();
    expect(await chat.getByRole('img', { name: 'two.png' }).count()).toBe(0);
    await give(chat, 'drop', ['1.png', '2.png', '3.png', '4.png', '5.png', '6.png']);
    await chat.getByText('At most 5 files at once').waitFor();
    expect(await chat.locator('.upload').count()).toBe(5);
    await page.context().close();
  });

  test('a picture whose link is over is shown by a new one, and followed by a new one', async () => {
    const { page, chat } = await begin();
    await give(chat, 'drop', ['old.png']);
    await chat.locator('.upload progress[hidden]').waitFor({ state: 'attached' });
    await chat.locator('.send').click();
    const shown = chat.getByRole('img', { name: 'old.png' });
    await shown.waitFor();
    let reads = 0;
    await page.route('**/f/**', async (route) => {
      reads += 1;
      await (reads === 1 ? route.fulfill({ status: 410, json: {} }) : route.continue());
    });
    await page.reload();
    await openChat(page);
    await expect.poll(() => shown.evaluate((element) => (element as HTMLImageElement).naturalWidth), soon).toBe(1);
    expect(reads).toBe(2);
    const anchor = chat.locator('a.picture');
    await anchor.evaluate((element) => {
      (element as HTMLAnchorElement).href = (element as HTMLAnchorElement).href.replace(/exp=\d+/, 'exp=1');
    });
    const [followed] = await Promise.all([page.context().waitForEvent('page'), anchor.click()]);
    expect(followed.url()).not.toContain('exp=1&');
    await followed.close();
    // What stays away is still there to fetch.
    await page.unroute('**/f/**');
    await page.route('**/f/**', (route) => route.fulfill({ status: 410, json: {} }));
    await page.reload();
    await openChat(page);
    await chat.locator('a.file', { hasText: 'old.png' }).waitFor();
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)('a page that the browser keeps', () => {
  test('is live again on the way back, and has missed nothing', async () => {
    const shop = await openShop();
    const browser = await openBrowser({ keepsPages: true });
    const site = await shop.site({ greeting: 'Hello' });
    const { page } = await openPage(browser, shop.origin);
    await page.addInitScript("addEventListener('pageshow', (event) => { window.wasKept = event.persisted; })");
    await page.goto(await shop.stranger(site));
    const chat = await openChat(page);
    await write(chat, 'Before');
    await chat.getByText('Sent ·').waitFor();
    await page.goto(`${shop.origin}/api-docs`);
    await shop.answer(site, 'While away');
    await page.goBack({ waitUntil: 'commit' });
    expect(await page.evaluate('window.wasKept')).toBe(true);
    await chat.getByText('While away').waitFor();
    await write(chat, 'After');
    await shop.answer(site, 'And on');
    await chat.getByText('And on').waitFor();
    expect(await saidIn(chat)).toEqual(['Before', 'While away', 'After', 'And on']);
    await browser.close();
    await shop.close();
  });
});
