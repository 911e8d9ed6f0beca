// /v1/subscribers: the people a bot talks with. `PUT` finds by channel id, phone or e-mail address, or makes a new one.
import { ns, parseNs } from '@parley/engine/ids.ts';
import { readPhone } from '@parley/engine/phone.ts';
import { z } from 'zod';
import { needSubscriber, upsertSubscriber } from '../../commands/subscribers.ts';
import { invalidField } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { Db } from '../../store/database.ts';
import { allFields } from '../../store/fields.ts';
import { listSubscribers, type Subscriber, tagsOfMany } from '../../store/subscribers.ts';
import { cursorAsk, email, language, listOf, listQuery, listReply, search, time } from './shapes.ts';

const text = z.string().nullable();
const moment = time.nullable();

const subscriber = z
  .object({
    id: z.int(),
    user_ns: z.string(),
    channel: z.string(),
    user_id: z.string().describe('What the channel calls them.'),
    name: z.string(),
    first_name: text,
    last_name: text,
    email: text,
    phone: text.describe('E.164.'),
    gender: text,
    image: text,
    language: text,
    time_zone: text,
    country: text,
    tags: z.array(z.string()),
    fields: z.record(z.string(), z.string()).describe('Values of user fields, as text.'),
    subscribed_at: moment,
    opted_in_email_at: moment,
    opted_in_sms_at: moment,
    last_interaction_at: moment,
    last_message_at: moment,
    paused_until: moment.describe('The bot rests until then.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Subscriber' });

type Shown = z.input<typeof subscriber>;

async function show(db: Db, botId: number, rows: readonly Subscriber[]): Promise<Shown[]> {
  const ids = rows.map((row) => row.id);
  const tags = await tagsOfMany(db, botId, ids);
  const fields = rows.some((row) => row.fields !== '{}') ? await allFields(db, botId) : [];
  return rows.map(
    ({
      bot_id: _bot,
      name_key: _name,
      email_key: _email,
      locale: _locale,
      opted_in_through: _through,
      last_seen_at: _seen,
      last_message_type: _type,
      ...row
    }) => {
      const values = JSON.parse(row.fields) as { [id: string]: string };
      const named = fields.flatMap(({ id, owner, name }) => (owner === 'user' && values[String(id)] !== undefined ? [[name, values[String(id)]]] : []));
      return {
        ...row,
        user_ns: ns('subscriber', botId, row.id),
        tags: (tags.get(row.id) ?? []).map((tag) => tag.name),
        fields: Object.fromEntries(named) as Record<string, string>,
      };
    },
  );
}

async function showOne(db: Db, row: Subscriber): Promise<Shown> {
  const [shown] = await show(db, row.bot_id, [row]);
  return shown as Shown;
}

const params = z.object({ id: z.string().regex(/^(\d{1,15}|f\d{1,15}u\d{1,15})$/) });

const phone = z
  .string()
  .max(64)
  .transform((written, context) => {
    const read = readPhone(written);
    if (read !== null) return read;
    context.addIssue({ code: 'custom', message: 'The phone field must be a phone number with its country code.' });
    return z.NEVER;
  });
const part = z.string().trim().max(255).nullable().optional();

const person = z
  .object({
    user_id: z.string().trim().min(1).max(255).optional(),
    phone: phone.optional(),
    email: email.optional(),
    name: z.string().trim().max(255).optional(),
    first_name: part,
    last_name: part,
    gender: z.enum(['male', 'female']).nullable().optional(),
    image: z.string().max(2000).nullable().optional(),
    language: language.nullable().optional(),
    time_zone: z.string().max(60).nullable().optional(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .nullable()
      .optional(),
  })
  .meta({ id: 'PutSubscriber' });

const docs = { tag: 'Subscribers' };

export const subscriberRoutes = [
  route({
    method: 'GET',
    path: '/subscribers',
    access: 'bot_read',
    query: listQuery({
      ...search,
      phone: z.string().max(64).optional().describe('In any notation.'),
      email: z.string().max(255).optional(),
      channel: z.string().max(40).optional(),
    }),
    reply: listOf(subscriber),
    docs: { ...docs, id: 'listSubscribers', summary: 'List subscribers', description: 'Newest first.' },
    run: async ({ app, tenant: { botId }, query }) => {
      const number = query.phone === undefined ? undefined : (readPhone(query.phone) ?? query.phone);
      const filter = { name: query.q, phone: number, email: query.email, channel: query.channel };
      const page = await listSubscribers(app.db, botId, filter, cursorAsk(query));
      return listReply({ rows: await show(app.db, botId, page.rows), next: page.next }, (shown) => shown);
    },
  }),
  route({
    method: 'GET',
    path: '/subscribers/{id}',
    access: 'bot_read',
    params,
    reply: subscriber,
    docs: { ...docs, id: 'getSubscriber', summary: 'Get a subscriber', description: 'By number or as `f1u1`.' },
    run: async ({ app, tenant: { botId }, params: { id } }) =>
      showOne(app.db, await needSubscriber(app.db, botId, /^\d/.test(id) ? Number(id) : parseNs('subscriber', botId, id))),
  }),
  route({
    method: 'PUT',
    path: '/subscribers',
    access: 'bot_manage',
    body: person,
    reply: subscriber,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'putSubscriber',
      summary: 'Find a subscriber or make one, and say who they are',
      description: 'Found by `user_id`, else by `phone`, else by `email`: one of the three is needed. What is left out stays; null clears.',
      example: { phone: '+49 30 901820', name: 'Jane Doe' },
    },
    run: ({ app, tenant, body: { user_id, ...values } }) => {
      if (user_id === undefined && values.phone === undefined && values.email === undefined)
        throw invalidField('user_id', 'One of user_id, phone and email is required.', 'required');
      return app.transact(async (tx) => showOne(tx, await upsertSubscriber(app, tx, tenant, user_id ?? null, values)));
    },
  }),
];
