// Conditions are data, so that the builder, the linter and translations can work on them; a CEL expression is the
// escape hatch. A missing left value makes every operator false except is_empty, ne and the not_ ones.
import { z } from 'zod';
import { clockAt, durationMs, momentOf } from './expression/functions/dates.ts';
import { isRegex, matchRegex } from './expression/regex.ts';
import { compareValues, isSame, isTrue, member, numberOf, textOf, type Value } from './expression/value.ts';
import { evaluateText, type Scope, type Surroundings } from './expression.ts';
import { renderJson } from './template.ts';

export const operators = [
  'eq',
  'ne',
  'in',
  'not_in',
  'is_set',
  'is_empty',
  'is_true',
  'is_false',
  'contains',
  'not_contains',
  'starts',
  'ends',
  'matches',
  'not_matches',
  'len_eq',
  'len_gt',
  'len_lt',
  'gt',
  'gte',
  'lt',
  'lte',
  'between',
  'before',
  'after',
  'on',
  'in_last',
  'in_next',
  'weekday',
  'time_between',
  'has',
  'has_any',
  'has_all',
  'has_none',
  'count_eq',
  'count_gt',
  'count_lt',
  'is_type',
  'channel_is',
  'opened_within',
  'within_24h',
] as const;

export type Operator = (typeof operators)[number];

export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { none: Condition[] }
  | { cel: string }
  | { l?: string | undefined; op: Operator; r?: Value | undefined; ci?: boolean | undefined };

const json: z.ZodType<Value> = z.lazy(() => z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(json), z.record(z.string(), json)]));

export const condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(condition).max(100) }),
    z.strictObject({ any: z.array(condition).max(100) }),
    z.strictObject({ none: z.array(condition).max(100) }),
    z.strictObject({ cel: z.string().max(20_000) }),
    z.strictObject({ l: z.string().max(20_000).optional(), op: z.enum(operators), r: json.optional(), ci: z.boolean().optional() }),
  ]),
);

export function holds(one: Condition, scope: Scope, around: Surroundings): boolean {
  if ('all' in one) return one.all.every((inner) => holds(inner, scope, around));
  if ('any' in one) return one.any.some((inner) => holds(inner, scope, around));
  if ('none' in one) return !one.none.some((inner) => holds(inner, scope, around));
  if ('cel' in one) return isTrue(evaluateText(one.cel, scope, around));
  const left = one.l === undefined ? null : evaluateText(one.l, scope, around);
  const right = one.r === undefined ? null : renderJson(one.r, scope, around);
  return judge({ op: one.op, left, right, ci: one.ci ?? true, scope, around });
}

type Question = { op: Operator; left: Value; right: Value; ci: boolean; scope: Scope; around: Surroundings };

function judge(q: Question): boolean {
  const isMissing = q.left === null;
  if (isMissing && q.op in negated) return true;
  if (q.op === 'is_empty') return isEmpty(q.left);
  if (q.op in aboutTheConversation) return aboutTheConversation[q.op]?.(q) ?? false;
  if (isMissing) return false;
  return tests[q.op]?.(q) ?? false;
}

const negated: { [op in Operator]?: true } = { ne: true, not_in: true, not_contains: true, not_matches: true };

