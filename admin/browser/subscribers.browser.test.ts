import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { makeMember } from '../../server/testing/factories.ts';
import { call } from '../../server/testing/scenario.ts';

describe.skipIf(!hasBrowser)('subscribers in the console', () => {
  let c: Console;
  const ask = (method: 'POST' | 'PUT' | 'GET' | 'PATCH', path: string, body?: object) =>
    call(c.t, { method, path, key: c.world.key, body }).then((reply) => reply.json as { id: number; user_ns: string });
  beforeAll(async () => {
    c = await openConsole();
    for (const name of ['VIP', 'Newsletter']) await ask('POST', '/v1/tags', { name });
    await ask('POST', '/v1/labels', { name: 'Call back' });
    await ask('POST', '/v1/fields', { owner: 'user', name: 'City' });
    await ask('POST', '/v1/fields', { owner: 'user', name: 'Age', type: 'number' });
    const jane = await ask('POST', '/v1/subscribers', { email: 'jane@example.com', name: 'Jane Doe', add_tags: ['VIP'], fields: { City: 'Rome' } });
    await ask('POST', '/api/subscriber/send-text', { user_ns: jane.user_ns, content: 'Your order is on its way' });
    const talk = await c.t.app.db.selectFrom('conversation').select('id').where('subscriber_id', '=', jane.id).executeTakeFirstOrThrow();
    await ask('POST', `/v1/conversations/${talk.id}/messages`, { text: 'Likes to be called in the morning.', note: true });
  });
  afterAll(() => c.close());

  test('somebody is found, told more about, marked, paused and erased', async () => {
    const { page, problems } = await c.open();
    const refused: string[] = [];
    page.on('response', (reply) => reply.status() >= 400 && refused.push(`${reply.status()} ${new URL(reply.url()).pathname.replace(/(?<=\/)\d+/, 'N')}`));
    await signIn(page, c.owner, '/app/subscribers');
    await page.getByRole('row', { name: /Jane Doe/ }).waitFor();
    await takePicture(page, 'subscribers');
    await page.getByRole('combobox', { name: 'Tags' }).click();
    await page.getByRole('option', { name: 'VIP' }).click();
    await page.waitForURL(/tag=\d+/);
    await expect.poll(() => page.getByRole('row').count(), { timeout: 15_000 }).toBe(2);
    await page.reload();
    await page.getByRole('row', { name: /Jane Doe/ }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Tags' }).inputValue()).toBe('VIP');
    await page.getByRole('link', { name: 'Jane Doe' }).click();
    await page.getByRole('heading', { name: 'Jane Doe', level: 1 }).waitFor();
    await page.getByText('Likes to be called in the morning.').waitFor();

    // Changed where it stands, by keyboard.
    await page.getByRole('button', { name: /^Change: City/ }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('Lisbon');
    await page.keyboard.press('Enter');
    await page
      .getByRole('button', { name: /^Change: City/ })
      .getByText('Lisbon')
      .waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Change: CityLisbon');
    await page.getByRole('button', { name: /^Change: Age/ }).click();
    await page.getByRole('textbox', { name: 'Age' }).fill('old');
    await page.keyboard.press('Enter');
    await page.getByText('The field “Age” must be a number.').waitFor();
    await takePicture(page, 'subscriber-wrong-value');
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: /^Change: Age/ })
      .getByText('Not known')
      .waitFor();

    await page.getByRole('combobox', { name: 'Add a tag' }).click();
    await page.getByRole('option', { name: 'Newsletter' }).click();
    await page.getByRole('button', { name: 'Take off Newsletter' }).waitFor();
    await page.getByRole('combobox', { name: 'Add a label' }).click();
    await page.getByRole('option', { name: 'Call back' }).click();
    await page.getByRole('button', { name: 'Take off Call back' }).waitFor();
    await page.getByRole('button', { name: 'Take off VIP' }).click();
    await page.getByRole('button', { name: 'Take off VIP' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /Likes|order is on its way|Your order/ }).waitFor();
    await takePicture(page, 'subscriber-told');
    expect(await accessibilityProblems(page)).toEqual([]);

    await page.getByRole('button', { name: 'Pause the bot' }).click();
    await page.getByRole('menuitem', { name: 'For an hour' }).click();
    await page.getByRole('button', { name: 'Resume the bot' }).click();
    await page.getByRole('button', { name: 'Pause the bot' }).waitFor();

    await page.getByRole('button', { name: 'Erase', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Erase Jane Doe?' });
    await question.getByRole('button', { name: 'Erase', exact: true }).click();
    await page.getByRole('heading', { name: 'Subscribers', level: 1 }).waitFor();
    await expect.poll(() => page.getByRole('row', { name: /Jane Doe/ }).count(), { timeout: 15_000 }).toBe(0);
    // A word is no number.
    expect(new Set(refused)).toEqual(new Set(['422 /v1/subscribers/N']));
    expect(problems.filter((one) => !/status of 422/.test(one))).toEqual([]);
  });

  test('two who are reached by the same address are made one, after one question', async () => {
    const anna = await ask('POST', '/v1/subscribers', { email: 'anna@example.com', name: 'Anna Archer', add_tags: ['VIP'] });
    await ask('POST', '/v1/subscribers', { user_id: 'a-2', email: 'ANNA@example.com', name: 'Anna A.', phone: '+49 30 901820', fields: { City: 'Bonn' } });
    const { page, problems } = await c.open();
    await signIn(page, c.owner, `/app/subscribers/${anna.id}`);
    const same = page.getByRole('region', { name: 'Also known as' });
    await same.getByText('same e-mail').waitFor();
    await takePicture(page, 'subscriber-same');
    expect(await accessibilityProblems(page)).toEqual([]);
    await same.getByRole('button', { name: 'Merge Anna A.' }).click();
    const question = page.getByRole('dialog', { name: 'Are Anna A. and Anna Archer one person?' });
    await question.getByText('Anna Archer stays and gets the conversations').waitFor();
    await takePicture(page, 'subscriber-merge-question');
    await question.getByRole('button', { name: 'Merge', exact: true }).click();
    await same.waitFor({ state: 'detached' });
    await page
      .getByRole('button', { name: /^Change: Phone/ })
      .getByText('+4930901820')
      .waitFor();
    await page
      .getByRole('button', { name: /^Change: City/ })
      .getByText('Bonn')
      .waitFor();
    await page.getByRole('heading', { name: 'Anna Archer', level: 1 }).waitFor();
    expect(problems).toEqual([]);
  });

  test('somebody is added with an address, and who only reads changes nothing', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/subscribers?new=1');
    const dialog = page.getByRole('dialog', { name: 'New subscriber' });
    await dialog.getByLabel('Name').fill('Max Meyer');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('An e-mail address or a phone number is needed.').waitFor();
    await dialog.getByLabel('E-mail').fill('max@example.com');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'Max Meyer', level: 1 }).waitFor();
    const { account, password } = await makeMember(c.t.app, c.world, 'viewer');
    const reader = await c.open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    await signIn(reader.page, { email: account.email, password }, new URL(page.url()).pathname);
    await reader.page.getByRole('heading', { name: 'Max Meyer', level: 1 }).waitFor();
    expect(await reader.page.getByRole('button', { name: /Change|Erase|Pause/ }).count()).toBe(0);
    await takePicture(reader.page, 'subscriber-phone-dark');
    expect([...problems, ...reader.problems]).toEqual([]);
  });
});
