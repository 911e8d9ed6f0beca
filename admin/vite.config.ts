// Builds the console into dist/admin. The server fills in what only it knows: __TITLE__, __FAVICON__, __BOOT__ and a
// fresh __NONCE__ per reply; `vite dev` fills them in here. What a first visit loads has a ceiling, and over it the
// build fails.
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const ground = /node_modules\/(react|react-dom|scheduler|i18next|react-i18next|@tanstack\/[\w-]+)\//;

/** Of components, and of what our own pages are made of, those that a first visit shows. */
const components = ['ActionIcon', 'Button', 'Group', 'Kbd', 'Loader', 'Skeleton', 'Text', 'Title', 'Transition', 'UnstyledButton'];
const mantine = ['Box', 'MantineProvider', 'styles-api', 'factory', 'InlineStyles', 'DirectionProvider'];
const ui = ['copy', 'empty', 'icon', 'keys', 'link-button', 'mark', 'page', 'page-ghost', 'problem', 'toast', 'wrong'];
const frame = ['destinations', 'preferences', 'rail', 'shortcuts'];
const own = ['api', 'boot', 'format', 'i18n', 'place', 'queries', 'roles', 'locales/en/base'];
const shown = new RegExp(
  [
    `@mantine/core/esm/(core/(${mantine.join('|')})|components/(${components.join('|')}))/`,
    `/admin/(ui/(${ui.join('|')})|frame/(${frame.join('|')})|${own.join('|')})\\.(tsx?|json|module\\.css)$`,
  ].join('|'),
);

const firstLoadLimitKb = 180;
/** A signed-in person's first visit: the entry, the frame, and the page that opens. */
const firstVisit = ['main.tsx', 'frame/frame.tsx', 'pages/home.tsx'];

export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  html: { cspNonce: '__NONCE__' },
  plugins: [react(), fillPlaceholders(), missStyles(), weighFirstVisit()],
  build: {
    outDir: '../dist/admin',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What every page needs in two files: they compress better, and the first stays cached when our own code changes.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'ground', test: ground },
            { name: 'frame', test: shown },
          ],
        },
      },
    },
  },
  server: { proxy: Object.fromEntries(['/v1', '/api', '/openapi.json', '/demo', '/widget.js'].map((path) => [path, 'http://127.0.0.1:8080'])) },
});

function fillPlaceholders(): Plugin {
  const boot = { brand: { name: 'Parley', logo: null, color: '#2f6fed', favicon: null, support_url: null }, setup_needed: false };
  return {
    name: 'fill-placeholders',
    apply: 'serve',
    transformIndexHtml: (html) =>
      html.replace('__BOOT__', JSON.stringify(boot)).replace('__TITLE__', boot.brand.name).replace('__FAVICON__', 'data:,').replaceAll('__NONCE__', ''),
  };
}

function weighFirstVisit(): Plugin {
  return {
    name: 'weigh-first-visit',
    apply: 'build',
    writeBundle(_options, bundle) {
      const files = new Set<string>();
      const take = (name: string) => {
        const file = bundle[name];
        if (file?.type !== 'chunk' || files.has(name)) return;
        files.add(name);
        for (const css of file.viteMetadata?.importedCss ?? []) files.add(css);
        for (const imported of file.imports) take(imported);
      };
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === 'chunk' && firstVisit.some((one) => file.facadeModuleId?.endsWith(`/admin/${one}`) || (file.isEntry && one === 'main.tsx')))
          take(name);
      }
      const weigh = (name: string) => {
        const file = bundle[name];
        return file ? gzipSync(file.type === 'chunk' ? file.code : file.source).length / 1000 : 0;
      };
      const total = [...files].reduce((sum, name) => sum + weigh(name), 0);
      console.error(`  a first visit loads ${total.toFixed(1)} kB gzip, of at most ${firstLoadLimitKb}`);
      if (total > firstLoadLimitKb) this.error(`a first visit loads ${total.toFixed(1)} kB gzip; the ceiling is ${firstLoadLimitKb}`);
    },
  };
}

/** A component whose style sheet nobody imports looks broken only where it stands: here it is said by name. */
function missStyles(): Plugin {
  return {
    name: 'miss-styles',
    apply: 'build',
    generateBundle(_options, bundle) {
      const imported = new Set(Array.from(this.getModuleIds(), (id) => /styles\/(\w+)\.layer\.css/.exec(id)?.[1]));
      const used = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
      const sheets = used.flatMap((id) => /@mantine\/core\/esm\/components\/(\w+)\/\1\.module\.mjs/.exec(id)?.[1] ?? []);
      const missing = sheets.filter((name) => !imported.has(name));
      if (missing.length > 0) this.error(`import '@mantine/core/styles/${missing.join(', ')}.layer.css' where it is used`);
    },
  };
}
