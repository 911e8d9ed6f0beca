// /v1/settings: what holds for one workspace.
import { duration } from '@parley/engine/block.ts';
import { durationMs } from '@parley/engine/expression/functions/dates.ts';
import { z } from 'zod';
import { type BusinessHours, minutesOf, openStateAt, timeOf } from '../../commands/business-hours.ts';
import { lateReplies } from '../../commands/channel-settings.ts';
import { changeSettings, checkTimeZone, commandNames, isCurrency, readSettings, type Settings } from '../../commands/settings.ts';
import { route } from '../../http/route.ts';
import { image, language, time as moment, name } from './shapes.ts';

const time = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5][05]|24:00)$/, 'a time on five minutes, such as 09:00 or 17:30; 24:00 ends a day')
  .meta({ examples: ['09:00'] });
const spans = z.array(z.object({ from: time, to: time })).max(12);
const maxDates = 400;
const businessHours = z
  .object({
    ...{ '1': spans, '2': spans, '3': spans, '4': spans, '5': spans, '6': spans, '7': spans },
    dates: z
      .record(z.iso.date(), spans)
      .refine((dates) => Object.keys(dates).length <= maxDates, `At most ${maxDates} dates.`)
      .optional()
      .describe('Days that go their own way, such as `{"2026-12-25": []}`: closed all day.'),
  })
  .nullable()
  .describe('When the business is open, per weekday from 1 (Monday) to 7, by the clock of `timezone`; null = always.')
  .meta({ id: 'BusinessHours' });

type Written = z.output<typeof businessHours>;

const weekdays = ['1', '2', '3', '4', '5', '6', '7'] as const;

function showHours(hours: BusinessHours | null): Written {
  if (hours === null) return null;
  const shown = (day: string) => [day, (hours[day] ?? []).map(([from, to]) => ({ from: timeOf(from), to: timeOf(to) }))];
  const dates = Object.keys(hours).filter((day) => day.length > 1);
  const week = Object.fromEntries(weekdays.map(shown)) as NonNullable<Written>;
  return dates.length === 0 ? week : { ...week, dates: Object.fromEntries(dates.sort().map(shown)) };
}

function readHours(written: Written): BusinessHours | null {
  if (written === null) return null;
  const { dates = {}, ...week } = written;
  return Object.fromEntries(Object.entries({ ...week, ...dates }).map(([day, spans]) => [day, spans.map(({ from, to }) => [minutesOf(from), minutesOf(to)])]));
}

/** One after the other on a day: what overlaps or ends before it begins is a slip of whoever typed it. */
function areInOrder(written: Written): boolean {
  return Object.values(readHours(written) ?? {}).every((spans) => spans.every(([from, to], at) => from < to && (spans[at - 1]?.[1] ?? 0) <= from));
}

function isBetween(text: string, least: string, most: string): boolean {
  const [ms, from, to] = [text, least, most].map(durationMs);
  return ms != null && from != null && to != null && ms >= from && ms <= to;
}

const word = z.string().trim().min(1).max(60);
const commandWords = z
  .object(Object.fromEntries(commandNames.map((name) => [name, z.array(word).max(20)])) as Record<(typeof commandNames)[number], z.ZodArray<typeof word>>)
  .describe('What people may say at any time, as a whole message and in any case; a command without words is off.')
  .meta({ id: 'CommandWords' });

function show({ business_hours, ...rest }: Settings, now: number): z.input<typeof settings> {
  return { ...rest, business_hours: showHours(business_hours), open: openStateAt(now, business_hours, rest.timezone) };
}

const lasting = (least: string, most: string) => duration.refine((text) => isBetween(text, least, most), `a duration from ${least} to ${most}`);

const channel = z
  .object({
    expires_after: lasting('1m', '3650d').describe('A reply to a question that was asked longer ago is late.'),
    late_reply: z
      .enum(lateReplies)
      .describe(
        'What is done with a late reply: `resume` takes it as the answer, `ask` asks whether to go on or to start again, `restart` starts the flow again.',
      ),
    quiet_time: lasting('200ms', '10s')
      .nullable()
      .describe('How long a flow waits for more messages before it answers several as one: ten seconds and twenty messages at most; null = not at all.'),
  })
  .meta({ id: 'ChannelSettings' });
