// Dates and times, by Temporal, so that Node and browsers agree. A moment is RFC 3339 text in UTC or with its offset;
// a day is `2026-01-15`. `now` is the turn's, never the machine's.

import { Temporal } from 'temporal-polyfill';
import type { Surroundings } from '../../expression.ts';
import type { Functions } from '../functions.ts';
import { numberOf, textOf, type Value } from '../value.ts';

const units: { [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Milliseconds of `"90s"`, `"15m"`, `"2h30m"`, `"3d"`; null for anything else. */
export function durationMs(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)/g)];
  if (
    parts.length === 0 ||
    parts
      .map((part) => part[0])
      .join('')
      .replaceAll(' ', '') !== text.replaceAll(' ', '')
  )
    return null;
  const total = parts.reduce((sum, part) => sum + Number(part[1]) * (units[part[2] ?? ''] ?? 0), 0);
  return Number.isFinite(total) && total <= 3_660 * 86_400_000 ? Math.round(total) : null;
}

/** The moment a value names: RFC 3339 text, a day (midnight in `timeZone`), or milliseconds. */
export function momentOf(value: Value, timeZone: string): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && Math.abs(value) <= 8.64e15 ? value : null;
  const text = textOf(value).trim().replace(' ', 'T');
  const found = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(text);
  if (!found) return null;
  const [, day = '', minutes = '00:00', seconds = ':00', offset] = found;
  return attempt(() => {
    if (offset !== undefined) return Temporal.Instant.from(`${day}T${minutes}${seconds}${offset}`).epochMilliseconds;
    return Temporal.PlainDateTime.from(`${day}T${minutes}${seconds}`).toZonedDateTime(zoneOf(timeZone)).epochMilliseconds;
  });
}

/** How far from a date: `"-3d"` before it, `"9h30m"` into it. Null for anything else. */
function offsetOf(text: string): Temporal.Duration | null {
  const back = text.trim().startsWith('-');
  const length = text.trim().replace(/^[+-]/, '');
  const parts = durationMs(length) === null ? [] : [...length.matchAll(/(\d+)\s*([smhdw])(?![s])/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== length) return null;
  const names = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days', w: 'weeks' } as const;
  const duration = Temporal.Duration.from(Object.fromEntries(parts.map(([, count, unit]) => [names[unit as keyof typeof names], Number(count)])));
  return back ? duration.negated() : duration;
}

export function isOffset(text: string): boolean {
  return offsetOf(text) !== null;
}

/** So far from a date, by the clock on the wall there: nine hours into a day are nine o'clock, a day before nine is nine. */
export function momentFrom(date: string, offset: string, timeZone: string): number | null {
  const by = offsetOf(offset);
  const moment = momentOf(date, timeZone);
  if (by === null || moment === null) return null;
  const wall = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zoneOf(timeZone)).toPlainDateTime();
  return attempt(() => wall.add(by).toZonedDateTime(zoneOf(timeZone)).epochMilliseconds);
}

export function isTimeZone(name: string): boolean {
  return attempt(() => Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)) !== null;
}

function zoneOf(name: string): string {
  return isTimeZone(name) ? name : 'UTC';
}

export type Clock = { year: number; month: number; day: number; weekday: number; hour: number; minute: number; second: number };

/** What a clock and a calendar in that zone show; weekday 1 = Monday. */
export function clockAt(moment: number, timeZone: string): Clock {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.trunc(moment)).toZonedDateTimeISO(zoneOf(timeZone));
  return { year: at.year, month: at.month, day: at.day, weekday: at.dayOfWeek, hour: at.hour, minute: at.minute, second: at.second };
}

const two = (number: number): string => String(number).padStart(2, '0');

/** `YYYY MM DD HH mm ss` and single letters, as in `DD.MM.YYYY HH:mm`. */
function formatMoment(moment: number, pattern: string, timeZone: string): string {
  const at = clockAt(moment, timeZone);
  const words: { [token: string]: string } = {
    YYYY: String(at.year),
    YY: two(at.year % 100),
    MM: two(at.month),
    M: String(at.month),
    DD: two(at.day),
    D: String(at.day),
    HH: two(at.hour),
    H: String(at.hour),
    hh: two(at.hour % 12 || 12),
    h: String(at.hour % 12 || 12),
    mm: two(at.minute),
    ss: two(at.second),
    a: at.hour < 12 ? 'am' : 'pm',
    A: at.hour < 12 ? 'AM' : 'PM',
  };
  return pattern.slice(0, 200).replace(/YYYY|YY|MM|M|DD|D|HH|H|hh|h|mm|ss|a|A/g, (token) => words[token] ?? token);
}

export function isoOf(moment: number): string {
  // Every turn asks for it once, and a Date writes it in a tenth of Temporal's time.
  return `${new Date(moment).toISOString().slice(0, -5)}Z`;
}

function shift(value: Value, by: Value, around: Surroundings): Value {
  const moment = momentOf(value, around.timeZone);
  const text = textOf(by).trim();
  const back = text.startsWith('-');
  const calendar = /^-?(\d{1,4})\s*(y|mo)$/.exec(text);
  if (moment === null) return null;
  if (calendar) {
    const amount = Number(calendar[1]) * (back ? -1 : 1);
    const zoned = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(zoneOf(around.timeZone));
    return attempt(() => isoOf(zoned.add(calendar[2] === 'y' ? { years: amount } : { months: amount }).epochMilliseconds));
  }
  const ms = typeof by === 'number' ? by : durationMs(text.replace(/^[+-]/, ''));
  return ms === null ? null : attempt(() => isoOf(moment + (back && typeof by !== 'number' ? -ms : ms)));
}

export const dateFunctions: Functions = {
  date: ([value = null, pattern = null, zone = null], around) => {
    const timeZone = zone === null ? around.timeZone : textOf(zone);
    const moment = value === 'now' ? around.now : momentOf(value, timeZone);
    return moment === null ? null : formatMoment(moment, pattern === null ? 'YYYY-MM-DD' : textOf(pattern), timeZone);
  },
  date_add: ([value = null, by = null], around) => shift(value, by, around),
  date_diff: ([from = null, to = null, unit = null], around) => {
    const a = momentOf(from, around.timeZone);
    const b = momentOf(to, around.timeZone);
    const name = textOf(unit) || 'd';
    const size = Object.hasOwn(units, name) ? units[name] : undefined;
    return a === null || b === null || size === undefined ? null : Math.trunc((b - a) / size);
  },
  in_tz: ([value = null, zone = null], around) => {
    const moment = momentOf(value, around.timeZone);
    return moment === null ? null : formatMoment(moment, 'YYYY-MM-DD HH:mm', textOf(zone));
  },
  weekday: ([value = null], around) => {
    const moment = momentOf(value, around.timeZone);
    return moment === null ? null : clockAt(moment, around.timeZone).weekday;
  },
  is_open: ([value = null], around) => around.isOpen(value === null ? around.now : (momentOf(value, around.timeZone) ?? around.now)),
  duration: ([value = null]) => (value === null ? null : durationMs(textOf(value))),
  timestamp: ([value = null], around) => {
    const moment = momentOf(value, around.timeZone);
    return moment === null ? null : isoOf(moment);
  },
  is_date: ([value = null], around) => numberOf(value) === null && momentOf(value, around.timeZone) !== null,
};

// Temporal refuses what the calendar does not have (the 31st of February) by throwing.
function attempt<T>(body: () => T): T | null {
  try {
    return body();
  } catch {
    return null;
  }
}
