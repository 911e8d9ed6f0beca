// A subscriber as the family shows it (`BotUser`): a superset for every client, with tags, labels and user fields.
import { ns } from '@parley/engine/ids.ts';
import { z } from 'zod';
import type { Tenant } from '../../auth.ts';
import type { Db } from '../../store/database.ts';
import { allFields } from '../../store/fields.ts';
import { labelsOfMany } from '../../store/labels.ts';
import { type Subscriber, tagsOfMany } from '../../store/subscribers.ts';

const text = z.string().nullable();
const moment = z
  .string()
  .nullable()
  .meta({ description: '`Y-m-d H:i:s`, UTC.', examples: ['2026-01-15 10:30:00'] });
const iso = z.string().nullable().describe('The same moment, ISO 8601.');

export const botUser = z
  .object({
    user_ns: z.string().meta({ examples: ['f1u1'] }),
    user_id: z.string().describe('What the channel calls them: phone digits, an e-mail address.'),
    name: z.string(),
    first_name: text,
    last_name: text,
    gender: text,
    email: text,
    phone: text.describe('E.164.'),
    locale: text,
    language: text,
    profile_pic: text,
    subscribed: moment,
    subscribed_iso: iso,
    opted_in_email: moment,
    opted_in_email_iso: iso,
    opted_in_sms: moment,
    opted_in_sms_iso: iso,
    opted_in_through: text,
    last_interaction: moment,
    last_interaction_iso: iso,
    last_seen: moment,
    last_seen_iso: iso,
    last_message_at: moment,
    last_message_at_iso: iso,
    last_message_type: text,
    tags: z.array(z.object({ name: z.string(), tag_ns: z.string() })),
    labels: z.array(z.object({ id: z.int(), name: z.string() })),
    user_fields: z.array(z.object({ name: z.string(), var_ns: z.string(), var_type: z.string(), description: z.string(), value: z.string() })),
  })
  .meta({ id: 'BotUser' });

type BotUser = z.input<typeof botUser>;
type Moments = 'subscribed' | 'opted_in_email' | 'opted_in_sms' | 'last_interaction' | 'last_seen' | 'last_message_at';

/** `Y-m-d H:i:s`, UTC. */
function dateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

function moments(row: Subscriber): Pick<BotUser, Moments | `${Moments}_iso`> {
  const shown: [Moments, number | null][] = [
    ['subscribed', row.subscribed_at],
    ['opted_in_email', row.opted_in_email_at],
    ['opted_in_sms', row.opted_in_sms_at],
    ['last_interaction', row.last_interaction_at],
    ['last_seen', row.last_seen_at],
    ['last_message_at', row.last_message_at],
  ];
  const both = shown.flatMap(([name, at]) => [
    [name, at === null ? null : dateTime(at)],
    [`${name}_iso`, at === null ? null : new Date(at).toISOString()],
  ]);
  return Object.fromEntries(both) as Pick<BotUser, Moments | `${Moments}_iso`>;
}

/** Several at once: what hangs on them is read in one go. */
export async function showBotUsers(db: Db, { workspaceId, botId }: Tenant, rows: readonly Subscriber[]): Promise<BotUser[]> {
  const ids = rows.map((row) => row.id);
  const tags = await tagsOfMany(db, botId, ids);
  const labels = await labelsOfMany(db, workspaceId, ids);
  const fields = (rows.some((row) => row.fields !== '{}') ? await allFields(db, botId) : []).filter((field) => field.owner === 'user');
  return rows.map((row) => {
    const values = JSON.parse(row.fields) as { [id: string]: string };
    const { user_id, name, first_name, last_name, gender, email, phone, locale, language, opted_in_through, last_message_type } = row;
    return {
      user_ns: ns('subscriber', botId, row.id),
      user_id,
      name,
      first_name,
      last_name,
      gender,
      email,
      phone,
      locale,
      language,
      profile_pic: row.image,
      ...moments(row),
      opted_in_through,
      last_message_type,
      tags: (tags.get(row.id) ?? []).map((tag) => ({ name: tag.name, tag_ns: ns('tag', botId, tag.id) })),
      labels: (labels.get(row.id) ?? []).map(({ id, name: label }) => ({ id, name: label })),
      user_fields: fields.flatMap((field) => {
        const value = values[String(field.id)];
        const { name: called, var_type, description } = field;
        return value === undefined ? [] : [{ name: called, var_ns: ns('field', botId, field.id), var_type, description, value }];
      }),
    };
  });
}

export async function showBotUser(db: Db, tenant: Tenant, row: Subscriber): Promise<BotUser> {
  const [shown] = await showBotUsers(db, tenant, [row]);
  return shown as BotUser;
}
