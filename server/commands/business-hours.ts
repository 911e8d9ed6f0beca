// When a workspace is open: intervals per weekday in its time zone; without any it is always open.
import type { Hours } from '@parley/engine/advance/turn.ts';
import { clockAt } from '@parley/engine/expression/functions/dates.ts';
import type { TurnSettings } from '../store/settings.ts';

const minute = 60_000;
const step = 5 * minute;
const aheadDays = 8;

export function hoursOf(hours: TurnSettings['hours'], timeZone: string): Hours {
  if (hours === undefined) return { isOpen: () => true, nextOpen: (at) => at };
  const isOpen = (at: number): boolean => {
    const clock = clockAt(at, timeZone);
    const minutes = clock.hour * 60 + clock.minute;
    return (hours[String(clock.weekday)] ?? []).some(([from, to]) => minutes >= from && minutes < to);
  };
  return { isOpen, nextOpen: (at) => (isOpen(at) ? at : nextOpening(at, isOpen)) };
}

// Opening times lie on five minutes; a week and a day ahead there is none if there is none at all.
function nextOpening(at: number, isOpen: (at: number) => boolean): number | null {
  const first = at - (at % step) + step;
  for (let moment = first; moment <= at + aheadDays * 86_400_000; moment += step) if (isOpen(moment)) return moment;
  return null;
}
