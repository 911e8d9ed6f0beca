// What a turn changed about the subscriber and the bot, written with it: fields, tags, labels, consent, custom events,
// and when the person was last heard of.

import type { Change } from '@parley/engine/effect.ts';
import { textOf } from '@parley/engine/expression/value.ts';
import { canonicalFieldValue } from '@parley/engine/field.ts';
import type { Happening } from '@parley/engine/trigger.ts';
import type { App } from '../app.ts';
import { customEventNamed, logCustomEvent } from '../store/custom-events.ts';
import type { Db } from '../store/database.ts';
import { updateField } from '../store/fields.ts';
import { changeLabels } from '../store/labels.ts';
import type { MessageRow } from '../store/messages.ts';
import { fold } from '../store/pages.ts';
import { changeTags, noteHeard, type SubscriberChange, updateSubscriber } from '../store/subscribers.ts';
import { Noticed } from './noticed.ts';
import type { OpenTurn } from './open-turn.ts';

/** Fields every subscriber has, as columns of its row. */
export const subscriberColumns = [
  'name',
  'first_name',
  'last_name',
  'email',
  'phone',
  'gender',
  'image',
  'locale',
  'language',
  'time_zone',
  'country',
] as const;

const maxColumn = 500;

/** Returns what of it triggers may wait for. */
export async function applyChanges(app: App, tx: Db, turn: OpenTurn, messages: readonly MessageRow[]): Promise<Happening[]> {
  const noticed = new Noticed();
  const now = app.clock.now();
  const change: SubscriberChange = {};
  let values: { [id: string]: string } | null = null;
  let isFieldSet = false;
  for (const output of turn.outputs) {
    if (output.kind !== 'change') continue;
    if (output.change.do === 'set_field' && output.change.of === 'subscriber') {
      values ??= JSON.parse(turn.subscriber.fields) as { [id: string]: string };
      isFieldSet = setField(turn, output.change, change, values, noticed) || isFieldSet;
    } else await applyOne(tx, turn, output.change, change, now, noticed);
  }
  if (isFieldSet) change.fields = JSON.stringify(values);
  if (Object.keys(change).length > 0) await updateSubscriber(tx, turn.conversation.bot_id, turn.subscriber.id, change, now);
  if (turn.reply !== null || messages.length > 0) await noteHeard(tx, turn.conversation.bot_id, heardOf(turn, messages, now));
  return noticed.happened();
}

function heardOf({ subscriber, reply }: OpenTurn, messages: readonly MessageRow[], now: number) {
  const last = messages.at(-1);
  return {
    id: subscriber.id,
    last_interaction_at: reply === null ? subscriber.last_interaction_at : now,
    last_seen_at: reply === null ? subscriber.last_seen_at : now,
    last_message_at: last === undefined ? subscriber.last_message_at : now,
    last_message_type: last === undefined ? subscriber.last_message_type : last.direction,
    updated_at: now,
  };
}

/** True when a user field (not a column) changed. */
function setField(
  turn: OpenTurn,
  one: Extract<Change, { do: 'set_field' }>,
  change: SubscriberChange,
  values: { [id: string]: string },
  noticed: Noticed,
): boolean {
  const column = subscriberColumns.find((name) => name === one.name);
  if (column !== undefined) {
    const text = one.value === null ? null : textOf(one.value).slice(0, maxColumn);
    if (column === 'name') change.name = text ?? '';
    else change[column] = text;
    noticed.field(column, turn.subscriber[column] || null, text);
    return false;
  }
  const field = turn.fields.find((known) => known.owner === 'user' && known.name_key === fold(one.name));
  const value = field ? canonicalFieldValue(field.var_type, one.value) : null;
  if (!field || !value?.ok) return false;
  noticed.field(field.name, values[String(field.id)] ?? null, one.value === null ? null : value.text);
  if (one.value === null) delete values[String(field.id)];
  else values[String(field.id)] = value.text;
  return true;
}

async function applyOne(tx: Db, turn: OpenTurn, one: Change, change: SubscriberChange, now: number, noticed: Noticed): Promise<void> {
  const { bot_id: botId, workspace_id: workspaceId } = turn.conversation;
  switch (one.do) {
    case 'set_field': {
      const field = turn.fields.find((known) => known.owner === 'bot' && known.name_key === fold(one.name));
      const value = field ? canonicalFieldValue(field.var_type, one.value) : null;
      if (field && value?.ok) await updateField(tx, botId, 'bot', field.id, { value: value.text }, now);
      return;
    }
    case 'tags':
      noticed.tags(turn.context.subscriber.tags as string[], await changeTags(tx, botId, turn.subscriber.id, one));
      return;
    case 'labels':
      return changeLabels(tx, workspaceId, turn.subscriber.id, one);
    case 'consent':
      if (one.opt_in.includes('email')) change.opted_in_email_at = now;
      if (one.opt_in.includes('sms')) change.opted_in_sms_at = now;
      if (one.opt_out.includes('email')) change.opted_in_email_at = null;
      if (one.opt_out.includes('sms')) change.opted_in_sms_at = null;
      return;
    case 'subscribe':
      change.subscribed_at = one.on ? (turn.subscriber.subscribed_at ?? now) : null;
      return;
    case 'emit':
    case 'goal': {
      if (one.do === 'emit') noticed.event(one.event, one.data);
      const event = await customEventNamed(tx, botId, one.do === 'emit' ? one.event : one.name, now);
      return logCustomEvent(tx, botId, { eventId: event.id, subscriberId: turn.subscriber.id, data: one.do === 'emit' ? one.data : one.value }, now);
    }
    case 'note':
    case 'unassign':
      return;
  }
}
