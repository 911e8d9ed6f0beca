import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { type Desk, openDesk, tellPresent } from '../../server/testing/desk.ts';
import { makeMember } from '../../server/testing/factories.ts';

/** What the page showed and sounded, and whether it is in sight: a machine without a screen has neither. */
type Recorded = { isHidden: boolean; sounds: number; notices: { title: string; body: string; click: () => void }[] };

function record(): void {
  const recorded: Recorded = { isHidden: false, sounds: 0, notices: [] };
  Object.assign(globalThis, { recorded });
  Object.defineProperty(document, 'hidden', { get: () => recorded.isHidden });
  const real = Notification;
  class Notice {
    static readonly requestPermission = () => real.requestPermission();
    static get permission() {
      return real.permission;
    }
    onclick: (() => void) | null = null;
    constructor(title: string, { body = '' }: NotificationOptions = {}) {
      recorded.notices.push({ title, body, click: () => this.onclick?.() });
    }
    close() {}
  }
  const { AudioContext: Sound } = globalThis;
  Object.assign(globalThis, {
    Notification: Notice,
    AudioContext: class extends Sound {
      constructor() {
        super();
        recorded.sounds += 1;
      }
    },
  });
}

describe.skipIf(!hasBrowser)('at the desk of an agent', () => {
  let c: Console;
  let desk: Desk;
  beforeAll(async () => {
    c = await openConsole();
    desk = await openDesk(c);
  });
  afterAll(() => c.close());

  const log = (page: Page) => page.getByRole('log', { name: 'Messages' });
  const row = (page: Page, name: string) => page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: new RegExp(name) });
  const field = (page: Page) => page.getByRole('textbox', { name: 'Write a reply' });
  const recorded = (page: Page) => page.evaluate(() => (globalThis as unknown as { recorded: Recorded }).recorded);

  test('what is written while an answer is on its way stays, and what nobody confirmed is said once', async () => {
    const ann = await desk.meet('Ann Archer', 'Hi');
    await ann.say('A-1');
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Ann Archer').click();
    let isLate = true;
    await page.route('**/v1/conversations/*/messages', async (route) => {
      if (route.request().method() === 'POST' && isLate) await new Promise((resolve) => setTimeout(resolve, 700));
      await route.continue();
    });
    await field(page).fill('First');
    await field(page).press('Control+Enter');
    await field(page).pressSequentially(' and then more');
    await log(page).getByText('First', { exact: true }).waitFor();
    await expect.poll(() => field(page).inputValue(), { timeout: 15_000 }).toBe('and then more');
    // In the other field, too.
    await field(page).fill('Second');
    await field(page).press('Control+Enter');
    await page.getByRole('button', { name: 'Note', exact: true }).click();
    await page.getByRole('textbox', { name: 'Write a note' }).fill('Only among us');
    await log(page).getByText('Second', { exact: true }).waitFor();
    expect(await page.getByRole('textbox', { name: 'Write a note' }).inputValue()).toBe('Only among us');
    await page.getByRole('textbox', { name: 'Write a note' }).fill('');
    await page.getByRole('button', { name: 'Reply', exact: true }).click();
    expect(await field(page).inputValue()).toBe('');

    // It arrives, and no answer comes back.
    isLate = false;
    let cuts = 1;
    await page.route('**/v1/conversations/*/messages', async (route) => {
      if (route.request().method() !== 'POST' || cuts === 0) return route.fallback();
      cuts -= 1;
      await route.fetch();
      await route.abort('connectionreset');
    });
    await field(page).fill('Said once');
    await field(page).press('Control+Enter');
    await page.getByText('The server cannot be reached').first().waitFor();
    expect(await field(page).inputValue()).toBe('Said once');
    await field(page).press('Control+Enter');
    await expect.poll(() => field(page).inputValue(), { timeout: 15_000 }).toBe('');
    await log(page).getByText('Said once', { exact: true }).waitFor();
    expect(await log(page).getByText('Said once', { exact: true }).count()).toBe(1);
    expect((await ann.reads()).filter((text) => text === 'Said once')).toHaveLength(1);
    expect(problems.filter((one) => !one.includes('ERR_CONNECTION_RESET'))).toEqual([]);
  });

  test('what was said while another conversation was open is there when one comes back', async () => {
    const bea = await desk.meet('Bea Baker', 'Hi');
    await desk.meet('Carl Cook', 'Hi');
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Bea Baker').click();
    await log(page).getByText('What is your order number?').waitFor();
    await row(page, 'Carl Cook').click();
    await page.getByRole('heading', { name: 'Carl Cook' }).waitFor();
    await bea.say('B-2 while you were away');
    await row(page, 'Bea Baker').getByText('waiting now').waitFor();
    await row(page, 'Bea Baker').click();
    await log(page).getByText('B-2 while you were away', { exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  test('the page calls for who wrote, where that was asked for, on every machine of the person', async () => {
    const dan = await desk.meet('Dan Diver', 'Hi');
    await dan.say('D-1');
    const { page, problems } = await c.open({ permissions: ['notifications'] });
    await page.addInitScript(record);
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Dan Diver').waitFor();
    await page.getByRole('button', { name: 'Alerts' }).click();
    const alerts = page.getByRole('dialog', { name: 'Alerts' });
    await alerts.getByRole('switch', { name: 'Play a sound' }).click();
    await alerts.getByRole('switch', { name: 'Show a notification' }).click();
    await expect.poll(() => alerts.getByRole('switch', { name: 'Show a notification' }).isChecked(), { timeout: 15_000 }).toBe(true);
    await page.keyboard.press('Escape');
    expect(await recorded(page)).toMatchObject({ sounds: 1, notices: [] });
    // Also when somebody who waits already writes again, which leaves the count as it was.
    await dan.say('Is anybody there?');
    await expect.poll(async () => (await recorded(page)).sounds, { timeout: 15_000 }).toBe(2);
    expect((await recorded(page)).notices).toEqual([]);
    await page.evaluate(() => {
      (globalThis as unknown as { recorded: Recorded }).recorded.isHidden = true;
    });
    await dan.say('Hello?');
    await expect
      .poll(async () => (await recorded(page)).notices.map(({ title, body }) => `${title}: ${body}`), { timeout: 15_000 })
      .toEqual(['Dan Diver: Hello?']);
    await page.evaluate(() => {
      const { recorded } = globalThis as unknown as { recorded: Recorded };
      recorded.isHidden = false;
      recorded.notices[0]?.click();
    });
    await page.getByRole('heading', { name: 'Dan Diver' }).waitFor();
    // Who looks at it hears nothing.
    const before = (await recorded(page)).sounds;
    await dan.say('Ah, there you are');
    await log(page).getByText('Ah, there you are').waitFor();
    await page.waitForTimeout(700);
    expect((await recorded(page)).sounds).toBe(before);
    expect(problems).toEqual([]);

    // On another machine the choice is known; what its browser forbids stays off, and it says why.
    const other = await c.open();
    await signIn(other.page, desk.agent, '/app/inbox');
    await other.page.getByRole('button', { name: 'Alerts' }).click();
    const there = other.page.getByRole('dialog', { name: 'Alerts' });
    expect(await there.getByRole('switch', { name: 'Play a sound' }).isChecked()).toBe(true);
    const notices = there.getByRole('switch', { name: 'Show a notification' });
    expect(await notices.isChecked()).toBe(false);
    await notices.click();
    await there.getByText('Your browser does not let this page.').waitFor();
    expect(await notices.isChecked()).toBe(false);
    expect(other.problems).toEqual([]);
  });

  test('two who would answer the same person see it before they do', async () => {
    const eve = await desk.meet('Eve Early', 'Hi');
    await eve.say('E-1');
    const { account, password } = await makeMember(c.t.app, c.world, 'admin');
    const first = await c.open();
    const second = await c.open();
    await signIn(first.page, desk.agent, '/app/inbox');
    await signIn(second.page, { email: account.email, password }, '/app/inbox');
    await row(first.page, 'Eve Early').click();
    await row(second.page, 'Eve Early').getByText('Mia agent').waitFor();
    await row(second.page, 'Eve Early').click();
    await field(first.page).pressSequentially('Let me see');
    await second.page.getByText('Mia agent is writing an answer, too.').waitFor();
    await takePicture(second.page, 'inbox-collision');
    expect(await accessibilityProblems(second.page)).toEqual([]);
    await field(first.page).press('Control+Enter');
    await log(second.page).getByText('Let me see').waitFor();
    await second.page.getByText('Mia agent is writing an answer, too.').waitFor({ state: 'detached' });
    expect([...first.problems, ...second.problems]).toEqual([]);
  });

  test('who is on the website at this moment is seen in the list and beside the thread', async () => {
    await desk.meet('Ida Iris', 'Hi');
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Ida Iris').click();
    await log(page).getByText('What is your order number?').waitFor();
    tellPresent(c, Number(new URL(page.url()).searchParams.get('c')));
    await page.getByRole('region', { name: 'Person' }).getByText('Here now').waitFor();
    expect(await row(page, 'Ida Iris').locator('[data-online]').count()).toBe(1);
    expect(problems).toEqual([]);
  });

  test('a network that comes back while the page is dialling makes one connection and not two', async () => {
    const { page, problems } = await c.open();
    let tickets = 0;
    await page.route('**/v1/events/ws-ticket', async (route) => {
      tickets += 1;
      await new Promise((resolve) => setTimeout(resolve, 600));
      await route.continue();
    });
    let sockets = 0;
    page.on('websocket', () => {
      sockets += 1;
    });
    await signIn(page, desk.agent, '/app/inbox');
    await expect.poll(() => tickets, { timeout: 15_000 }).toBe(1);
    await page.evaluate(() => globalThis.dispatchEvent(new Event('online')));
    await expect.poll(() => sockets, { timeout: 15_000 }).toBe(1);
    await page.waitForTimeout(1_000);
    expect([tickets, sockets]).toEqual([1, 1]);
    expect(problems).toEqual([]);
  });

  test('it is handed back at a block one chooses, and every step is seen at once', async () => {
    const finn = await desk.meet('Finn Fox', 'Hi');
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Finn Fox').click();
    const flow = page.getByRole('region', { name: 'Flow' });
    await flow.getByRole('button', { name: 'Take over' }).click();
    await flow.getByRole('button', { name: 'Hand back at a block…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Hand back at a block…' });
    await dialog.getByRole('combobox', { name: 'Block' }).fill('Glad');
    await page.getByRole('option', { name: /Glad we could help/ }).click();
    await takePicture(page, 'inbox-hand-back');
    await dialog.getByRole('button', { name: 'Hand back to the flow' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await log(page).getByText('You handed back to the flow').waitFor();
    await log(page).getByText('Glad we could help. Have a good day!').waitFor();
    await flow.getByText('Ended').waitFor();
    await flow.getByText('Good bye · Text').waitFor();
    await expect.poll(() => finn.reads(), { timeout: 15_000 }).toContain('Glad we could help. Have a good day!');
    expect(problems).toEqual([]);
  });

  test('beside the thread stands where the person came from, and what makes them look like a program', async () => {
    const body = {
      visitor_token: 'gina-from-a-page-of-the-shop-0001',
      client_id: 'a',
      name: 'Gina Gray',
      email: 'gina@example.com',
      message: 'Hi',
      website: 'https://spam.example',
      context: { url: 'https://shop.example/shoes', title: 'Shoes & more', referrer: 'javascript:alert(1)', locale: 'pt-BR', tz: 'Europe/Lisbon' },
      attributes: { plan: 'gold' },
    };
    const headers = { 'x-api-key': c.world.site.site_key, 'content-type': 'application/json', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0' };
    const begun = await fetch(`${c.origin}/api/v1/chat/conversations?v=2`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(begun.status, await begun.text()).toBe(201);
    const { page, problems } = await c.open({ viewport: { width: 1440, height: 1100 } });
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Gina Gray').click();
    const visit = page.getByRole('region', { name: 'Visit' });
    await visit.getByRole('link', { name: 'Shoes & more' }).waitFor();
    expect(await visit.getByRole('link', { name: 'Shoes & more' }).getAttribute('href')).toBe('https://shop.example/shoes');
    await visit.getByText('Firefox · Linux').waitFor();
    await visit.getByText('Brazilian Portuguese').waitFor();
    await visit.getByText('Europe/Lisbon').waitFor();
    await visit.getByText('gold', { exact: true }).waitFor();
    await visit.getByText('This may be a program: it filled in a field that people do not see.').waitFor();
    // What a page says it came from is never followed blindly.
    expect(await visit.getByRole('link', { name: /javascript/ }).count()).toBe(0);
    await takePicture(page, 'inbox-visit');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('all keys are said in one place, and the view, the search and what is open stand in the address', async () => {
    await desk.meet('Hugo Hall', 'A unicorn, please');
    const { page, problems } = await c.open();
    await signIn(page, desk.agent, '/app/inbox');
    await row(page, 'Hugo Hall').waitFor();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('Canned replies').waitFor();
    await takePicture(page, 'inbox-help');
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    // With nothing open it finds in the list.
    await page.keyboard.press('/');
    await page.keyboard.type('unicorn');
    await expect.poll(() => row(page, 'Hugo Hall').locator('mark').count(), { timeout: 15_000 }).toBe(1);
    await page.getByRole('link', { name: /^Bot/ }).click();
    await row(page, 'Hugo Hall').click();
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('view'), searchParams.get('q')]).toEqual(['bot', 'unicorn']);
    await page.reload();
    await page.getByRole('heading', { name: 'Hugo Hall' }).waitFor();
    expect(await page.getByRole('link', { name: /^Bot/ }).getAttribute('aria-current')).toBe('page');
    expect(await page.getByRole('searchbox').inputValue()).toBe('unicorn');
    expect(problems).toEqual([]);
  });
});
