// Subscriber: finding, reading and creating them, pausing and resuming the bot for one of them.
import { canonicalFieldValue } from '@parley/engine/field.ts';
import { parseNs } from '@parley/engine/ids.ts';
import { phoneNumber, readPhone } from '@parley/engine/phone.ts';
import { z } from 'zod';
import { createSubscriber, needSubscriber, pauseBot, resumeBot } from '../../commands/subscribers.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { Db } from '../../store/database.ts';
import { findField } from '../../store/fields.ts';
import { findByChannelId, findByPhone, pageSubscribers, type Since, type SubscriberFilter } from '../../store/subscribers.ts';
import { botUser, showBotUser, showBotUsers } from './bot-user.ts';
import { anyNs, flag, listOf, listQuery, listReply, ok, okReply, oneOf, oneReply, optional, pageAsk, wholeNumber } from './shapes.ts';

/** The family's names for channels; those whom a program made are `apichat`. */
const channels = [
  'facebook',
  'instagram',
  'whatsapp_cloud',
  'whatsapp',
  'google',
  'telegram',
  'tiktok',
  'line',
  'viber',
  'vk',
  'wechat',
  'web',
  'apichat',
] as const;

const filters = {
  name: optional(z.string().max(255)).describe('Only names that contain this text, whatever its case.'),
  phone: optional(z.string().max(64)).describe('In any notation.'),
  email: optional(z.string().max(255)),
  is_channel: optional(z.enum(channels)).describe('`apichat`: created through the API.'),
  is_opt_in_email: optional(flag),
  is_opt_in_sms: optional(flag),
  is_interacted_in_last_24h: optional(flag).describe('They wrote.'),
  is_bot_interacted_in_last_24h: optional(flag).describe('The bot wrote.'),
  is_last_message_in_last_24h: optional(flag).describe('Either wrote.'),
  tag_ns: optional(anyNs),
  label_id: optional(wholeNumber(0)),
  event_ns: optional(anyNs).describe('Who had this custom event.'),
  user_field_ns: optional(anyNs).describe('Who has a value in this user field.'),
  user_field_value: optional(z.string().max(65_536)).describe('With `user_field_ns`: exactly this value.'),
  segment_ns: optional(anyNs),
};

const query = listQuery(filters);
const dayMs = 86_400_000;

