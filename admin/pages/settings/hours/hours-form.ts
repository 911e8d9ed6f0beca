// Business hours as they are typed: a week and a list of dates. A day that ends at midnight is typed as 00:00 and kept
// as 24:00; what overlaps or lies between two steps of five minutes is a slip, told where it stands.
import type { Settings, Span } from '../../../api/replies.ts';

export const weekdays = ['1', '2', '3', '4', '5', '6', '7'] as const;
export type Weekday = (typeof weekdays)[number];

export type HoursWeek = Record<Weekday, Span[]>;
export type DateHours = { date: string; spans: Span[] };
export type HoursForm = { timezone: string; isAlways: boolean; week: HoursWeek; dates: DateHours[] };

export const maxSpans = 12;
export const maxDates = 400;
export const usualDay: Span = { from: '09:00', to: '17:00' };

const usualWeek = Object.fromEntries(weekdays.map((day) => [day, Number(day) <= 5 ? [usualDay] : []])) as unknown as HoursWeek;

export function fromSettings({ timezone, business_hours }: Settings): HoursForm {
  if (business_hours === null) return { timezone, isAlways: true, week: usualWeek, dates: [] };
  const { dates = {}, ...week } = business_hours;
  const typed = (spans: Span[]) => spans.map(({ from, to }) => ({ from, to: to === '24:00' ? '00:00' : to }));
  return {
    timezone,
    isAlways: false,
    week: Object.fromEntries(weekdays.map((day) => [day, typed(week[day])])) as HoursWeek,
    dates: Object.entries(dates).map(([date, spans]) => ({ date, spans: typed(spans) })),
  };
}

export function toSettings({ timezone, isAlways, week, dates }: HoursForm): Pick<Settings, 'timezone' | 'business_hours'> {
  if (isAlways) return { timezone, business_hours: null };
  const days = Object.fromEntries(weekdays.map((day) => [day, kept(week[day])])) as HoursWeek;
  return { timezone, business_hours: { ...days, dates: Object.fromEntries(dates.map(({ date, spans }) => [date, kept(spans)])) } };
}

function kept(spans: Span[]): Span[] {
  return spans.map(({ from, to }) => ({ from, to: endOf(to) })).toSorted((a, b) => a.from.localeCompare(b.from));
}

function endOf(to: string): string {
  return to === '00:00' ? '24:00' : to;
}

/** What is wrong with one day; words of `hours.slip`. */
export function slipOf(spans: Span[]): 'missing' | 'five' | 'order' | 'overlap' | null {
  if (spans.some(({ from, to }) => from === '' || to === '')) return 'missing';
  if (spans.some(({ from, to }) => !/[05]$/.test(from) || !/[05]$/.test(to))) return 'five';
  if (spans.some(({ from, to }) => from >= endOf(to))) return 'order';
  const days = kept(spans);
  return days.some(({ from }, at) => at > 0 && (days[at - 1]?.to ?? '') > from) ? 'overlap' : null;
}

/** Of a date among others: it is there, and there once. */
export function dateSlipOf(dates: DateHours[], at: number): 'date' | 'twice' | ReturnType<typeof slipOf> {
  const { date = '', spans = [] } = dates[at] ?? {};
  if (date === '') return 'date';
  return dates.some((one, other) => other < at && one.date === date) ? 'twice' : slipOf(spans);
}

export function isWrong({ isAlways, week, dates }: HoursForm): boolean {
  return !isAlways && (weekdays.some((day) => slipOf(week[day]) !== null) || dates.some((_, at) => dateSlipOf(dates, at) !== null));
}

/** A second stretch begins an hour after the first has ended, if the day is long enough. */
export function another(spans: Span[]): Span {
  const last = kept(spans).at(-1);
  const hour = last ? Number(last.to.slice(0, 2)) + 1 : 0;
  if (!last || hour > 22) return usualDay;
  const two = (n: number) => String(n).padStart(2, '0');
  return { from: `${two(hour)}:00`, to: hour + 3 >= 24 ? '00:00' : `${two(hour + 3)}:00` };
}
