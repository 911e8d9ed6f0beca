import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launcherOf, openChat, openShop, type Shop, saidIn, write } from '../../server/testing/browser/shop.ts';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { takePicture } from '../../server/testing/console.ts';

const next = { retry: { max: 5 } };
const ask = (kind: string, more: object = {}) => ({ id: kind, type: 'ask', kind, text: `Your ${kind}?`, save: kind, ...next, ...more });
const everything = {
  format: 'flow/1',
  id: 'everything',
  name: 'Everything',
  vars: Object.fromEntries(
    ['choice', 'rating', 'confirm', 'date', 'time', 'number', 'email', 'phone', 'url']
      .map((name) => [name, { type: 'text' }])
      .concat([
        ['multi', { type: 'list' }],
        ['location', { type: 'object' }],
        ['contact', { type: 'object' }],
        ['form', { type: 'object' }],
        ['file', { type: 'file' }],
      ]),
  ),
  triggers: { go: { type: 'start', to: 'a' } },
  groups: {
    a: {
      blocks: [
        { id: 'hello', type: 'text', text: 'Hello! **Welcome** to the _shop_, see [our plants](https://plants.example).' },
        {
          id: 'cards',
          type: 'cards',
          cards: [{ id: 'c', title: 'Snake plant', text: 'Forgives a fortnight.', buttons: [{ id: 'b', label: 'Look', url: 'https://plants.example/1' }] }],
        },
        { id: 'place', type: 'location', lat: 52.52, lng: 13.405, name: 'Greenhouse', address: 'Berlin' },
        ask('choice', {
          options: [
            { id: 'red', label: 'Terracotta' },
            { id: 'green', label: 'Fern green' },
          ],
        }),
        ask('multi', {
          options: [
            { id: 'pot', label: 'Pot, clay' },
            { id: 'wrap', label: 'Gift wrap' },
          ],
        }),
        ask('rating'),
        ask('confirm'),
        ask('date'),
        ask('time'),
        ask('number', { required: false }),
        ask('email'),
        ask('phone'),
        ask('url'),
        ask('location'),
        ask('contact'),
        ask('file'),
        {
          id: 'rest',
          type: 'form',
          text: 'And the rest.',
          save: 'form',
          fields: [
            { id: 'name', kind: 'text', label: 'Your name' },
            { id: 'plan', kind: 'file', label: 'Floor plan' },
            {
              id: 'size',
              kind: 'choice',
              label: 'Size',
              options: [
                { id: 's', label: 'Small' },
                { id: 'l', label: 'Large' },
              ],
            },
          ],
        },
        { id: 'end', type: 'text', text: 'Thank you: {{ multi | join(" and ") }}, {{ form.plan.name }}.', to: { next: '@end' } },
      ],
    },
  },
};

