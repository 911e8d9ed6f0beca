import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { makeMember } from '../../server/testing/factories.ts';

const pages = {
  home: '/app',
  inbox: '/app/inbox',
  subscribers: '/app/subscribers',
  subscriber: '/app/subscribers/1',
  sites: '/app/sites',
  'sites-new': '/app/sites?new=1',
  site: '/app/sites/1',
  'site-look': '/app/sites/1/look',
  developers: '/app/developers',
  workspace: '/app/settings/workspace',
  bots: '/app/settings/bots',
  'bots-new': '/app/settings/bots?new=1',
  members: '/app/settings/members',
  'members-invite': '/app/settings/members?invite=1',
  'members-none': '/app/settings/members?q=nobody',
  fields: '/app/settings/fields',
  'fields-new': '/app/settings/fields?of=user&new=1',
  tags: '/app/settings/fields?of=tags',
  hours: '/app/settings/hours',
  words: '/app/settings/words',
  brand: '/app/settings/brand',
  audit: '/app/settings/audit',
  profile: '/app/you',
  security: '/app/you/security',
  keys: '/app/you/keys',
  'keys-new': '/app/you/keys?new=1',
  appearance: '/app/you/appearance',
  'no-such-page': '/app/nothing/here',
  'no-such-site': '/app/sites/999999',
};

describe.skipIf(!hasBrowser)('every page of the console', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole({ BRAND_NAME: 'Acme Chat', BRAND_COLOR: '#7c3aed', BRAND_SUPPORT_URL: 'https://acme.example/help' });
  });
  afterAll(() => c.close());

  async function settled(page: Page): Promise<void> {
    await page.locator('h1').first().waitFor();
    await page.waitForFunction(() => document.querySelectorAll('.mantine-Skeleton-root').length === 0);
    // Dialogs come with a transition, during which colours are mixed.
    await page.waitForTimeout(250);
  }

  async function visitAll(page: Page, kind: 'light' | 'dark' | 'phone', check: (name: string) => Promise<void>): Promise<void> {
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(path);
      await settled(page);
      await takePicture(page, `${kind}-${name}`);
      // In dark the same page has other colours and nothing else.
      expect(await accessibilityProblems(page, kind === 'dark' ? 'color-contrast' : undefined), name).toEqual([]);
      await check(name);
    }
  }

  /** Turned around, the rail stands on the other side and nothing sticks out. */
  const mirrors = (page: Page) =>
    page.evaluate(() => {
      document.documentElement.dir = 'rtl';
      const rail = document.querySelector('aside')?.getBoundingClientRect();
      const main = document.querySelector('main');
      return rail !== undefined && main !== null && rail.left > main.getBoundingClientRect().left && main.scrollWidth === main.clientWidth;
    });

  const widthOver = (page: Page) =>
    page.evaluate(() => Math.max(...[document.documentElement, document.querySelector('main')].map((one) => (one ? one.scrollWidth - one.clientWidth : 0))));

  test('reads well in light, under the name of the installation', async () => {
    const { page, problems } = await c.open({ colorScheme: 'light' });
    await signIn(page, c.owner);
    await visitAll(page, 'light', async (name) => {
      expect(await page.title(), name).toMatch(/ · Acme Chat$/);
      expect(await page.content(), name).not.toMatch(/parley/i);
    });
    expect(problems.filter((one) => !one.includes('404'))).toEqual([]);
  });

  test('turns around for who reads from right to left', async () => {
    const { page } = await c.open({ colorScheme: 'light' });
    await signIn(page, c.owner);
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(path);
      await settled(page);
      expect(await mirrors(page), name).toBe(true);
      await takePicture(page, `rtl-${name}`);
    }
  });

  test('reads well in dark', async () => {
    const { page, problems } = await c.open({ colorScheme: 'dark' });
    await signIn(page, c.owner);
    await visitAll(page, 'dark', async () => {});
    expect(problems.filter((one) => !one.includes('404'))).toEqual([]);
  });

  test('fits a phone, with the rail in a drawer', async () => {
    const { page, problems } = await c.open({ viewport: { width: 390, height: 844 }, hasTouch: true });
    await signIn(page, c.owner);
    await visitAll(page, 'phone', async (name) => expect(await widthOver(page), `${name} scrolls sideways`).toBe(0));
    await page.goto('/app');
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'Developers' }).waitFor();
    await takePicture(page, 'phone-drawer');
    await page.getByRole('dialog').getByRole('link', { name: 'Developers' }).click();
    await page.getByRole('heading', { name: 'Developers', level: 1 }).waitFor();
    expect(problems.filter((one) => !one.includes('404'))).toEqual([]);
  });

  test('outside the frame reads well too', async () => {
    const { page, problems } = await c.open();
    for (const [name, path] of Object.entries({ 'sign-in': '/app/sign-in', setup: '/setup', join: '/app/join' })) {
      await page.goto(path);
      await settled(page);
      await takePicture(page, `outside-${name}`);
      expect(await accessibilityProblems(page), name).toEqual([]);
    }
    expect(problems).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)('what a person chose', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  test('follows them to another machine, and is right before the first paint', async () => {
    const { account, password } = await makeMember(c.t.app, c.world, 'admin');
    const person = { email: account.email, password };
    const first = await c.open({ colorScheme: 'light' });
    await signIn(first.page, person, '/app/you/appearance');
    await first.page.getByRole('radio', { name: 'Dark' }).check();
    await first.page.getByRole('combobox', { name: 'Language' }).click();
    const saved = first.page.waitForResponse((reply) => reply.request().method() === 'PATCH' && reply.ok());
    await first.page.getByRole('option', { name: 'Deutsch' }).click();
    await first.page.getByRole('heading', { name: 'Ihre Einstellungen' }).waitFor();
    await saved;
    await takePicture(first.page, 'german');

    const second = await c.open({ colorScheme: 'light' });
    await signIn(second.page, person);
    await second.page.getByRole('heading', { name: 'Erste Schritte' }).waitFor();
    expect(await second.page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.mantineColorScheme])).toEqual(['de', 'dark']);
    await takePicture(second.page, 'german-home');

    // Every later page is dark before a line of our own code has run.
    await second.page.route('**/assets/*.js', (route) => route.abort());
    await second.page.goto('/app');
    expect(await second.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe('rgb(11, 12, 15)');
    expect(first.problems).toEqual([]);
  });

  test('a link that was wanted before signing in is reached after it; one that leads elsewhere is not', async () => {
    const { page } = await c.open({ locale: 'en-GB' });
    await signIn(page, c.owner, '/app/settings/members?q=olive&role=owner');
    await page.waitForURL('**/app/settings/members?q=olive&role=owner');
    const other = await c.open();
    await signIn(other.page, c.owner, `/app/sign-in?next=${encodeURIComponent('https://evil.example/app')}`);
    expect(new URL(other.page.url()).href).toBe(`${c.origin}/app`);
  });

  test('junk in the browser’s storage breaks nothing', async () => {
    const { page, problems } = await c.open();
    await page.goto('/app/sign-in');
    await page.evaluate(() => {
      for (const key of ['place', 'scheme', 'language', 'shortcuts']) localStorage.setItem(key, '{"workspace":1,"bots":');
    });
    await signIn(page, c.owner);
    await page.locator('main h1').waitFor();
    expect(problems).toEqual([]);
  });
});