const channelName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'the name of a channel, such as web or whatsapp_cloud');
const lateWords = z.string().trim().min(1).max(200);
const lateQuestion = z
  .object({ text: z.string().trim().min(1).max(2_000), go_on: lateWords, start_again: lateWords })
  .describe('What whoever comes back late is asked, and its two answers.')
  .meta({ id: 'LateQuestion' });
const handoffTimers = z
  .enum(['freeze', 'cancel'])
  .describe('While people have a conversation, what its flow waits for by the clock is frozen, or is no longer waited for once they hand back.');

const settings = z
  .object({
    name: z.string(),
    image: z.string().nullable(),
    timezone: z.string().describe('Business hours are judged by it, and dates of people whose own is not known.'),
    business_hours: businessHours,
    open: z
      .object({ is_open: z.boolean(), until: moment.nullable().describe('Null = for good.') })
      .describe('Whether it is open now, and until when that stays so.'),
    command_words: commandWords,
    language: z.string(),
    currency: z.string(),
    code_enabled: z.boolean(),
    fallback_text: z.string(),
    file_quota_mb: z.int(),
    channels: z.record(channelName, channel).describe('How flows go about the conversations of a channel; one that is not here is as usual.'),
    late_question: lateQuestion,
    handoff_timers: handoffTimers,
  })
  .meta({ id: 'Settings' });

const docs = { tag: 'Settings' };

export const settingsRoutes = [
  route({
    method: 'GET',
    path: '/settings',
    access: 'team_any',
    reply: settings,
    docs: { ...docs, id: 'getSettings', summary: 'Get the workspace’s settings' },
    run: async ({ app, tenant }) => show(await readSettings(app.db, tenant.workspaceId), app.clock.now()),
  }),
  route({
    method: 'PATCH',
    path: '/settings',
    access: 'team_manage',
    body: z
      .object({
        name: name.optional(),
        image: image.optional(),
        timezone: z.string().max(100).optional().describe('An IANA time zone, such as Europe/Berlin.'),
        business_hours: businessHours.refine(areInOrder, 'Each day lists its hours in order, each from earlier to later, and none into the next.').optional(),
        command_words: commandWords.partial().meta({ id: 'UpdateCommandWords' }).optional().describe('Commands that are left out keep their words.'),
        language: language.optional(),
        currency: z.string().refine(isCurrency, 'The currency field must be an ISO 4217 code, such as EUR.').optional().describe('ISO 4217, such as EUR.'),
        code_enabled: z.boolean().optional().describe('Whether code blocks run; off at first.'),
        fallback_text: z.string().trim().min(1).max(2_000).optional().describe('What people read when a flow has failed and has no error way of its own.'),
        file_quota_mb: z.int().min(0).max(10_000_000).optional().describe('How many megabytes uploaded files may take; 10240 at first.'),
        channels: z.record(channelName, channel.partial().nullable()).optional().describe('Those given are changed, by what is given; null = as usual.'),
        late_question: lateQuestion.optional(),
        handoff_timers: handoffTimers.optional(),
      })
      .meta({ id: 'UpdateSettings' }),
    reply: settings,
    docs: {
      ...docs,
      id: 'updateSettings',
      summary: 'Change the workspace’s settings',
      example: { timezone: 'Europe/Berlin', language: 'de', currency: 'EUR' },
    },
    run: async ({ app, tenant, body }) => {
      if (body.timezone !== undefined) await checkTimeZone(body.timezone);
      const { business_hours, ...rest } = body;
      const asked = business_hours === undefined ? rest : { ...rest, business_hours: readHours(business_hours) };
      return app.transact(async (tx) => show(await changeSettings(app, tx, tenant.workspaceId, asked), app.clock.now()));
    },
  }),
];
