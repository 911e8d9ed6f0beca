// What a block is. A block is a folder in blocks/ with one `defineBlock({…})`: its settings as a schema (the form, the
// palette and validation are made from it), its ports, and what it does. A block says, asks and notes; it performs
// nothing, reads no clock, draws no random number of its own, and knows no other block.
import { z } from 'zod';
import { condition } from './condition.ts';
import type { Change, InsideAsk, OutsideAsk } from './effect.ts';
import type { Value } from './expression/value.ts';
import type { Scope, Surroundings } from './expression.ts';
import type { Message, Reply } from './message.ts';
import type { Session, Vars, Wait } from './session.ts';
import type { Slot } from './template.ts';

export type Family = 'say' | 'ask' | 'data' | 'logic' | 'time' | 'integrate' | 'ai' | 'shop' | 'people' | 'measure';

/** A way out. Unconnected, it falls back along `falls` (default: `next`), never into nothing. */
/** `optional`: leading nowhere is fine, the block or the error way knows what to do then. */
export type Port = { name: string; label: string; falls?: string[]; optional?: true };

export const slug = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _, at most 64, beginning with a letter');
export const optionId = z.string().regex(/^[a-z0-9][a-z0-9_]{0,63}$/, 'lower-case letters, digits and _, at most 64');
export const target = z
  .string()
  .regex(
    /^([a-z][a-z0-9_]{0,63}(\.[a-z][a-z0-9_]{0,63})?|@(end|return|restart|continue|break))$/,
    'a group, group.block, or @end, @return, @restart, @continue, @break',
  );
/** A variable, or a field of the subscriber or the bot. */
export const variable = z.string().regex(/^((subscriber|bot)\.)?[a-z][a-z0-9_]{0,63}$/, 'a variable, subscriber.x or bot.x');
export const template = z.string().max(20_000);
export const duration = z.string().regex(/^\s*\d+(\.\d+)?\s*(ms|s|m|h|d|w)(\s*\d+(\.\d+)?\s*(ms|s|m|h|d|w))*\s*$/, 'a duration such as 90s, 15m, 2h or 3d');
export const json: z.ZodType<Value> = z.lazy(() => z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]));

export const dynamicTarget = z.strictObject({ expr: z.string().min(1).max(20_000), in: z.array(target).min(1).max(100) });

/** What every block has besides its own settings. */
export const common = {
  id: slug,
  note: z.string().max(5_000).optional(),
  when: condition.optional(),
  to: z.record(z.string(), z.union([target, dynamicTarget])).optional(),
};

/** How a block ends for now. */
export type Next =
  /** `reason` goes into the trace: why it left by this port. `or` is what to do where nothing follows. */
  | { go: string; reason?: string; or?: () => Next }
  | { wait: Wait }
  | { jump: string }
  | { call: { flow: string; with: Vars } }
  | { return: Vars }
  | { end: true }
  /** Begin, or go on with, the loop of this block: `do` once more or `done`. */
  | { loop: { items: Value[] | null; as: string | null; max: number } }
  /** The answer did not fit: what to do unless a trigger that may interrupt takes the reply. */
  | { unless_interrupted: () => Next }
  | { fail: string };

/** What wakes a block that waits. */
export type Wake =
  | { kind: 'reply'; reply: Reply }
  | { kind: 'timeout' }
  | { kind: 'timer' }
  | { kind: 'webhook'; data: Value }
  | { kind: 'answer'; ok: boolean; values: { [name: string]: Value } }
  | { kind: 'human'; outcome: 'resolved' | 'no_agent' | 'timeout' };

