import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser } from '../../server/testing/browser.ts';
import { type Console, openConsole, signIn } from '../../server/testing/console.ts';

const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe.skipIf(!hasBrowser)('files in the inbox', () => {
  let c: Console;
  beforeAll(async () => {
    c = await openConsole();
    // Where links to files lead.
    c.t.app.config.publicUrl = c.origin;
  });
  afterAll(() => c.close());

  test('a picture whose link is over in an open page is shown by a new one', async () => {
    const key = c.world.site.site_key;
    const base = `${c.origin}/api/v1/chat/conversations`;
    const token = 'a-visitor-who-sends-a-picture-in-their-browser';
    const post = async (path: string, body: object) => {
      const reply = await fetch(`${base}${path}?v=2&key=${key}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(reply.status, await reply.text()).toBe(201);
    };
    const who = { name: 'Jane Doe', email: 'jane@example.com' };
    await post('', { ...who, visitor_token: token, client_id: 'one', message: 'Hello' });
    const form = new FormData();
    form.append('file', new Blob([picture], { type: 'image/png' }), 'plant.png');
    const { id } = (await (await fetch(`${base}/${token}/files?v=2&key=${key}`, { method: 'POST', body: form })).json()) as { id: string };
    await post(`/${token}/messages`, { client_id: 'two', message: 'Look', attachments: [id] });

    const { page } = await c.open({ reducedMotion: 'reduce' });
    await signIn(page, { email: c.world.account.email, password: c.world.password });
    let reads = 0;
    await page.route('**/f/**', async (route) => {
      reads += 1;
      // A minute later the link is another one.
      if (reads === 1) c.t.clock.advance(61_000);
      await (reads === 1 ? route.fulfill({ status: 410, json: {} }) : route.continue());
    });
    await page.goto('/app/inbox?view=all');
    await page.getByText('Jane Doe').first().click();
    const shown = page.getByRole('img', { name: 'plant.png' });
    await expect.poll(() => shown.evaluate((element) => (element as HTMLImageElement).naturalWidth), { timeout: 15_000 }).toBe(1);
    expect(reads).toBe(2);
    await page.context().close();
  });
});