function isEmpty(value: Value): boolean {
  if (value === null || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0;
}

const folded = (value: Value, ci: boolean): string => (ci ? textOf(value).normalize('NFC').toLowerCase() : textOf(value));

function equal(a: Value, b: Value, ci: boolean): boolean {
  return typeof a === 'string' && typeof b === 'string' ? folded(a, ci) === folded(b, ci) : isSame(a, b);
}

function listOf(value: Value): Value[] {
  return Array.isArray(value) ? value : value === null ? [] : [value];
}

function holdsItem(list: Value, item: Value, ci: boolean): boolean {
  return listOf(list).some((one) => equal(one, item, ci));
}

function lengthOf(value: Value): number {
  return typeof value === 'string' ? [...value].length : typeof value === 'object' && value !== null ? Object.keys(value).length : [...textOf(value)].length;
}

function order(q: Question, right: Value): number | null {
  return compareValues(numberOf(q.left) ?? q.left, numberOf(right) ?? right);
}

/** The left side's moment against the right side's, both in the subscriber's zone. */
function moments(q: Question, right: Value = q.right): [number, number] | null {
  const left = momentOf(q.left, q.around.timeZone);
  const other = right === 'now' ? q.around.now : momentOf(right, q.around.timeZone);
  return left === null || other === null ? null : [left, other];
}

function inSpan(q: Question, direction: 1 | -1): boolean {
  const moment = momentOf(q.left, q.around.timeZone);
  const span = durationMs(textOf(q.right));
  if (moment === null || span === null) return false;
  const away = (moment - q.around.now) * direction;
  return away >= 0 && away <= span;
}

function between(q: Question): boolean {
  const [from = null, to = null] = listOf(q.right);
  const dates = [moments(q, from), moments(q, to)];
  if (numberOf(q.left) === null && dates[0] && dates[1]) return dates[0][0] >= dates[0][1] && dates[1][0] <= dates[1][1];
  const low = order(q, from);
  const high = order(q, to);
  return low !== null && high !== null && low >= 0 && high <= 0;
}

function dayOf(moment: number, timeZone: string): string {
  const at = clockAt(moment, timeZone);
  return `${at.year}-${at.month}-${at.day}`;
}

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function isWeekday(q: Question): boolean {
  const moment = momentOf(q.left, q.around.timeZone);
  if (moment === null) return false;
  const weekday = clockAt(moment, q.around.timeZone).weekday;
  return listOf(q.right).some((day) => numberOf(day) === weekday || textOf(day).slice(0, 3).toLowerCase() === days[weekday - 1]);
}

function minutesOf(value: Value): number | null {
  const found = /^(\d{1,2}):(\d{2})$/.exec(textOf(value));
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

// A span past midnight (22:00 to 06:00) wraps.
function isTimeBetween(q: Question): boolean {
  const moment = momentOf(q.left, q.around.timeZone);
  const [from, to] = listOf(q.right).map(minutesOf);
  if (moment === null || from == null || to == null) return false;
  const at = clockAt(moment, q.around.timeZone);
  const minutes = at.hour * 60 + at.minute;
  return from <= to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}

function isOfType(q: Question): boolean {
  const { left } = q;
  switch (textOf(q.right)) {
    case 'text':
      return typeof left === 'string';
    case 'number':
      return typeof left === 'number';
    case 'bool':
      return typeof left === 'boolean';
    case 'list':
      return Array.isArray(left);
    case 'object':
      return typeof left === 'object' && !Array.isArray(left);
    case 'file':
      return member(left, 'url') !== null && member(left, 'size') !== null;
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(textOf(left)) && momentOf(left, q.around.timeZone) !== null;
    case 'datetime':
      return typeof left === 'string' && left.length > 10 && momentOf(left, q.around.timeZone) !== null;
    default:
      return false;
  }
}

function isMatch(q: Question): boolean {
  return matchRegex(pattern(q), textOf(q.left)) !== null;
}

function pattern(q: Question): string {
  return `${q.ci ? '(?i)' : ''}${textOf(q.right)}`;
}

const tests: { [op in Operator]?: (q: Question) => boolean } = {
  eq: (q) => equal(q.left, q.right, q.ci),
  ne: (q) => !equal(q.left, q.right, q.ci),
  in: (q) => holdsItem(q.right, q.left, q.ci),
  not_in: (q) => !holdsItem(q.right, q.left, q.ci),
  is_set: (q) => !isEmpty(q.left),
  is_true: (q) => isTrue(q.left),
  is_false: (q) => !isTrue(q.left),
  contains: (q) => folded(q.left, q.ci).includes(folded(q.right, q.ci)),
  not_contains: (q) => !folded(q.left, q.ci).includes(folded(q.right, q.ci)),
  starts: (q) => folded(q.left, q.ci).startsWith(folded(q.right, q.ci)),
  ends: (q) => folded(q.left, q.ci).endsWith(folded(q.right, q.ci)),
  matches: isMatch,
  // A pattern that cannot be read makes either false.
  not_matches: (q) => isRegex(pattern(q)) && !isMatch(q),
  len_eq: (q) => lengthOf(q.left) === numberOf(q.right),
  len_gt: (q) => lengthOf(q.left) > (numberOf(q.right) ?? Number.POSITIVE_INFINITY),
  len_lt: (q) => lengthOf(q.left) < (numberOf(q.right) ?? Number.NEGATIVE_INFINITY),
  gt: (q) => (order(q, q.right) ?? 0) > 0,
  gte: (q) => (order(q, q.right) ?? -1) >= 0,
  lt: (q) => (order(q, q.right) ?? 0) < 0,
  lte: (q) => (order(q, q.right) ?? 1) <= 0,
  between,
  before: (q) => pair(moments(q), (a, b) => a < b),
  after: (q) => pair(moments(q), (a, b) => a > b),
  on: (q) => pair(moments(q), (a, b) => dayOf(a, q.around.timeZone) === dayOf(b, q.around.timeZone)),
  in_last: (q) => inSpan(q, -1),
  in_next: (q) => inSpan(q, 1),
  weekday: isWeekday,
  time_between: isTimeBetween,
  has: (q) => holdsItem(q.left, q.right, q.ci),
  has_any: (q) => listOf(q.right).some((one) => holdsItem(q.left, one, q.ci)),
  has_all: (q) => listOf(q.right).every((one) => holdsItem(q.left, one, q.ci)),
  has_none: (q) => !listOf(q.right).some((one) => holdsItem(q.left, one, q.ci)),
  count_eq: (q) => listOf(q.left).length === numberOf(q.right),
  count_gt: (q) => listOf(q.left).length > (numberOf(q.right) ?? Number.POSITIVE_INFINITY),
  count_lt: (q) => listOf(q.left).length < (numberOf(q.right) ?? Number.NEGATIVE_INFINITY),
  is_type: isOfType,
};

function pair(found: [number, number] | null, test: (a: number, b: number) => boolean): boolean {
  return found !== null && test(found[0], found[1]);
}

// These read the conversation, not a left side.
const aboutTheConversation: { [op in Operator]?: (q: Question) => boolean } = {
  channel_is: (q) => listOf(q.right).some((one) => equal(evaluateText('channel', q.scope, q.around), one, true)),
  opened_within: (q) => sinceWithin(q, 'conv.opened_at', durationMs(textOf(q.right))),
  within_24h: (q) => sinceWithin(q, 'conv.last_reply_at', 86_400_000),
};

function sinceWithin(q: Question, path: string, span: number | null): boolean {
  const moment = momentOf(evaluateText(path, q.scope, q.around), q.around.timeZone);
  return moment !== null && span !== null && q.around.now - moment <= span;
}
