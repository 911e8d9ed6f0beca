// The linter's eye for what starts a flow: patterns and times that can be read, and nothing that would wait for ever.
import { nextRun, parseCron } from '../cron.ts';
import { durationMs, isOffset, isTimeZone } from '../expression/functions/dates.ts';
import { isRegex } from '../expression/regex.ts';
import type { Trigger } from '../flow.ts';
import { checkCondition, type Look } from './expressions.ts';

export function checkTrigger(look: Look, trigger: Trigger, at: string): void {
  const refuse = (key: string, message: string): void => look.report('E08', `${at}.${key}`, message);
  if (trigger.match === 'regex')
    for (const pattern of trigger.any ?? []) if (!isRegex(pattern)) refuse('any', `This is not a valid regular expression: ${pattern}`);
  if (trigger.when) checkCondition(look, trigger.when, `${at}.when`);
  if (trigger.tz !== undefined && !isTimeZone(trigger.tz)) refuse('tz', `There is no time zone ${trigger.tz}; one is called Europe/Berlin.`);
  checkTime(trigger, refuse);
  if (trigger.type === 'intent' || trigger.type === 'comment' || trigger.type === 'story')
    look.report(
      'W08',
      at,
      `Nothing sets off "${trigger.type}" yet: it waits until there is ${trigger.type === 'intent' ? 'a model' : 'a channel'} that knows of it.`,
    );
}

function checkTime({ type, cron, field, offset, after, on }: Trigger, refuse: (key: string, message: string) => void): void {
  switch (type) {
    case 'schedule': {
      const read = cron === undefined ? null : parseCron(cron);
      if (!read) refuse('cron', 'A schedule needs five fields (minute, hour, day, month, weekday), such as 0 9 * * mon-fri, or @daily.');
      else if (nextRun(read, 0, 'UTC') === null) refuse('cron', `This schedule never comes: ${cron}`);
      return;
    }
    case 'date_field':
      if (field === undefined) refuse('field', 'Say which date of the subscriber is meant.');
      if (offset !== undefined && !isOffset(offset)) refuse('offset', 'This is how far from the date: -3d is three days before it, 9h nine hours into it.');
      return;
    case 'inactivity': {
      const ms = after === undefined ? null : durationMs(after);
      if (ms === null || ms < 60_000) refuse('after', 'Say after how long without a word, a minute at least: 3d.');
      return;
    }
    case 'tag':
      if (on !== undefined && on !== 'added' && on !== 'removed') refuse('on', 'A tag is added or removed.');
      return;
    case 'conversation':
      if (on !== undefined && !['opened', 'closed', 'assigned'].includes(on)) refuse('on', 'A conversation is opened, closed or assigned.');
      return;
    default:
  }
}
