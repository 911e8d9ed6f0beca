// `parley talk <flow.json>`: a conversation with a flow, without a server. Time stands still until it is told to pass, and
// what a flow asks of the world is answered from a samples file. In a pipe it prints a golden transcript.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { check } from '@parley/engine/check.ts';
import { fromJson } from '@parley/engine/expression/functions/codes.ts';
import type { Flow, Malformed } from '@parley/engine/flow.ts';
import { isDirective, readValue, type Samples, Talk } from '@parley/engine/talk.ts';
import { upgrade } from '@parley/engine/upgrade.ts';
import { StartError } from '../errors.ts';
import { type Ask, type Command, type Terminal, textOf } from './command.ts';

const help = [
  'Every line is a reply; a number or the words take an option, [label] presses a button.',
  '/+15m        lets time pass              /vars       shows what the flow and the person know',
  '/as a=b      changes a field             /restart    starts again',
  '/closed      closes the business         /open       opens it',
  '/resolved    people are done             /no_agent   nobody is there',
  '/answer 404  answers the next call       /webhook {} calls the address that is waited for',
  '/jump g.b    goes to a block             /quit       ends',
];

export const talk: Command = {
  name: 'talk',
  summary: 'chat with a flow in the terminal; time is under your control',
  parameters: [{ name: 'flow.json', summary: 'the flow; those it calls are looked for beside it' }],
  options: [
    { flags: '--samples <file>', summary: 'answers for calls to the outside (x.samples.json beside x.flow.json when absent)' },
    { flags: '--as <name=value...>', summary: 'what is known of the person: first_name=Ann language=de' },
  ],
  examples: ['talk examples/order-status.flow.json', 'talk examples/multi-language.flow.json --as language=de', 'talk my.flow.json --json < replies.txt'],
  run: async (ask: Ask) => {
    const file = ask.parameters[0] ?? '';
    const flow = readFlow(file);
    for (const one of check(flow)) ask.terminal.note(`${one.code} ${one.at}: ${one.message}`);
    const conversation = new Talk({
      flows: { ...readFlowsBeside(file), [flow.id]: flow },
      main: flow.id,
      samples: readSamples(ask, file),
      context: { subscriber: person(ask) },
    });
    await converse(ask, conversation);
    const { lines, outputs, session, subscriber } = conversation;
    if (ask.terminal.isJson) ask.terminal.reply({ problems: check(flow), lines, outputs, session, subscriber }, '');
    return outputs.some((one) => one.kind === 'failed') ? 1 : 0;
  },
};

/** Until `/quit` or the end of what comes in. */
async function converse({ terminal }: Ask, conversation: Talk): Promise<void> {
  const isPrompting = terminal.isInteractive && process.stdin.isTTY === true;
  const input = createInterface({ input: process.stdin, ...(isPrompting ? { output: process.stdout, prompt: '› ' } : { terminal: false }) });
  let shown = 0;
  const show = (): void => {
    // What was just typed stands there already.
    for (const line of conversation.lines.slice(shown)) if (!isPrompting || !(line.startsWith('you: ') || isDirective(line))) terminal.say(line);
    shown = conversation.lines.length;
    if (isPrompting) input.prompt();
  };
  if (isPrompting) for (const line of help) terminal.note(line);
  conversation.start();
  show();
  for await (const line of input) {
    if (line.trim() === '/quit') break;
    if (line.trim() !== '') obey(terminal, conversation, line.trim());
    show();
  }
  input.close();
}

function obey(terminal: Terminal, conversation: Talk, line: string): void {
  const directive = `do: ${line.slice(1)}`;
  if (!line.startsWith('/')) conversation.say(line);
  else if (line === '/vars') for (const known of knownIn(conversation)) terminal.say(known);
  else if (line === '/restart') {
    conversation.restart();
    conversation.start();
  } else if (isDirective(directive)) conversation.direct(directive);
  else for (const one of help) terminal.note(one);
}

function knownIn({ session, subscriber, bot }: Talk): string[] {
  const part = (name: string, values: object): string[] => Object.entries(values).map(([key, value]) => `${name}${key} = ${JSON.stringify(value)}`);
  return [...part('', session.vars), ...part('subscriber.', subscriber), ...part('bot.', bot)];
}

function readFlow(file: string): Flow {
  const found = upgrade(readJson(file));
  if (!found.ok) throw new StartError([`${file} is not a flow:`, ...found.problems.map(lineOf)].join('\n'), 65);
  return found.flow;
}

function lineOf({ path, message }: Malformed): string {
  return `  ${path === '' ? '' : `${path}: `}${message}`;
}

function readFlowsBeside(file: string): { [slug: string]: Flow } {
  const folder = dirname(file);
  const others = readdirSync(folder).filter((one) => one.endsWith('.flow.json') && one !== basename(file));
  // A neighbour that is broken is not what was asked about.
  const found = others.map((one) => upgrade(fromJson(readFileSync(join(folder, one), 'utf8'))));
  return Object.fromEntries(found.flatMap((one) => (one.ok ? [[one.flow.id, one.flow]] : [])));
}

function readSamples(ask: Ask, file: string): Samples {
  const given = textOf(ask, 'samples');
  const beside = `${basename(file).replace(/(\.flow)?\.json$/, '')}.samples.json`;
  if (given !== '') return readJson(given) as Samples;
  return readdirSync(dirname(file)).includes(beside) ? (readJson(join(dirname(file), beside)) as Samples) : {};
}

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StartError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`, 65);
  }
}

function person(ask: Ask): { [field: string]: ReturnType<typeof readValue> } {
  const given = [ask.options.as ?? []].flat().map(String);
  return Object.fromEntries(
    given.map((one) => {
      const [name = '', ...value] = one.split('=');
      if (value.length === 0) throw new StartError(`--as ${one}: write a name and a value, such as --as first_name=Ann.`, 2);
      return [name.trim(), readValue(value.join('='))];
    }),
  );
}
