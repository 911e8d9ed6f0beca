import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../server/testing/browser.ts';
import { type Console, type FreshConsole, openConsole, openFreshConsole, signIn, takePicture } from '../../server/testing/console.ts';

const olive = { email: 'olive@example.com', password: 'Tulip-9-bridge' };

describe.skipIf(!hasBrowser)('the first day of an installation', () => {
  let c: FreshConsole;
  beforeAll(async () => {
    c = await openFreshConsole();
  });
  afterAll(() => c.close());

  test('without the link, the page says where to find it', async () => {
    const { page, problems } = await c.open();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Open the set-up link' }).waitFor();
    await page.getByText('in that terminal, or in its log').waitFor();
    await page.goto('/app');
    await page.getByText('Nobody has set up this installation yet.').waitFor();
    expect(problems).toEqual([]);
  });

  test('a link that is not the latest is refused in a sentence', async () => {
    const { page } = await c.open();
    await page.goto('/setup?token=of-yesterday');
    await fillSetUp(page);
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.getByRole('alert').getByText('This set-up link is not valid any more.').waitFor();
  });

  test('the owner sets up, sees what comes first, and each step ticks itself off', async () => {
    const { page, problems } = await c.open();
    await page.goto(c.setUpLink);
    await page.getByLabel('Your name').waitFor();
    expect(page.url(), 'the token leaves the address bar').toBe(`${c.origin}/setup`);
    await page.getByLabel('Password', { exact: true }).fill('olive');
    await page.getByRole('button', { name: 'Set up' }).click();
    await page.getByText('Choose a password that fits the rule below.').waitFor();
    await fillSetUp(page);
    await page.getByText('Strong').waitFor();
    await takePicture(page, 'set-up');
    await page.getByRole('button', { name: 'Set up' }).click();

    await page.getByRole('heading', { name: /Olive/ }).waitFor();
    await page.getByText('0 of 5').waitFor();
    await takePicture(page, 'first-home');
    await page.getByRole('link', { name: 'Edit the greeting' }).click();
    await page.getByLabel('Greeting').fill('Good to see you.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Home' }).click();
    await page.getByText('1 of 5').waitFor();
    expect(await page.getByRole('listitem').filter({ hasText: 'Make the greeting yours' }).innerText()).toContain('Done:');
    expect(problems).toEqual([]);
  });

  test('the link works once', async () => {
    const { page, problems } = await c.open();
    await page.goto(c.setUpLink);
    await page.getByRole('heading', { name: 'Already set up' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('a wrong password is refused at once, in words that do not tell which half was wrong', async () => {
    const { page } = await c.open();
    for (const email of [olive.email, 'nobody@example.com']) {
      await page.goto('/app/sign-in');
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('The e-mail address or the password is wrong.').waitFor();
    }
  });

  test('a new password ends every other sign-in, and they come back to where they were', async () => {
    const [here, elsewhere] = [await c.open(), await c.open({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/605.1' })];
    await signIn(here.page, olive, '/app/you/security');
    await signIn(elsewhere.page, olive, '/app/sites');
    await here.page.reload();
    await here.page.getByRole('row', { name: /Safari on iPhone/ }).waitFor();
    await here.page.getByLabel('Current password').fill('wrong');
    await here.page.getByLabel('New password').fill('another long one');
    await here.page.getByRole('button', { name: 'Change the password' }).click();
    await here.page.getByText('The current password is wrong.').waitFor();
    await here.page.getByLabel('Current password').fill(olive.password);
    await here.page.getByRole('button', { name: 'Change the password' }).click();
    await here.page.getByText('The password is changed.').waitFor();
    await here.page.getByRole('row', { name: /Safari on iPhone/ }).waitFor({ state: 'detached' });
    await takePicture(here.page, 'security');

    await elsewhere.page.getByRole('link', { name: 'Settings' }).click();
    await elsewhere.page.getByLabel('E-mail').fill(olive.email);
    await elsewhere.page.getByLabel('Password', { exact: true }).fill('another long one');
    await elsewhere.page.getByRole('button', { name: 'Sign in' }).click();
    await elsewhere.page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  });

  async function fillSetUp(page: Page): Promise<void> {
    await page.getByLabel('Your name').fill('Olive Owner');
    await page.getByLabel('E-mail').fill(olive.email);
    await page.getByLabel('Password', { exact: true }).fill(olive.password);
    await page.getByLabel('Workspace').fill('Fern & Clay');
    await page.getByLabel('First bot').fill('Shop helper');
  }
});

describe.skipIf(!hasBrowser)('when the server does not answer', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  test('a page says what is wrong, with the request id, and loads when asked again', async () => {
    const { page } = await c.open();
    await signIn(page, c.owner);
    const answer = {
      status: 500,
      contentType: 'application/problem+json',
      body: JSON.stringify({ detail: 'x', code: 'internal', request_id: 'req-4711', errors: [] }),
    };
    await page.route('**/v1/members*', (route) => route.fulfill(answer));
    await page.goto('/app/settings/members');
    await page.getByRole('alert').getByText('req-4711').waitFor();
    await takePicture(page, 'problem');
    await page.unroute('**/v1/members*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('table', { name: 'Members' }).getByText(c.owner.email).waitFor();

    await page.context().setOffline(true);
    await page.getByRole('status').getByText('You are offline.').waitFor();
    await page.getByRole('button', { name: 'Invite someone' }).click();
    await page.getByRole('textbox', { name: 'E-mail', exact: true }).fill('a@example.com');
    await page.getByRole('button', { name: 'Make the invitation' }).click();
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Make the invitation' }).click();
    await page.getByLabel('Link of the invitation').waitFor();
  });
});
