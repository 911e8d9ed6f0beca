// Who visitors are, as far as they say it and their page proves it.
import { isTimeZone } from '@parley/engine/expression/functions/dates.ts';
import { canonicalFieldValue } from '@parley/engine/field.ts';
import type { App } from '../app.ts';
import type { Db } from '../store/database.ts';
import { allFields } from '../store/fields.ts';
import { fold } from '../store/pages.ts';
import type { Site } from '../store/sites.ts';
import { findSubscriber, type SubscriberChange, updateSubscriber } from '../store/subscribers.ts';
import { Noticed } from './noticed.ts';
import { tellTriggers } from './occurrences.ts';

export type SaidFields = { [name: string]: string | number | boolean | null };

/** What a visitor's browser says of them. */
export type Said = { locale: string | null; timeZone: string | null; attributes: SaidFields };

/** Language and time zone where they are known ones, and the bot's fields that are named. */
export async function noteSaid(app: App, tx: Db, site: Site, subscriberId: number, { locale, timeZone, attributes }: Said): Promise<void> {
  const one = await findSubscriber(tx, site.bot_id, subscriberId);
  if (!one) return;
  const change: SubscriberChange = {};
  const noticed = new Noticed();
  const language = /^([a-z]{2,3})(-[A-Za-z0-9]{2,8}){0,3}$/.exec(locale ?? '');
  if (locale !== null && language) Object.assign(change, { locale, language: language[1] ?? null });
  if (timeZone !== null && isTimeZone(timeZone)) change.time_zone = timeZone;
  const values = JSON.parse(one.fields) as { [id: string]: string };
  if (await setFields(tx, site.bot_id, values, attributes, noticed)) change.fields = JSON.stringify(values);
  if (Object.keys(change).length > 0) await updateSubscriber(tx, site.bot_id, subscriberId, change, app.clock.now());
  noticed.columns(one, change);
  await tellTriggers(app, tx, { workspaceId: site.workspace_id, botId: site.bot_id }, subscriberId, noticed.happened());
}

async function setFields(tx: Db, botId: number, values: { [id: string]: string }, attributes: SaidFields, noticed: Noticed): Promise<boolean> {
  const named = Object.entries(attributes);
  if (named.length === 0) return false;
  const fields = new Map((await allFields(tx, botId)).filter(({ owner }) => owner === 'user').map((field) => [field.name_key, field]));
  let isChanged = false;
  for (const [name, value] of named) {
    const field = fields.get(fold(name));
    const read = field ? canonicalFieldValue(field.var_type, value) : null;
    if (!field || !read?.ok) continue;
    noticed.field(field.name, values[String(field.id)] ?? null, value === null ? null : read.text);
    if (value === null) delete values[String(field.id)];
    else values[String(field.id)] = read.text;
    isChanged = true;
  }
  return isChanged;
}
