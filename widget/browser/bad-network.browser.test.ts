import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcherOf, openChat, openShop, type Shop, saidIn, write } from '../../server/testing/browser/shop.ts';
import { hasBrowser } from '../../server/testing/browser.ts';
import { takePicture } from '../../server/testing/console.ts';

describe.skipIf(!hasBrowser)('the widget on a bad network', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  test('what is written without a network waits, and what was missed comes, each once', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'One');
    await chat.getByText('Hello!').waitFor();
    await page.context().setOffline(true);
    await write(chat, 'Two');
    await write(chat, 'Three');
    await chat.getByText('No connection.').waitFor();
    expect(await chat.getByText('Sending…').count()).toBe(2);
    await takePicture(page, 'widget-offline');
    await shop.answer(site, 'Said meanwhile.');
    await page.context().setOffline(false);
    await chat.getByText('Said meanwhile.').waitFor();
    await chat.getByText('Sent ·').waitFor();
    await expect.poll(() => saidIn(chat)).toEqual(['One', 'Hello!', 'Said meanwhile.', 'Two', 'Three']);
    await page.context().close();
  });

  test('what is on its way outlives a reload', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'First');
    await chat.getByText('Sent ·').waitFor();
    await page.route('**/messages?v=2**', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
    await write(chat, 'Kept');
    await chat.getByText('Sending…').waitFor();
    await page.unroute('**/messages?v=2**');
    await page.reload();
    await launcherOf(page).click();
    await chat.getByText('Kept').waitFor();
    await chat.getByText('Sending…').waitFor({ state: 'detached' });
    expect(await saidIn(chat)).toEqual(['First', 'Kept']);
    await page.context().close();
  });

  test('a message that is refused says why, and can be sent again or deleted', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'First');
    await chat.getByText('Sent ·').waitFor();
    await page.route('**/messages?v=2**', (route) =>
      route.fulfill({ status: 422, json: { error: 'Not like this', code: 'invalid', field: null, request_id: '1' } }),
    );
    await write(chat, 'Refused');
    await chat.getByText('Not sent · Not like this').waitFor();
    await page.unroute('**/messages?v=2**');
    await chat.getByRole('button', { name: 'Try again' }).click();
    await chat.getByText('Not sent').waitFor({ state: 'detached' });
    await chat.getByText('Sent ·').waitFor();
    expect(await saidIn(chat)).toEqual(['First', 'Refused']);
    await page.context().close();
  });

  test('when the message that was to begin it is refused and deleted, the next one begins it', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    await page.route('**/conversations?v=2**', (route) =>
      route.fulfill({ status: 422, json: { error: 'Not like this', code: 'invalid', field: null, request_id: '1' } }),
    );
    const chat = await openChat(page);
    await write(chat, 'Refused');
    await chat.getByText('Not sent · Not like this').waitFor();
    await page.context().setOffline(true);
    await page.unroute('**/conversations?v=2**');
    await page.evaluate((key) => {
      // As if it had been written while the first was on its way.
      const memory = JSON.parse(localStorage.getItem(`chat:${key}`) ?? '{}');
      const second = { clientId: 'second', talk: null, at: Date.now(), text: 'Second', attachments: [], sending: { client_id: '', message: 'Second' } };
      localStorage.setItem(`chat:${key}`, JSON.stringify({ ...memory, outbox: [...memory.outbox, second] }));
    }, site.site_key);
    await page.context().setOffline(false);
    await page.reload();
    await launcherOf(page).click();
    await chat.getByText('Second').waitFor();
    await chat.getByRole('button', { name: 'Delete' }).click();
    await chat.getByText('Hello!').waitFor();
    expect(await saidIn(chat)).toEqual(['Second', 'Hello!']);
    await page.context().close();
  });

  test('what there is no room for to wait stays in the field', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await page.context().setOffline(true);
    await page.evaluate(() => {
      const { send } = (window as unknown as { parley: { send(text: string): void } }).parley;
      for (let count = 1; count <= 50; count += 1) send(`Number ${count}`);
    });
    expect(await chat.getByText('Number').count()).toBe(0);
    // What they are done with is fetched first.
    await page.route('**/conversations?v=2**', (route) => route.abort());
    await page.context().setOffline(false);
    await chat.getByText('Number 50').waitFor();
    await write(chat, 'One too many');
    await chat.locator('.composer .wrong', { hasText: 'No connection.' }).waitFor();
    expect(await chat.locator('textarea').inputValue()).toBe('One too many');
    await page.unroute('**/conversations?v=2**');
    await chat.getByText('Hello!').waitFor();
    await expect.poll(() => chat.getByText('Sending…').count(), { timeout: 40_000 }).toBe(0);
    expect((await saidIn(chat)).filter((text) => text.startsWith('Number')).length).toBe(50);
    await page.context().close();
  });

  test('where no stream comes through, the same is asked for every few seconds', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    await page.route('**/stream?**', (route) => route.abort());
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Hello');
    await chat.getByText('Sent ·').waitFor();
    await shop.answer(site, 'By asking.');
    await chat.getByText('By asking.').waitFor();
    expect(await chat.getByText('No connection.').count()).toBe(0);
    await page.context().close();
  });

  test('two tabs share one stream and say the same, and the second goes on alone', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    const streams: string[] = [];
    page.context().on('request', (request) => request.url().includes('/stream?') && streams.push(request.url()));
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'From the first');
    await chat.getByText('Sent ·').waitFor();
    await expect.poll(() => streams.length).toBe(1);
    const second = await page.context().newPage();
    await second.goto(`/demo?site_key=${site.site_key}`);
    const other = await openChat(second);
    await other.getByText('From the first').waitFor();
    await shop.answer(site, 'To both');
    for (const one of [chat, other]) await one.getByText('To both').waitFor();
    await write(other, 'From the second');
    await chat.getByText('From the second').waitFor();
    expect(streams.length).toBe(1);
    await page.close();
    await expect.poll(() => streams.length).toBe(2);
    await shop.answer(site, 'To one');
    await other.getByText('To one').waitFor();
    expect(await saidIn(other)).toEqual(['From the first', 'To both', 'From the second', 'To one']);
    await second.context().close();
  });

  test('a page that is kept for the way back holds no connection and no lock, and is live again when it is shown', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Before');
    await chat.getByText('Sent ·').waitFor();
    const locks = () => page.evaluate(async () => (await navigator.locks.query()).held?.length);
    await expect.poll(locks).toBe(1);
    const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/stream?'));
    await page.evaluate(() => void dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    await ended;
    await expect.poll(locks).toBe(0);
    await shop.answer(site, 'While away');
    await page.evaluate(() => void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await chat.getByText('While away').waitFor();
    expect(await saidIn(chat)).toEqual(['Before', 'While away']);
    await page.context().close();
  });

  test('somebody who does not look is told by a badge, the title and the mark of what is new', async () => {
    const site = await shop.site();
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Hello');
    await chat.getByText('Sent ·').waitFor();
    await page.keyboard.press('Escape');
    await chat.waitFor({ state: 'hidden' });
    await shop.answer(site, 'News');
    await page.locator('.badge', { hasText: '1' }).waitFor();
    await takePicture(page, 'widget-badge');
    // The next page shows it too, without a click.
    await page.goto(`/demo?site_key=${site.site_key}#next`);
    await page.reload();
    await page.locator('.badge', { hasText: '1' }).waitFor();
    await launcherOf(page).click();
    await chat.locator('.new').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('.badge').isVisible()).toBe(false);
    await page.context().close();
  });
});
