import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';

describe.skipIf(!hasBrowser)('the console by keyboard alone', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  /** What has the focus, in the words a screen reader would use. */
  const focused = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      return element?.getAttribute('aria-label') || element?.labels?.[0]?.textContent || element?.textContent || '';
    });
  async function tabTo(page: Page, name: string): Promise<void> {
    for (let presses = 0; presses < 40; presses += 1) {
      if ((await focused(page)).trim().startsWith(name)) return;
      await page.keyboard.press('Tab');
      expect(await isFocusSeen(page), `${await focused(page)} has the focus, unseen`).toBe(true);
    }
    throw new Error(`no way by Tab to ${name}; the focus is on ${await focused(page)}`);
  }
  /** Where an arrow goes first depends on whether the list has marked what is chosen now, a moment after it opened. */
  async function arrowTo(page: Page, name: string): Promise<void> {
    const marked = page.locator('[role="option"][data-combobox-selected]');
    for (let presses = 0; presses < 10; presses += 1) {
      await page.keyboard.press('ArrowDown');
      await marked.waitFor();
      if ((await marked.innerText()).includes(name)) return;
    }
    throw new Error(`no way by arrows to ${name}; marked is ${await marked.innerText()}`);
  }
  /** Down a menu, one key after the focus has followed the last. */
  async function downTo(page: Page, name: string): Promise<void> {
    for (let presses = 0; presses < 10; presses += 1) {
      const before = await focused(page);
      if (before.trim() === name) return;
      await page.keyboard.press('ArrowDown');
      await expect.poll(() => focused(page), { timeout: 15_000 }).not.toBe(before);
    }
    throw new Error(`no way by arrows to ${name}; the focus is on ${await focused(page)}`);
  }
  /** An outline, or the ring of an input. */
  const isFocusSeen = (page: Page) =>
    page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return true;
      const rings = [element, element.nextElementSibling, element.closest('.mantine-Input-wrapper')?.firstElementChild].flatMap((one) =>
        one ? [getComputedStyle(one), getComputedStyle(one, '::after')] : [],
      );
      return rings.some((style) => (style.outlineStyle !== 'none' && style.outlineWidth !== '0px') || style.boxShadow !== 'none');
    });

  test('signing in, making a key and signing out need no mouse, and the focus is always seen', async () => {
    const { page, problems } = await c.open();
    await page.goto('/app/you/keys');
    await page.getByLabel('E-mail').waitFor();
    expect(await focused(page)).toBe('E-mail');
    await page.keyboard.type(c.owner.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(c.owner.password);
    await page.keyboard.press('Enter');

    await page.getByRole('button', { name: 'Create an API key' }).first().waitFor();
    await tabTo(page, 'Skip to the page');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Create an API key');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Create an API key' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-path') === 'name');
    await page.keyboard.type('By keyboard');
    await tabTo(page, 'Bot');
    await page.keyboard.press('Enter');
    await arrowTo(page, 'All bots of the workspace');
    await takePicture(page, 'keyboard-select');
    await page.keyboard.press('Enter');
    await tabTo(page, 'All scopes');
    await page.keyboard.press('Space');
    await tabTo(page, 'Create');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Your new API key' }).waitFor();
    await tabTo(page, 'Done');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('row', { name: /By keyboard/ }).innerText()).toContain('All bots');

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Search/ }).waitFor();
    await page.keyboard.type('sign out');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /Sign in/ }).waitFor();
    expect(problems).toEqual([]);
  });

  test('g and a letter go somewhere, / finds, ? explains; and whoever wants it can switch them off', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner);
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.getByRole('table', { name: 'Members' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    await page.keyboard.press('/');
    await page.keyboard.type('ghs?');
    expect(await page.getByLabel('Find by name or e-mail').inputValue()).toBe('ghs?');
    expect(new URL(page.url()).pathname).toBe('/app/settings/members');

    await page.getByRole('main').focus();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.waitFor();
    await takePicture(page, 'shortcuts');
    await help.getByRole('switch').click();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await page.getByRole('main').focus();
    await page.keyboard.press('?');
    await page.keyboard.press('g');
    await page.keyboard.press('h');
    expect(await help.count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe('/app/settings/members');
    expect(problems).toEqual([]);
  });

  test('menus open, move and close by keys, and give the focus back', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner);
    const account = page.getByRole('button', { name: /Your account/ });
    await account.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Your settings' }).waitFor();
    await downTo(page, 'Light or dark');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('menuitemradio', { name: 'Dark' }).waitFor();
    await downTo(page, 'Dark');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'dark');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('menu').first().waitFor({ state: 'hidden' });
    expect(await focused(page)).toMatch(/Your account/);
    expect(problems).toEqual([]);
  });
});
