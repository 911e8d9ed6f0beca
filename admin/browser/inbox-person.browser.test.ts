import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { type Desk, openDesk } from '../../server/testing/desk.ts';
import { call } from '../../server/testing/scenario.ts';

describe.skipIf(!hasBrowser)('the person beside a conversation', () => {
  let c: Console;
  let desk: Desk;
  const make = (path: string, body: object) => call(c.t, { method: 'POST', path: `/v1/${path}`, key: c.world.key, body });
  beforeAll(async () => {
    c = await openConsole();
    desk = await openDesk(c);
    for (const name of ['VIP', 'Newsletter']) await make('tags', { name });
    await make('labels', { name: 'Call back' });
    await make('fields', { owner: 'user', name: 'City', display: 'pin' });
    await make('fields', { owner: 'user', name: 'Shoe size', type: 'number' });
  });
  afterAll(() => c.close());

  const person = (page: Page) => page.getByRole('region', { name: 'Person' });
  const row = (page: Page, name: string) => page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: new RegExp(name) });

  test('an agent notes what they learn where they learn it, and is not offered what is not for them', async () => {
    await desk.meet('Ida Inger', 'Hi');
    await make('subscribers', { email: 'IDA@example.com', name: 'Ida from the shop' });
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Ida Inger').click();
    const box = person(page);
    await box.getByRole('button', { name: /^Change: City/ }).click();
    await box.getByRole('textbox', { name: 'City' }).fill('Oslo');
    await page.keyboard.press('Enter');
    await box
      .getByRole('button', { name: /^Change: City/ })
      .getByText('Oslo')
      .waitFor();
    expect(await box.getByRole('button', { name: /Shoe size/ }).count()).toBe(0);
    await box.getByRole('button', { name: 'All fields' }).click();
    await box.getByRole('button', { name: /^Change: Shoe size/ }).click();
    await box.getByRole('textbox', { name: 'Shoe size' }).fill('39');
    await page.keyboard.press('Enter');
    await box
      .getByRole('button', { name: /^Change: Shoe size/ })
      .getByText('39')
      .waitFor();
    await box.getByRole('combobox', { name: 'Add a tag' }).click();
    await page.getByRole('option', { name: 'VIP' }).click();
    await box.getByRole('button', { name: 'Take off VIP' }).waitFor();
    await box.getByRole('combobox', { name: 'Add a label' }).click();
    await page.getByRole('option', { name: 'Call back' }).click();
    await box.getByRole('button', { name: 'Take off Call back' }).waitFor();
    await box.getByRole('region', { name: 'Also known as' }).getByRole('link', { name: 'Ida from the shop' }).waitFor();
    expect(await box.getByRole('button', { name: /Merge/ }).count()).toBe(0);
    await takePicture(page, 'inbox-person');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a conversation is muted and heard again from its menu', async () => {
    const spam = await desk.meet('Sam Spammer', 'Buy watches');
    await spam.say('W-1');
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox?view=unassigned');
    await row(page, 'Sam Spammer').click();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Mute' }).click();
    await page.getByText('You muted the conversation').waitFor();
    await page.getByText('The conversation is muted: the flow is silent.').waitFor();
    await row(page, 'Sam Spammer').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /^All/ }).click();
    await row(page, 'Sam Spammer').getByText('Muted').waitFor();
    await row(page, 'Sam Spammer').click();
    await spam.say('And more watches');
    await page.getByRole('log', { name: 'Messages' }).getByText('And more watches').waitFor();
    await takePicture(page, 'inbox-muted');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await row(page, 'Sam Spammer').getByText('waiting').count()).toBe(0);
    await page.getByRole('button', { name: 'More' }).click();
    await takePicture(page, 'inbox-muted-menu');
    await page.getByRole('menuitem', { name: 'Unmute' }).click();
    await page.getByText('You let the conversation be heard again').waitFor();
    await row(page, 'Sam Spammer').getByText('Muted').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  test('who wrote twice under one address is made one person, and the conversation goes on', async () => {
    const first = await desk.meet('Olga Olsen', 'The first time');
    await make('subscribers', { email: 'olga@example.com', name: 'Olga at work', add_tags: ['Newsletter'] });
    const { page, problems } = await c.open();
    await signIn(page, c.owner, '/app/inbox');
    await row(page, 'Olga Olsen').click();
    const box = person(page);
    await box.getByRole('button', { name: 'Merge Olga at work' }).click();
    const question = page.getByRole('dialog', { name: 'Are Olga at work and Olga Olsen one person?' });
    await takePicture(page, 'inbox-merge-question');
    await question.getByRole('button', { name: 'Merge', exact: true }).click();
    await box.getByRole('button', { name: 'Take off Newsletter' }).waitFor();
    await box.getByRole('region', { name: 'Also known as' }).waitFor({ state: 'detached' });
    await first.say('A-17');
    await page.getByRole('log', { name: 'Messages' }).getByText('A colleague takes care of A-17').waitFor();
    expect(problems).toEqual([]);
  });
});
