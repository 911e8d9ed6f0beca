// `npm run dev`: the server, started again when its sources change, on a workspace of its own in data/dev; the console
// and the widget, built again when theirs do. Prints where to sign in and as whom. Ctrl-C ends both.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { consoleSettings, hasConsole, widgetSettings } from './build.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const person = { email: 'dev@example.com', password: 'correct-horse-1' };
const env = { DATA_DIR: join('data', 'dev'), PORT: '8080', ...process.env, HOST: '127.0.0.1' };
const address = `http://127.0.0.1:${env.PORT}`;

function seed() {
  const args = ['--email', person.email, '--password', person.password, '--name', 'Dev', '--workspace', 'Acme', '--bot', 'Helper', '--json'];
  const made = spawnSync(process.execPath, ['server/bin/parley.mjs', 'init', ...args], { cwd: root, env, encoding: 'utf8' });
  if (made.status === 0) return JSON.parse(made.stdout).api_key;
  // The person is there since an earlier time; whatever else is wrong, the server will say again when it starts.
  return null;
}

/** Builds once, then again at each change; resolves after the first time. The server reads dist anew when it is stamped. */
async function watch(settings) {
  const watcher = await build({ ...settings, build: { ...settings.build, watch: {} } });
  await new Promise((resolve) => {
    watcher.on('event', (event) => {
      if (event.code === 'END') writeFileSync(join(dist, 'built.json'), `${JSON.stringify({ built_at: new Date().toISOString() })}\n`);
      if (event.code === 'END' || event.code === 'ERROR') resolve();
      if (event.code === 'BUNDLE_END') event.result.close();
    });
  });
  return watcher;
}

const key = seed();
mkdirSync(dist, { recursive: true });
// Compressed copies of an earlier build would be served in place of what is built from now on.
for (const name of ['widget.js.br', 'widget.js.gz']) rmSync(join(dist, name), { force: true });
const settings = [...(hasConsole() ? [consoleSettings(join(dist, 'admin'))] : []), widgetSettings(dist)];
const watchers = [];
for (const one of settings) watchers.push(await watch(one));

console.log(`
  Console    ${address}/app       ${person.email} / ${person.password}
  Reference  ${address}/api       ${key ? `API key ${key}` : 'make an API key in Your settings'}
  Demo       ${address}/demo

Ctrl-C ends it; the data stays in ${env.DATA_DIR}.
`);

const server = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'server/bin/parley.mjs', 'start'], { cwd: root, env, stdio: 'inherit' });
// A terminal sends Ctrl-C to both; whoever ends only this process means the server too.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));
server.on('exit', async (code) => {
  for (const watcher of watchers) await watcher.close();
  process.exit(code ?? 0);
});
