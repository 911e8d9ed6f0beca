import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { makeMember } from '../../server/testing/factories.ts';
import { call } from '../../server/testing/scenario.ts';

type Settings = {
  timezone: string;
  business_hours: null | (Record<string, object[]> & { dates?: Record<string, object[]> });
  command_words: Record<string, string[]>;
  fallback_text: string;
};

describe.skipIf(!hasBrowser)('fields, hours and words in the console', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  const settings = async (): Promise<Settings> => (await call(c.t, { method: 'GET', path: '/v1/settings', key: c.world.key })).json;

  test('fields, tags and labels are made, found, changed and deleted', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/settings/fields');
    await page.getByRole('button', { name: 'New user field' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'New user field' });
    await dialog.getByLabel('Name').fill('Birthday');
    await dialog.getByRole('combobox', { name: 'Type' }).click();
    await page.getByRole('option', { name: 'Date', exact: true }).click();
    await takePicture(page, 'field-new');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Birthday is ready').waitFor();
    await page.getByRole('button', { name: 'Birthday', exact: true }).click();
    const edit = page.getByRole('dialog', { name: 'Edit' });
    expect(await edit.getByRole('combobox', { name: 'Type' }).isDisabled()).toBe(true);
    await edit.getByLabel('What it is for').fill('For a greeting');
    await edit.getByRole('button', { name: 'Save' }).click();
    await page.getByText('For a greeting').waitFor();

    await page.getByText('Bot fields', { exact: true }).click();
    await page.waitForURL(/of=bot/);
    await page.getByRole('button', { name: 'New bot field' }).first().click();
    const bot = page.getByRole('dialog', { name: 'New bot field' });
    await bot.getByLabel('Name').fill('seats');
    await bot.getByRole('combobox', { name: 'Type' }).click();
    await page.getByRole('option', { name: 'Number' }).click();
    await bot.getByRole('textbox', { name: 'Value' }).fill('many');
    await bot.getByRole('button', { name: 'Create' }).click();
    await bot.getByText('The value field must be a number.').waitFor();
    await bot.getByRole('textbox', { name: 'Value' }).fill('12');
    await bot.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('row', { name: /seats/ }).getByText('12').waitFor();

    await page.getByText('Tags', { exact: true }).click();
    for (const name of ['Regular', 'Trial']) {
      await page.getByRole('button', { name: 'New tag' }).first().click();
      await page.getByRole('dialog').getByLabel('Name').fill(name);
      await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
      await page.getByRole('row', { name: new RegExp(name) }).waitFor();
    }
    await call(c.t, { method: 'PUT', path: '/v1/subscribers', key: c.world.key, body: { email: 'a@example.com', name: 'Ann', add_tags: ['Trial'] } });
    await page.getByRole('button', { name: 'Actions for Regular' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Customer');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /Customer/ }).waitFor();
    await page.getByRole('searchbox', { name: 'Find by name' }).fill('tri');
    await page.waitForURL(/q=tri/);
    await page.getByRole('row', { name: /Customer/ }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('link', { name: 'Show the 1 who have Trial' }).waitFor();
    await takePicture(page, 'tags');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Actions for Trial' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    const question = page.getByRole('dialog', { name: 'Delete Trial?' });
    await question.getByText('1 subscriber has it and loses it.').waitFor();
    await question.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Nothing here matches “tri”.').waitFor();
    expect(problems.filter((one) => !one.includes('422'))).toEqual([]);
  });

  test('hours are set for a week and a holiday, say until when, and are taken back', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/settings/hours');
    await page.getByText('Open now, and always').waitFor();
    await page.getByRole('switch', { name: 'Always open' }).click();
    await page.getByLabel('Monday, from (1)').fill('08:30');
    await page.getByRole('button', { name: 'Same until Friday' }).click();
    await page.getByRole('button', { name: 'Add hours on Saturday' }).click();
    await page.getByLabel('Saturday, from (1)').fill('10:00');
    await page.getByLabel('Saturday, until (1)').fill('09:00');
    await page.getByText('It ends before it begins.').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Mend what is marked above first.').waitFor();
    await page.getByLabel('Saturday, until (1)').fill('00:00');
    await page.getByRole('button', { name: 'Add hours on Friday' }).click();
    await page.getByRole('button', { name: 'Add a date' }).click();
    await page.getByLabel('Date 1').fill('2030-12-25');
    await takePicture(page, 'hours-typed');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const day = [{ from: '08:30', to: '17:00' }];
    const friday = [...day, { from: '18:00', to: '21:00' }];
    expect((await settings()).business_hours).toEqual({
      ...{ '1': day, '2': day, '3': day, '4': day, '5': friday, '6': [{ from: '10:00', to: '24:00' }], '7': [] },
      dates: { '2030-12-25': [] },
    });
    await page.getByText(/^(Open now, until|Closed until)/).waitFor();
    await page.reload();
    await page.getByLabel('Saturday, until (1)').waitFor();
    expect(await page.getByLabel('Saturday, until (1)').inputValue()).toBe('00:00');
    expect(await page.getByLabel('Date 1').inputValue()).toBe('2030-12-25');
    await takePicture(page, 'hours-saved');
    await page.getByRole('switch', { name: 'Always open' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Open now, and always').waitFor();
    expect((await settings()).business_hours).toBeNull();
    expect(problems).toEqual([]);
  });

  test('words of commands are typed, none of them twice, and are what people may say', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/settings/words');
    const stop = page.getByLabel('Unsubscribe', { exact: true });
    await stop.fill('Adiós');
    await stop.press('Enter');
    const menu = page.getByLabel('Main menu', { exact: true });
    await menu.fill('adios');
    await menu.press('Enter');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('“adios” does something else already.').waitFor();
    await takePicture(page, 'words-twice');
    expect(await accessibilityProblems(page)).toEqual([]);
    await menu.press('Backspace');
    await page.getByLabel('When something fails').fill('Lo siento. Un momento, por favor.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const { command_words, fallback_text } = await settings();
    expect(command_words).toEqual({ restart: ['restart'], stop: ['stop', 'unsubscribe', 'Adiós'], agent: ['agent', 'human'], menu: ['menu'] });
    expect(fallback_text).toBe('Lo siento. Un momento, por favor.');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await settings()).command_words.stop, { timeout: 15_000 }).toEqual(['stop', 'unsubscribe']);
    expect(problems).toEqual([]);
  });

  test('who only reads sees it all and why it cannot be changed', async () => {
    const { account, password } = await makeMember(c.t.app, c.world, 'viewer');
    const { page, problems } = await c.open();
    await signIn(page, { email: account.email, password }, '/app/settings/words');
    await page.getByText('Only owners and admins can change this.').waitFor();
    await page.goto('/app/settings/hours');
    await page.getByText('Only owners and admins can change this.').waitFor();
    expect(await page.getByRole('switch', { name: 'Always open' }).isDisabled()).toBe(true);
    await page.goto('/app/settings/fields?of=bot');
    await page.getByRole('row', { name: /seats/ }).waitFor();
    expect(await page.getByRole('button', { name: /New bot field|Actions for/ }).count()).toBe(0);
    expect(problems).toEqual([]);
  });
});
