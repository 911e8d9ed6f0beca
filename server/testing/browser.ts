// A real browser for the tests that need one. Where there is none the run says so loudly instead of passing in silence.
import { existsSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
export const hasBrowser = executablePath !== undefined;
if (!hasBrowser) console.warn('SKIPPED: there is no Chromium in /usr/bin, so no page is tested in a browser.');

const quiet = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** `keepsPages`: as people's browsers do, it keeps a page that is left for the way back. */
export function openBrowser({ keepsPages = false } = {}): Promise<Browser> {
  return chromium.launch({ executablePath, args: quiet.split(' '), ...(keepsPages ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}) });
}

/** A page in a context of its own; `problems` collects what a reader of the console or of the network would complain about. */
export async function openPage(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<{ page: Page; problems: string[] }> {
  const context = await browser.newContext({ baseURL: origin, ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith('blob:')) problems.push(`asked a third party: ${url}`);
  });
  return { page, problems };
}

/** What axe finds against WCAG 2.2 AA, a line each; or only what one of its rules finds. A page in a frame is looked at by itself. */
export async function accessibilityProblems(page: Page, rule?: 'color-contrast'): Promise<string[]> {
  const axe = new AxeBuilder({ page }).exclude('iframe');
  const { violations } = await (rule
    ? axe.withRules([rule])
    : axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
  ).analyze();
  return violations.map((one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(' ')).join('; ')})`);
}
