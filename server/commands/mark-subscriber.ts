// Tags, labels and values of fields that somebody puts on a subscriber by name. A name that does not exist is the
// caller's slip: nothing is created on the way.
import { canonicalFieldValue } from '@parley/engine/field.ts';
import type { Tenant } from '../auth.ts';
import { AppError, type FieldError, invalidField } from '../errors.ts';
import type { Db } from '../store/database.ts';
import { allFields } from '../store/fields.ts';
import { changeLabels, labelsNamed, labelsOfMany } from '../store/labels.ts';
import { fold } from '../store/pages.ts';
import { changeTags, type Subscriber, type SubscriberChange, tagsOf } from '../store/subscribers.ts';
import { tagsNamed } from '../store/tags.ts';
import type { Noticed } from './noticed.ts';

export type Marks = {
  /** By name; null takes the value away. */
  fields?: { [name: string]: unknown } | undefined;
  add_tags?: string[] | undefined;
  remove_tags?: string[] | undefined;
  add_labels?: string[] | undefined;
  remove_labels?: string[] | undefined;
};

/** What differs afterwards: `tags`, `labels`. What somebody has already is not given again, what they lack not taken. */
export async function markSubscriber(
  tx: Db,
  { workspaceId, botId }: Pick<Tenant, 'workspaceId' | 'botId'>,
  one: Subscriber,
  marks: Marks,
  noticed: Noticed,
): Promise<string[]> {
  const { add_tags = [], remove_tags = [], add_labels = [], remove_labels = [] } = marks;
  const changed: string[] = [];
  if (add_tags.length + remove_tags.length > 0) {
    mustExist('add_tags', 'tag', add_tags, await tagsNamed(tx, botId, add_tags));
    const held = await tagsOf(tx, botId, one.id);
    const change = difference(held, add_tags, remove_tags);
    if (change) {
      const had = held.map(({ name }) => name);
      noticed.tags(had, await changeTags(tx, botId, one.id, change));
      changed.push('tags');
    }
  }
  if (add_labels.length + remove_labels.length > 0) {
    mustExist('add_labels', 'label', add_labels, await labelsNamed(tx, workspaceId, add_labels));
    const held = await labelsOfMany(tx, workspaceId, [one.id]);
    const change = difference(held.get(one.id) ?? [], add_labels, remove_labels);
    if (change) {
      await changeLabels(tx, workspaceId, one.id, change);
      changed.push('labels');
    }
  }
  return changed;
}

function mustExist(at: string, what: 'tag' | 'label', names: readonly string[], known: readonly { name_key: string }[]): void {
  const unknown = names.find((name) => !known.some(({ name_key }) => name_key === fold(name)));
  if (unknown !== undefined) throw invalidField(at, `There is no ${what} “${unknown}”. Create it first.`);
}

function difference(held: readonly { name: string }[], add: readonly string[], remove: readonly string[]): { add: string[]; remove: string[] } | null {
  const has = new Set(held.map(({ name }) => fold(name)));
  const change = { add: add.filter((name) => !has.has(fold(name))), remove: remove.filter((name) => has.has(fold(name))) };
  return change.add.length + change.remove.length > 0 ? change : null;
}

/** The column that holds the values, where these change it. */
export async function fieldsAfter(tx: Db, one: Subscriber, given: Marks['fields'], noticed: Noticed): Promise<Pick<SubscriberChange, 'fields'>> {
  if (given === undefined || Object.keys(given).length === 0) return {};
  const known = new Map((await allFields(tx, one.bot_id)).filter(({ owner }) => owner === 'user').map((field) => [field.name_key, field]));
  const values = JSON.parse(one.fields) as { [id: string]: string };
  const wrong: FieldError[] = [];
  for (const [name, value] of Object.entries(given)) {
    const field = known.get(fold(name));
    const read = field ? canonicalFieldValue(field.var_type, value) : null;
    if (!field) wrong.push({ kind: 'invalid_value', path: ['fields', name], message: `There is no user field “${name}”. Create it first.` });
    else if (!read?.ok) wrong.push({ kind: 'invalid_value', path: ['fields', name], message: `The field “${name}” must be ${read?.expected}.` });
    else {
      noticed.field(field.name, values[String(field.id)] ?? null, value === null ? null : read.text);
      if (value === null) delete values[String(field.id)];
      else values[String(field.id)] = read.text;
    }
  }
  if (wrong.length > 0) throw new AppError('invalid_request', wrong[0]?.message ?? '', { fields: wrong });
  const fields = JSON.stringify(values);
  return fields === one.fields ? {} : { fields };
}
