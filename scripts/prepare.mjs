// Runs before `npm start`, `npm test` and the like: installs from the lock file what is missing, and with --pages
// builds the pages and the server's file when they are older than their sources. Says what it does; silent when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNode } from './ensure-node.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.installed-from');

function run(command, args, env = process.env) {
  const ended = spawnSync(command, args, { cwd: root, stdio: 'inherit', env, shell: process.platform === 'win32' });
  if (ended.status !== 0) process.exit(ended.status ?? 1);
}

function lockDigest() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = 0;
  for (const name of readdirSync(path)) {
    if (name === 'node_modules' || name === 'dist' || name.endsWith('.test.ts')) continue;
    latest = Math.max(latest, newest(join(path, name)));
  }
  return latest;
}

function isStale(file, sources) {
  const built = join(root, 'dist', file);
  if (!existsSync(built)) return true;
  const at = statSync(built).mtimeMs;
  return [...sources, 'package-lock.json'].some((source) => newest(join(root, source)) > at);
}

// In an image only what runs is there: no lock file beside it, nothing to install.
const canInstall = existsSync(join(root, 'package-lock.json'));
const installed = existsSync(stamp) && canInstall && readFileSync(stamp, 'utf8') === lockDigest();
if (canInstall && !installed) {
  console.error('Installing what is missing from the lock file (once; about half a minute) …');
  const started = Date.now();
  run('npm', ['ci', '--no-progress']);
  writeFileSync(stamp, lockDigest());
  console.error(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`);
}
const node = ensureNode();
if (!node) process.exit(1);
if (process.argv.includes('--pages') && isStale('built.json', ['admin', 'widget', 'engine', 'scripts/build.mjs'])) {
  console.error('Building the pages …');
  run(node, ['scripts/build.mjs']);
} else if (process.argv.includes('--pages') && isStale('server.mjs', ['server', 'examples', 'scripts/server-bundle.mjs'])) {
  run(node, ['scripts/server-bundle.mjs']);
}
