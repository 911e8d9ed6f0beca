// When a workspace is open: intervals per weekday, by the clock on its own wall, wherever the person who asks may be;
// without any it is always open.
import type { Hours } from '@parley/engine/advance/turn.ts';
import { clockAt, momentOf } from '@parley/engine/expression/functions/dates.ts';
import type { TurnSettings } from '../store/settings.ts';

export type BusinessHours = NonNullable<TurnSettings['hours']>;

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const aheadDays = 8;
/** Opening times lie on five minutes; clocks are put forward by three hours at most. */
const step = 5 * minuteMs;
const maxSteps = 36;

export function hoursOf(hours: TurnSettings['hours'] | null, timeZone: string): Hours {
  if (!hours) return { isOpen: () => true, nextOpen: (at) => at };
  const isOpen = (at: number): boolean => {
    const clock = clockAt(at, timeZone);
    const minutes = clock.hour * 60 + clock.minute;
    return (hours[String(clock.weekday)] ?? []).some(([from, to]) => minutes >= from && minutes < to);
  };
  return { isOpen, nextOpen: (at) => (isOpen(at) ? at : nextOpening(hours, timeZone, at, isOpen)) };
}

/** Null when it never opens: a week and a day ahead there is none if there is none at all. */
function nextOpening(hours: BusinessHours, timeZone: string, at: number, isOpen: (at: number) => boolean): number | null {
  const today = clockAt(at, timeZone);
  // Noon, so that a day of 23 hours is not stepped over.
  const noon = momentOf(`${dayOf(today)}T12:00`, timeZone) ?? at;
  for (let ahead = 0; ahead <= aheadDays; ahead += 1) {
    const day = clockAt(noon + ahead * dayMs, timeZone);
    const openings = (hours[String(day.weekday)] ?? [])
      .map(([from]) => openingOf(`${dayOf(day)}T${timeOf(from)}`, timeZone, isOpen))
      .filter((moment) => moment !== null && moment > at) as number[];
    if (openings.length > 0) return Math.min(...openings);
  }
  return null;
}

// A time that a day leaves out when clocks go forward is an hour late as a moment, or no opening at all.
function openingOf(time: string, timeZone: string, isOpen: (at: number) => boolean): number | null {
  let moment = momentOf(time, timeZone);
  if (moment === null || !isOpen(moment)) return null;
  for (let steps = 0; steps < maxSteps && isOpen(moment - step); steps += 1) moment -= step;
  return moment;
}

function dayOf({ year, month, day }: { year: number; month: number; day: number }): string {
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
