#!/usr/bin/env -S node --max-semi-space-size=8
// Starts the command line on a Node that can run it: this one, or else the one that came with the install. Plain
// JavaScript that any Node reads; nothing else of ours is loaded before the version is known.
import { spawn } from 'node:child_process';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { ensureNode, isRecent, nodeFlags } from '../../scripts/ensure-node.mjs';
import { entryUrl } from '../../scripts/server-entry.mjs';

if (isRecent(process.version)) {
  // Beside the install and not in /tmp, where others could write to it; where it may not write it does nothing.
  module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url)));
  followLauncher();
  const { main } = await import(entryUrl().href);
  process.exitCode = await main(process.argv.slice(2));
  // A command that failed may have left something open, such as a connection to Postgres.
  setTimeout(() => process.exit(), 300).unref();
} else {
  const node = ensureNode();
  if (node) passOn(node);
  else process.exitCode = 1;
}

// A launcher cannot pass on a kill -9, but its end closes the channel between us: nothing outlives it unseen.
function followLauncher() {
  if (!process.channel) return;
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
}

function passOn(node) {
  const child = spawn(node, [...nodeFlags, fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