/** What a block can see and do during its turn. */
export type Turn = {
  /** `group.block`. */
  readonly at: string;
  readonly now: number;
  readonly session: Session;
  readonly scope: Scope;
  readonly around: Surroundings;
  /** What stood in the wait that just ended, for blocks that count attempts. */
  readonly woken: Wait | null;
  text(source: string, slot?: Slot): string;
  textWith(source: string, slot: Slot, names: { [name: string]: Value }): string;
  value(source: Value): Value;
  evaluate(expression: string): Value;
  /** With further names in scope. */
  evaluateWith(expression: string, names: { [name: string]: Value }): Value;
  valueWith(source: Value, names: { [name: string]: Value }): Value;
  holds(test: z.output<typeof condition>): boolean;
  /** A variable, or `subscriber.x`, `bot.x`; null clears. */
  set(path: string, value: Value): void;
  /** Whether there is such a field to set. */
  knowsField(owner: 'subscriber' | 'bot', name: string): boolean;
  setLast(values: Vars): void;
  /** What a variable is before anyone sets it. */
  defaultOf(path: string): Value;
  say(message: Message): void;
  change(change: Change): void;
  /** Asks and waits; the answer wakes the block. */
  ask(ask: InsideAsk | OutsideAsk): Next;
  log(level: 'info' | 'warn' | 'error', text: string): void;
  /** A number in [0, 1) that depends on the texts alone: the same person, the same way. */
  fractionOf(...texts: string[]): number;
  /** A one-time secret for an address; the address stood in `last.webhook_url` until now. */
  takeToken(): string;
  /** An id for a wait, stable under replay. */
  waitId(): string;
  /** `ms` from now, or null. */
  deadline(duration: string | undefined): number | null;
};

export type Problem = { code: string; message: string; path?: string };

export type BlockDefinition<S extends z.ZodRawShape = z.ZodRawShape> = {
  type: string;
  family: Family;
  label: string;
  summary: string;
  settings: S;
  ports(block: BlockOf<S>): Port[];
  /** True when it never leaves by `next` (end, return, goto …), so that a last block needs no way on. */
  leavesByItself?(block: BlockOf<S>): boolean;
  run(block: BlockOf<S>, turn: Turn): Next;
  wake?(block: BlockOf<S>, turn: Turn, wake: Wake): Next;
  /** Which settings are messages to people: translated by `texts`, measured against channels. */
  texts?: string[];
  /** What only this block can find wrong with itself. */
  check?(block: BlockOf<S>): Problem[];
  /** Settings that are expressions rather than templates, for the linter. */
  reads?(block: BlockOf<S>): string[];
  /** Settings that are neither. */
  raw?: string[];
  /** Names its expressions know besides variables and namespaces. */
  names?: string[];
  /** Where it leads is all it does: skipped, it leads on to the block after it. */
  jumps?: true;
  /** It stops for a person or for time to pass: a round through it is not endless. */
  rests?: true;
  /** Several messages in a row may be one answer to it. */
  gathers?(block: BlockOf<S>): boolean;
  /** It brings people in, or asks whether they are there. */
  callsPeople?: true;
  knowsHours?: true;
  /** Its body ends by `@continue` or `@break`. */
  repeats?: true;
  /** Its address can be told before it is reached. */
  givesAddress?: true;
  writes?(block: BlockOf<S>): string[];
  requires?(block: BlockOf<S>): { apis?: string[]; flows?: string[] };
};

export type BlockOf<S extends z.ZodRawShape> = z.output<z.ZodObject<S & typeof common>> & { type: string };

// biome-ignore lint/suspicious/noExplicitAny: a list of blocks forgets each one's own settings
export type AnyBlockDefinition = BlockDefinition<any>;

export function defineBlock<const T extends string, S extends z.ZodRawShape>(definition: BlockDefinition<S> & { type: T }): BlockDefinition<S> & { type: T } {
  return definition;
}

/** Buttons and options are pressed by what they carry: which block they belong to and which one it was. */
export function payloadOf(kind: 'btn' | 'opt', at: string, id: string): string {
  return `${kind}:${at}:${id}`;
}

export function parsePayload(payload: string): { kind: 'btn' | 'opt'; at: string; id: string } | null {
  const found = /^(btn|opt):([a-z0-9_]+\.[a-z0-9_]+):([a-z0-9_]+)$/.exec(payload);
  return found ? { kind: found[1] as 'btn' | 'opt', at: found[2] as string, id: found[3] as string } : null;
}
