// A conversation with a flow, without a server: time stands still until told otherwise, and outside asks are answered
// from samples. Block tests, golden transcripts, `parley talk` and the builder's preview all speak through it.

import { type Context, limits, type Output } from './advance/turn.ts';
import { advance, type Flows, type Input, onlyVersions } from './advance.ts';
import { type ApiResult, type Ask, type Change, insideAsks } from './effect.ts';
import { fromJson } from './expression/functions/codes.ts';
import { durationMs } from './expression/functions/dates.ts';
import type { Value } from './expression/value.ts';
import type { Flow } from './flow.ts';
import { type Message, plainText, type Reply } from './message.ts';
import { newSession, type Session, type Vars } from './session.ts';

type Sample = { status?: number; headers?: { [name: string]: string }; body?: Value; kind?: ApiResult['kind']; ok?: boolean; values?: Vars };

/** Answers for asks: `api` name (or `METHOD url`), `email`, `code`, `handoff`; the last one given repeats. */
export type Samples = { [name: string]: Sample[] };

export type TalkOptions = { flows: { [slug: string]: Flow }; main: string; samples?: Samples; now?: number; seed?: number; context?: Partial<Context> };

export const talkStart = 1_768_473_000_000;

const openingAfterMs = 12 * 3_600_000;

const words = { restart: ['restart'], stop: ['stop', 'unsubscribe'], agent: ['agent', 'human'], menu: ['menu'] };

export class Talk {
  session: Session;
  now: number;
  /** Business hours, as a script sets them. */
  isOpen = true;
  readonly outputs: Output[] = [];
  readonly lines: string[] = [];
  readonly #options: TalkOptions;
  readonly #flows: Flows;
  readonly #asked = new Map<string, number>();
  /** Answers given on the way, before the samples. */
  readonly #answers: Sample[] = [];
  subscriber: Vars;
  bot: Vars;

  constructor(options: TalkOptions) {
    this.#options = options;
    this.#flows = onlyVersions(options.flows);
    this.now = options.now ?? talkStart;
    this.session = newSession(options.main, 1, options.seed ?? 1);
    this.subscriber = { id: 1, first_name: null, tags: [], labels: [], ...options.context?.subscriber };
    this.bot = { ...options.context?.bot };
  }

  start(reply?: Reply): void {
    this.#step({ kind: 'start', ...(reply === undefined ? {} : { reply }) });
  }

  say(reply: string | Reply): void {
    const said: Reply = typeof reply === 'string' ? this.#pressed(reply) : reply;
    // As it was typed, brackets and all: played again it is the same press.
    const shown = typeof reply === 'string' ? reply : said.text === '' ? (said.payload ?? '') : said.text;
    this.lines.push(`you: ${oneLine(shown)}`);
    if (this.session.turn === 0) this.start(said);
    else this.#step({ kind: 'reply', reply: said });
  }

  /** Lets time pass; what falls due on the way happens in its order. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let rounds = 0; rounds < 1000; rounds += 1) {
      const due = dueAt(this.session);
      if (due === null || due > until || this.session.wait === null) break;
      this.now = Math.max(this.now, due);
      this.#step({ kind: 'timer', wait: this.session.wait.id });
    }
    this.now = until;
  }

  give(input: Input): void {
    this.#step(input);
  }

  /** Starts anew, as the same person. */
  restart(): void {
    this.session = newSession(this.#options.main, 1, this.session.seed);
  }

  /** Does what a `do:` line says, if it says anything to do. */
  direct(line: string): void {
    const [, verb = '', rest = ''] = doLine.exec(line) ?? [];
    const directive = directiveOf(verb);
    if (directive === null) return;
    this.lines.push(line);
    directive(this, verb.startsWith('+') ? `${verb.slice(1)} ${rest}` : rest);
  }

  answerNext(sample: Sample): void {
    this.#answers.push(sample);
  }

  // `[label]` presses the button or option of that label in what the bot said last.
  #pressed(text: string): Reply {
    const wanted = /^\[(.+)\]$/.exec(text.trim())?.[1];
    if (wanted === undefined) return { text };
    const messages = this.outputs.filter((one) => one.kind === 'say').map((one) => one.message);
    for (const message of messages.reverse()) {
      const found = pressable(message).find((one) => one.label === wanted);
      if (found) return { text: found.label, payload: found.payload };
    }
    return { text: wanted };
  }

