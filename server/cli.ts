// The command line: THE LIST of commands, and the one way each is read, run and reported. A command is a file in cli/
// and a line here. The exit codes are a contract: they stand in `--help` and on the operators' page.
import { getSystemErrorMessage } from 'node:util';
import { CommanderError, Command as Program } from 'commander';
import { backup } from './cli/backup.ts';
import type { Command, Terminal } from './cli/command.ts';
import { dlqDrop, dlqList, dlqReplay, dlqShow } from './cli/dlq.ts';
import { doctor } from './cli/doctor.ts';
import { init } from './cli/init.ts';
import { keysCreate, keysList, keysRevoke } from './cli/keys.ts';
import { migrate } from './cli/migrate.ts';
import { restore } from './cli/restore.ts';
import { start } from './cli/start.ts';
import { talk } from './cli/talk.ts';
import { openTerminal } from './cli/terminal.ts';
import { userResetPassword } from './cli/user.ts';
import { configLines, type Overrides, printableConfig, processEnvironment, productVersion, readConfig } from './config.ts';
import { AppError, StartError } from './errors.ts';

export const commands: Command[] = [
  start,
  init,
  migrate,
  backup,
  restore,
  doctor,
  dlqList,
  dlqShow,
  dlqReplay,
  dlqDrop,
  keysList,
  keysCreate,
  keysRevoke,
  userResetPassword,
  talk,
];

const groups: Record<string, string> = { dlq: 'The dead-letter list: work that was given up', keys: 'API keys of all workspaces', user: 'People who sign in' };

export const exitCodes: Record<number, { code: string; meaning: string }> = {
  0: { code: 'ok', meaning: 'done' },
  1: { code: 'failed', meaning: 'failed; the sentence says why, and nothing was changed' },
  2: { code: 'usage', meaning: 'the command line itself is wrong' },
  65: { code: 'bad_data', meaning: 'a damaged backup, a file that is no flow, or a database newer than this version' },
  69: { code: 'unavailable', meaning: 'the database does not answer, or the port is taken' },
  70: { code: 'internal', meaning: 'a fault of ours' },
  74: { code: 'storage_failed', meaning: 'storage failed while the server ran; what was acknowledged is kept' },
  75: { code: 'locked', meaning: 'another process uses the data directory; try again later' },
  78: { code: 'configuration', meaning: 'the configuration is wrong; all problems are listed' },
};

/** `args` without the program's own name. Never throws; returns the exit code. */
export async function main(args: string[]): Promise<number> {
  // The database, backups and what lies beside them are nobody else's to read.
  process.umask(0o077);
  const terminal = openTerminal({ isJson: args.includes('--json') });
  let exitCode = 0;
  try {
    const program = makeProgram(terminal, (code) => {
      exitCode = code;
    });
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    exitCode = report(terminal, error);
  }
  return exitCode;
}

function makeProgram(terminal: Terminal, ended: (exitCode: number) => void): Program {
  const program = new Program('parley');
  program
    .description('A self-hosted conversation platform: flows, a website widget, channels, APIs and an inbox in one process.')
    .version(productVersion())
    .option('--config <file>', 'read settings from a file of NAME=value lines; the environment wins')
    .option('--print-config', 'print the configuration that holds, without its secrets, and end')
    .option('--json', 'print exactly one JSON document on standard output')
    .enablePositionalOptions()
    .allowExcessArguments()
    .exitOverride()
    // Said by report(), once, in the form that was asked for.
    .configureOutput({ writeErr: () => {} })
    .addHelpText('after', `\n${examplesText(['start', 'init --help', '--print-config'])}\n\n${exitCodesText()}`);
  program.action((options: Record<string, string | true | undefined>) => {
    const [word] = program.args;
    if (word !== undefined) throw new CommanderError(1, 'commander.unknownCommand', `there is no command ${JSON.stringify(word)}`);
    if (!options.printConfig) return program.outputHelp();
    const config = configReader(terminal, options)();
    ended(terminal.reply(printableConfig(config), configLines(config)));
  });
  for (const command of commands) addCommand(program, command, terminal, ended);
  return program;
}

