// What a command is and what it is given to work with. Commands import what is heavy only when they run, so that
// `--help` and `start` pay for nothing they do not use.
import type { Config, Overrides } from '../config.ts';

export type Option = { flags: string; summary: string; isRequired?: true };

export type Command = {
  /** The words that call it: `keys create`. */
  name: string;
  summary: string;
  /** Positional ones, in order. */
  parameters?: { name: string; summary: string }[];
  options?: Option[];
  /** What follows `parley` in each. */
  examples: string[];
  /** Resolves to the exit code, after exactly one `reply`; what comes line by line is said before, or instead. */
  run(ask: Ask): Promise<number>;
};

export type Ask = {
  parameters: string[];
  /** By the option's long name in camel case; a flag without a value is true, one with several a list. */
  options: Record<string, string | string[] | true | undefined>;
  /** The configuration, judged whole; warnings were said. */
  config(overrides?: Overrides): Config;
  terminal: Terminal;
};

/** `--json`: one document on standard output and everything else on standard error. Otherwise text for people. */
export type Terminal = {
  isJson: boolean;
  /** Someone sits in front of it: short sentences rather than log lines. */
  isInteractive: boolean;
  /** The command's result; returns the exit code of success. */
  reply(json: unknown, text: string): number;
  /** A line of a result that comes bit by bit; with `--json` nothing, as the reply has it all. */
  say(line: string): void;
  /** Something on the way: always on standard error. */
  note(line: string): void;
  /** A bar on a terminal, plain lines at the start and the end in a pipe. */
  progress(what: string): Progress;
};

export type Progress = { at(done: number, total: number): void; end(): void };

/** An option that must have a value; commander has made sure of it. */
export function textOf(ask: Ask, name: string): string {
  const value = ask.options[name];
  return typeof value === 'string' ? value : '';
}
