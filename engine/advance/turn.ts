// One turn as blocks see it, and what it leaves behind: a session of its own, the outputs in order, the names in
// scope. It holds the budgets; going over one is remembered and ends the block by the error path.

import type { z } from 'zod';
import type { Turn as BlockTurn, Next } from '../block.ts';
import { type condition, holds } from '../condition.ts';
import { type Ask, type Change, insideAsks } from '../effect.ts';
import { durationMs, isoOf } from '../expression/functions/dates.ts';
import { isShallow, type Value } from '../expression/value.ts';
import { evaluateText, type Scope, type Surroundings } from '../expression.ts';
import { type KnownFields, keptValue } from '../field.ts';
import { type Flow, indexOf } from '../flow.ts';
import type { Message, Reply } from '../message.ts';
import { fractionOf, randomOf, type Session, type Vars, type Wait } from '../session.ts';
import { renderJson, renderText, renderValue, type Slot } from '../template.ts';
import { shown } from './shown.ts';

export type Hours = { isOpen(at: number): boolean; nextOpen(at: number): number | null };

/** The world as the turn finds it; everything it may know comes from here. */
export type Context = {
  now: number;
  timeZone: string;
  /** The person's; null when it is not known, and the flow speaks its own. */
  language: string | null;
  channel: string;
  subscriber: Vars;
  bot: Vars;
  fields: KnownFields;
  conv: Vars;
  env: Vars;
  hours: Hours;
  /** Global commands: name → words; empty where they are off. */
  commands: { [name: string]: string[] };
  /** Whether a trigger of the bot may take this reply away from a waiting session. */
  interrupts(reply: Reply): boolean;
  /** Unguessable and the same at every replay; `key` is new for every address of a session. */
  token(key: string): string;
  webhookUrl(token: string): string;
};

/** `reason` says why, where the port alone does not. */
export type Trace = { turn: number; block: string; port: string; set: { [name: string]: string }; reason?: string };

export type Output =
  | { kind: 'say'; block: string; message: Message }
  | { kind: 'change'; block: string; change: Change }
  | { kind: 'ask'; block: string; id: string; ask: Ask }
  | { kind: 'log'; block: string; level: 'info' | 'warn' | 'error'; text: string }
  | ({ kind: 'trace' } & Trace)
  | { kind: 'command'; name: string }
  | { kind: 'interrupted' }
  | { kind: 'unanswered' }
  | { kind: 'ended' }
  | { kind: 'failed'; block: string; reason: string };

export const limits = {
  blocksPerTurn: 200,
  /** Nodes of expressions: about half a second. Others wait meanwhile, and a clock would make no replay the same. */
  workPerTurn: 5_000_000,
  asksPerTurn: 20,
  /** More than blocks and asks can make: a turn ends by their limits, never by this one. */
  roundsPerTurn: 300,
  stackDepth: 16,
  loopDepth: 16,
  messagesPerTurn: 100,
  unitsPerValue: 64 * 1024,
  unitsPerSession: 256 * 1024,
} as const;

export class Turn implements BlockTurn {
  readonly session: Session;
  readonly outputs: Output[] = [];
  readonly scope: Scope;
  readonly around: Surroundings & { work: { left: number } };
  readonly now: number;
  readonly context: Context;
  /** The person's, also when this turn has just learnt it. */
  language: string | null;
  at = '';
  woken: Wait | null = null;
  #breach: string | null = null;
  /** What the session may still grow by; measured when a turn writes more than a little. */
  #room = 2_048;
  #said = 0;
  #waits = 0;
  #flow: Flow | null = null;
  #names: string[] = [];
  #set: { [name: string]: string } = {};

  constructor(session: Session, context: Context, reply: Reply | null) {
    this.session = session;
    this.context = context;
    this.now = context.now;
    this.language = context.language;
    const random = randomOf(session.seed, session.turn);
    this.around = {
      now: context.now,
      timeZone: context.timeZone,
      language: context.language ?? 'en',
      random,
      isOpen: context.hours.isOpen,
      nextOpen: context.hours.nextOpen,
      work: { left: limits.workPerTurn },
    };
    this.scope = {
      subscriber: context.subscriber,
      bot: context.bot,
      conv: context.conv,
      env: context.env,
      channel: context.channel,
      now: isoOf(context.now),
      msg: reply === null ? null : (reply as unknown as Value),
    };
  }

