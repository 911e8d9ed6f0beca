import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { makeKeyFor, makeMember } from '../../server/testing/factories.ts';

const agreed =
  'Here is your new API Key. This is the only time the key will ever be displayed, so be sure not to lose it! You may revoke the key at any time from your API settings.';

describe.skipIf(!hasBrowser)('API keys in the console', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  const whoIs = async (key: string) => (await c.t.server.inject({ path: '/v1/me', headers: { authorization: `Bearer ${key}` } })).statusCode;
  const row = (page: Page, name: string) => page.getByRole('row', { name: new RegExp(name) });

  test('a key is made from the account menu, seen once, works, and is refused as soon as it is revoked', async () => {
    const { page, problems } = await c.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await signIn(page, c.owner);
    await page.getByRole('button', { name: /Your account/ }).click();
    await page.getByRole('menuitem', { name: 'Your settings' }).click();
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'Create an API key' }).click();

    await page.getByLabel('Name', { exact: true }).fill('Shop backend');
    await page.getByLabel('chats:read').check();
    await page.getByLabel('chats:write').check();
    await takePicture(page, 'key-form');
    await page.getByRole('button', { name: 'Create', exact: true }).click();

    const dialog = page.getByRole('dialog', { name: 'Your new API key' });
    await dialog.waitFor();
    expect(await dialog.innerText()).toContain(agreed);
    await page.keyboard.press('Escape');
    await takePicture(page, 'key-secret');
    await dialog.getByRole('button', { name: 'Copy the key' }).click();
    const key = await page.evaluate(() => navigator.clipboard.readText());
    expect(key).toMatch(/^pk_live_\w{49}$/);
    expect(await whoIs(key)).toBe(200);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await dialog.waitFor({ state: 'hidden' });

    const shown = await row(page, 'Shop backend').innerText();
    expect(shown).toContain(key.slice(0, 14));
    expect(shown).toContain('chats:read and chats:write');
    expect(await page.content()).not.toContain(key);
    await page.reload();
    await row(page, 'Shop backend').getByText('now', { exact: true }).waitFor();
    await takePicture(page, 'keys');

    await page.getByRole('button', { name: 'Revoke Shop backend' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await row(page, 'Shop backend').waitFor({ state: 'detached' });
    expect(await whoIs(key)).toBe(401);
    expect(problems).toEqual([]);
  });

  test('the palette leads to the form, which says what is missing at the field it is missing from', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /Search/ }).waitFor();
    await page.keyboard.type('create an api');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Create an API key' });
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.getByText('This is needed.').waitFor();
    await dialog.getByText('Choose at least one.').waitFor();
    // The words are there a moment before the focus is.
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-path') === 'name');
    expect(new URL(page.url()).search).toBe('?new=1');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.waitForFunction(() => location.search === '');
    expect(problems).toEqual([]);
  });

  test('what few need is under More: a key held to a flow, to so many calls, and to the words of older clients', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner);
    await page.goto(`${new URL(page.url()).origin}/app/you/keys?new=1`);
    const dialog = page.getByRole('dialog', { name: 'Create an API key' });
    await dialog.getByLabel('Name', { exact: true }).fill('Chats only');
    await dialog.getByLabel('chats:read').check();
    expect(await dialog.getByLabel('Calls per minute').isVisible()).toBe(false);
    await dialog.getByText('More', { exact: true }).click();
    await dialog.getByLabel('Calls per minute').fill('many');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.getByText('A whole number from 1 to 100000.').waitFor();
    await dialog.getByLabel('Calls per minute').fill('30');
    await dialog.getByRole('combobox', { name: 'Only these flows' }).click();
    await page.getByRole('option').first().click();
    await dialog.getByText('Words of older clients').click();
    await takePicture(page, 'key-more');
    // What it is held to is known, and where it is refused the field says so.
    await dialog.getByLabel('Manage Flow').check();
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.getByText('can have the scopes chats:read and chats:write only').waitFor();
    await dialog.getByLabel('Manage Flow').uncheck();
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('dialog', { name: 'Your new API key' }).waitFor();
    const made = await c.t.app.db.selectFrom('api_key').selectAll().where('name', '=', 'Chats only').executeTakeFirstOrThrow();
    expect(made).toMatchObject({ rate_per_minute: 30, flows: expect.stringMatching(/^\["f\d+s\d+"\]$/), status_vocabulary: 'legacy' });
    expect(problems.filter((one) => !one.includes('422'))).toEqual([]);
  });

  test('nobody gives a key more than their role holds', async () => {
    const { account, password } = await makeMember(c.t.app, c.world, 'agent');
    const { page, problems } = await c.open();
    await signIn(page, { email: account.email, password }, '/app/you/keys?new=1');
    await page.getByLabel('All scopes').check();
    expect(await page.getByLabel('Manage Team').isDisabled()).toBe(true);
    expect(await page.getByLabel('Manage Flow').isChecked()).toBe(false);
    await page.getByLabel('Name', { exact: true }).fill('Desk');
    await page.getByRole('combobox', { name: 'Expires' }).click();
    await page.getByRole('option', { name: 'In 30 days' }).click();
    await page.getByText('Test', { exact: true }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    const shown = await row(page, 'Desk').innerText();
    expect(shown).toContain('pk_test_');
    expect(shown).toContain('Send Message, chats:read and chats:write');
    expect(problems).toEqual([]);
  });

  test('a long list comes page by page', async () => {
    for (let made = 0; made < 60; made += 1) await makeKeyFor(c.t.app, c.world, ['chats:read']);
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/you/keys');
    const rows = page.getByRole('table', { name: 'API keys' }).locator('tbody tr');
    await page.getByRole('button', { name: 'Load more' }).waitFor();
    expect(await rows.count()).toBe(50);
    await page.getByRole('button', { name: 'Load more' }).click();
    await page.getByRole('button', { name: 'Load more' }).waitFor({ state: 'detached' });
    expect(await rows.count()).toBeGreaterThan(60);
    expect(problems).toEqual([]);
  });
});
