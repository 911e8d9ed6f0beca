// A link, a code on paper, an ad: what leads a visitor to a page of ours goes along with their first word.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChat, openShop, type Shop, saidIn, write } from '../../server/testing/browser/shop.ts';
import { hasBrowser } from '../../server/testing/browser.ts';

const summer = {
  format: 'flow/1',
  id: 'summer',
  name: 'Summer',
  triggers: { ad: { type: 'ref', ref: 'summer', to: 'a' } },
  groups: { a: { blocks: [{ id: 't', type: 'text', text: 'Ten percent off for {{ param.trigger.data.ref }}.', to: { next: '@end' } }] } },
};

describe.skipIf(!hasBrowser)('what leads a visitor here', () => {
  let shop: Shop;
  let site: Awaited<ReturnType<Shop['site']>>;
  beforeAll(async () => {
    shop = await openShop();
    site = await shop.site();
    await shop.flow(summer);
  });
  afterAll(() => shop.close());

  test.each([
    ['the page of a chat that has no website', () => `/b/${site.site_key}?ref=summer`],
    ['the demo', () => `/demo?site_key=${site.site_key}&ref=summer`],
  ])('is known on %s', async (_where, path) => {
    const { page, problems } = await shop.open();
    await page.goto(path());
    const chat = await openChat(page);
    await write(chat, 'Hello');
    await expect.poll(() => saidIn(chat), { timeout: 15_000 }).toEqual(['Hello', 'Ten percent off for summer.']);
    expect(problems).toEqual([]);
    await page.context().close();
  });
});
