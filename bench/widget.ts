// What the widget costs a page: bytes and requests before anybody wants it and until an open chat can be read and
// written in, the time from the click to there, whether anything on the page moved, and how long an agent's answer takes
// to the visitor's screen. In Chromium, on loopback.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { openBrowser } from '../server/testing/browser.ts';
import { seed, startProduct } from './load/product.ts';
import { type Bench, type Figure, median, quantile } from './report.ts';

const rounds = 10;
const answers = 50;

/** `urls`: what was fetched until it could be used. */
type Visit = { usableMs: number; moved: number; urls: string[] };

export const widget: Bench = {
  name: 'widget',
  summary: 'the weight of the widget, its requests, and the time from the click to a chat that can be used',
  async run(say) {
    const root = mkdtempSync(join(tmpdir(), 'bench-widget-'));
    const place = { dataDir: join(root, 'data') };
    const { siteKey, key } = await seed(place);
    const server = await startProduct(place);
    const browser = await openBrowser();
    const path = `/demo?site_key=${siteKey}`;
    const newcomers: Visit[] = [];
    const open = async (): Promise<Page> => {
      const context = await browser.newContext({ baseURL: `http://127.0.0.1:${server.port}`, viewport: { width: 1280, height: 800 } });
      return context.newPage();
    };
    for (let round = 1; round <= rounds; round += 1) {
      say(`visitor ${round} of ${rounds}`);
      const page = await open();
      newcomers.push(await visit(page, path));
      await page.context().close();
    }
    say('somebody who comes back to a conversation');
    const page = await open();
    await visit(page, path);
    await begin(page);
    const back = await visit(page, path);
    const weigh = async (urls: string[]): Promise<number> => {
      const bodies = await Promise.all(urls.map(async (url) => (await page.request.get(url.replace('/stream?', '/messages?'))).body()));
      return bodies.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
    };
    const first = newcomers[0]?.urls ?? [];
    const bytes = {
      launcher: await weigh(first.filter((url) => url.endsWith('/widget.js'))),
      first: await weigh(first),
      open: await weigh(back.urls),
    };
    say(`${answers} answers of an agent`);
    const figures = figuresOf([...newcomers, back], await answer(page, `http://127.0.0.1:${server.port}`, key), bytes);
    await browser.close();
    await server.stop();
    rmSync(root, { recursive: true, force: true });
    return figures;
  },
};

/** Everything that moved since the page opened without anybody having asked for it. */
const shifted = `new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 300);
})`;

/** Timed inside the page, from the click itself to the frame in which the field has the focus or the first page can be pressed. */
const opened = `new Promise((resolve) => {
  const root = document.querySelector('chat-launcher').shadowRoot;
  const begun = performance.now();
  root.querySelector('.launcher').click();
  const look = () => (root.querySelector('.begin, .list .row') ? requestAnimationFrame(() => resolve(performance.now() - begun)) : requestAnimationFrame(look));
  look();
})`;

async function visit(page: Page, path: string): Promise<Visit> {
  const urls: string[] = [];
  // What is fetched once the chat can be read is not waited for, and what is told to the server weighs nothing.
  const note = (request: { url(): string; method(): string }): void => {
    const url = request.url();
    if (/\/widget|\/api\/v1\/chat\//.test(url) && request.method() === 'GET' && !/\/rest-/.test(url)) urls.push(url);
  };
  page.on('request', note);
  await page.goto(path);
  await page.locator('chat-launcher .launcher').waitFor();
  const usableMs = (await page.evaluate(opened)) as number;
  page.off('request', note);
  const moved = (await page.evaluate(shifted)) as number;
  return { usableMs, moved, urls };
}

async function begin(page: Page): Promise<void> {
  const chat = page.getByRole('dialog');
  await chat.locator('.begin').click();
  await chat.getByLabel('Name', { exact: true }).fill('Jane Doe');
  await chat.getByLabel('E-mail').fill('jane@example.com');
  await chat.locator('textarea').fill('Hello');
  await chat.locator('.send').click();
  await chat.locator('.their.first').nth(1).waitFor();
}

/** What the page sees, by the clock that both share, in the frame after it stands there. */
const watched = `(() => {
  window.seen = {};
  const list = document.querySelector('chat-launcher').shadowRoot.querySelector('.list');
  new MutationObserver(() => requestAnimationFrame(() => {
    for (const row of list.querySelectorAll('.their .text')) window.seen[row.textContent] ??= performance.timeOrigin + performance.now();
  })).observe(list, { childList: true, subtree: true });
})()`;

/** From the agent's request, its commit included, to the visitor's screen: longer than what counts. */
async function answer(page: Page, origin: string, key: string): Promise<number[]> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const { data } = (await (await fetch(`${origin}/v1/conversations?limit=1`, { headers })).json()) as { data: { id: number }[] };
  await page.evaluate(watched);
  const arrivals: number[] = [];
  for (let count = 1; count <= answers; count += 1) {
    const text = `Answer ${count}`;
    const sentAt = performance.timeOrigin + performance.now();
    const reply = await fetch(`${origin}/v1/conversations/${data[0]?.id}/messages`, { method: 'POST', headers, body: JSON.stringify({ text }) });
    if (!reply.ok) throw new Error(`the agent could not answer: ${reply.status} ${await reply.text()}`);
    const seen = await page.waitForFunction((one) => (window as unknown as { seen: Record<string, number> }).seen[one], text, { polling: 20 });
    arrivals.push(((await seen.jsonValue()) as number) - sentAt);
  }
  return arrivals;
}

function figuresOf(visits: Visit[], arrivals: number[], bytes: { launcher: number; first: number; open: number }): Figure[] {
  const times = visits.map(({ usableMs }) => usableMs);
  const requests = Math.max(...visits.map(({ urls }) => urls.length));
  const dist = join(import.meta.dirname, '../dist/widget');
  const built = readFileSync(join(dist, '../built.json'), 'utf8');
  const note = `built ${(JSON.parse(built) as { built_at: string }).built_at.slice(0, 16)}`;
  return [
    { name: 'launcher, gzip', value: bytes.launcher, unit: 'B', better: 'less', limit: 3000, note },
    { name: 'open chat with history, gzip', value: bytes.open, unit: 'B', better: 'less', limit: 15_000 },
    { name: 'first page of a new visitor, gzip', value: bytes.first, unit: 'B', better: 'less' },
    { name: 'requests until it can be used', value: requests, unit: '', better: 'less', limit: 4 },
    { name: 'click to usable, median', value: median(times), unit: 'ms', better: 'less', limit: 300 },
    { name: 'click to usable, slowest', value: Math.max(...times), unit: 'ms', better: 'less' },
    { name: 'an answer on the visitor’s screen, median', value: median(arrivals), unit: 'ms', better: 'less' },
    { name: 'an answer on the visitor’s screen, p99', value: quantile(arrivals, 0.99), unit: 'ms', better: 'less', limit: 200 },
    { name: 'layout shift', value: Math.max(...visits.map(({ moved }) => moved)), unit: '', better: 'less', limit: 0 },
  ];
}
