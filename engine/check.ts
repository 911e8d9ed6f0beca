// The linter: what would go wrong, or look wrong, before anyone meets it. Codes beginning with E block publishing;
// every problem has a place and a plain sentence.

import { type Block, definitionOf } from './blocks.ts';
import { checkCondition, checkExpression, checkTemplate, checkVariable, type Look } from './check/expressions.ts';
import { looksSecret } from './check/secrets.ts';
import { checkTrigger } from './check/triggers.ts';
import { type Condition, condition } from './condition.ts';
import { isRegex } from './expression/regex.ts';
import { type Flow, indexOf, type Placed } from './flow.ts';
import { endlessRound, reachable, waysOf } from './graph.ts';
import { hookOf } from './trigger.ts';

export type Problem = { code: string; at: string; message: string };

/** What the flow may rely on; a part that is not known is not judged. */
export type Knowledge = { apis?: string[]; flows?: string[]; channels?: string[] };

const maxProblems = 500;

/** The longest text a channel takes in one message. */
const textLimits = new Map([
  ['whatsapp', 4096],
  ['whatsapp_cloud', 4096],
  ['telegram', 4096],
  ['facebook', 2000],
  ['instagram', 1000],
  ['sms', 1600],
  ['line', 5000],
  ['viber', 7000],
  ['web', 10_000],
  ['api', 65_536],
]);
const usualTextLimit = 10_000;

export function check(flow: Flow, knowledge: Knowledge = {}): Problem[] {
  const problems: Problem[] = [];
  const look: Look = {
    flow,
    used: new Set(),
    report: (code, at, message) => {
      if (problems.length < maxProblems) problems.push({ code, at, message });
    },
  };
  checkIds(look);
  checkStarts(look);
  for (const placed of indexOf(flow).blocks.values()) {
    checkWays(look, placed);
    checkSettings(look, placed);
    checkChannels(look, placed, knowledge.channels ?? ['web']);
    const definition = definitionOf(placed.block);
    checkNeeds(look, placed.at, definition.requires?.(placed.block as never) ?? {}, knowledge);
    for (const found of definition.check?.(placed.block as never) ?? [])
      look.report(found.code, found.path === undefined ? placed.at : `${placed.at}.${found.path}`, found.message);
  }
  checkNeeds(look, 'requires', flow.requires ?? {}, knowledge);
  checkTranslations(look);
  checkSecrets(look);
  checkWhole(look);
  return problems;
}

export function blocksPublishing(problems: readonly Problem[]): boolean {
  return problems.some((one) => one.code.startsWith('E'));
}

function checkIds({ flow, report }: Look): void {
  const seen = new Map<string, string>();
  for (const [group, { blocks }] of Object.entries(flow.groups)) {
    for (const block of blocks) {
      const other = seen.get(block.id);
      if (other === undefined) seen.set(block.id, group);
      else report('E06', `${group}.${block.id}`, `The id ${block.id} is used twice: in ${other} and in ${group}.`);
    }
  }
}

function checkStarts(look: Look): void {
  const { flow, report } = look;
  const hooks = new Set<string>();
  for (const [id, trigger] of Object.entries(flow.triggers ?? {})) {
    const hook = trigger.type === 'webhook' ? hookOf(id, trigger) : null;
    if (hook !== null && hooks.has(hook)) report('E06', `triggers.${id}.hook`, `The hook ${hook} is used twice: its address can set off only one trigger.`);
    if (hook !== null) hooks.add(hook);
    checkTarget(look, trigger.to, `triggers.${id}.to`);
    checkTrigger(look, trigger, `triggers.${id}`);
  }
  for (const [name, group] of Object.entries(flow.groups)) if (group.error) checkTarget(look, group.error, `${name}.error`);
}

function checkTarget({ flow, report }: Look, target: string, at: string): void {
  const { blocks, first } = indexOf(flow);
  if (!target.startsWith('@') && !blocks.has(target) && !first.has(target)) report('E02', at, `There is no ${target} to go to.`);
  if ((target === '@continue' || target === '@break') && !hasLoop(flow)) report('E02', at, `${target} belongs inside a loop, and this flow has none.`);
}

function hasLoop(flow: Flow): boolean {
  return [...indexOf(flow).blocks.values()].some(({ block }) => definitionOf(block).repeats);
}

function checkWays(look: Look, placed: Placed): void {
  const ways = waysOf(look.flow, placed);
  const ports = new Set(ways.map((way) => way.port)).add('next').add('error');
  const connected = placed.block.to ?? {};
  for (const [port, target] of Object.entries(connected)) {
    const at = `${placed.at}.to.${port}`;
    if (!ports.has(port)) look.report('E02', at, `This block has no port ${port}.`);
    for (const one of typeof target === 'string' ? [target] : target.in) checkTarget(look, one, at);
    if (typeof target !== 'string') checkExpression(look, target.expr, at, []);
  }
  for (const way of ways) {
    if (way.targets.includes(null) && !way.isOptional && (way.isSkip || !Object.hasOwn(connected, way.port)))
      look.report('E01', `${placed.at}.${way.port}`, `Nothing follows "${way.port}" here: connect it, or finish with an end block.`);
  }
}

function checkNeeds({ flow, report }: Look, at: string, needs: { apis?: string[]; flows?: string[] }, knowledge: Knowledge): void {
  for (const api of needs.apis ?? []) if (knowledge.apis && !knowledge.apis.includes(api)) report('E05', at, `The API ${api} is not defined here.`);
  for (const other of needs.flows ?? [])
    if (knowledge.flows && other !== flow.id && !knowledge.flows.includes(other)) report('E05', at, `The flow ${other} is not there.`);
}

