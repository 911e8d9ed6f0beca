import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcherOf, openChat, openShop, type Shop, saidIn, write } from '../../server/testing/browser/shop.ts';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { takePicture } from '../../server/testing/console.ts';

const tour = {
  format: 'flow/1',
  id: 'tour',
  name: 'Tour',
  vars: { colour: { type: 'text' }, form: { type: 'object' } },
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'hello', type: 'text', text: 'Hello!' },
        { id: 'colour', type: 'ask', kind: 'choice', text: 'Which?', save: 'colour', options: [{ id: 'red', label: 'Red' }] },
        { id: 'form', type: 'form', text: 'Your name', save: 'form', fields: [{ id: 'name', kind: 'text', label: 'Name' }] },
        { id: 'over', type: 'handoff', text: 'One moment.' },
        { id: 'end', type: 'text', text: 'Goodbye.', to: { next: '@end' } },
      ],
    },
  },
};

const names = ['typing', 'handoff', 'agent', 'postback', 'form', 'flow-step', 'flow-end', 'started', 'identify', 'error', 'reset'];

/** Everything the page hears, on the bus and on the document. */
async function listen(page: Page): Promise<(name: string) => Promise<unknown[]>> {
  await page.addInitScript((all) => {
    const w = window as unknown as { parley: unknown; bus: [string, unknown][]; dom: [string, unknown][] };
    w.bus = [];
    w.dom = [];
    const stub = Object.assign((...call: unknown[]) => stub.q.push(call), { q: [] as unknown[] });
    w.parley = stub;
    for (const name of all) {
      stub('on', name, (detail: unknown) => w.bus.push([name, detail]));
      addEventListener(`parley:${name}`, (event) => w.dom.push([name, (event as CustomEvent).detail]));
    }
  }, names);
  return async (name) => {
    const [bus, dom] = (await page.evaluate('[bus, dom]')) as [string, unknown][][];
    const told = (list: [string, unknown][] = []) => list.filter(([one]) => one === name).map(([, detail]) => detail);
    expect(told(dom)).toEqual(told(bus));
    return told(bus);
  };
}

/** Not waited for: it is told when there is something to connect it with. */
const identify = (page: Page, who: object): Promise<void> =>
  page.evaluate((one) => void (window as unknown as { parley: { identify(who: object): void } }).parley.identify(one), who);

const soon = { timeout: 15_000 };

