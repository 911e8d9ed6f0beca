// When a workspace is open: intervals per weekday, and for single dates their own, by the clock on its own wall, wherever
// the person who asks may be; without any it is always open.
import type { Hours } from '@parley/engine/advance/turn.ts';
import { type Clock, clockAt, momentOf } from '@parley/engine/expression/functions/dates.ts';
import type { TurnSettings } from '../store/settings.ts';

export type BusinessHours = NonNullable<TurnSettings['hours']>;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** A week and a day ahead there is no opening if there is none at all, dates with hours of their own left aside. */
const aheadDays = 8;
/** Opening times lie on five minutes; clocks are put forward by three hours at most. */
const step = 5 * minuteMs;
const maxSteps = 36;

export function hoursOf(hours: TurnSettings['hours'] | null, timeZone: string): Hours {
  if (!hours) return { isOpen: () => true, nextOpen: (at) => at };
  const isOpen = (at: number): boolean => {
    const clock = clockAt(at, timeZone);
    const minutes = clock.hour * 60 + clock.minute;
    return spansOf(hours, clock).some(([from, to]) => minutes >= from && minutes < to);
  };
  return { isOpen, nextOpen: (at) => (isOpen(at) ? at : nextOpening(hours, timeZone, at, isOpen)) };
}

/** Whether it is open, and until when that stays so; null = for good. */
export function openStateAt(at: number, hours: BusinessHours | null, timeZone: string): { is_open: boolean; until: number | null } {
  const { isOpen, nextOpen } = hoursOf(hours, timeZone);
  if (!isOpen(at)) return { is_open: false, until: nextOpen(at) };
  return { is_open: true, until: hours && nextClosing(hours, timeZone, at, isOpen) };
}

function spansOf(hours: BusinessHours, day: Clock): [number, number][] {
  return hours[dayOf(day)] ?? hours[String(day.weekday)] ?? [];
}

/** The first day ahead for which `find` has moments after `at`: the earliest of them. */
function firstAhead(hours: BusinessHours, timeZone: string, at: number, find: (day: Clock) => (number | null)[]): number | null {
  const today = clockAt(at, timeZone);
  // Noon, so that a day of 23 hours is not stepped over.
  const noon = momentOf(`${dayOf(today)}T12:00`, timeZone) ?? at;
  const dates = Object.keys(hours).filter((day) => day.length > 1).length;
  for (let ahead = 0; ahead <= aheadDays + dates; ahead += 1) {
    const moments = find(clockAt(noon + ahead * dayMs, timeZone)).filter((moment) => moment !== null && moment > at) as number[];
    if (moments.length > 0) return Math.min(...moments);
  }
  return null;
}

function nextOpening(hours: BusinessHours, timeZone: string, at: number, isOpen: (at: number) => boolean): number | null {
  return firstAhead(hours, timeZone, at, (day) => spansOf(hours, day).map(([from]) => openingOf(`${dayOf(day)}T${timeOf(from)}`, timeZone, isOpen)));
}

/** The end of an interval that no other begins at, tomorrow's first included. */
function nextClosing(hours: BusinessHours, timeZone: string, at: number, isOpen: (at: number) => boolean): number | null {
  return firstAhead(hours, timeZone, at, (day) =>
    spansOf(hours, day).map(([, to]) => {
      const last = momentOf(`${dayOf(day)}T${timeOf(to - step / minuteMs)}`, timeZone);
      return last === null || isOpen(last + step) ? null : last + step;
    }),
  );
}

// A time that a day leaves out when clocks go forward is an hour late as a moment, or no opening at all.
function openingOf(time: string, timeZone: string, isOpen: (at: number) => boolean): number | null {
  let moment = momentOf(time, timeZone);
  if (moment === null || !isOpen(moment)) return null;
  for (let steps = 0; steps < maxSteps && isOpen(moment - step); steps += 1) moment -= step;
  return moment;
}

function dayOf({ year, month, day }: Clock): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

export function timeOf(minutes: number): string {
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

export function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
