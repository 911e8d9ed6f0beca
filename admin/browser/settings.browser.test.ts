import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { makeMember } from '../../server/testing/factories.ts';

describe.skipIf(!hasBrowser)('settings in the console', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  test('a person gives themselves a name, a picture made small in the browser, and another address', async () => {
    const { account, password } = await makeMember(c.t.app, c.world, 'viewer');
    const { page, problems } = await c.open();
    await signIn(page, { email: account.email, password }, '/app/you');
    // Larger than what the server takes, in bytes and in pixels.
    const picture = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 1600, height: 900 });
      const context = canvas.getContext('2d');
      for (let at = 0; at < 4000; at += 1) {
        if (context) context.fillStyle = `hsl(${at} 80% 50%)`;
        context?.fillRect((at * 37) % 1600, (at * 91) % 900, 60, 60);
      }
      return canvas.toDataURL('image/png');
    });
    const buffer = Buffer.from(picture.split(',')[1] ?? '', 'base64');
    await page.locator('input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer });
    await page.getByRole('button', { name: 'Remove' }).waitFor();
    await page.getByLabel('Your name').fill('Vera View');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await takePicture(page, 'profile');
    const face = await page.getByRole('banner').locator('button img').last().getAttribute('src');
    expect(face).toMatch(/^data:image\/webp;base64,/);
    expect(face?.length).toBeLessThan(64 * 1024);

    await page.locator('input[type=file]').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from('no picture') });
    await page.getByText('This file is no picture').waitFor();

    await page.getByLabel('E-mail').fill('vera@example.com');
    await page.getByLabel('Current password').fill('wrong');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The current password is wrong.').waitFor();
    await page.getByLabel('Current password').fill(password);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByLabel('Current password').waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('Vera View').first().waitFor();
    expect(await page.getByLabel('E-mail').inputValue()).toBe('vera@example.com');
    // Who only reads sees the settings of the workspace, and why they cannot be changed.
    await page.goto('/app/settings/workspace');
    await page.getByText('Only owners and admins can change this.').waitFor();
    expect(await page.getByLabel('Name').isDisabled()).toBe(true);
    expect(problems.filter((one) => !one.includes('422'))).toEqual([]);
  });

  test('the workspace counts time and money as it is told, and takes a mistake back', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/settings/workspace');
    await page.getByRole('combobox', { name: 'Time zone' }).fill('Vienna');
    await page.getByRole('option', { name: 'Europe/Vienna' }).click();
    await page.getByRole('combobox', { name: 'Currency' }).fill('Euro');
    await page.getByRole('option', { name: 'EUR · Euro' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.reload();
    const zone = page.getByRole('combobox', { name: 'Time zone' });
    await zone.waitFor();
    expect(await zone.inputValue()).toBe('Europe/Vienna');
    await page.getByLabel('Name').fill('Renamed by mistake');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: /Renamed by mistake/ }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: new RegExp(c.world.workspace.name) }).waitFor();
    expect(problems).toEqual([]);
  });

  test('a bot is made, becomes the current one, is renamed, and is deleted by typing its name', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner);
    await page.getByRole('button', { name: /Bot:/ }).click();
    await page.getByRole('menuitem', { name: 'New bot' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Night shift');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('Night shift is ready').waitFor();
    await page.getByRole('button', { name: 'Bot: Night shift' }).waitFor();
    await page.getByRole('button', { name: 'Actions for Night shift' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Day shift');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Bot: Day shift' }).waitFor();
    await takePicture(page, 'bots');

    await page.getByRole('button', { name: 'Actions for Day shift' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const question = page.getByRole('dialog', { name: 'Delete Day shift?' });
    expect(await question.getByRole('button', { name: 'Delete' }).isDisabled()).toBe(true);
    await question.getByLabel('Type “Day shift” to confirm').fill('Day shift');
    await takePicture(page, 'delete-bot');
    await question.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: `Bot: ${c.world.bot.name}` }).waitFor();
    expect(await page.getByRole('row', { name: /Day shift/ }).count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('a second workspace is begun and left, each with its own keys; and deleted', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/you/keys');
    await page.getByRole('row', { name: /test key/ }).waitFor();
    await page.getByRole('button', { name: /Workspace:/ }).click();
    await page.getByRole('menuitem', { name: 'New workspace' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Side project');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('button', { name: 'Workspace: Side project' }).waitFor();
    await page.getByRole('heading', { name: 'No API keys yet' }).waitFor();
    await page.getByRole('button', { name: 'Workspace: Side project' }).click();
    await page.getByRole('menuitemradio', { name: c.world.workspace.name }).click();
    await page.getByRole('row', { name: /test key/ }).waitFor();
    // The choice is kept for the next visit.
    await page.reload();
    await page.getByRole('button', { name: `Workspace: ${c.world.workspace.name}` }).click();
    await page.getByRole('menuitemradio', { name: 'Side project' }).click();
    await page.goto('/app/settings/workspace');
    await page.getByRole('button', { name: 'Delete this workspace' }).click();
    await page.getByLabel('Type “Side project” to confirm').fill('Side project');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete this workspace' }).click();
    await page.getByText('Side project is deleted').waitFor();
    await page.getByRole('button', { name: `Workspace: ${c.world.workspace.name}` }).waitFor();
    expect(problems).toEqual([]);
  });

  test('the brand is seen while it is chosen, and by everyone with their next page', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/settings/brand');
    await page.getByLabel('Name').fill('Fern & Clay');
    await page.getByLabel('Colour', { exact: true }).fill('#ffd400');
    await page.getByRole('heading', { name: 'Brand', level: 2 }).click();
    await takePicture(page, 'brand');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Others see it with the next page').waitFor();
    const other = await c.open();
    await other.page.goto('/app/sign-in');
    await other.page.getByRole('heading', { name: 'Sign in to Fern & Clay' }).waitFor();
    await takePicture(other.page, 'brand-sign-in');
    // A bright brand keeps its hue; the words on it turn black.
    const colours = await other.page.getByRole('button', { name: 'Sign in' }).evaluate((button) => {
      const { backgroundColor, color } = getComputedStyle(button);
      return [backgroundColor, color];
    });
    expect(colours).toEqual(['rgb(255, 212, 0)', 'rgb(0, 0, 0)']);
    expect(problems).toEqual([]);
    expect(other.problems).toEqual([]);
  });
});
