// What people open in a browser beside the reference: the console, the demo page, and the script of the widget. All of
// it answers before anything is built or set up, and says what is missing.
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { Brand } from '../config.ts';
import { notFound } from '../errors.ts';
import { assetOf, sendAsset } from './pages/assets.ts';
import type { Built } from './pages/built.ts';
import { noticePage } from './pages/notice.ts';
import { escapeHtml, faviconOf, pageHtml, type ReadBrand, scriptJson, sendPage } from './pages/page.ts';
import { type Shared, sharePage } from './pages/share.ts';
import { type Tagged, widgetTag } from './pages/tag.ts';

export type StaticOptions = {
  readBrand: ReadBrand;
  isSetupNeeded(app: App): Promise<boolean>;
  /** The site whose widget the demo page shows: the one asked for by its key, else the first; null before there is a workspace. */
  findDemoSite(app: App, siteKey: string): Promise<Tagged | null>;
  /** The site whose chat is shown under this name at /b/; null where there is none, or none for a page of ours. */
  findShared(app: App, slug: string): Promise<Shared | null>;
  built: Built;
  /** widget/launcher.ts, served with its types taken out when nothing is built. */
  launcher: string;
};

export function staticPages({ readBrand, isSetupNeeded, findDemoSite, findShared, built, launcher }: StaticOptions) {
  const pages = join(import.meta.dirname, 'pages');
  const source = assetOf('text/javascript; charset=utf-8', 'public, max-age=300', {
    identity: () => Buffer.from(stripTypeScriptTypes(readFileSync(launcher, 'utf8'))),
  });

  return (server: FastifyInstance, app: App): void => {
    const openConsole = async (_request: FastifyRequest, reply: FastifyReply) => {
      const brand = await readBrand(app);
      const template = built.text('admin/index.html');
      if (template === null) return sendPage(reply, brand, (nonce) => notBuilt(brand, nonce));
      const boot = {
        brand: { name: brand.name, logo: brand.logo, color: brand.color, favicon: brand.favicon, support_url: brand.supportUrl },
        setup_needed: await isSetupNeeded(app),
      };
      const values = { TITLE: escapeHtml(brand.name), FAVICON: escapeHtml(faviconOf(brand)), BOOT: scriptJson(boot) };
      return sendPage(reply, brand, (nonce) => fill(template, { ...values, NONCE: nonce }), { frames: 'shows ours' });
    };
    for (const path of ['/', '/setup', '/app', '/app/*']) server.get(path, openConsole);

    server.get<{ Params: { '*': string } }>('/assets/*', (request, reply) => {
      const asset = built.find(`admin/assets/${request.params['*']}`);
      if (!asset) throw notFound('File');
      return sendAsset(request, reply, asset);
    });

    server.get<{ Querystring: { site_key?: unknown } }>('/demo', async (request, reply) => {
      const brand = await readBrand(app);
      const site = await findDemoSite(app, String(request.query.site_key ?? ''));
      // The console shows it beside what a site's chat is made to look like.
      const policy = { pictures: 'any', frames: 'within ours' } as const;
      return sendPage(reply, brand, (nonce) => (site ? shop(brand, nonce, site) : notSetUp(brand, nonce)), policy);
    });

    server.get<{ Params: { slug: string } }>('/b/:slug', async (request, reply) => {
      const { slug } = request.params;
      const [brand, shared] = [await readBrand(app), await findShared(app, slug)];
      if (!shared) throw notFound('Page');
      const url = `${app.config.publicUrl}/b/${encodeURIComponent(slug)}`;
      return sendPage(reply, brand, (nonce) => sharePage(shared, { brand, nonce, url }), { pictures: 'any' });
    });

    // What strangers' pages load.
    const forAll = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
    server.get('/widget.js', (request, reply) => sendAsset(request, reply.headers(forAll), built.find('widget.js') ?? source));

    server.get<{ Params: { '*': string } }>('/widget/*', (request, reply) => {
      const asset = built.find(`widget/${request.params['*']}`);
      if (!asset) throw notFound('File');
      return sendAsset(request, reply.headers(forAll), asset);
    });
  };

  function shop(brand: Brand, nonce: string, site: Tagged): string {
    const body = fill(readFileSync(join(pages, 'demo.html'), 'utf8'), { BRAND: escapeHtml(brand.name), WIDGET: widgetTag(site) });
    return pageHtml({ title: `Fern & Clay · ${brand.name}`, brand, nonce, css: readFileSync(join(pages, 'demo.css'), 'utf8'), body });
  }
}

/** Every `__NAME__` by its value; whatever a value looks like, it is put in as it is. */
function fill(template: string, values: Record<string, string>): string {
  return template.replace(/__([A-Z_]+?)__/g, (whole, name: string) => values[name] ?? whole);
}

const elsewhere = [
  { href: '/api', label: 'API reference' },
  { href: '/demo', label: 'Demo page' },
];

function notBuilt(brand: Brand, nonce: string): string {
  return noticePage({
    brand,
    nonce,
    title: 'The pages are not built yet',
    text: `<p>The server is running and its APIs answer. Build the console with this, in the folder of the program, then reload:</p>
<pre><code>npm run build</code></pre>`,
    links: elsewhere,
  });
}

function notSetUp(brand: Brand, nonce: string): string {
  return noticePage({
    brand,
    nonce,
    title: 'There is no workspace yet',
    text: `<p>This page will show the chat on a site like yours. First make the owner’s account and a workspace: open the set-up link that
the server printed when it started. It looks like this:</p>
<pre><code>/setup?token=…</code></pre>
<p>Then reload this page.</p>`,
    links: [{ href: '/', label: 'Console' }, ...elsewhere.filter((link) => link.href !== '/demo')],
  });
}
