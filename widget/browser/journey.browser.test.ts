// What issue after issue has to keep: one visitor and one agent, in two windows, from the first word to the flow's last.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openChat, saidIn, write } from '../../server/testing/browser/shop.ts';
import { accessibilityProblems, hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';
import { makeMember } from '../../server/testing/factories.ts';

const shopFlow = {
  format: 'flow/1',
  id: 'shop',
  name: 'Shop',
  vars: { room: { type: 'text' }, picture: { type: 'file' }, details: { type: 'object' } },
  triggers: { go: { type: 'start', to: 'ask' } },
  groups: {
    ask: {
      blocks: [
        { id: 'hi', type: 'text', text: 'Hello! Let us find a plant.' },
        {
          id: 'room',
          type: 'ask',
          kind: 'choice',
          text: 'Which room?',
          save: 'room',
          options: [
            { id: 'kitchen', label: 'Kitchen' },
            { id: 'bath', label: 'Bathroom' },
          ],
        },
        {
          id: 'details',
          type: 'form',
          text: 'Two more things.',
          save: 'details',
          fields: [
            { id: 'window', kind: 'text', label: 'Which way does the window face?' },
            { id: 'height', kind: 'number', label: 'How high, in cm?' },
          ],
        },
        { id: 'picture', type: 'ask', kind: 'file', text: 'Please send a picture of the place.', save: 'picture', to: { next: 'desk' } },
      ],
    },
    desk: { blocks: [{ id: 'people', type: 'handoff', text: 'A gardener has a look.', to: { resolved: 'after' } }] },
    after: {
      blocks: [
        { id: 'bye', type: 'text', text: 'Enjoy your new plant!' },
        { id: 'end', type: 'end' },
      ],
    },
  },
};

const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe.skipIf(!hasBrowser)('a visitor and an agent', () => {
  let c: Console;
  let agent: { email: string; password: string };
  beforeAll(async () => {
    c = await openConsole();
    // Links of files name the address people use.
    c.t.app.config.publicUrl = c.origin;
    const headers = { authorization: `Bearer ${c.world.key}`, 'content-type': 'application/json' };
    const made = await fetch(`${c.origin}/v1/flows`, { method: 'POST', headers, body: JSON.stringify({ document: shopFlow, publish: true }) });
    expect(made.status, await made.text()).toBe(201);
    const change = { flow: 'shop', anonymous: true, show_agents: true };
    const set = await fetch(`${c.origin}/v1/sites/${c.world.site.id}`, { method: 'PATCH', headers, body: JSON.stringify(change) });
    expect(set.status, await set.text()).toBe(200);
    const { account, password } = await makeMember(c.t.app, c.world, 'agent');
    agent = { email: account.email, password };
  });
  afterAll(() => c.close());

  test('speak from the shop to the inbox, over a lost network, in the dark and in Arabic, and the flow has the last word', async () => {
    const visitor = await c.open();
    await visitor.page.goto(`/demo?site_key=${c.world.site.site_key}`);
    const chat = await openChat(visitor.page);
    await write(chat, 'Hi');
    await chat.getByRole('button', { name: 'Kitchen' }).click();
    await chat.getByLabel('Which way does the window face?').fill('North');
    await chat.getByLabel('How high, in cm?').fill('40');
    await chat.locator('.form button[type=submit], .form button').last().click();
    await chat.getByText('Please send a picture of the place.').waitFor();
    await chat.locator('input[type=file]').setInputFiles({ name: 'window.png', mimeType: 'image/png', buffer: picture });
    await chat.locator('.upload progress[hidden]').waitFor({ state: 'attached' });
    await chat.locator('.send').click();
    await chat.getByText('A gardener has a look.').waitFor();

    const console = await c.open();
    await signIn(console.page, agent, '/app/inbox');
    await console.page
      .getByRole('region', { name: 'Conversations' })
      .getByRole('link', { name: /gardener/ })
      .click();
    const log = console.page.getByRole('log', { name: 'Messages' });
    await log.getByText('A gardener has a look.').waitFor();
    await log.getByRole('img', { name: 'window.png' }).waitFor();

    await visitor.page.context().setOffline(true);
    await write(chat, 'It is a cold window');
    await console.page.getByRole('textbox', { name: 'Write a reply' }).fill('A fern would love that place.');
    await console.page.getByRole('button', { name: 'Send', exact: true }).click();
    await visitor.page.context().setOffline(false);
    await chat.getByText('A fern would love that place.').waitFor();
    await log.getByText('It is a cold window').waitFor();

    await visitor.page.evaluate("parley('setScheme', 'dark'); parley('setLocale', 'ar')");
    await expect.poll(() => chat.locator('.body').getAttribute('dir'), { timeout: 15_000 }).toBe('rtl');
    const { x = -1, width = 0 } = (await chat.boundingBox()) ?? {};
    expect([x >= 0, x + width <= 1280], 'the chat is on the page').toEqual([true, true]);
    await takePicture(visitor.page, 'journey-visitor');
    expect(await accessibilityProblems(visitor.page)).toEqual([]);
    await takePicture(console.page, 'journey-agent');
    expect(await accessibilityProblems(console.page)).toEqual([]);

    await console.page.getByRole('region', { name: 'Flow' }).getByRole('button', { name: 'Hand back to the flow' }).click();
    await chat.getByText('Enjoy your new plant!').waitFor();
    await expect
      .poll(() => saidIn(chat), { timeout: 15_000 })
      .toEqual(expect.arrayContaining(['A gardener has a look.', 'It is a cold window', 'A fern would love that place.', 'Enjoy your new plant!']));
    expect(new Set(await saidIn(chat)).size).toBe((await saidIn(chat)).length);
    expect(console.problems).toEqual([]);
  });
});