  #step(input: Input): void {
    let next: Input | null = input;
    for (let rounds = 0; next !== null && rounds < limits.roundsPerTurn; rounds += 1) {
      const step = advance(this.#flows, this.session, next, this.context);
      this.session = step.session;
      next = null;
      for (const output of step.outputs) next = this.#take(output) ?? next;
    }
  }

  #take(output: Output): Input | null {
    this.outputs.push(output);
    switch (output.kind) {
      case 'say':
        if (output.message.kind !== 'typing')
          this.lines.push(
            ...plainText(output.message)
              .split('\n')
              .map((line, at) => (at === 0 ? `bot: ${line}` : `     ${line}`)),
          );
        return null;
      case 'change':
        this.#apply(output.change);
        return null;
      case 'ask':
        return this.#answer(output.id, output.ask);
      case 'failed':
        this.lines.push(`do: failed: ${output.reason}`);
        return null;
      case 'command':
        this.lines.push(`do: command ${output.name}`);
        return output.name === 'restart' ? { kind: 'start' } : null;
      case 'unanswered':
        this.lines.push('do: nobody answers');
        return null;
      case 'ended':
        this.lines.push('do: end');
        return null;
      default:
        return null;
    }
  }

  #apply(change: Change): void {
    switch (change.do) {
      case 'set_field':
        if (change.of === 'subscriber') this.subscriber = { ...this.subscriber, [change.name]: change.value };
        else this.bot = { ...this.bot, [change.name]: change.value };
        return;
      case 'tags':
      case 'labels': {
        const had = this.subscriber[change.do];
        const kept = (Array.isArray(had) ? had : []).filter((one) => !change.remove.includes(String(one)) && !change.add.includes(String(one)));
        this.subscriber = { ...this.subscriber, [change.do]: [...kept, ...change.add] };
        this.lines.push(`do: ${change.do} ${[...change.add.map((name) => `+${name}`), ...change.remove.map((name) => `-${name}`)].join(' ')}`);
        return;
      }
      case 'goal':
        this.lines.push(`do: goal ${change.name}`);
        return;
      case 'emit':
        this.lines.push(`do: emit ${change.event} ${JSON.stringify(change.data)}`);
        return;
      case 'note':
        this.lines.push(`do: note ${oneLine(change.text)}`);
        return;
      default:
        this.lines.push(`do: ${change.do}`);
    }
  }

  #answer(id: string, ask: Ask): Input | null {
    const name = ask.ask === 'api' ? (ask.api ?? `${ask.request?.method} ${ask.request?.url}`) : ask.ask;
    const samples = this.#options.samples?.[name] ?? [];
    const nth = this.#asked.get(name) ?? 0;
    this.#asked.set(name, nth + 1);
    const sample = (insideAsks.has(ask.ask) ? undefined : this.#answers.shift()) ?? samples[Math.min(nth, samples.length - 1)];
    if (ask.ask === 'handoff') this.lines.push(`do: handoff${ask.agent === null ? '' : ` to ${ask.agent}`}`);
    if (ask.ask === 'email') this.lines.push(`do: email ${ask.to}: ${ask.subject}`);
    if (ask.ask === 'api') this.lines.push(`do: ${name} → ${sample === undefined ? 'no sample' : (sample.status ?? sample.kind ?? '')}`);
    if (ask.ask !== 'api') return { kind: 'answer', id, ok: sample?.ok ?? true, values: sample?.values ?? {} };
    const status = sample?.status ?? null;
    const values: ApiResult & { ok: boolean } = {
      kind: sample === undefined ? 'network' : (sample.kind ?? 'status'),
      status,
      headers: { ...sample?.headers },
      body: sample?.body ?? null,
      ms: 1,
      attempt: 1,
      error: null,
      ok: status !== null && status < 400,
    };
    return { kind: 'answer', id, ok: true, values };
  }

  /** The world as it is now. */
  get context(): Context {
    const given = this.#options.context ?? {};
    return {
      now: this.now,
      timeZone: 'UTC',
      language: typeof this.subscriber.language === 'string' ? this.subscriber.language : null,
      channel: 'web',
      fields: null,
      conv: {},
      env: {},
      hours: { isOpen: () => this.isOpen, nextOpen: (at) => (this.isOpen ? at : at + openingAfterMs) },
      commands: words,
      interrupts: () => false,
      token: (key) => `token-${key.replace(':', '-')}`,
      webhookUrl: (token) => `https://example.invalid/hooks/wait/${token}`,
      ...given,
      subscriber: this.subscriber,
      bot: this.bot,
    };
  }
}

