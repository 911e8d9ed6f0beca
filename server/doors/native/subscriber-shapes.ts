// What /v1/subscribers shows of a person, and what it takes about one.
import { ns } from '@parley/engine/ids.ts';
import { phoneNumber } from '@parley/engine/phone.ts';
import { z } from 'zod';
import type { Tenant } from '../../auth.ts';
import type { Db } from '../../store/database.ts';
import { allFields } from '../../store/fields.ts';
import { labelsOfMany } from '../../store/labels.ts';
import { type Subscriber, tagsOfMany } from '../../store/subscribers.ts';
import { email, language, name, time } from './shapes.ts';

const text = z.string().nullable();
const moment = time.nullable();

export const subscriber = z
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
    labels: z.array(z.string()),
    fields: z.record(z.string(), z.string()).describe('Values of user fields, as text.'),
    subscribed_at: moment,
    opted_in_email_at: moment,
    opted_in_sms_at: moment,
    last_interaction_at: moment.describe('When they last wrote.'),
    last_seen_at: moment,
    last_message_at: moment,
    paused_until: moment.describe('The bot rests until then.'),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Subscriber' });

type Shown = z.input<typeof subscriber>;

/** Several at once: what hangs on them is read in one go. */
export async function showSubscribers(db: Db, { workspaceId, botId }: Tenant, rows: readonly Subscriber[]): Promise<Shown[]> {
  const ids = rows.map((row) => row.id);
  const tags = await tagsOfMany(db, botId, ids);
  const labels = await labelsOfMany(db, workspaceId, ids);
  const fields = rows.some((row) => row.fields !== '{}') ? await allFields(db, botId) : [];
  const names = (marks: readonly { name: string }[] = []) => marks.map((mark) => mark.name);
  return rows.map(({ bot_id: _bot, name_key: _name, email_key: _email, locale: _locale, opted_in_through: _through, last_message_type: _type, ...row }) => {
    const values = JSON.parse(row.fields) as { [id: string]: string };
    const named = fields.flatMap(({ id, owner, name }) => (owner === 'user' && values[String(id)] !== undefined ? [[name, values[String(id)]]] : []));
    return {
      ...row,
      user_ns: ns('subscriber', botId, row.id),
      tags: names(tags.get(row.id)),
      labels: names(labels.get(row.id)),
      fields: Object.fromEntries(named) as Record<string, string>,
    };
  });
}

export async function showSubscriber(db: Db, tenant: Tenant, row: Subscriber): Promise<Shown> {
  const [shown] = await showSubscribers(db, tenant, [row]);
  return shown as Shown;
}

const part = z.string().trim().max(255).nullable().optional();
const names = z.array(name).max(100).optional();

const about = {
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
};

/** By name: what does not exist is refused, nothing is created on the way. */
const marks = {
  fields: z
    .record(z.string().max(255), z.unknown())
    .refine((given) => Object.keys(given).length <= 200, 'At most 200 fields at once.')
    .optional()
    .describe('Values of user fields by name; null takes a value away, what is left out stays.'),
  add_tags: names,
  remove_tags: names.describe('Names that nobody has are passed over.'),
  add_labels: names,
  remove_labels: names,
};

const userId = z.string().trim().min(1).max(255).optional();

/** Found or made by one of the first three. */
const naming = z.object({ user_id: userId, phone: phoneNumber.optional(), email: email.optional(), ...about, ...marks });
export const putting = naming.meta({ id: 'PutSubscriber' });
export const creating = naming.meta({ id: 'CreateSubscriber' });

export const changing = z
  .object({ phone: phoneNumber.nullable().optional(), email: email.nullable().optional(), ...about, ...marks })
  .meta({ id: 'UpdateSubscriber' });

/** Who somebody is, and what is put on them. */
export function partsOf<T extends z.output<typeof changing>>({ fields, add_tags, remove_tags, add_labels, remove_labels, ...person }: T) {
  return { person, marks: { fields, add_tags, remove_tags, add_labels, remove_labels } };
}