function checkSettings(look: Look, placed: Placed): void {
  const definition = definitionOf(placed.block);
  const { note: _note, to: _to, when, ...settings } = placed.block as Block & { [key: string]: unknown };
  const names = definition.names ?? [];
  walk(settings, placed.at, (value, at, key) => {
    const test = conditionIn(value, key);
    if (test) checkCondition(look, test, at);
    else if (Array.isArray(value)) checkItemIds(look, value, at);
    else if (typeof value === 'string' && !definition.raw?.includes(key)) checkTemplate(look, value, at, names);
    return test ? 'enough' : undefined;
  });
  for (const [at, pattern] of patternsIn(settings, placed.at)) if (!isRegex(pattern)) look.report('E08', at, 'This is not a valid regular expression.');
  if (when) checkCondition(look, when, `${placed.at}.when`);
  for (const source of definition.reads?.(placed.block as never) ?? []) checkExpression(look, source, placed.at, names);
  for (const name of definition.writes?.(placed.block as never) ?? []) if (!name.includes('.')) checkVariable(look, name, placed.at);
}

/** Options, buttons, cases, ways, fields: each is named by its id. */
function checkItemIds({ report }: Look, items: unknown[], at: string): void {
  const ids = items.map((one) => (one as { id?: unknown } | null)?.id).filter((id) => typeof id === 'string');
  for (const id of new Set(ids.filter((one, position) => ids.indexOf(one) !== position))) report('E06', at, `The id ${id} is used twice here.`);
}

function patternsIn(settings: object, at: string): [at: string, pattern: string][] {
  const found: [string, string][] = [];
  walk(settings, at, (value, place, key) => {
    if (key === 'regex' && typeof value === 'string') found.push([place, value]);
  });
  return found;
}

function checkChannels({ report }: Look, placed: Placed, channels: readonly string[]): void {
  const block = placed.block as Block & { [key: string]: unknown };
  const limits = channels.map((channel) => ({ channel, limit: textLimits.get(channel) ?? usualTextLimit }));
  const smallest = limits.reduce((least, one) => (one.limit < least.limit ? one : least), limits[0] ?? { channel: 'web', limit: usualTextLimit });
  for (const key of definitionOf(block).texts ?? []) {
    walk(block[key], `${placed.at}.${key}`, (text, at) => {
      if (typeof text === 'string' && [...text].length > smallest.limit)
        report('E09', at, `This text has more than the ${smallest.limit} characters that ${smallest.channel} takes. Split it.`);
    });
  }
  if (!channels.some((channel) => channel.startsWith('whatsapp'))) return;
  const { options, buttons } = block as { options?: unknown[]; buttons?: unknown[] };
  if ((options?.length ?? 0) > 10) report('W04', `${placed.at}.options`, 'WhatsApp shows at most ten options; the rest will be numbered text.');
  if ((buttons?.length ?? 0) > 3) report('W04', `${placed.at}.buttons`, 'WhatsApp shows at most three buttons; the rest will be numbered text.');
}

function checkTranslations(look: Look): void {
  const { blocks } = indexOf(look.flow);
  for (const [language, places] of Object.entries(look.flow.texts ?? {})) {
    for (const [place, text] of Object.entries(places)) {
      const at = `texts.${language}.${place}`;
      const placed = blocks.get(place.split('.').slice(0, 2).join('.'));
      if (placed) checkTemplate(look, text, at, definitionOf(placed.block).names ?? []);
      else look.report('W01', at, 'Nothing shows this text: the block it translates is not there.');
    }
  }
}

function checkSecrets({ flow, report }: Look): void {
  const visit = (value: unknown, at: string, key: string): void => {
    if (typeof value === 'string' && looksSecret(value, key))
      report('E07', at, 'This looks like a secret. Keep it in a credential; flows are exported and shared.');
  };
  for (const { at, block } of indexOf(flow).blocks.values()) walk(block, at, visit);
  const { groups: _groups, layout: _layout, ...rest } = flow;
  walk(rest, '', visit);
}

/** Every part of a value; `enough` leaves out what is inside of one. */
function walk(value: unknown, at: string, visit: (value: unknown, at: string, key: string) => unknown, key = ''): void {
  if (visit(value, at, key) === 'enough') return;
  if (Array.isArray(value)) for (const [position, one] of value.entries()) walk(one, `${at}.${(one as { id?: string } | null)?.id ?? position}`, visit, key);
  else if (value !== null && typeof value === 'object')
    for (const [name, one] of Object.entries(value)) if (name !== 'id' && name !== 'type') walk(one, at === '' ? name : `${at}.${name}`, visit, name);
}

// By its place as well: a variable may be called `all`, and a request may send an `op`.
function conditionIn(value: unknown, key: string): Condition | null {
  const found = key === 'when' || key === 'test' ? condition.safeParse(value) : null;
  return found?.success ? found.data : null;
}

function checkWhole({ flow, report, used }: Look): void {
  const round = endlessRound(flow);
  if (round) report('E10', round[0] ?? '', `This goes round and round without ever waiting: ${round.slice(0, 8).join(' → ')}.`);
  const met = reachable(flow);
  const groups = new Set([...met].map((at) => at.split('.')[0]));
  for (const group of Object.keys(flow.groups)) if (!groups.has(group)) report('W01', group, `Nothing leads to the group ${group}.`);
  for (const name of Object.keys(flow.vars ?? {})) if (!used.has(name)) report('W05', `vars.${name}`, `The variable ${name} is never used.`);
  const definitions = [...met].map((at) => [at, definitionOf(indexOf(flow).blocks.get(at)?.block ?? { type: '' })] as const);
  if (definitions.some(([, one]) => one.knowsHours)) return;
  for (const [at, one] of definitions)
    if (one.callsPeople) report('W06', at, 'This hands over without asking whether anyone is there: put business hours before it.');
}
