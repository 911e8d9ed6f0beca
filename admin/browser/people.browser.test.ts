import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';

describe.skipIf(!hasBrowser)('people in the console', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  async function invite(page: Page, email: string, role: string): Promise<string> {
    await page.goto('/app/settings/members');
    await page.getByRole('button', { name: 'Invite someone' }).click();
    await page.getByRole('textbox', { name: 'E-mail', exact: true }).fill(email);
    await page.getByRole('radio', { name: role }).check();
    await page.getByRole('button', { name: 'Make the invitation' }).click();
    const link = await page.getByLabel('Link of the invitation').inputValue();
    await takePicture(page, 'invite-link');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('table', { name: 'Invited' }).getByText(email).waitFor();
    return link.replace(/^https?:\/\/[^/]+/, c.origin);
  }

  test('someone is invited, joins by the link, gets another role, takes it back, and is removed', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner);
    const link = await invite(page, 'new@example.com', 'Builder');

    const other = await c.open();
    await other.page.goto(link);
    await other.page.getByRole('heading', { name: `Join ${c.world.workspace.name}` }).waitFor();
    expect(other.page.url()).toBe(`${c.origin}/app/join`);
    await other.page.getByLabel('Your name').fill('Nora New');
    await other.page.getByLabel('Password', { exact: true }).fill('short');
    await other.page.getByRole('button', { name: 'Join' }).click();
    await other.page.getByText('Choose a password that fits the rule below.').waitFor();
    await takePicture(other.page, 'join');
    await other.page.getByLabel('Password', { exact: true }).fill('long enough for it');
    await other.page.getByRole('button', { name: 'Join' }).click();
    await other.page.getByRole('heading', { name: /Nora/ }).waitFor();
    // A builder is offered what a builder may do, and no more.
    await other.page.goto('/app/settings/members');
    await other.page.getByRole('table', { name: 'Members' }).getByText('Nora New').waitFor();
    expect(await other.page.getByRole('button', { name: 'Invite someone' }).count()).toBe(0);
    expect(await other.page.getByRole('link', { name: 'Audit log' }).count()).toBe(0);

    await page.goto('/app/settings/members?q=nora');
    const row = page.getByRole('row', { name: /Nora New/ });
    await row.getByRole('button', { name: 'Nora New is Builder. Change the role' }).click();
    await page.getByRole('menuitemradio', { name: /^Agent/ }).click();
    await page.getByText('Nora New is now Agent').waitFor();
    await row.getByRole('button', { name: /Nora New is Agent/ }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await row.getByRole('button', { name: /Nora New is Builder/ }).waitFor();
    await takePicture(page, 'members');

    await row.getByRole('button', { name: 'Remove Nora New' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    await other.page.reload();
    await other.page.getByRole('heading', { name: 'You are in no workspace' }).waitFor();
    expect(problems).toEqual([]);
    expect(other.problems).toEqual([]);
  });

  test('an invitation that was withdrawn says so, and one that is no link at all too', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner);
    const link = await invite(page, 'late@example.com', 'Viewer');
    await page.getByRole('button', { name: 'Withdraw the invitation of late@example.com' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Withdraw' }).click();
    await page.getByText('late@example.com is withdrawn').waitFor();

    for (const address of [link, `${c.origin}/app/join`]) {
      const other = await c.open();
      await other.page.goto(address);
      await other.page.getByRole('heading', { name: 'This invitation does not work' }).waitFor();
      expect(other.problems.filter((one) => !one.includes('404'))).toEqual([]);
    }
    expect(problems).toEqual([]);
  });

  test('what happened stands in the audit log, found by kind, with the entry in the address', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/settings/audit');
    await page.getByRole('combobox', { name: 'What happened' }).click();
    await page.getByRole('option', { name: 'Member removed' }).click();
    await page.getByRole('row', { name: /Member removed/ }).waitFor();
    expect(new URL(page.url()).search).toBe('?kind=member.removed');
    await page.getByRole('button', { name: /Member removed/ }).click();
    await page.getByRole('dialog', { name: 'Entry' }).getByText('member.removed').waitFor();
    await takePicture(page, 'audit-entry');
    // The address alone brings all of it back.
    await page.reload();
    await page.getByRole('dialog', { name: 'Entry' }).getByText('member.removed').waitFor();
    await page.keyboard.press('Escape');
    await page.getByLabel('Until').fill('2020-01-01');
    await page.getByRole('heading', { name: 'Nothing in this range' }).waitFor();
    expect(problems).toEqual([]);
  });
});