  /** After the variables in force have changed as a whole: a call, a return, a restart. */
  refreshScope(flow = this.#flow): void {
    this.#flow = flow;
    this.around.language = this.language ?? flow?.lang ?? 'en';
    const { vars, params, loops } = this.session;
    for (const name of this.#names) delete this.scope[name];
    this.#names = Object.keys(vars);
    Object.assign(this.scope, { vars, param: params, last: this.#lastScope(), loop: loopScope(loops) }, vars);
  }

  // The address comes before the wait, so that a message or a call can carry it out.
  #lastScope(): Vars {
    const { last, seed, tokens } = this.session;
    if (this.#flow === null || !indexOf(this.#flow).hasWebhooks) return last;
    return { ...last, webhook_url: this.context.webhookUrl(this.context.token(`${seed}:${tokens + 1}`)) };
  }

  text(source: string, slot: Slot = 'plain'): string {
    return renderText(source, slot, this.scope, this.around);
  }

  textWith(source: string, slot: Slot, names: { [name: string]: Value }): string {
    return renderText(source, slot, { ...this.scope, ...names }, this.around);
  }

  value(source: Value): Value {
    return typeof source === 'string' ? renderValue(source, this.scope, this.around) : renderJson(source, this.scope, this.around);
  }

  valueWith(source: Value, names: { [name: string]: Value }): Value {
    const scope = { ...this.scope, ...names };
    return typeof source === 'string' ? renderValue(source, scope, this.around) : renderJson(source, scope, this.around);
  }

  evaluate(expression: string): Value {
    return evaluateText(expression, this.scope, this.around);
  }

  evaluateWith(expression: string, names: { [name: string]: Value }): Value {
    return evaluateText(expression, { ...this.scope, ...names }, this.around);
  }

  holds(test: z.output<typeof condition>): boolean {
    return holds(test, this.scope, this.around);
  }

  set(path: string, value: Value): void {
    const had = this.session.vars[path] ?? null;
    if (!this.admits(path, value, { most: limits.unitsPerValue, insteadOf: had })) return;
    const [owner, name] = path.includes('.') ? (path.split('.') as ['subscriber' | 'bot', string]) : [null, path];
    if (owner === null) this.#setVariable(name, value);
    else this.#setField(owner, name, value);
  }

  // As it will be read again, so that this turn sees what the next one will; what cannot be kept is said, not dropped.
  #setField(owner: 'subscriber' | 'bot', name: string, given: Value): void {
    const kept = keptValue(this.context.fields, owner, name, given);
    if (kept.ok) this.#changeField(owner, name, kept.value);
    else this.log('warn', `Nothing was set: ${kept.why}.`);
  }

  #changeField(owner: 'subscriber' | 'bot', name: string, value: Value): void {
    const path = `${owner}.${name}`;
    this.#set[path] = shown(path, value);
    this.scope[owner] = { ...(this.scope[owner] as Vars), [name]: value };
    this.change({ do: 'set_field', of: owner, name, value });
    if (owner === 'subscriber' && name === 'language' && typeof value === 'string') this.language = this.around.language = value;
  }

  knowsField(owner: 'subscriber' | 'bot', name: string): boolean {
    return this.context.fields?.[owner].has(name) ?? true;
  }

  #setVariable(name: string, value: Value): void {
    this.#set[name] = shown(name, value);
    this.session.vars[name] = value;
    this.scope[name] = value;
    if (!this.#names.includes(name)) this.#names.push(name);
  }

  /** What was set since the last trace, as it is shown. */
  takeSet(): Trace['set'] {
    const set = this.#set;
    this.#set = {};
    return set;
  }

  defaultOf(path: string): Value {
    const declared = this.#flow?.vars ?? {};
    return (Object.hasOwn(declared, path) ? declared[path]?.default : undefined) ?? null;
  }

  /** Whether the session may keep this too; what it may not is a breach, which ends the block by the error way. */
  admits(what: string, value: Value, { most = limits.unitsPerSession, insteadOf = null }: { most?: number; insteadOf?: Value } = {}): boolean {
    const units = unitsOf(value);
    if (units === null) this.#breach = `${what} would be nested too deeply`;
    else if (units > most) this.#breach = `${what} would be larger than ${most / 1024} KB; keep a file reference instead`;
    else {
      this.#room -= units;
      if (this.#room < 0) this.#room = limits.unitsPerSession - JSON.stringify(this.session).length - units + (unitsOf(insteadOf) ?? 0);
      if (this.#room < 0) this.#breach = `${what} would make the session larger than ${limits.unitsPerSession / 1024} KB`;
    }
    return this.#breach === null;
  }

  /** Why the turn cannot go on as it is, once. */
  takeBreach(): { fail: string } | null {
    const breach = this.#breach ?? (this.around.work.left < 0 ? 'the flow computes more than one turn may' : null);
    this.#breach = null;
    // The way out computes as well.
    if (breach !== null) this.around.work.left = Math.max(this.around.work.left, limits.workPerTurn / 10);
    return breach === null ? null : { fail: breach };
  }

  setLast(values: Vars): void {
    if (!this.admits('the last result', values, { insteadOf: this.session.last })) return;
    this.session.last = values;
    this.scope.last = this.#lastScope();
  }

  say(message: Message): void {
    this.#said += 1;
    if (this.#said > limits.messagesPerTurn) this.#breach = `more than ${limits.messagesPerTurn} messages in one turn`;
    else this.outputs.push({ kind: 'say', block: this.at, message });
  }

  change(change: Change): void {
    this.outputs.push({ kind: 'change', block: this.at, change });
    if (change.do !== 'tags' && change.do !== 'labels') return;
    const person = this.scope.subscriber as Vars;
    const had = Array.isArray(person[change.do]) ? (person[change.do] as Value[]) : [];
    const kept = had.filter((one) => !change.remove.includes(one as string) && !change.add.includes(one as string));
    this.scope.subscriber = { ...person, [change.do]: [...kept, ...change.add] };
  }

  ask(ask: Ask): Next {
    const { spent } = this.session.counters;
    // Our own data cost nobody anything; how often they are asked is bounded by the blocks of a turn.
    if (!insideAsks.has(ask.ask)) spent.asks += 1;
    if (spent.asks > limits.asksPerTurn) return { fail: `more than ${limits.asksPerTurn} calls in one turn` };
    const id = this.waitId();
    this.outputs.push({ kind: 'ask', block: this.at, id, ask });
    return { wait: { kind: 'effect', id, block: this.at } };
  }

  log(level: 'info' | 'warn' | 'error', text: string): void {
    this.outputs.push({ kind: 'log', block: this.at, level, text: text.slice(0, 2_000) });
  }

  fractionOf(...texts: string[]): number {
    return fractionOf(...texts);
  }

  takeToken(): string {
    this.session.tokens += 1;
    return this.context.token(`${this.session.seed}:${this.session.tokens}`);
  }

  waitId(): string {
    this.#waits += 1;
    return `${this.session.turn}:${this.#waits}`;
  }

  deadline(duration: string | undefined): number | null {
    const ms = duration === undefined ? null : durationMs(duration);
    return ms === null ? null : this.now + ms;
  }
}

/** How long a value is as JSON, about; null when it is nested too deeply to be written. */
function unitsOf(value: Value): number | null {
  if (typeof value === 'string') return value.length;
  if (value === null || typeof value !== 'object') return 8;
  return isShallow(value) ? JSON.stringify(value).length : null;
}

function loopScope(loops: Session['loops']): Value {
  const loop = loops.at(-1);
  if (!loop) return null;
  return { index: loop.i, number: loop.i + 1, size: loop.items?.length ?? null, item: loop.items?.[loop.i] ?? null };
}
