// `npm run build`: into dist/ goes what browsers load (the console, the widget's script and the files of the interactive
// reference, each also compressed) and the server as one file. It builds beside the old dist and changes places at the
// end, so that a build that is killed or fails leaves the old one as it was.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip, gzipSync } from 'node:zlib';
import { buildServer } from './server-bundle.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Bytes compressed, at most. An open chat may weigh 15,000 with its configuration and history, which have what is left of that. */
const weightLimits = { launcher: 3000, open: 14_200, home: 800, rest: 10_000, pack: 5000, language: 1500 };

/** What the docs page loads, and the terms it comes under. */
const libraryFiles = ['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js', 'LICENSE', 'NOTICE'];

/** The settings of Vite for the chat: what the launcher loads when it is wanted, and a file for each further language. */
export function chatSettings(outDir) {
  const lib = { entry: join(root, 'widget', 'chat.ts'), formats: ['es'], fileName: () => 'chat-[hash].js' };
  // A library keeps its spaces for whoever builds with it; nobody does with this.
  const output = { chunkFileNames: '[name]-[hash].js', minify: true };
  return widgetSettings(join(outDir, 'widget'), {
    lib,
    rolldownOptions: { output, preserveEntrySignatures: 'allow-extension' },
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  });
}

/** The settings for the launcher: one script, for any page, that knows where the chat is. */
export function launcherSettings(outDir, chatPath) {
  const lib = { entry: join(root, 'widget', 'launcher.ts'), name: 'chat', formats: ['iife'], fileName: () => 'widget.js' };
  return { ...widgetSettings(outDir, { lib }), define: { CHAT_PATH: JSON.stringify(chatPath) } };
}

function widgetSettings(outDir, build) {
  const always = { outDir, emptyOutDir: false, target: 'es2022', minify: true, reportCompressedSize: false };
  return { configFile: false, root: join(root, 'widget'), logLevel: 'warn', build: { ...always, ...build } };
}

/** The same for the console; its own configuration says the rest. */
export function consoleSettings(outDir) {
  return { configFile: join(root, 'admin', 'vite.config.ts'), root: join(root, 'admin'), logLevel: 'warn', build: { outDir, emptyOutDir: false } };
}

export const hasConsole = () => existsSync(join(root, 'admin', 'index.html'));

async function buildConsole(out) {
  if (!hasConsole()) return 'skipped: admin/index.html does not exist yet';
  const { build } = await import('vite');
  await build(consoleSettings(join(out, 'admin')));
  return `${filesUnder(join(out, 'admin')).length} files`;
}

export async function buildWidget(out) {
  const { build } = await import('vite');
  await build(chatSettings(out));
  const chat = readdirSync(join(out, 'widget')).find((name) => name.startsWith('chat-'));
  await build(launcherSettings(out, `widget/${chat}`));
  return weighWidget(out);
}

/** Every page that shows the widget pays for each byte, so a build that is too heavy is none. */
function weighWidget(out) {
  const weigh = (path) => gzipSync(readFileSync(join(out, path)), { level: 9 }).length;
  const launcher = weigh('widget.js');
  const parts = readdirSync(join(out, 'widget')).map((name) => ({ name, bytes: weigh(join('widget', name)) }));
  const of = (pattern) => parts.filter(({ name }) => pattern.test(name)).map(({ bytes }) => bytes);
  const [[chat], [home], [rest], languages] = [of(/^chat-/), of(/^home-/), of(/^rest-/), of(/^[a-z]{2}-/)];
  // Each thing it stands on would be one more request before anybody can read.
  const isAlone = parts.every(({ name }) => !/^chat-/.test(name) || !/\b(from|import)\s*["'`]/.test(readFileSync(join(out, 'widget', name), 'utf8')));
  if (!isAlone) throw new Error('the chat is in more than one file: something it needs at once is shared with what comes later');
  const packs = of(/^(?!(chat|home|rest|[a-z]{2})-)/);
  const weighed = [
    ['launcher', launcher, weightLimits.launcher],
    ['launcher and chat', launcher + chat, weightLimits.open],
    ['first page', home, weightLimits.home],
    ['the rest of the chat', rest, weightLimits.rest],
    ['heaviest of what few need', Math.max(...packs), weightLimits.pack],
    ['heaviest language', Math.max(...languages), weightLimits.language],
  ];
  const heavy = weighed.find(([, bytes, limit]) => bytes > limit);
  if (heavy) throw new Error(`the widget is too heavy: ${heavy[0]} ${heavy[1]} bytes compressed, of at most ${heavy[2]}`);
  return `${weighed.map(([what, bytes, limit]) => `${what} ${bytes} of ${limit}`).join(', ')} bytes compressed; ${languages.length} languages`;
}

function copyLibrary(out) {
  const from = join(root, 'node_modules', 'swagger-ui-dist');
  if (!existsSync(from)) return 'skipped: swagger-ui-dist is not installed';
  mkdirSync(join(out, 'docs'));
  for (const name of libraryFiles) cpSync(join(from, name), join(out, 'docs', name));
  return `${libraryFiles.length} files`;
}

async function compressAll(out) {
  const brotli = promisify(brotliCompress);
  let before = 0;
  let after = 0;
  const compressOne = async (file) => {
    const bytes = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    const [br, gz] = await Promise.all([brotli(bytes, { params }), promisify(gzip)(bytes, { level: 9 })]);
    if (br.length >= bytes.length) return;
    writeFileSync(`${file}.br`, br);
    writeFileSync(`${file}.gz`, gz);
    before += bytes.length;
    after += br.length;
  };
  const worth = filesUnder(out).filter((file) => /\.(js|css|svg|json|txt)$/.test(file));
  await Promise.all(worth.map(compressOne));
  return `${worth.length} files, ${Math.round(before / 1000)} kB to ${Math.round(after / 1000)} kB`;
}

function filesUnder(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

// Folders of builds that were killed. One that had taken the old dist aside gives it back.
function clearLeftovers() {
  for (const name of readdirSync(root)) {
    const [, kind, pid] = /^dist\.(tmp|old)-(\d+)$/.exec(name) ?? [];
    if (!pid || isRunning(Number(pid))) continue;
    if (kind === 'old' && !existsSync(dist)) renameSync(join(root, name), dist);
    else rmSync(join(root, name), { recursive: true });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function takePlace(out) {
  const old = join(root, `dist.old-${process.pid}`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(out, dist);
  rmSync(old, { recursive: true, force: true });
}

export async function buildAll() {
  const started = new Date();
  const out = join(root, `dist.tmp-${process.pid}`);
  clearLeftovers();
  mkdirSync(out);
  const steps = [
    ['console', buildConsole],
    ['widget', buildWidget],
    ['reference', copyLibrary],
    ['compressed', compressAll],
    // After what is compressed: no browser asks for it.
    ['server', buildServer],
  ];
  try {
    for (const [name, step] of steps) {
      const at = performance.now();
      const said = await step(out);
      console.error(`  ${name.padEnd(12)}${said} (${((performance.now() - at) / 1000).toFixed(1)} s)`);
    }
    const built = join(out, 'built.json');
    writeFileSync(built, `${JSON.stringify({ built_at: started.toISOString(), files: filesUnder(out).length })}\n`);
    // As old as its oldest source can be: what changes while it is built is newer.
    utimesSync(built, started, started);
    takePlace(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
  console.error(`Built dist in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