function addCommand(program: Program, command: Command, terminal: Terminal, ended: (exitCode: number) => void): void {
  const words = command.name.split(' ');
  const last = words.pop() ?? '';
  const added = groupOf(program, words[0]).command(last).description(command.summary).allowExcessArguments(false);
  for (const { name, summary } of command.parameters ?? []) added.argument(`<${name}>`, summary);
  for (const option of command.options ?? []) {
    if (option.isRequired) added.requiredOption(option.flags, option.summary);
    else added.option(option.flags, option.summary);
  }
  added
    .option('--config <file>', 'read settings from a file')
    .option('--json', 'print exactly one JSON document on standard output')
    .addHelpText('after', `\n${examplesText(command.examples)}`)
    .action(async (...given: unknown[]) => {
      const options = added.optsWithGlobals<Record<string, string | true | undefined>>();
      const parameters = (command.parameters ?? []).map((_, index) => String(given[index]));
      ended(await command.run({ parameters, options, config: configReader(terminal, options), terminal }));
    });
}

function groupOf(program: Program, name: string | undefined): Program {
  if (name === undefined) return program;
  const there = program.commands.find((one) => one.name() === name);
  return (
    there ??
    program
      .command(name)
      .description(groups[name] ?? '')
      .option('--json', 'print exactly one JSON document on standard output')
  );
}

function configReader(terminal: Terminal, options: Record<string, string | true | undefined>) {
  return (overrides: Overrides = {}) => {
    const { config, warnings } = readConfig(processEnvironment(), {
      ...overrides,
      ...(typeof options.config === 'string' ? { configFile: options.config } : {}),
    });
    for (const warning of warnings) terminal.note(`Note: ${warning}`);
    return config;
  };
}

function examplesText(examples: string[]): string {
  return `Examples:\n${examples.map((example) => `  parley ${example}`).join('\n')}`;
}

function exitCodesText(): string {
  return `Exit codes:\n${Object.entries(exitCodes)
    .map(([code, { meaning }]) => `  ${code.padStart(2)}  ${meaning}`)
    .join('\n')}`;
}

function report(terminal: Terminal, error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const { exitCode, code, message } = judge(error);
  if (terminal.isJson) terminal.reply({ error: { code, message } }, '');
  else terminal.note(message);
  if (exitCode === 70) terminal.note(error instanceof Error ? (error.stack ?? '') : '');
  return exitCode;
}

type Verdict = { exitCode: number; code: string; message: string };

function judge(error: unknown): Verdict {
  const named = (exitCode: number, message: string): Verdict => ({ exitCode, code: exitCodes[exitCode]?.code ?? 'failed', message });
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help') return named(2, 'Name a command, for example: parley keys list. See parley --help.');
    return named(2, `${sentence(error.message.replace(/^error: /, ''))} See parley --help.`);
  }
  if (error instanceof StartError) return named(error.exitCode, error.message);
  if (error instanceof AppError) {
    const more = error.fields.length > 1 ? error.fields.map((field) => `  ${field.path.join('.')}: ${field.message}`) : [];
    const message = [error.message, ...more].join('\n');
    return { exitCode: error.code === 'unavailable' || error.code === 'draining' ? 69 : 1, code: error.code, message };
  }
  const { errno, path, code, severity } = error as { errno?: unknown; path?: unknown; code?: unknown; severity?: unknown };
  // A file or socket that the operating system refuses, named in its own words.
  if (typeof errno === 'number' && errno < 0) return named(1, `${typeof path === 'string' ? `${path}: ` : ''}${sentence(getSystemErrorMessage(errno))}`);
  // Postgres itself refuses: no such database, wrong password, no right to create a table.
  if (severity === 'FATAL' || code === '42501') return named(69, `The database refuses: ${sentence((error as Error).message)}`);
  return named(70, `Something went wrong on our side: ${error instanceof Error ? error.message : String(error)}`);
}

function sentence(text: string): string {
  const trimmed = text.trim().replace(/\.$/, '');
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.`;
}
