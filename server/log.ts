// One line per event: JSON for machines, a short form for someone at a terminal. Bodies, tokens and addresses of
// people are never passed to it.
import type { Log } from './app.ts';
import type { Config } from './config.ts';

const levels = { debug: 10, info: 20, warn: 30, error: 40, silent: 99 } as const;

export type LogStyle = 'json' | 'short';

export function makeLog(level: Config['logLevel'], write: (line: string) => void, style: LogStyle = 'json'): Log {
  const lowest = levels[level];
  const lineOf = style === 'json' ? jsonLine : shortLine;
  const at = (name: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (levels[name] < lowest) return;
    write(lineOf(new Date().toISOString(), name, message, fields));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function jsonLine(time: string, level: string, message: string, fields: object): string {
  return `${JSON.stringify({ time, level, message, ...fields })}\n`;
}

function shortLine(time: string, level: string, message: string, fields: object): string {
  const said = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${shortValue(value)}`]));
  return `${[time.slice(11, 19), level.padEnd(5), message, ...said].join(' ')}\n`;
}

// Quoted unless plainly harmless: a value can neither start a line of its own nor speak to the terminal.
function shortValue(value: unknown): string {
  return typeof value === 'string' && /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value);
}
