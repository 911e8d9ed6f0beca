// Which trigger a reply or an event sets off: by priority, then by the order of the document.
import { paramsOf } from './advance/given.ts';
import { fold } from './block/answer.ts';
import { holds } from './condition.ts';
import { matchRegex } from './expression/regex.ts';
import type { Value } from './expression/value.ts';
import type { Scope, Surroundings } from './expression.ts';
import type { Flow, Trigger, TriggerType } from './flow.ts';
import type { Reply } from './message.ts';
import type { Vars } from './session.ts';

/** What happens beside what people say. `only` is the one trigger that it can set off: whose time has come, whose address was called. */
export type Happening = {
  type: Exclude<TriggerType, 'keyword' | 'media' | 'start' | 'error'>;
  name: string;
  on?: string;
  data?: Value;
  only?: { flow: string; trigger: string };
};

export type Occurrence =
  | { type: 'keyword'; reply: Reply; channel: string }
  | { type: 'media'; reply: Reply; channel: string }
  | (Happening & { channel: string });

export type Match = { flow: string; trigger: string; to: string; interrupts: 'never' | 'when_waiting' | 'always'; cooldown: string | null };

/** Every trigger that matches, the most important first. */
export function matchTriggers(flows: readonly Flow[], occurrence: Occurrence, scope: Scope, around: Surroundings): Match[] {
  const found: { match: Match; priority: number }[] = [];
  for (const flow of flows) {
    for (const [id, trigger] of Object.entries(flow.triggers ?? {})) {
      if (!isMeant(trigger, occurrence, { flow: flow.id, trigger: id })) continue;
      if (trigger.channels && !trigger.channels.includes(occurrence.channel)) continue;
      if (trigger.when && !holds(trigger.when, 'name' in occurrence ? withData(flow, scope, occurrence) : scope, around)) continue;
      found.push({
        match: { flow: flow.id, trigger: id, to: trigger.to, interrupts: trigger.interrupts ?? 'never', cooldown: trigger.cooldown ?? null },
        priority: trigger.priority ?? 0,
      });
    }
  }
  return found.sort((a, b) => b.priority - a.priority).map((one) => one.match);
}

/** Whether any of them waits for such a thing, whoever it happens to and wherever. */
export function isAwaited(flows: readonly Flow[], happening: Happening): boolean {
  return flows.some((flow) => Object.entries(flow.triggers ?? {}).some(([id, trigger]) => isMeant(trigger, happening, { flow: flow.id, trigger: id })));
}

/** What a flow that is set off so begins with: what it declares of the data, and all of it in `param.trigger`. */
export function paramsFor({ type, name, on, data = null }: Happening, more: Vars = {}): Vars {
  const named = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
  return { ...named, trigger: { type, name, ...(on === undefined ? {} : { on }), data, ...more } };
}

function withData(flow: Flow, scope: Scope, happening: Happening): Scope {
  return { ...scope, param: paramsOf(flow, paramsFor(happening)) };
}

/** A webhook without a name is called by its own. */
export function hookOf(id: string, trigger: Trigger): string {
  return trigger.hook ?? id;
}

function isMeant(trigger: Trigger, occurrence: Occurrence | Happening, place: { flow: string; trigger: string }): boolean {
  if (trigger.type !== occurrence.type) return false;
  if ('reply' in occurrence) return occurrence.type === 'media' ? (occurrence.reply.files?.length ?? 0) > 0 : isKeyword(trigger, occurrence.reply.text);
  const { only, name, on } = occurrence;
  if (only) return only.flow === place.flow && only.trigger === place.trigger;
  const named = trigger.event ?? trigger.hook ?? trigger.ref ?? trigger.field ?? trigger.tag;
  if (named !== undefined && fold(named) !== fold(name)) return false;
  return trigger.on === undefined || on === undefined || trigger.on === on;
}

function isKeyword(trigger: Trigger, text: string): boolean {
  const said = (trigger.ci ?? true) ? fold(text) : text.trim();
  return (trigger.any ?? []).some((word) => word.trim() !== '' && isSaid(trigger, said, (trigger.ci ?? true) ? fold(word) : word.trim(), word, text));
}

function isSaid(trigger: Trigger, said: string, wanted: string, word: string, text: string): boolean {
  switch (trigger.match ?? 'word') {
    case 'exact':
      return said === wanted;
    case 'contains':
      return said.includes(wanted);
    case 'prefix':
      return said.startsWith(wanted);
    case 'regex':
      return matchRegex(`${(trigger.ci ?? true) ? '(?i)' : ''}${word}`, text) !== null;
    case 'fuzzy':
      return phrasesOf(said, wordsOf(wanted).length).some((one) => isNear(one, wordsOf(wanted).join(' '), trigger.distance ?? 1));
    case 'word':
      return ` ${wordsOf(said).join(' ')} `.includes(` ${wordsOf(wanted).join(' ')} `);
  }
}

function wordsOf(text: string): string[] {
  return text
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .slice(0, 500);
}

/** Every run of so many words. */
function phrasesOf(text: string, length: number): string[] {
  const words = wordsOf(text);
  return words.map((_, at) => words.slice(at, at + length).join(' ')).slice(0, Math.max(1, words.length - length + 1));
}

/** Within so many typing mistakes (Levenshtein). */
function isNear(a: string, b: string, distance: number): boolean {
  if (Math.abs(a.length - b.length) > distance || a.length > 60) return false;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return (row[b.length] ?? 99) <= distance;
}
