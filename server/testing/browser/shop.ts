// Somebody's shop with the widget on it, in a real browser against the real server: what the journeys in widget/browser/
// begin with. The widget is the one that `npm run build` left in dist/.
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { chooseStart, createFlow, publishFlow } from '../../commands/flows.ts';
import { signatureOf } from '../../commands/identify.ts';
import { createLabel } from '../../commands/labels.ts';
import { speak } from '../../commands/sending.ts';
import { identitySecrets } from '../../commands/sites.ts';
import { giveSign } from '../../live.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Site, SiteValues } from '../../store/sites.ts';
import { openBrowser, openPage } from '../browser.ts';
import { makeSite } from '../doubles/widget-client.ts';
import { makeWorld } from '../factories.ts';
import { type TestApp, testApp } from '../test-app.ts';

export type Shop = {
  t: TestApp;
  origin: string;
  site(values?: Partial<SiteValues>): Promise<Site>;
  flow(document: { id: string }): Promise<void>;
  open(options?: BrowserContextOptions): Promise<{ page: Page; problems: string[] }>;
  /** Somebody of the team writes into the newest conversation of a site. */
  answer(site: Site, text: string, name?: string): Promise<void>;
  /** The newest conversation of a site, as it is stored. */
  newest(site: Site): Promise<Conversation>;
  /** What somebody of the team does there, told and kept nowhere. */
  sign(site: Site, doing: { kind: 'typing' | 'viewing'; isOn: boolean }, name?: string): Promise<void>;
  labels(...names: string[]): Promise<void>;
  /** What the website's own server would sign with. */
  signature(site: Site, userId: string): string;
  /** A page of another origin with the widget on it, under a policy that allows nothing but the widget. */
  stranger(site: Site, more?: { body?: string; attributes?: string }): Promise<string>;
  close(): Promise<void>;
};

export async function openShop(): Promise<Shop> {
  if (!existsSync(join(import.meta.dirname, '../../../dist/widget'))) throw new Error('The widget is not built: npm run build');
  const t = await testApp('sqlite', { RATE_LIMITS: 'off' });
  // The page's clock is the machine's.
  t.clock.set(Date.now());
  const world = await makeWorld(t.app);
  const tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' as const };
  await t.app.transact((tx) => chooseStart(t.app, tx, tenant, 'default', null));
  const origin = await t.server.listen({ port: 0, host: '127.0.0.1' });
  t.app.config.publicUrl = origin;
  const browser = await openBrowser();
  const strangers: ReturnType<typeof createServer>[] = [];
  const newest = (site: Site): Promise<Conversation> =>
    t.app.db.selectFrom('conversation').selectAll().where('site_id', '=', site.id).orderBy('id', 'desc').executeTakeFirstOrThrow();
  return {
    t,
    origin,
    site: (values = {}) => makeSite(t, world, { anonymous: 1, ...values }),
    flow: (document) =>
      t.app.transact(async (tx) => {
        await createFlow(t.app, tx, tenant, document);
        await publishFlow(t.app, tx, tenant, { slug: document.id }, '');
      }),
    open: (options) => openPage(browser, origin, { locale: 'en-GB', timezoneId: 'UTC', viewport: { width: 1280, height: 800 }, ...options }),
    answer: async (site, text, name = 'Ada') => {
      const conversation = await newest(site);
      await t.app.transact((tx) => speak(t.app, tx, conversation, { message: { kind: 'text', text }, text, author: { kind: 'agent', id: null, name } }));
    },
    newest,
    async sign(site, doing, name = 'Ada') {
      const { id, bot_id: botId, workspace_id: workspaceId } = await newest(site);
      giveSign(t.app.live, { workspaceId, botId, conversationId: id }, { ...doing, who: { kind: 'agent', id: 1, name } });
    },
    async labels(...names) {
      for (const name of names) await t.app.transact((tx) => createLabel(t.app, tx, tenant, name));
    },
    signature: (site, userId) => signatureOf(identitySecrets(t.app, site)[0] ?? '', userId),
    async stranger(site, { body = '<h1>A page</h1>', attributes = '' } = {}) {
      const policy = `default-src 'none'; script-src ${origin}; connect-src ${origin}; img-src ${origin}; style-src 'none'; require-trusted-types-for 'script'`;
      const html = `<!doctype html><html lang="en"><head><title>Stranger</title></head><body>${body}<script src="${origin}/widget.js" data-site-key="${site.site_key}" ${attributes}></script></body></html>`;
      const server = createServer((_request, reply) => reply.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy }).end(html));
      strangers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    },
    async close() {
      await browser.close();
      for (const server of strangers) server.close();
      await t.close();
    },
  };
}

export const launcherOf = (page: Page): Locator => page.locator('chat-launcher .launcher');

/** The chat, opened by its button and at the conversation. */
export async function openChat(page: Page): Promise<Locator> {
  await launcherOf(page).click();
  const chat = page.getByRole('dialog');
  await chat.waitFor();
  const begin = chat.locator('.begin');
  await chat.locator('.begin, .composer').first().waitFor();
  if (await begin.isVisible()) await begin.click();
  await chat.locator('.composer').waitFor();
  return chat;
}

export async function write(chat: Locator, text: string): Promise<void> {
  const field = chat.locator('.box textarea, .box input').first();
  await field.fill(text);
  await field.press('Enter');
}

/** What is said, in order, as it is shown. */
export const saidIn = (chat: Locator): Promise<string[]> => chat.locator('.list .text').allInnerTexts();