const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe.skipIf(!hasBrowser)('a conversation in the widget', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
    await shop.flow(everything);
  });
  afterAll(() => shop.close());

  test.each([
    ['desktop', { colorScheme: 'light' }],
    ['phone', { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
  ] as const)('everything a flow can ask is answered on a %s, and axe finds nothing', async (name, options) => {
    const site = await shop.site({ flow: 'everything' });
    const { page, problems } = await shop.open({ ...options, permissions: ['geolocation'], geolocation: { latitude: 52.5, longitude: 13.4 } });
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    const asked = (kind: string) => chat.getByText(`Your ${kind}?`).last().waitFor();
    const type = async (kind: string, selector: string, value: string) => {
      await asked(kind);
      await chat.locator(selector).fill(value);
      await page.keyboard.press('Enter');
    };
    await write(chat, 'Hi');
    await asked('choice');
    await chat.getByText('Greenhouse, Berlin').waitFor();
    expect(await chat.locator('.text strong').first().innerText()).toBe('Welcome');
    expect(await chat.getByRole('link', { name: 'our plants' }).getAttribute('rel')).toBe('noopener noreferrer nofollow ugc');
    await takePicture(page, `widget-${name}-choice`);
    expect(await accessibilityProblems(page)).toEqual([]);
    await chat.getByRole('button', { name: 'Fern green' }).click();
    await asked('multi');
    await chat.getByLabel('Pot, clay').check();
    await chat.getByLabel('Gift wrap').check();
    await chat.locator('.form .primary').click();
    await asked('rating');
    await chat.getByRole('button', { name: '4 of 5' }).click();
    await asked('confirm');
    await chat.getByRole('button', { name: 'Yes' }).click();
    await type('date', 'input[type=date]', '2026-12-24');
    await type('time', 'input[type=time]', '10:30');
    await type('number', '.box input', 'many');
    await chat.getByText('Please check this answer').waitFor();
    await chat.getByRole('button', { name: 'Skip' }).click();
    await type('email', '.box input[type=email]', 'jane@shop.example');
    await type('phone', '.box input[type=tel]', '+49 151 23456789');
    await type('url', '.box input[inputmode=url]', 'shop.example');
    await asked('location');
    await chat.getByRole('button', { name: 'Share my location' }).click();
    await asked('contact');
    await chat.getByLabel('E-mail').fill('jane@shop.example');
    await chat.locator('.form .primary').click();
    await asked('file');
    await chat.locator('input[type=file]').setInputFiles({ name: 'plan.png', mimeType: 'image/png', buffer: picture });
    await chat.locator('.upload progress[hidden]').waitFor({ state: 'attached' });
    await chat.locator('.send').click();
    await chat.getByRole('img', { name: 'plan.png' }).waitFor();
    await chat.getByLabel('Your name').waitFor();
    await takePicture(page, `widget-${name}-form`);
    expect(await accessibilityProblems(page)).toEqual([]);
    await chat.locator('.form .primary').click();
    await chat.locator('.form [aria-invalid=true]').first().waitFor();
    await chat.getByLabel('Your name').fill('Jane');
    await chat.getByLabel('Floor plan').setInputFiles({ name: 'rooms.png', mimeType: 'image/png', buffer: picture });
    await chat.locator('.form .upload progress[hidden]').waitFor({ state: 'attached' });
    await takePicture(page, `widget-${name}-file-field`);
    expect(await accessibilityProblems(page)).toEqual([]);
    await chat.getByLabel('Size').selectOption('Large');
    await chat.locator('.form .primary').click();
    await chat.getByText('Thank you: Pot, clay and Gift wrap, rooms.png.').waitFor();
    expect(await saidIn(chat)).toEqual(
      expect.arrayContaining(['Fern green', 'Pot, clay, Gift wrap', '4', 'Yes', '2026-12-24', '10:30', 'skip', 'jane@shop.example']),
    );
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('the site asks first who somebody is, and lets nothing go before', async () => {
    const settings = JSON.stringify({
      pre_chat: { name: 'required', email: 'optional', consent: 'I agree to the [privacy notice](https://shop.example/privacy).' },
      starters: ['Where is my order?'],
    });
    const site = await shop.site({ settings, auto_reply: 'We write back soon.' });
    const { page, problems } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    await launcherOf(page).click();
    const chat = page.getByRole('dialog');
    await chat.getByRole('button', { name: 'Where is my order?' }).waitFor();
    await takePicture(page, 'widget-home');
    expect(await accessibilityProblems(page)).toEqual([]);
    await chat.getByRole('button', { name: 'Where is my order?' }).click();
    const name = chat.getByLabel('Name', { exact: true });
    await name.waitFor();
    await chat.locator('.send').click();
    await chat.locator('[aria-invalid=true]').first().waitFor();
    await takePicture(page, 'widget-pre-chat');
    expect(await accessibilityProblems(page)).toEqual([]);
    await name.fill('Jane');
    await chat.locator('.send').click();
    expect(await chat.locator('.list .row').count()).toBe(0);
    await chat.getByRole('checkbox').check();
    await chat.locator('.send').click();
    await chat.getByText('We write back soon.').waitFor();
    expect(await saidIn(chat)).toEqual(['Where is my order?', 'We write back soon.']);
    expect(problems).toEqual([]);
    await page.context().close();
  });

  test('an agent answers and is named; the visitor ends it and keeps a copy', async () => {
    const site = await shop.site({ settings: JSON.stringify({ show_agents: true }) });
    const { page } = await shop.open();
    await page.goto(`/demo?site_key=${site.site_key}`);
    const chat = await openChat(page);
    await write(chat, 'Is somebody there?');
    await chat.getByText('Sent ·').waitFor();
    await shop.answer(site, 'I am, with *pleasure*.');
    await chat.getByText('I am, with pleasure.').waitFor();
    await chat.getByText('Ada', { exact: true }).first().waitFor();
    await chat.getByRole('button', { name: 'More options' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), chat.getByRole('button', { name: 'Save the conversation' }).click()]);
    expect(download.suggestedFilename()).toMatch(/\.txt$/);
    await chat.getByRole('button', { name: 'More options' }).click();
    await takePicture(page, 'widget-menu');
    await page.keyboard.press('Escape');
    expect(await chat.isVisible()).toBe(true);
    await chat.getByRole('button', { name: 'More options' }).click();
    await chat.getByRole('button', { name: 'End the conversation' }).click();
    await chat.getByText('This conversation has ended.').waitFor();
    await chat.getByRole('button', { name: 'Back' }).click();
    await chat.getByRole('button', { name: /I am, with/ }).click();
    await chat.getByText('Is somebody there?').waitFor();
    await page.context().close();
  });
});