function pressable(message: Message): { label: string; payload: string }[] {
  if (message.kind === 'cards') return message.cards.flatMap((card) => card.buttons);
  if (message.kind !== 'text') return [];
  return [...(message.buttons ?? []), ...(message.input && 'choices' in message.input ? message.input.choices : [])];
}

/** When the session's wait falls due by itself. */
export function dueAt(session: Session): number | null {
  const { wait } = session;
  if (wait === null) return null;
  return wait.kind === 'timer' ? wait.at : wait.kind === 'effect' ? null : wait.expires_at;
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ⏎ ');
}

/** What someone typed as a value: JSON, or the text as it is. */
export function readValue(text: string): Value {
  const value = fromJson(text);
  return value === null && text !== 'null' ? text : value;
}

type Directive = (talk: Talk, rest: string) => void;

const pass: Directive = (talk, rest) => talk.pass(durationMs(rest) ?? 0);

/** THE LIST of what a script can do besides talking; `+15m` lets time pass. */
const directives: { [verb: string]: Directive } = {
  as: (talk, rest) => {
    const [name = '', ...value] = rest.split('=');
    talk.subscriber = { ...talk.subscriber, [name.trim()]: readValue(value.join('=').trim()) };
  },
  open: (talk) => {
    talk.isOpen = true;
  },
  closed: (talk) => {
    talk.isOpen = false;
  },
  answer: (talk, rest) => {
    const [status = '', ...body] = rest.split(' ');
    talk.answerNext({ status: Number(status), body: readValue(body.join(' ')) });
  },
  webhook: (talk, rest) => {
    const { wait } = talk.session;
    if (wait?.kind === 'webhook') talk.give({ kind: 'webhook', token: wait.token, data: readValue(rest), isSigned: true });
  },
  resolved: (talk) => talk.give({ kind: 'human', outcome: 'resolved' }),
  no_agent: (talk) => talk.give({ kind: 'human', outcome: 'no_agent' }),
  late: (talk) => talk.give({ kind: 'late', words: { text: 'Go on?', go_on: 'Go on', start_again: 'Start again' } }),
  jump: (talk, rest) => talk.give({ kind: 'jump', at: rest }),
};

const doLine = /^do: (\S+)\s*(.*)$/;

function directiveOf(verb: string): Directive | null {
  if (verb.startsWith('+')) return pass;
  return (Object.hasOwn(directives, verb) ? directives[verb] : null) ?? null;
}

/** Whether a line says what to do, rather than what happened. */
export function isDirective(line: string): boolean {
  return directiveOf(doLine.exec(line)?.[1] ?? '') !== null;
}

const preparing = /^do: (as|open|closed|answer)\b/;

/** Plays `you:` lines and the `do:` lines that direct; what came of it lies in the conversation. */
export function played(options: TalkOptions, script: readonly string[]): Talk {
  const talk = new Talk(options);
  let hasBegun = false;
  for (const line of script) {
    if (!hasBegun && !preparing.test(line)) {
      hasBegun = true;
      if (!line.startsWith('you:')) talk.start();
    }
    if (line.startsWith('you:')) talk.say(line.slice('you:'.length).trim());
    else talk.direct(line);
  }
  if (!hasBegun) talk.start();
  return talk;
}

/** The whole transcript; played again it is itself. */
export function transcript(options: TalkOptions, script: readonly string[]): string[] {
  return played(options, script).lines;
}
