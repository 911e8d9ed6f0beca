// The console in a real browser against the real app: what the journeys in admin/browser/ begin with. The pages are
// those that `npm run build` left in dist/.
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { ensureSetupToken } from '../commands/setup.ts';
import { openBrowser, openPage } from './browser.ts';
import { makeWorld, type World } from './factories.ts';
import { type TestApp, testApp } from './test-app.ts';

/** An installation that nobody has set up yet. */
export type FreshConsole = {
  t: TestApp;
  origin: string;
  /** The one-time link, as it is printed at the start. */
  setUpLink: string;
  /** A browser of somebody's own; `problems` must be empty in the end. */
  open(options?: BrowserContextOptions): Promise<{ page: Page; problems: string[] }>;
  close(): Promise<void>;
};

export type Console = FreshConsole & { world: World; owner: { email: string; password: string } };

const pictures = join(tmpdir(), 'console-pictures');

export async function openFreshConsole(environment: Record<string, string> = {}): Promise<FreshConsole> {
  if (!existsSync(join(import.meta.dirname, '../../dist/admin/index.html'))) throw new Error('The console is not built: npm run build');
  const t = await testApp('sqlite', { RATE_LIMITS: 'off', ...environment });
  // The page's clock is the machine's.
  t.clock.set(Date.now());
  const origin = await t.server.listen({ port: 0, host: '127.0.0.1' });
  const setUpLink = `/setup?token=${await ensureSetupToken(t.app)}`;
  const browser = await openBrowser();
  return {
    t,
    origin,
    setUpLink,
    open: (options) => openPage(browser, origin, { locale: 'en-GB', timezoneId: 'UTC', viewport: { width: 1280, height: 800 }, ...options }),
    close: async () => {
      await browser.close();
      await t.close();
    },
  };
}

export async function openConsole(environment: Record<string, string> = {}): Promise<Console> {
  const fresh = await openFreshConsole(environment);
  const world = await makeWorld(fresh.t.app);
  return { ...fresh, world, owner: { email: world.account.email, password: world.password } };
}

/** Signs in as a person does, and waits for the page they wanted; they may have chosen another language before. */
export async function signIn(page: Page, { email, password }: { email: string; password: string }, path = '/app'): Promise<void> {
  await page.goto(path);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('#main h1').waitFor();
}

/** For people to look at; overwritten at each run. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
}
