// The interactive documentation: Swagger UI, served by us to a browser at /api and /api-docs; a program gets JSON at
// the same addresses. Its three files come from the build or, unbuilt, straight from the installed package.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import type { Brand } from '../config.ts';
import { notFound } from '../errors.ts';
import { documentAsset } from './openapi.ts';
import { type Asset, assetOf, sendAsset, typeOf } from './pages/assets.ts';
import type { Built } from './pages/built.ts';
import { noticePage } from './pages/notice.ts';
import { pageHtml, type ReadBrand, scriptJson, sendPage } from './pages/page.ts';
import type { Door } from './route.ts';

const libraryFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js'];
const ownFiles = ['docs.css', 'docs.js'];

export type DocsOptions = {
  doors: Door[];
  readBrand: ReadBrand;
  built: Built;
  /** Where the package lies when nothing is built; absent in an image. */
  library: string;
};

export function docsPages(options: DocsOptions) {
  const { doors, readBrand, built, library } = options;
  const source = (folder: string, name: string): Asset => assetOf(typeOf(name), 'no-cache', { identity: () => readFileSync(join(folder, name)) });
  const own = new Map(ownFiles.map((name) => [name, source(join(import.meta.dirname, 'pages'), name)]));
  const unbuilt = new Map(libraryFiles.map((name) => [name, source(library, name)]));
  const libraryFile = (name: string): Asset | null => built.find(`docs/${name}`) ?? (existsSync(join(library, name)) ? (unbuilt.get(name) ?? null) : null);

  return (server: FastifyInstance, app: App): void => {
    for (const name of [...ownFiles, ...libraryFiles]) {
      server.get(`/docs/${name}`, (request, reply) => {
        const asset = own.get(name) ?? libraryFile(name);
        if (!asset) throw notFound('File');
        return sendAsset(request, reply, asset);
      });
    }
    const [fallback] = doors;
    const page = (first: string) => {
      const ordered = doors.toSorted((a, b) => Number(b.name === first) - Number(a.name === first));
      return async (request: FastifyRequest, reply: FastifyReply) => {
        reply.header('vary', 'Accept');
        if (!wantsHtml(request) && document) return sendAsset(request, reply, document);
        const brand = await readBrand(app);
        const isThere = libraryFiles.every((name) => libraryFile(name) !== null);
        return sendPage(reply, brand, (nonce) => (isThere ? docsHtml(brand, nonce, ordered) : missingHtml(brand, nonce, ordered)));
      };
    };
    const document = fallback ? documentAsset(fallback) : null;
    server.get('/api', page('platform'));
    server.get('/api-docs', page('native'));
  };
}

function wantsHtml(request: FastifyRequest): boolean {
  return (request.headers.accept ?? '').includes('text/html');
}

function docsHtml(brand: Brand, nonce: string, doors: Door[]): string {
  const boot = { brand: { name: brand.name, logo: brand.logo }, definitions: doors.map((door) => ({ name: door.title, url: door.document.path })) };
  return pageHtml({
    title: `${brand.name} · API reference`,
    brand,
    nonce,
    css: '',
    head: `<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/docs.css">
<script type="application/json" id="boot">${scriptJson(boot)}</script>
`,
    body: `<div id="docs"></div>
<noscript>The interactive reference needs JavaScript. The documents: ${links(doors)}</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/swagger-ui-standalone-preset.js"></script>
<script src="/docs/docs.js"></script>`,
  });
}

function missingHtml(brand: Brand, nonce: string, doors: Door[]): string {
  return noticePage({
    brand,
    nonce,
    title: 'API reference',
    text: `<p>The interactive reference is not built yet. Run this in the folder of the program, then reload:</p>
<pre><code>npm run build</code></pre>
<p>The documents themselves are here: ${links(doors)}.</p>`,
  });
}

function links(doors: Door[]): string {
  return doors.map((door) => `<a href="${door.document.path}">${door.title}</a>`).join(', ');
}