describe.skipIf(!hasBrowser)('what a page can call and hear', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
    await shop.flow(tour);
  });
  afterAll(() => shop.close());

  test('it hears of each step, button, form and handoff, of who types and of the end', async () => {
    const site = await shop.site({ flow: 'tour', settings: '{"show_agents":true}' });
    const { page, problems } = await shop.open();
    const told = await listen(page);
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Hi');
    await chat.getByRole('button', { name: 'Red' }).click();
    await expect.poll(() => told('postback'), soon).toEqual([{ payload: expect.any(String), text: 'Red' }]);
    await chat.getByLabel('Name').fill('Jane');
    await chat.locator('.form button').click();
    await expect.poll(() => told('form'), soon).toEqual([{ message_id: expect.any(Number), values: { name: 'Jane' } }]);
    await expect.poll(() => told('handoff'), soon).toEqual([{ to: 'queue' }]);
    const steps = async () => ((await told('flow-step')) as { block: string; flow: string }[]).map(({ flow, block }) => `${flow} ${block}`);
    await expect.poll(steps, soon).toEqual(['tour a.hello', 'tour a.colour', 'tour a.form', 'tour a.over']);
    await shop.sign(site, { kind: 'typing', isOn: true });
    await chat.getByRole('img', { name: 'Ada is typing…' }).waitFor();
    await takePicture(page, 'widget-typing');
    await shop.sign(site, { kind: 'typing', isOn: false });
    await chat.locator('.typing').waitFor({ state: 'detached' });
    const author = { kind: 'agent', name: 'Ada', avatar: null };
    expect(await told('typing')).toEqual([
      { on: true, author },
      { on: false, author },
    ]);
    expect(await told('flow-end')).toEqual([]);
    await chat.getByRole('button', { name: 'More options' }).click();
    await chat.getByRole('button', { name: 'End the conversation' }).click();
    await expect.poll(() => told('flow-end'), soon).toEqual([{ flow: 'tour', status: 'ended' }]);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('what it says of a visitor waits for the conversation, and is noted with it', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    await shop.labels('VIP', 'New');
    const { page, problems } = await shop.open();
    const told = await listen(page);
    await page.goto(`/demo?site_key=${site.site_key}`);
    const calls = `
      parley.track('looked', { at: 'sofas' });
      parley.setConversationAttributes({ order: '1042' });
      parley.addLabels('VIP', 'New');
      parley.removeLabels(['New']);
      parley.setAttributes({ plan: 'free' });
      undefined`;
    await page.evaluate(calls);
    const asked: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && asked.push(new URL(request.url()).pathname.split('/').at(-1) ?? ''));
    const chat = await openChat(page);
    await page.evaluate("void parley.setVariables({ plan: 'pro' })");
    expect(asked).toEqual([]);
    await write(chat, 'Hi');
    await chat.getByText('Hello!').waitFor();
    const attributes = async () => (JSON.parse((await shop.newest(site)).context ?? '{}') as { attributes: object }).attributes;
    await expect.poll(attributes, soon).toEqual({ plan: 'pro', order: '1042' });
    const { subscriber_id: subscriberId } = await shop.newest(site);
    const { db } = shop.t.app;
    const labels = () =>
      db.selectFrom('subscriber_label').innerJoin('label', 'label.id', 'label_id').select('name').where('subscriber_id', '=', subscriberId).execute();
    await expect.poll(labels, soon).toEqual([{ name: 'VIP' }]);
    const events = () =>
      db
        .selectFrom('custom_event_log')
        .innerJoin('custom_event', 'custom_event.id', 'event_id')
        .select(['name', 'data'])
        .where('subscriber_id', '=', subscriberId)
        .orderBy('custom_event_log.id')
        .execute();
    await expect.poll(events, soon).toEqual([{ name: 'looked', data: '{"at":"sofas"}' }]);
    // From now on at once.
    expect(await page.evaluate("parley.track('bought')")).toBe(true);
    expect((await events()).map(({ name }) => name)).toEqual(['looked', 'bought']);
    await page.evaluate('parley.setAttributes({ plan: null, seats: 3 })');
    expect(await attributes()).toEqual({ order: '1042', seats: 3 });
    expect(await page.evaluate("parley.track('x'.repeat(101))")).toBe(false);
    expect(await told('error')).toEqual([{ error: expect.any(String), status: 422 }]);
    expect(problems.filter((one) => !one.includes('422'))).toEqual([]);
    await page.context().close();
  });

  test('a few words beside the button open the chat or go away', async () => {
    const site = await shop.site({ greeting: 'How can we help?', auto_reply: 'Hello!' });
    const { page, problems } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    await page.evaluate('parley.showPreview()');
    const preview = page.locator('chat-launcher .preview');
    await preview.getByText('How can we help?').waitFor();
    expect(await page.evaluate('localStorage.length')).toBe(0);
    await takePicture(page, 'widget-preview');
    expect(await accessibilityProblems(page)).toEqual([]);
    await preview.getByRole('button', { name: 'Dismiss' }).click();
    await preview.waitFor({ state: 'detached' });
    await page.evaluate("parley.showPreview('<b>Ten per cent</b> off today')");
    await preview.getByText('<b>Ten per cent</b> off today').waitFor();
    await page.evaluate('parley.hidePreview()');
    await preview.waitFor({ state: 'detached' });
    await page.evaluate("parley.showPreview({ text: 'A word', afterMs: 10 })");
    await preview.getByText('A word').click();
    await page.getByRole('dialog').waitFor();
    await preview.waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('conversations are begun and opened again, sound and consent remembered, listeners taken off', async () => {
    const settings = JSON.stringify({ pre_chat: { consent: 'I agree.' } });
    const site = await shop.site({ settings, auto_reply: 'Hello!' });
    const { page, problems } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    await page.evaluate(`
      window.count = { once: 0, off: 0 };
      parley.once('open', () => count.once++);
      window.listener = () => count.off++;
      parley.on('open', listener);
      parley.off('open', listener);
      parley.consent();
      parley.mute();
      parley('send', 'First')`);
    const chat = page.getByRole('dialog');
    await chat.getByText('Hello!').waitFor();
    const memory = () => page.evaluate((key) => JSON.parse(localStorage.getItem(`chat:${key}`) ?? '{}'), site.site_key);
    const first = await memory();
    expect(first).toMatchObject({ isMuted: true, consent: true, talk: expect.any(String) });
    await page.evaluate('parley.newConversation()');
    await write(chat, 'Second');
    await chat.getByText('Hello!').waitFor();
    expect(await saidIn(chat)).toEqual(['Second', 'Hello!']);
    await page.evaluate((id) => (window as unknown as { parley: { openConversation(id: string): void } }).parley.openConversation(id), first.talk);
    await chat.getByText('First').waitFor();
    expect(await page.evaluate('parley.transcript()')).toContain('First');
    await page.evaluate('parley.close(); parley.open()');
    expect(await page.evaluate('count')).toEqual({ once: 1, off: 0 });
    await page.evaluate("parley.setTheme({ color: '#ffcc00', side: 'start' }); parley.setScheme('dark'); parley.close()");
    expect((await launcherOf(page).boundingBox())?.x).toBe(20);
    expect(await page.locator('chat-launcher').evaluate((element) => getComputedStyle(element).colorScheme)).toBe('dark');
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('who is signed in on the page finds their conversations on any device; what is only said is not asked again', async () => {
    const site = await shop.site({ anonymous: 0, auto_reply: 'Hello!', settings: '{"identity":"optional"}' });
    const who = { user_id: 'jane', signature: shop.signature(site, 'jane'), name: 'Jane', email: 'jane@shop.example' };
    const visit = async () => {
      const { page } = await shop.open();
      const told = await listen(page);
      await page.goto(`/demo?site_key=${site.site_key}`);
      return { page, told };
    };
    const first = await visit();
    await identify(first.page, who);
    const chat = await openChat(first.page);
    await expect.poll(() => first.told('identify'), soon).toEqual([{ verified: true }]);
    await write(chat, 'On my phone');
    await chat.getByText('Hello!').waitFor();
    await first.page.context().close();

    const second = await visit();
    await identify(second.page, who);
    await launcherOf(second.page).click();
    await second.page
      .getByRole('dialog')
      .getByRole('button', { name: /Hello!/ })
      .click();
    await second.page.getByRole('dialog').getByText('On my phone').waitFor();
    await second.page.context().close();

    const forged = await visit();
    await identify(forged.page, { user_id: 'jane', signature: 'f00d' });
    await launcherOf(forged.page).click();
    await expect.poll(() => forged.told('error'), soon).toEqual([{ error: 'Signature is invalid', status: 422 }]);
    await forged.page.context().close();

    const said = await visit();
    await identify(said.page, { user_id: '7', name: 'Bob', email: 'bob@shop.example' });
    const theirs = await openChat(said.page);
    expect(await theirs.getByLabel('E-mail').count()).toBe(0);
    await write(theirs, 'It is me');
    await theirs.getByText('Hello!').waitFor();
    await expect.poll(() => said.told('identify'), soon).toEqual([{ verified: false }]);
    expect(await said.told('error')).toEqual([]);
    const { subscriber_id: subscriberId } = await shop.newest(site);
    const person = await shop.t.app.db.selectFrom('subscriber').select(['name', 'email']).where('id', '=', subscriberId).executeTakeFirst();
    expect(person).toEqual({ name: 'Bob', email: 'bob@shop.example' });
    await said.page.context().close();
  });

  test('signed out in one tab, nobody is signed in in another', async () => {
    const site = await shop.site({ auto_reply: 'Hello!' });
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Private');
    await chat.getByText('Hello!').waitFor();
    const other = await page.context().newPage();
    await other.goto(`/demo?site_key=${site.site_key}`);
    await openChat(other);
    await other.getByRole('dialog').getByText('Private').waitFor();
    await page.evaluate('parley.reset()');
    await other.getByRole('dialog').getByText('Private').waitFor({ state: 'detached' });
    await other.evaluate('parley.mute()');
    const kept = await other.evaluate((key) => localStorage.getItem(`chat:${key}`), site.site_key);
    expect(JSON.parse(kept ?? '{}')).not.toMatchObject({ token: expect.any(String) });
    await page.context().close();
  });

  test('a program that fills in what no person sees is marked', async () => {
    const site = await shop.site({ anonymous: 0, auto_reply: 'Hello!' });
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await chat.getByLabel('Name', { exact: true }).fill('Bot');
    await chat.getByLabel('E-mail').fill('bot@spam.example');
    const trap = chat.locator('input[name=website]');
    expect(await trap.isVisible()).toBe(true);
    expect(((await trap.boundingBox())?.x ?? 0) < 0).toBe(true);
    await trap.fill('https://spam.example');
    await write(chat, 'Buy now');
    await chat.getByText('Hello!').waitFor();
    expect((JSON.parse((await shop.newest(site)).context ?? '{}') as { marks: string[] }).marks).toContain('honeypot');
    await page.context().close();
  });
});
