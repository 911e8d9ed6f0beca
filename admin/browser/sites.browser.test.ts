import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn, takePicture } from '../../server/testing/console.ts';

describe.skipIf(!hasBrowser)('websites in the console', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
  });
  afterAll(() => c.close());

  test('a website is added, given its words and places, its key renewed, and deleted', async () => {
    const { page, problems } = await c.open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await signIn(page, c.owner, '/app/sites');
    await page.getByRole('button', { name: 'Add a website' }).click();
    await page.getByLabel('Name').fill('Online shop');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: 'Online shop', level: 1 }).waitFor();
    await page.getByText('For now the chat works wherever').waitFor();

    const install = page.getByRole('region', { name: 'Install' });
    await install.getByRole('button', { name: 'Copy' }).click();
    const snippet = await page.evaluate(() => navigator.clipboard.readText());
    expect(snippet).toMatch(new RegExp(`^<script src="${c.origin}/widget.js" data-site-key="site_\\w+" async></script>$`));

    await page.getByLabel('Greeting').fill('Welcome to the shop.');
    await page.getByRole('region', { name: 'As visitors see it' }).getByText('Welcome to the shop.').waitFor();
    const origins = page.getByLabel('Allowed websites');
    await origins.fill('not a website!');
    await origins.press('Enter');
    await page.getByText('is not the address of a website').waitFor();
    await origins.fill('shop.example/cart');
    await origins.press('Enter');
    await origins.fill('*.example.com');
    await origins.press('Enter');
    await page.getByText('https://shop.example', { exact: true }).waitFor();
    await page.getByRole('switch', { name: 'Mute what looks like a program' }).click({ force: true });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    const saved = await c.t.app.db.selectFrom('site').select('settings').where('name', '=', 'Online shop').executeTakeFirstOrThrow();
    expect(JSON.parse(saved.settings)).toMatchObject({ mute_suspected: true });
    await takePicture(page, 'site');
    expect(await page.getByText('For now the chat works wherever').count()).toBe(0);

    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone').waitFor();
    expect(await page.getByLabel('Greeting').inputValue()).toBe('Hi there! How can we help?');
    expect(await page.getByRole('switch', { name: 'Mute what looks like a program' }).isChecked()).toBe(false);

    await page.getByRole('button', { name: 'Make a new key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new key' }).click();
    await page.getByText('The site key is new.').waitFor();
    expect(await install.innerText()).not.toContain(snippet);

    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('“Online shop” is deleted').waitFor();
    expect(await page.getByRole('row', { name: /Online shop/ }).count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('of two who save at once the second decides: take what is there, or overwrite it', async () => {
    const path = `/app/sites/${c.world.site.id}`;
    const [first, second] = [await c.open(), await c.open()];
    for (const { page } of [first, second]) {
      await signIn(page, c.owner, path);
      await page.getByLabel('Sender').waitFor();
    }
    const save = async ({ page }: typeof first, greeting: string) => {
      await page.getByLabel('Greeting').fill(greeting);
      await page.getByRole('button', { name: 'Save' }).click();
    };
    await save(first, 'From the first.');
    await first.page.getByText('Saved', { exact: true }).waitFor();
    await save(second, 'From the second.');
    await second.page.getByText('Someone else saved in the meantime').waitFor();
    await takePicture(second.page, 'site-stale');
    await second.page.getByRole('button', { name: 'Load theirs' }).click();
    await second.page.getByText('Someone else saved in the meantime').waitFor({ state: 'detached' });
    expect(await second.page.getByLabel('Greeting').inputValue()).toBe('From the first.');

    await save(second, 'Second again.');
    await second.page.getByText('Saved', { exact: true }).waitFor();
    await save(first, 'First insists.');
    await first.page.getByRole('button', { name: 'Overwrite' }).click();
    await first.page.getByText('Someone else saved in the meantime').waitFor({ state: 'detached' });
    await first.page.reload();
    await first.page.getByLabel('Sender').waitFor();
    expect(await first.page.getByLabel('Greeting').inputValue()).toBe('First insists.');
    expect([...first.problems, ...second.problems].filter((one) => !one.includes('409'))).toEqual([]);
  });

  test('the look of the chat is chosen beside the chat itself, and what it asks before it begins', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, `/app/sites/${c.world.site.id}`);
    await page.getByRole('link', { name: 'Look and start' }).click();
    await page.frameLocator('iframe').getByRole('heading', { level: 1 }).waitFor();
    await page.getByLabel('Colour').fill('#0d7a5f');
    await page.getByRole('radiogroup', { name: 'Corners' }).getByText('24 px').click();
    await page.getByLabel('Words beside the button').fill('Talk to us');
    await page.getByLabel('Consent').fill('We keep what you write.');
    await page.getByLabel('First questions').fill('Where is my order?\n\nWhen are you open?');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    await page.frameLocator('iframe').getByRole('heading', { level: 1 }).waitFor();
    await takePicture(page, 'site-look');
    const reply = await fetch(`${c.origin}/api/v1/chat/config?v=2`, { headers: { 'x-api-key': c.world.site.site_key } });
    expect(await reply.json()).toMatchObject({
      theme: { color: '#0d7a5f', radius: 24, launcher: 'Talk to us', side: 'end', scheme: 'auto' },
      pre_chat: { consent: 'We keep what you write.' },
      starters: ['Where is my order?', 'When are you open?'],
    });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('Undone').waitFor();
    expect(await page.getByLabel('Words beside the button').inputValue()).toBe('');
    expect(problems).toEqual([]);
  });

  test('who leaves with words unsaved is asked once', async () => {
    const { page, problems } = await c.open();
    await signIn(page, c.owner, `/app/sites/${c.world.site.id}`);
    await page.getByLabel('Sender').fill('Somebody');
    await page.getByRole('link', { name: 'Home' }).click();
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'hidden' });
    expect(await page.getByLabel('Sender').inputValue()).toBe('Somebody');
    await page.getByRole('link', { name: 'Home' }).click();
    await question.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('heading', { name: 'Get started' }).waitFor();
    expect(problems).toEqual([]);
  });
});
