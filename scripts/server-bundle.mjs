// The server as one file instead of nine hundred: it starts in two thirds of the time and holds 14 MB less. Nothing is
// minified, and `import.meta` keeps meaning the source it was written in, so paths and workers are those of the sources.
// The launcher takes it only while it is newer than every source (server-entry.mjs).
import { existsSync, mkdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '..');
const entry = join(root, 'server', 'cli.ts');

/** What every start loads. Other packages load at first use, from where they are installed. */
const atEveryStart = new Set(['fastify', 'zod', 'kysely', 'commander', 'ipaddr.js', 'libphonenumber-js', 're2js', 'temporal-polyfill', '@marcbachmann/cel-js']);

function isLeftOutside(id, importer) {
  if (id.startsWith('node:')) return true;
  const isOurs = importer !== undefined && !importer.includes('node_modules');
  const [, name] = /^((?:@[^/]+\/)?[^/.\0][^/]*)/.exec(id) ?? [];
  return isOurs && name !== undefined && !name.startsWith('@parley') && !atEveryStart.has(name);
}

/** `import.meta` of a source, as the file in dist has to say it. */
function keepPlaces(to) {
  const from = (path) => JSON.stringify(relative(to, path).replaceAll('\\', '/'));
  return {
    name: 'keep-places',
    transform: (code, id) =>
      id.startsWith('\0') || id.includes('node_modules') || !code.includes('import.meta.')
        ? null
        : code
            .replaceAll(/\bimport\.meta\.url\b/g, `new URL(${from(id)}, import.meta.url).href`)
            .replaceAll(/\bimport\.meta\.dirname\b/g, `process.getBuiltinModule('node:url').fileURLToPath(new URL(${from(dirname(id))}, import.meta.url))`),
  };
}

export async function buildServer(out) {
  if (!existsSync(entry)) return 'skipped: server/cli.ts does not exist';
  const started = new Date();
  const { build } = await import('vite');
  // Read whole at the start: a server that runs on needs nothing from a dist that has been built anew meanwhile.
  const output = { format: 'es', entryFileNames: 'server.mjs', codeSplitting: false };
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    plugins: [keepPlaces(out)],
    ssr: { noExternal: true, target: 'node' },
    build: { ssr: entry, outDir: out, emptyOutDir: false, target: 'node24', minify: false, rolldownOptions: { external: isLeftOutside, output } },
  });
  const file = join(out, 'server.mjs');
  // As old as its oldest source can be: what changes while it is built is newer.
  utimesSync(file, started, started);
  return `${Math.round(statSync(file).size / 1000)} kB in one file`;
}

/** Into the dist that is there; for when nothing else in it is stale. */
async function replaceServer() {
  const out = join(root, `dist.tmp-${process.pid}`);
  mkdirSync(out);
  try {
    await buildServer(out);
    renameSync(join(out, 'server.mjs'), join(root, 'dist', 'server.mjs'));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await replaceServer();
