// Which program the launcher runs: the built server while it is newer than all it was built from, else the sources.
import { readdirSync, statSync } from 'node:fs';

const sources = ['engine/', 'server/', 'examples/', 'package.json'];

export function entryUrl(root = new URL('../', import.meta.url)) {
  const built = new URL('dist/server.mjs', root);
  const at = statSync(built, { throwIfNoEntry: false })?.mtimeMs;
  return at !== undefined && sources.every((name) => isOlder(new URL(name, root), at)) ? built : new URL('server/cli.ts', root);
}

function isOlder(url, at) {
  const stat = statSync(url, { throwIfNoEntry: false });
  if (!stat) return true;
  if (stat.mtimeMs > at) return false;
  if (!stat.isDirectory()) return true;
  // A folder's own time tells what was added and removed; a change of a file's words is told by the file.
  return readdirSync(url, { withFileTypes: true }).every(
    ({ name }) =>
      name === 'node_modules' || name.includes('.test.') || isOlder(new URL(encodeURIComponent(name), url.href.endsWith('/') ? url : `${url}/`), at),
  );
}
