// The world as a turn finds it: who, where, when. Everything the engine may know is put together here, and nothing secret.
import type { Context } from '@parley/engine/advance/turn.ts';
import { isTimeZone } from '@parley/engine/expression/functions/dates.ts';
import type { Value } from '@parley/engine/expression/value.ts';
import { type FieldType, fieldValueOf } from '@parley/engine/field.ts';
import { ns } from '@parley/engine/ids.ts';
import type { App } from '../app.ts';
import type { Conversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { allFields, type Field } from '../store/fields.ts';
import { labelsOfMany } from '../store/labels.ts';
import type { Revisions } from '../store/revisions.ts';
import { readTurnSettings, type TurnSettings } from '../store/settings.ts';
import { type OpenSubscriber, type Subscriber, tagsOf } from '../store/subscribers.ts';
import { hoursOf } from './business-hours.ts';
import { keptByRevision } from './kept-by-revision.ts';
import { usualCommandWords } from './settings.ts';
import { subscriberColumns } from './subscriber-changes.ts';
import { webhookPath, webhookToken } from './webhook-addresses.ts';

export type TurnWorld = { context: Context; fields: readonly Field[]; settings: TurnSettings };

const fieldsOf = keptByRevision(async (db, botId) => {
  const fields = await allFields(db, botId);
  const bot: { [name: string]: Value } = {};
  const known = { subscriber: new Map<string, FieldType>(subscriberColumns.map((name) => [name, 'text'])), bot: new Map<string, FieldType>() };
  for (const field of fields) {
    if (field.owner === 'bot') for (const name of namesOf(field)) bot[name] = fieldValueOf(field.var_type, field.value);
    const types = known[field.owner === 'bot' ? 'bot' : 'subscriber'];
    if (!types.has(field.name_key)) types.set(field.name_key, field.var_type);
  }
  return { fields, bot, known };
});

/** As it was named, and as a flow can write it: `subscriber.city` is the field City, too. */
function namesOf({ name, name_key: key }: Field): string[] {
  return name === key ? [name] : [name, key];
}

const settingsOf = keptByRevision(readTurnSettings);

export async function turnWorld(
  app: App,
  tx: Db,
  conversation: Conversation,
  { subscriber, hasTags, hasLabels }: OpenSubscriber,
  revisions: Revisions,
): Promise<TurnWorld> {
  const { fields, bot, known } = await fieldsOf(tx, conversation.bot_id, revisions.fields);
  const settings = await settingsOf(tx, conversation.workspace_id, revisions.settings);
  const tags = hasTags ? await tagsOf(tx, conversation.bot_id, subscriber.id) : [];
  const labels = hasLabels ? await labelsOfMany(tx, conversation.workspace_id, [subscriber.id]) : null;
  const ownZone = settings.regional?.timezone ?? 'UTC';
  // What a program or a flow says of a person may be anything.
  const timeZone = subscriber.time_zone !== null && isTimeZone(subscriber.time_zone) ? subscriber.time_zone : ownZone;
  const context: Context = {
    now: app.clock.now(),
    timeZone,
    language: subscriber.language,
    channel: conversation.channel,
    subscriber: subscriberVars(subscriber, fields, { tags, labels: labels?.get(subscriber.id) ?? [] }),
    bot,
    fields: known,
    conv: { id: conversation.id, status: conversation.status, opened_at: conversation.opened_at, last_reply_at: subscriber.last_interaction_at },
    env: {},
    hours: hoursOf(settings.hours, ownZone),
    // Words are for people: on the channel `api` it is programs that talk.
    commands: conversation.channel === 'api' ? {} : (settings.commands ?? usualCommandWords),
    interrupts: () => false,
    token: (key) => webhookToken(app, conversation.id, key),
    webhookUrl: (token) => `${app.config.publicUrl}${webhookPath({ botId: conversation.bot_id, conversationId: conversation.id, token })}`,
  };
  return { context, fields, settings };
}

type Marks = { tags: { name: string }[]; labels: { name: string }[] };

function subscriberVars(one: Subscriber, fields: readonly Field[], { tags, labels }: Marks): { [name: string]: Value } {
  const values = JSON.parse(one.fields) as { [id: string]: string };
  const own: { [name: string]: Value } = {};
  for (const field of fields) {
    if (field.owner !== 'user') continue;
    // Who was given none of their own has what the field says; an empty text says nothing.
    const text = values[String(field.id)] ?? (field.value === '' ? undefined : field.value);
    if (text !== undefined) for (const name of namesOf(field)) own[name] = fieldValueOf(field.var_type, text);
  }
  return {
    ...own,
    id: one.id,
    user_ns: ns('subscriber', one.bot_id, one.id),
    name: one.name === '' ? null : one.name,
    first_name: one.first_name,
    last_name: one.last_name,
    email: one.email,
    phone: one.phone,
    gender: one.gender,
    image: one.image,
    language: one.language,
    locale: one.locale,
    country: one.country,
    time_zone: one.time_zone,
    subscribed: one.subscribed_at !== null,
    created_at: one.created_at,
    last_seen: one.last_seen_at,
    tags: tags.map((tag) => tag.name),
    labels: labels.map((label) => label.name),
  };
}