async function filterOf(db: Db, botId: number, now: number, asked: z.output<typeof query>): Promise<SubscriberFilter> {
  const today = (is: boolean | undefined): Since | undefined => (is === undefined ? undefined : { at: now - dayMs, is });
  const { phone, is_channel: channel, tag_ns: tag, event_ns: event } = asked;
  const all: SubscriberFilter = {
    name: asked.name,
    phone: phone === undefined ? undefined : (readPhone(phone) ?? phone),
    email: asked.email,
    channel: channel === 'apichat' ? 'api' : channel,
    tagId: tag === undefined ? undefined : (parseNs('tag', botId, tag) ?? 0),
    labelId: asked.label_id,
    eventId: event === undefined ? undefined : (parseNs('event', botId, event) ?? 0),
    field: await fieldOf(db, botId, asked.user_field_ns, asked.user_field_value),
    optedIn: asked.is_opt_in_email === undefined && asked.is_opt_in_sms === undefined ? undefined : { email: asked.is_opt_in_email, sms: asked.is_opt_in_sms },
    wrote: today(asked.is_interacted_in_last_24h),
    botWrote: today(asked.is_bot_interacted_in_last_24h),
    spoke: today(asked.is_last_message_in_last_24h),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as SubscriberFilter;
}

async function fieldOf(db: Db, botId: number, fieldNs: string | undefined, value: string | undefined): Promise<SubscriberFilter['field']> {
  if (fieldNs === undefined) return undefined;
  const id = parseNs('field', botId, fieldNs) ?? 0;
  const field = value === undefined ? null : await findField(db, botId, 'user', { id });
  const canonical = field && canonicalFieldValue(field.var_type, value);
  return { id, value: canonical?.ok ? canonical.text : (value ?? null) };
}

const part = optional(z.string().trim().max(255));

const creation = z
  .object({
    phone: optional(phoneNumber).describe('In any notation, with the country code.'),
    email: optional(z.string().trim().pipe(z.email().max(254))),
    first_name: part,
    last_name: part,
    name: part,
    gender: optional(z.enum(['male', 'female'])),
    image: optional(z.string().max(2000)),
  })
  .refine((body) => body.phone !== undefined || body.email !== undefined, { path: ['phone'], message: 'The phone field is required when there is no email.' })
  .meta({ id: 'CreateSubscriber' });

const userNs = { user_ns: anyNs };
const docs = { tag: 'Subscriber' };

export const subscriberRoutes = [
  route({
    method: 'GET',
    path: '/subscribers',
    access: 'bot_read',
    query,
    reply: listOf(botUser),
    docs: {
      ...docs,
      id: 'listSubscribers',
      summary: 'Search subscribers',
      description: 'The subscribers of the bot, oldest first. Filters narrow each other.',
    },
    run: async (context) => {
      const { app, tenant } = context;
      const ask = pageAsk(context.query);
      const filter = await filterOf(app.db, tenant.botId, app.clock.now(), context.query);
      // No bot has segments yet, so nobody is in the one that is asked for.
      const page = context.query.segment_ns === undefined ? await pageSubscribers(app.db, tenant.botId, filter, ask) : { rows: [], total: 0 };
      return listReply(context, ask, { rows: await showBotUsers(app.db, tenant, page.rows), total: page.total }, (shown) => shown);
    },
  }),
  route({
    method: 'GET',
    path: '/subscriber/get-info',
    access: 'bot_read',
    query: z.object(userNs),
    reply: oneOf(botUser),
    errors: ['not_found'],
    docs: { ...docs, id: 'getSubscriber', summary: 'Get a subscriber' },
    run: async ({ app, tenant, query: { user_ns } }) => {
      const row = await needSubscriber(app.db, tenant.botId, parseNs('subscriber', tenant.botId, user_ns));
      return oneReply(await showBotUser(app.db, tenant, row));
    },
  }),
  route({
    method: 'GET',
    path: '/subscriber/get-info-by-user-id',
    access: 'bot_read',
    query: z.object({ user_id: z.string().trim().min(1).max(255) }),
    reply: oneOf(botUser),
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'getSubscriberByUserId',
      summary: 'Get a subscriber by their id on the channel',
      description: 'What the channel calls them; else their phone, in any notation.',
    },
    run: async ({ app, tenant, query: { user_id } }) => {
      const number = readPhone(user_id);
      const row = (await findByChannelId(app.db, tenant.botId, null, user_id)) ?? (number === null ? null : await findByPhone(app.db, tenant.botId, number));
      if (!row) throw notFound('Subscriber');
      return oneReply(await showBotUser(app.db, tenant, row));
    },
  }),
  route({
    method: 'POST',
    path: '/subscriber/create',
    access: 'bot_manage',
    body: creation,
    reply: oneOf(botUser),
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createSubscriber',
      summary: 'Create a subscriber',
      description:
        'Of `phone` and `email` one is needed. `user_id` is the digits of the phone, else the e-mail address; the channel is `apichat` until a messaging platform knows them.',
      example: { phone: '+4930901820', first_name: 'Jane', last_name: 'Doe', email: 'jane@example.com' },
    },
    run: ({ app, tenant, body }) => app.transact(async (tx) => oneReply(await showBotUser(tx, tenant, await createSubscriber(app, tx, tenant, body)))),
  }),
  route({
    method: 'POST',
    path: '/subscriber/pause-bot',
    access: 'bot_manage',
    body: z.object({ ...userNs, minutes: optional(wholeNumber(0, 5_256_000)).describe('Absent: until resumed.') }).meta({ id: 'PauseBot' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'pauseBot',
      summary: 'Pause automation for a subscriber',
      description: 'What they write is kept and not answered; what waits for a time waits until the pause is over.',
      example: { user_ns: 'f1u1', minutes: 30 },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        await pauseBot(app, tx, tenant, parseNs('subscriber', tenant.botId, body.user_ns), body.minutes ?? null);
        return okReply;
      }),
  }),
  route({
    method: 'POST',
    path: '/subscriber/resume-bot',
    access: 'bot_manage',
    body: z.object(userNs).meta({ id: 'ResumeBot' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'resumeBot',
      summary: 'Resume automation for a subscriber',
      description: 'The flow goes on where it stood; not paused is fine too.',
      example: { user_ns: 'f1u1' },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        await resumeBot(app, tx, tenant, parseNs('subscriber', tenant.botId, body.user_ns));
        return okReply;
      }),
  }),
];
