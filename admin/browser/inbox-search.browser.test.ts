import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { type Desk, fillInbox, openDesk } from '../../server/testing/desk.ts';

const conversations = 10_000;
const messages = 3_000;

describe.skipIf(!hasBrowser)('a long inbox', () => {
  let c: Console;
  let desk: Desk;
  /** Of the person with the long thread. */
  let long: number;
  beforeAll(async () => {
    c = await openConsole();
    desk = await openDesk(c);
    long = await fillInbox(c, { conversations, messages });
  });
  afterAll(() => c.close());

  const list = (page: Page) => page.getByRole('region', { name: 'Conversations' });
  const log = (page: Page) => page.getByRole('log', { name: 'Messages' });
  const inPage = (page: Page, what: string) => page.locator(what).count();

  test('a word said among thousands is found, shown where it stands, and gone to; from there one scrolls both ways', async () => {
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox');
    await page.getByRole('searchbox', { name: 'Find people or words' }).fill('kangaroo blue');
    const found = list(page).getByRole('link', { name: /Person 10000/ });
    await found.waitFor();
    expect(await found.locator('mark').allTextContents()).toEqual(['blue', 'kangaroo']);
    await takePicture(page, 'inbox-search');
    expect(await accessibilityProblems(page)).toEqual([]);
    await found.click();
    const line = log(page).locator('article', { hasText: 'Line 1500' });
    await line.waitFor();
    await expect.poll(() => line.evaluate((one) => one === document.activeElement), { timeout: 15_000 }).toBe(true);
    const box = await line.boundingBox();
    expect(box && box.y > 100 && box.y < 700, JSON.stringify(box)).toBe(true);
    await log(page).getByText('Line 1520', { exact: true }).waitFor({ state: 'attached' });
    await takePicture(page, 'inbox-search-thread');
    expect(new URL(page.url()).searchParams.get('m')).not.toBeNull();

    // Upwards and downwards through many pages; what is held stays little.
    for (const [by, wanted] of [
      [-20_000, 'Line 1100'],
      [20_000, 'Line 1800'],
    ] as const) {
      await expect
        .poll(
          async () => {
            await log(page).evaluate((one, dy) => one.scrollBy(0, dy), by / 10);
            return log(page).getByText(wanted, { exact: true }).count();
          },
          { timeout: 30_000 },
        )
        .toBe(1);
      expect(await inPage(page, '[role=log] article')).toBeLessThanOrEqual(450);
    }
    // What came last was not seen, and is not read.
    const readTo = () => c.t.app.db.selectFrom('conversation_read').select('seq').where('conversation_id', '=', long).execute();
    expect(await readTo()).toEqual([]);
    await page.getByRole('button', { name: 'Newest messages' }).click();
    await log(page).getByText(`Line ${messages}`, { exact: true }).waitFor();
    await expect.poll(readTo, { timeout: 15_000 }).toEqual([{ seq: messages }]);
    expect(problems).toEqual([]);
  });

  test('older pages come as one scrolls, and what one reads stays where it is', async () => {
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, `/app/inbox?c=${long}`);
    await log(page).getByText(`Line ${messages}`, { exact: true }).waitFor();
    const line = log(page).getByText('Line 2960', { exact: true });
    await line.evaluate((one) => one.scrollIntoView({ block: 'center' }));
    const before = (await line.boundingBox())?.y ?? 0;
    await log(page).getByText('Line 2905', { exact: true }).waitFor({ state: 'attached' });
    expect(Math.abs(((await line.boundingBox())?.y ?? 0) - before)).toBeLessThan(3);
    // Somebody writes meanwhile: it is there, and moves nothing.
    await desk.meet('Zoe Zebra', 'Hello');
    await list(page)
      .getByRole('link', { name: /Zoe Zebra/ })
      .waitFor();
    expect(Math.abs(((await line.boundingBox())?.y ?? 0) - before)).toBeLessThan(3);
    expect(problems).toEqual([]);
  });

  test('of ten thousand conversations only those in sight are in the page, from the first to the last, by hand and by key', async () => {
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox?view=unassigned');
    await list(page)
      .getByRole('link', { name: /Person 1\b/ })
      .waitFor();
    const rows = page.locator('[data-rows]');
    for (let wheel = 0; wheel < 30; wheel += 1) {
      await rows.evaluate((one) => one.scrollTo(0, one.scrollHeight));
      await page.waitForTimeout(60);
    }
    const loaded = await rows.locator('ul').evaluate((one) => one.getBoundingClientRect().height / 86);
    expect(loaded).toBeGreaterThan(1_000);
    expect(await inPage(page, '[data-conversation]')).toBeLessThan(60);
    // The one in sight stays in sight while others come to the top.
    const row = rows.locator('[data-conversation]').nth(15);
    const name = (await row.textContent()) ?? '';
    const before = (await row.boundingBox())?.y ?? 0;
    const yara = await desk.meet('Yara Yak', 'Hello');
    await yara.say('X-1');
    await expect.poll(() => page.title(), { timeout: 15_000 }).toMatch(/^\(\d+\)/);
    await page.waitForTimeout(1_000);
    const same = rows.locator('[data-conversation]').filter({ hasText: name.slice(0, 14) });
    expect(Math.abs(((await same.boundingBox())?.y ?? 0) - before)).toBeLessThan(3);
    await rows.evaluate((one) => one.scrollTo(0, 0));
    await list(page)
      .getByRole('link', { name: /Yara Yak/ })
      .waitFor();
    expect(await rows.locator('[data-conversation]').first().textContent()).toContain('Yara Yak');
    // By key: twenty on, each in sight.
    for (let key = 0; key < 20; key += 1) await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'Person 19', exact: true }).waitFor();
    const open = await rows.locator('[aria-current]').boundingBox();
    expect(open && open.y > 0 && open.y < 800, JSON.stringify(open)).toBe(true);
    expect(problems).toEqual([]);
  });
});
