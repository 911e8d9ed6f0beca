import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, openPage } from '../testing/browser.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';

describe.skipIf(!hasBrowser)('the interactive reference in a browser', () => {
  let t: TestApp;
  let world: World;
  let browser: Browser;
  let origin: string;
  beforeAll(async () => {
    t = await testApp('sqlite', { BRAND_NAME: 'Acme Chat' });
    world = await makeWorld(t.app);
    origin = await t.server.listen({ port: 0, host: '127.0.0.1' });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await t.close();
  });

  test('a key is put into Authorize, a call is tried, executed and cleared, and nothing leaves our origin', async () => {
    const { page, problems } = await openPage(browser, origin);
    await page.goto('/api');
    expect(await page.title()).toBe('Acme Chat · API reference');
    await page.getByRole('button', { name: 'Authorize' }).click();
    const dialog = page.locator('.modal-ux');
    await dialog.waitFor();
    expect(await dialog.locator('h4 code').allInnerTexts()).toEqual(['API_KEY', 'x-client-workspace-id', 'x-client-flow-ns']);
    await page.locator('#auth-bearer-value').fill(world.key);
    await dialog.locator('button[type=submit]').first().click();
    await dialog.getByRole('button', { name: 'Close' }).first().click();

    const call = page.locator('.opblock', { has: page.locator('[data-path="/flow/tags"]') });
    await call.locator('.opblock-summary-control').click();
    await call.getByRole('button', { name: 'Try it out' }).click();
    await call.getByRole('button', { name: 'Execute' }).click();
    const reply = call.locator('.live-responses-table');
    await reply.waitFor();
    expect(await reply.locator('.response-col_status').last().innerText()).toContain('200');
    expect(await reply.locator('.response-col_description').last().innerText()).toContain('"current_page": 1');
    expect(await call.locator('.curl-command').innerText()).toContain(`Authorization: Bearer ${world.key}`);
    expect(await call.locator('.request-url').innerText()).toContain(`${origin}/api/flow/tags`);
    await call.getByRole('button', { name: 'Clear' }).click();
    await reply.waitFor({ state: 'detached' });

    // What one authorised stays authorised after a reload.
    await page.reload();
    await call.getByRole('button', { name: 'authorization button locked' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('a body shows its example, and in its schema what is required', async () => {
    const { page, problems } = await openPage(browser, origin);
    await page.goto('/api#/Flow%20Tag/createTag');
    const call = page.locator('.opblock', { has: page.locator('[data-path="/flow/create-tag"]') });
    const body = call.locator('.opblock-section-request-body');
    expect(await body.locator('.body-param__example, .example').first().innerText()).toContain('"name": "vip"');
    await body.getByRole('tab', { name: 'Schema' }).click();
    await body.locator('.json-schema-2020-12-property--required', { hasText: 'name' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('whoever is signed in to the console makes calls as themselves, writes included', async () => {
    const { page, problems } = await openPage(browser, origin);
    const signedIn = await page.request.post('/v1/sign-in', { data: { email: world.account.email, password: world.password } });
    expect(signedIn.status()).toBe(200);
    await page.goto('/api-docs#/Me/updateMe');
    const call = page.locator('#operations-Me-updateMe');
    await call.getByRole('button', { name: 'Try it out' }).click();
    await call.locator('textarea').fill('{"name": "Olive Renamed"}');
    await call.getByRole('button', { name: 'Execute' }).click();
    const reply = call.locator('.live-responses-table');
    await reply.waitFor();
    expect(await reply.locator('.response-col_description').last().innerText()).toContain('"name": "Olive Renamed"');
    expect(problems).toEqual([]);
  });

  test('the picker leads to the other definition, and /api-docs begins with it', async () => {
    const { page, problems } = await openPage(browser, origin, { colorScheme: 'dark' });
    await page.goto('/api');
    await page.locator('.info .title', { hasText: 'Platform API' }).waitFor();
    await page.getByLabel('Select a definition').selectOption({ label: 'Native API' });
    await page.locator('.info .title', { hasText: 'Native API' }).waitFor();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.locator('.modal-ux', { hasText: 'nothing is to be entered here' }).waitFor();
    await page.goto('/api-docs');
    await page.locator('.info .title', { hasText: 'Native API' }).waitFor();
    expect(await page.locator('.topbar .brand').innerText()).toBe('Acme Chat');
    expect(await page.locator('body').innerText()).not.toMatch(/swagger|smartbear|parley/i);
    expect(problems).toEqual([]);
  });
});
