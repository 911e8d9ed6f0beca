import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { type Desk, openDesk } from '../../server/testing/desk.ts';

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
    const { bot, workspace } = c.world;
    const numbers = (n: number) => sql.raw(`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${n})`);
    const at = Date.now() - 3_600_000;
    await c.t.app.transact(async (tx) => {
      await sql`insert into subscriber (id, bot_id, channel, user_id, name, name_key, fields, created_at, updated_at)
        ${numbers(conversations)} select 10000 + i, ${bot.id}, 'web', 'v' || i, 'Person ' || i, 'person ' || i, '{}', ${at}, ${at} from n`.execute(tx);
      await sql`insert into conversation (id, workspace_id, bot_id, subscriber_id, channel, status, handler, seq, public_at, messages, opened_at, last_message_at, created_at)
        ${numbers(conversations)} select 10000 + i, ${workspace.id}, ${bot.id}, 10000 + i, 'web', 'open', 'people', 0, 0, 0, ${at}, ${at} - i * 1000, ${at} from n`.execute(
        tx,
      );
      long = 10_000 + conversations;
      await sql`insert into message (conversation_id, seq, direction, author_kind, author_id, author_name, body, text, at, public_at)
        ${numbers(messages)} select ${long}, i, case when i % 3 = 0 then 'out' else 'in' end, case when i % 3 = 0 then 'bot' else 'subscriber' end, null, 'Person',
          case when i % 3 = 0 then '{"kind":"text","text":"Line ' || i || '"}' else '{"text":"Line ' || i || '"}' end,
          'Line ' || i || case when i = 1500 then ' about the blue kangaroo in the garden' else '' end, ${at} + i, ${at} + i from n`.execute(tx);
      await sql`update message set body = '{"text":"Line 1500 about the blue kangaroo in the garden"}', direction = 'in', author_kind = 'subscriber'
        where conversation_id = ${long} and seq = 1500`.execute(tx);
      await sql`update conversation set seq = ${messages}, messages = ${messages} where id = ${long}`.execute(tx);
    });
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
    await page.getByRole('button', { name: 'Newest messages' }).click();
    await log(page).getByText(`Line ${messages}`, { exact: true }).waitFor();
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
