// When a schedule comes: cron of five fields, in a time zone, by the clock on its wall. A time that the clock skips in
// spring comes as late as it skips; one that it shows twice in autumn comes once, unless every hour is meant.
import { Temporal } from 'temporal-polyfill';

/** Every list sorted. A day is meant by either of the two when both are narrowed, as cron has always read it. */
export type Cron = {
  minutes: number[];
  hours: number[];
  isEveryHour: boolean;
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  isEither: boolean;
};

const aliases: { [name: string]: string } = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

type Field = { from: number; to: number; names: readonly string[] };

const fields: readonly Field[] = [
  { from: 0, to: 59, names: [] },
  { from: 0, to: 23, names: [] },
  { from: 1, to: 31, names: [] },
  { from: 1, to: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { from: 0, to: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/** A 29th of February that must be a certain weekday comes within so many years. */
const mostDays = 41 * 366;
const minuteMs = 60_000;
const hourMs = 3_600_000;

const parsed = new Map<string, Cron | null>();
const maxParsed = 1_000;

/** Null for what is no cron expression. */
export function parseCron(text: string): Cron | null {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const cron = read(text);
  if (parsed.size >= maxParsed) parsed.clear();
  parsed.set(text, cron);
  return cron;
}

function read(text: string): Cron | null {
  const said = text.trim().toLowerCase();
  const parts = (Object.hasOwn(aliases, said) ? (aliases[said] ?? '') : said).split(/\s+/);
  if (parts.length !== fields.length) return null;
  const [minutes, hours, days, months, weekdays] = fields.map((field, at) => valuesOf(parts[at] ?? '', field));
  if (!minutes || !hours || !days || !months || !weekdays) return null;
  return {
    minutes,
    hours,
    isEveryHour: hours.length === 24,
    days: new Set(days),
    months: new Set(months),
    // 7 is Sunday as well; Temporal calls Sunday 7.
    weekdays: new Set(weekdays.map((one) => one || 7)),
    isEither: !parts[2]?.startsWith('*') && !parts[4]?.startsWith('*'),
  };
}

function valuesOf(text: string, field: Field): number[] | null {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [, first, last, step] = /^(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d{1,2}))?$/.exec(part) ?? [];
    if (first === undefined || (first === '*' && last !== undefined)) return null;
    const from = first === '*' ? field.from : numberIn(first, field);
    // `5/10` is from the fifth on.
    const to = last !== undefined ? numberIn(last, field) : first === '*' || step !== undefined ? field.to : from;
    const by = step === undefined ? 1 : Number(step);
    if (from === null || to === null || from > to || by < 1) return null;
    for (let one = from; one <= to; one += by) found.add(one);
  }
  return [...found].sort((a, b) => a - b);
}

function numberIn(text: string, { from, to, names }: Field): number | null {
  const named = names.indexOf(text);
  if (named !== -1) return named + from;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return number >= from && number <= to ? number : null;
}

/** The first moment after `after`; null when there is none, as for a 30th of February. `timeZone` is one that is known. */
export function nextRun(cron: Cron, after: number, timeZone: string): number | null {
  let date = Temporal.Instant.fromEpochMilliseconds(after).toZonedDateTimeISO(timeZone).toPlainDate();
  for (let count = 0; count < mostDays; count += 1) {
    const found = isMeant(cron, date) ? firstOf(cron, date, after, timeZone) : null;
    if (found !== null) return found;
    date = cron.months.has(date.month) ? date.add({ days: 1 }) : date.with({ day: 1 }).add({ months: 1 });
  }
  return null;
}

function isMeant({ days, months, weekdays, isEither }: Cron, date: Temporal.PlainDate): boolean {
  if (!months.has(date.month)) return false;
  const [byDay, byWeekday] = [days.has(date.day), weekdays.has(date.dayOfWeek)];
  return isEither ? byDay || byWeekday : byDay && byWeekday;
}

function firstOf(cron: Cron, date: Temporal.PlainDate, after: number, timeZone: string): number | null {
  if (cron.isEveryHour) return firstByTime(cron.minutes, date, after, timeZone);
  // Two that the clock moves onto each other, or past each other, are in order again here.
  let first: number | null = null;
  for (const hour of cron.hours) {
    for (const minute of cron.minutes) {
      const at = date.toPlainDateTime({ hour, minute }).toZonedDateTime(timeZone).epochMilliseconds;
      if (at > after && (first === null || at < first)) first = at;
    }
  }
  return first;
}

/** Every hour that passes has its minutes, whatever the clock calls it. */
function firstByTime(minutes: readonly number[], date: Temporal.PlainDate, after: number, timeZone: string): number | null {
  const begin = date.toZonedDateTime(timeZone).epochMilliseconds;
  const end = date.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
  const meant = new Set(minutes);
  const from = Math.max(begin, (Math.floor(after / minuteMs) + 1) * minuteMs);
  // Past the longest wait for a minute, a zone's offset of half an hour included.
  const to = Math.min(end, from + 3 * hourMs);
  for (let at = from; at < to; at += minuteMs) {
    if (meant.has(Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).minute)) return at;
  }
  return null;
}
