// Waits: for a while, until a moment, until a window of the day, or until opening time. No process waits with it.
import { z } from 'zod';
import { defineBlock, duration, type Turn, template } from '../../block.ts';
import { clockAt, isTimeZone, momentOf } from '../../expression/functions/dates.ts';
import { numberOf } from '../../expression/value.ts';

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 09:30');

export const wait = defineBlock({
  type: 'wait',
  family: 'time',
  label: 'Wait',
  summary: 'Goes on later.',
  rests: true,
  settings: {
    for: duration.optional(),
    until: template.optional(),
    window: z.strictObject({ days: z.array(z.int().min(1).max(7)).min(1).optional(), from: time, to: time, tz: z.string().max(60).optional() }).optional(),
    next_open: z.boolean().optional(),
  },
  ports: () => [],
  check: (block) => [
    ...([block.for, block.until, block.window, block.next_open].filter((one) => one !== undefined).length === 1
      ? []
      : [{ code: 'E04', message: 'A wait says either how long, until when, which window, or until opening time.' }]),
    ...(block.window?.tz === undefined || isTimeZone(block.window.tz)
      ? []
      : [{ code: 'E04', message: `There is no time zone ${block.window.tz}; write it such as Europe/Berlin.`, path: 'window.tz' }]),
  ],
  run: (block, turn) => {
    const at = block.for
      ? turn.deadline(block.for)
      : block.until
        ? untilOf(block.until, turn)
        : block.window
          ? windowOf(block.window, turn.now, turn.around.timeZone)
          : turn.around.nextOpen(turn.now);
    if (at === null) return { fail: 'a wait without a moment' };
    return at <= turn.now ? { go: 'next' } : { wait: { kind: 'timer', id: turn.waitId(), block: turn.at, at } };
  },
  wake: () => ({ go: 'next' }),
});

function untilOf(source: string, turn: Turn): number | null {
  const value = turn.value(source);
  return numberOf(value) === null ? momentOf(value, turn.around.timeZone) : numberOf(value);
}

type Span = { days?: number[] | undefined; from: string; to: string; tz?: string | undefined };

const dayMs = 86_400_000;

/** The first moment from `now` on that lies in the window. It belongs to the day it opens on, also past midnight. */
function windowOf(span: Span, now: number, timeZone: string): number | null {
  const zone = span.tz ?? timeZone;
  // From yesterday on, whose window may still be open; noon, so that a day with 23 hours is not stepped over.
  const noon = momentOf(`${dayAt(now, zone)}T12:00`, zone) ?? now;
  for (let ahead = -1; ahead <= 8; ahead += 1) {
    const day = dayAt(noon + ahead * dayMs, zone);
    const opens = momentOf(`${day}T${span.from}`, zone);
    const closes = momentOf(`${span.to > span.from ? day : dayAt(noon + (ahead + 1) * dayMs, zone)}T${span.to}`, zone);
    if (opens === null || closes === null || closes <= now) continue;
    if (span.days === undefined || span.days.includes(clockAt(opens, zone).weekday)) return Math.max(opens, now);
  }
  return null;
}

function dayAt(moment: number, timeZone: string): string {
  const { year, month, day } = clockAt(moment, timeZone);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}
