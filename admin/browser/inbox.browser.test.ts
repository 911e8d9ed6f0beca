import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { type Desk, openDesk, type Person } from '../../server/testing/desk.ts';
import { makeMember } from '../../server/testing/factories.ts';

describe.skipIf(!hasBrowser)('the inbox', () => {
  let c: Console;
  let agent: Desk['agent'];
  let visit: Desk['meet'];
  beforeAll(async () => {
    c = await openConsole();
    ({ agent, meet: visit } = await openDesk(c));
  });
  afterAll(() => c.close());

  const log = (page: Page) => page.getByRole('log', { name: 'Messages' });
  const row = (page: Page, name: string) => page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: new RegExp(name) });
  const flow = (page: Page) => page.getByRole('region', { name: 'Flow' });
  const readsSoon = (person: Person, text: string) => expect.poll(() => person.reads(), { timeout: 10_000 }).toContain(text);

  test('an agent sees who writes, takes over, answers with a canned reply, and hands back', async () => {
    const { page, problems } = await c.open();
    await signIn(page, agent, '/app/inbox');
    await page.getByText('Choose a conversation').waitFor();
    await takePicture(page, 'inbox-empty');
    const jane = await visit('Jane Cooper', 'Hello, where is my parcel?');
    // It comes by itself.
    await row(page, 'Jane Cooper').click();
    await log(page).getByText('What is your order number?').waitFor();
    await log(page).locator('strong', { hasText: 'Acme' }).waitFor();
    await flow(page).getByText('Waits for an answer at').waitFor();
    await flow(page).getByText('Welcome · Question').first().waitFor();
    await flow(page).getByText('What is your order number?').waitFor();
    await takePicture(page, 'inbox-bot');

    await flow(page).getByRole('button', { name: 'Take over' }).click();
    await log(page).getByText('You took over from the flow').waitFor();
    await flow(page).getByText('Stopped').waitFor();
    await jane.say('I would rather talk to a person');
    await log(page).getByText('I would rather talk to a person').waitFor();
    const field = page.getByRole('textbox', { name: 'Write a reply' });

    await field.fill('/');
    await page.getByRole('button', { name: 'Manage' }).click();
    const dialog = page.getByRole('dialog', { name: 'Canned replies' });
    await takePicture(page, 'inbox-canned-none');
    await dialog.getByRole('button', { name: 'Add a canned reply' }).click();
    await dialog.getByLabel('Shortcut').fill('hello');
    await dialog.getByLabel('Text').fill('Hello {{ subscriber.first_name }}, this is {{ agent.first_name }}.');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('/hello').waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });

    await field.fill('/he');
    await page.getByRole('option', { name: /hello/ }).waitFor();
    await takePicture(page, 'inbox-canned');
    await field.press('Enter');
    await expect.poll(() => field.inputValue()).toBe('Hello Jane, this is Mia.');
    await field.press('Control+Enter');
    await log(page).getByText('Hello Jane, this is Mia.').waitFor();
    await readsSoon(jane, 'Hello Jane, this is Mia.');
    expect(await field.inputValue()).toBe('');

    await flow(page).getByRole('button', { name: 'Hand back to the flow' }).click();
    await log(page).getByText('You handed back to the flow').waitFor();
    await jane.say('A-1001');
    await log(page).getByText('A colleague takes care of A-1001.').waitFor();
    await flow(page).getByText('Handed over').waitFor();
    await flow(page).getByText('A-1001', { exact: true }).waitFor();
    await takePicture(page, 'inbox-handed-over');
    expect(problems).toEqual([]);
  });

  test('a note stays in the team, a conversation is given to somebody, closed and opened again', async () => {
    const peter = await visit('Peter Parker', 'Hi');
    await peter.say('B-2002');
    const { page, problems } = await c.open();
    await signIn(page, agent, '/app/inbox?view=unassigned');
    await row(page, 'Peter Parker').click();
    await page.getByRole('button', { name: 'Note', exact: true }).click();
    await page.getByRole('textbox', { name: 'Write a note' }).fill('<img src=x onerror=alert(1)> Always polite. See https://crm.example/peter');
    await page.getByRole('button', { name: 'Add note' }).click();
    await log(page).getByText('<img src=x onerror=alert(1)> Always polite.').waitFor();
    await log(page).getByText('Note by You').waitFor();
    expect(await log(page).locator('img').count()).toBe(0);

    await page.getByRole('button', { name: 'Assigned to Nobody' }).click();
    await page.getByRole('menuitem', { name: 'Olive Owner' }).click();
    await page.getByRole('button', { name: 'Assigned to Olive Owner' }).waitFor();
    await log(page).getByText('You assigned the conversation').waitFor();
    await page.getByRole('button', { name: 'Reply', exact: true }).click();
    await page.getByRole('textbox', { name: 'Write a reply' }).fill('Your order is on its way. **Tomorrow** it is there.');
    await page.getByLabel('Attach').setInputFiles({ name: 'invoice.txt', mimeType: 'text/plain', buffer: Buffer.from('2 shoes') });
    await page.getByRole('button', { name: 'Remove invoice.txt' }).waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await expect.poll(async () => (await peter.reads()).join('\n'), { timeout: 10_000 }).toContain('Your order is on its way.');
    await log(page)
      .getByRole('link', { name: /invoice\.txt/ })
      .waitFor();
    await takePicture(page, 'inbox-note');

    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await log(page).getByText('You closed the conversation').waitFor();
    await readsSoon(peter, 'Glad we could help. Have a good day!');
    await page.getByRole('link', { name: /^Closed/ }).click();
    await row(page, 'Peter Parker').click();
    await peter.say('Thank you!');
    await log(page).getByText('Peter Parker opened the conversation').waitFor();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.getByRole('button', { name: 'Reopen', exact: true }).click();
    await log(page).getByText('You opened the conversation').waitFor();
    expect((await peter.reads()).join()).not.toContain('polite');
    expect(problems).toEqual([]);
  });

  test('all of it goes by keyboard', async () => {
    await visit('Ada Lovelace', 'One');
    const grace = await visit('Grace Hopper', 'Two');
    await grace.say('C-3003');
    const { page, problems } = await c.open();
    await signIn(page, agent, '/app/inbox');
    await row(page, 'Grace Hopper').waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor();
    await page.keyboard.press('k');
    await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
    await page.getByRole('textbox', { name: 'Write a reply' }).waitFor();
    await page.keyboard.press('n');
    await page.getByRole('textbox', { name: 'Write a note' }).waitFor();
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Control+Enter');
    await log(page).getByText('By keyboard').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await page.keyboard.type('An answer');
    await page.keyboard.press('Control+Enter');
    await readsSoon(grace, 'An answer');
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.getByRole('listbox', { name: 'Canned replies' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Escape');
    await page.keyboard.press('a');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'hidden' });
    await page.keyboard.press('e');
    await log(page).getByText('You closed the conversation').waitFor();
    expect(problems).toEqual([]);
  });

  test('two who look on see each other, and the one who only reads gets nothing to write in', async () => {
    await visit('Nina Simone', 'Hello');
    const first = await c.open();
    await signIn(first.page, agent, '/app/inbox');
    await row(first.page, 'Nina Simone').click();
    const { account, password } = await makeMember(c.t.app, c.world, 'viewer');
    const second = await c.open();
    await signIn(second.page, { email: account.email, password }, '/app/inbox');
    await row(second.page, 'Nina Simone').click();
    await second.page.getByText('Your role here may read and not answer.').waitFor();
    await first.page.getByText('Mia viewer is looking at this').waitFor();
    await first.page.getByRole('textbox', { name: 'Write a reply' }).fill('I am about to');
    await second.page.getByText('Mia agent is typing').waitFor();
    await takePicture(second.page, 'inbox-viewer');
    expect([...first.problems, ...second.problems]).toEqual([]);
  });

  test('an unread message counts in the list until it is looked at; alerts are asked for', async () => {
    const rosa = await visit('Rosa Parks', 'Hello');
    await rosa.say('D-4004');
    const { page, problems } = await c.open({ permissions: ['notifications'] });
    await signIn(page, agent, '/app/inbox?view=unassigned');
    await row(page, 'Rosa Parks').getByText('unread').waitFor({ state: 'attached' });
    await expect.poll(() => page.title()).toMatch(/^\(\d+\) Inbox/);
    await page.getByRole('button', { name: 'Alerts' }).click();
    const alerts = page.getByRole('dialog', { name: 'Alerts' });
    expect(await alerts.getByRole('switch', { name: 'Play a sound' }).isChecked()).toBe(false);
    await takePicture(page, 'inbox-alerts');
    await page.keyboard.press('Escape');
    await row(page, 'Rosa Parks').click();
    await row(page, 'Rosa Parks').getByText('unread').waitFor({ state: 'detached' });
    await rosa.say('Are you there?');
    await log(page).getByText('Are you there?').waitFor();
    expect(problems).toEqual([]);
  });

  test('it reads well in dark and from right to left, and fits a phone, one pane at a time', async () => {
    const kim = await visit('Kim Phuc', 'Hello');
    await kim.say('E-5005');
    for (const [kind, options] of [
      ['light', { colorScheme: 'light' }],
      ['dark', { colorScheme: 'dark' }],
      ['phone', { viewport: { width: 390, height: 844 }, hasTouch: true }],
    ] as const) {
      const { page, problems } = await c.open(options);
      await signIn(page, agent, '/app/inbox');
      await row(page, 'Kim Phuc').waitFor();
      await page.waitForFunction(() => document.querySelectorAll('.mantine-Skeleton-root').length === 0);
      await takePicture(page, `inbox-${kind}-list`);
      expect(await accessibilityProblems(page), `${kind} list`).toEqual([]);
      await row(page, 'Kim Phuc').click();
      await log(page).getByText('A colleague takes care of E-5005.').waitFor();
      await takePicture(page, `inbox-${kind}-thread`);
      expect(await accessibilityProblems(page), `${kind} thread`).toEqual([]);
      if (kind === 'phone') {
        expect(await row(page, 'Kim Phuc').isVisible()).toBe(false);
        await page.getByRole('button', { name: 'Flow and person' }).click();
        await flow(page).getByText('E-5005', { exact: true }).waitFor();
        await takePicture(page, 'inbox-phone-context');
        expect(await accessibilityProblems(page), 'phone context').toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
        await page.getByRole('button', { name: 'Back to the conversation' }).click();
        await page.getByRole('button', { name: 'Back to the list' }).click();
        await row(page, 'Kim Phuc').waitFor();
      }
      await page.evaluate(() => {
        document.documentElement.dir = 'rtl';
      });
      await takePicture(page, `inbox-${kind}-rtl`);
      expect(problems).toEqual([]);
    }
  });
});
