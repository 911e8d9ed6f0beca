// Standard output and standard error as commands see them. A pipe gets plain lines, a terminal a bar that redraws.
import type { Progress, Terminal } from './command.ts';

const barWidth = 24;
const redrawMs = 100;

export function openTerminal({ isJson }: { isJson: boolean }): Terminal {
  // A reader that went away (`parley … | head`) is no reason to fail, and no reason for a server to stop.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const note = (line: string): void => void process.stderr.write(`${line}\n`);
  return {
    isJson,
    isInteractive: process.stdout.isTTY === true && !isJson,
    reply: (json, text) => {
      process.stdout.write(isJson ? `${JSON.stringify(json)}\n` : `${text}\n`);
      return 0;
    },
    say: (line) => {
      if (!isJson) process.stdout.write(`${line}\n`);
    },
    note,
    progress: (what) => (process.stderr.isTTY ? bar(what) : lines(what, note)),
  };
}

function lines(what: string, note: (line: string) => void): Progress {
  note(`${what} …`);
  return { at: () => {}, end: () => note(`${what}: done`) };
}

function bar(what: string): Progress {
  let drawnAt = 0;
  const draw = (share: number): void => {
    const filled = Math.round(share * barWidth);
    process.stderr.write(`\r${what} ${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${Math.floor(share * 100)} %`);
  };
  return {
    at: (done, total) => {
      const now = performance.now();
      if (now - drawnAt < redrawMs) return;
      drawnAt = now;
      draw(total === 0 ? 1 : Math.min(1, done / total));
    },
    end: () => {
      draw(1);
      process.stderr.write('\n');
    },
  };
}
