// The linter's eye for expressions, templates and conditions: what cannot be read, names nobody declared, functions that
// are not there, operators that do not fit.
import type { Condition, Operator } from '../condition.ts';
import { isRegex } from '../expression/regex.ts';
import { numberOf } from '../expression/value.ts';
import { callsIn, compile, isKnownFunction, namesIn } from '../expression.ts';
import type { Flow } from '../flow.ts';
import { partsOf } from '../template.ts';

/** What the parts of the linter share; `used` gathers the variables that are read or set somewhere. */
export type Look = { flow: Flow; report: (code: string, at: string, message: string) => void; used: Set<string> };

const namespaces = new Set(['vars', 'subscriber', 'bot', 'conv', 'msg', 'channel', 'now', 'env', 'loop', 'last', 'param']);

/** `names` are known here besides variables and namespaces. */
export function checkExpression(look: Look, source: string, at: string, names: readonly string[]): void {
  const compiled = compile(source);
  if (!compiled.ok) look.report('E08', at, `This expression cannot be read: ${compiled.problem}.`);
  for (const path of namesIn(compiled)) {
    const [name = '', member] = path.split('.');
    if (name === 'param' && member !== undefined && member !== 'trigger' && !isDeclared(look.flow.params, member))
      look.report('E03', at, `There is no parameter ${member}; add it to the flow's parameters.`);
    else if (name === 'vars' && member !== undefined) checkVariable(look, member, at);
    else if (!namespaces.has(name) && !names.includes(name)) checkVariable(look, name, at);
  }
  for (const call of callsIn(compiled)) if (!isKnownFunction(call)) look.report('E08', at, `There is no function ${call}.`);
}

/** A variable that is read or set here. */
export function checkVariable(look: Look, name: string, at: string): void {
  look.used.add(name);
  if (!isDeclared(look.flow.vars, name)) look.report('E03', at, `There is no variable ${name}; add it to the flow's variables.`);
}

function isDeclared(declared: { [name: string]: unknown } | undefined, name: string): boolean {
  return declared !== undefined && Object.hasOwn(declared, name);
}

export function checkTemplate(look: Look, template: string, at: string, names: readonly string[]): void {
  for (const part of partsOf(template)) {
    if (typeof part !== 'string') checkExpression(look, part.source, at, names);
    else if (part.includes('{{')) look.report('E08', at, 'A {{ is never closed: write }} after the expression.');
  }
}

const numeric = new Set<Operator>(['gt', 'gte', 'lt', 'lte']);
const dated = new Set<Operator>(['before', 'after', 'on', 'in_last', 'in_next', 'weekday', 'time_between']);
const listed = new Set<Operator>(['has', 'has_any', 'has_all', 'has_none', 'count_eq', 'count_gt', 'count_lt']);

export function checkCondition(look: Look, condition: Condition, at: string): void {
  if ('cel' in condition) checkExpression(look, condition.cel, at, []);
  const inner = 'all' in condition ? condition.all : 'any' in condition ? condition.any : 'none' in condition ? condition.none : null;
  if (inner) for (const [position, one] of inner.entries()) checkCondition(look, one, `${at}.${position}`);
  if (!('op' in condition)) return;
  const { l, op, r } = condition;
  if (l !== undefined) checkExpression(look, l, at, []);
  for (const text of Array.isArray(r) ? r : [r]) if (typeof text === 'string') checkTemplate(look, text, at, []);
  if ((op === 'matches' || op === 'not_matches') && typeof r === 'string' && !r.includes('{{') && !isRegex(r))
    look.report('E08', at, 'This is not a valid regular expression.');
  const type = typeOf(look.flow, l);
  const fits =
    (!numeric.has(op) || ((type === undefined || type === 'number' || type === 'text') && isNumberLike(r))) &&
    (!dated.has(op) || type === undefined || ['date', 'datetime', 'text'].includes(type)) &&
    (!listed.has(op) || type === undefined || type === 'list');
  if (!fits)
    look.report('E04', at, `"${op}" does not fit ${type === undefined || isMisfit(r, op) ? 'what it is compared with' : `a variable of type ${type}`}.`);
}

function typeOf(flow: Flow, left: string | undefined): string | undefined {
  const name = left?.trim() ?? '';
  return isDeclared(flow.vars, name) ? flow.vars?.[name]?.type : undefined;
}

function isNumberLike(right: unknown): boolean {
  return typeof right !== 'string' || right.includes('{{') || numberOf(right) !== null;
}

function isMisfit(right: unknown, op: Operator): boolean {
  return numeric.has(op) && !isNumberLike(right);
}
