// Fields made, changed and removed, and values of bot fields set, whichever door asks. A value is kept as the
// canonical text of its field's type.
import { canonicalFieldValue, type DisplayType, type FieldType } from '@parley/engine/field.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, assert, type FieldError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { deleteField, type Field, type FieldBy, type FieldOwner, findAnyField, findField, insertField, updateField } from '../store/fields.ts';
import { changesOf } from './changes.ts';

export type NewField = {
  owner: FieldOwner;
  name: string;
  type: FieldType;
  description: string;
  display: DisplayType;
  value: unknown;
  isTemplate: boolean;
};

export async function createField(app: App, tx: Db, tenant: Tenant, ask: NewField): Promise<Field> {
  const { owner, name, description } = ask;
  const value = canonicalFieldValue(ask.type, ask.value);
  if (!value.ok) throw wrongValues([wrongValue(['value'], value.expected)]);
  const row = { owner, name, description, var_type: ask.type, display_type: ask.display, value: value.text, is_template_field: ask.isTemplate ? 1 : 0 };
  const field = await insertField(tx, tenant.botId, row, app.clock.now());
  if (!field) throw taken(owner);
  await record(app, tx, { kind: 'field.created', ...about(tenant, field), data: { name, owner } });
  return field;
}

export type FieldChange = {
  name?: string | undefined;
  display_type?: DisplayType | undefined;
  description?: string | undefined;
  /** Of a user field, what people have who were given none of their own; of a bot field, setBotFields sets it. */
  value?: unknown;
};

export async function changeField(app: App, tx: Db, tenant: Tenant, owner: FieldOwner, id: number, change: FieldChange): Promise<Field> {
  const field = await findField(tx, tenant.botId, owner, { id });
  if (!field) throw unknown(owner);
  const { value, ...rest } = change;
  const canonical = value === undefined ? undefined : canonicalFieldValue(field.var_type, value);
  if (canonical && !canonical.ok) throw wrongValues([wrongValue(['value'], canonical.expected)]);
  const different = changesOf<Field>(field, { ...rest, value: canonical?.text });
  const changed = Object.keys(different);
  if (changed.length === 0) return field;
  const namesake = different.name === undefined ? null : await findField(tx, tenant.botId, owner, { name: different.name });
  if (namesake && namesake.id !== id) throw taken(owner);
  const after = await updateField(tx, tenant.botId, owner, id, different, app.clock.now());
  if (!after) throw unknown(owner);
  await record(app, tx, { kind: 'field.updated', ...about(tenant, field), data: { name: after.name, owner, changed } });
  return after;
}

/** Of whichever owner: the value of a bot field is set, that of a user field is what people have without one of their own. */
export async function changeAnyField(app: App, tx: Db, tenant: Tenant, id: number, { value, ...change }: FieldChange): Promise<Field> {
  const field = await findAnyField(tx, tenant.botId, id);
  if (!field) throw notFound('Field');
  if (field.owner === 'user' || value === undefined) return changeField(app, tx, tenant, field.owner, id, { ...change, value });
  await changeField(app, tx, tenant, 'bot', id, change);
  const [set] = await setBotFields(app, tx, tenant, [{ by: { id }, value, path: ['value'] }]);
  assert(set, 'what was set is returned');
  return set;
}

export async function removeAnyField(app: App, tx: Db, tenant: Tenant, id: number): Promise<void> {
  const field = await findAnyField(tx, tenant.botId, id);
  if (!field) throw notFound('Field');
  await removeField(app, tx, tenant, field.owner, { id });
}

export async function removeField(app: App, tx: Db, tenant: Tenant, owner: FieldOwner, by: FieldBy): Promise<Field> {
  const field = await deleteField(tx, tenant.botId, owner, by);
  if (!field) throw unknown(owner);
  await record(app, tx, { kind: 'field.deleted', ...about(tenant, field), data: { name: field.name, owner } });
  return field;
}

/** `path` is where the value stood in the request, for the error that names it. */
export type BotFieldSet = { by: FieldBy; value: unknown; path: FieldError['path'] };

/** All or nothing. A value of the wrong type is told before a field that does not exist, as the doors' order of checks has it. */
export async function setBotFields(app: App, tx: Db, tenant: Tenant, sets: BotFieldSet[]): Promise<Field[]> {
  const known: { field: Field; text: string }[] = [];
  const wrong: FieldError[] = [];
  for (const { by, value, path } of sets) {
    const field = await findField(tx, tenant.botId, 'bot', by);
    if (!field) continue;
    const canonical = canonicalFieldValue(field.var_type, value);
    if (canonical.ok) known.push({ field, text: canonical.text });
    else wrong.push(wrongValue(path, canonical.expected));
  }
  if (wrong.length > 0) throw wrongValues(wrong);
  if (known.length < sets.length) throw unknown('bot');
  const set: Field[] = [];
  // In the order of ids, so that two who set the same fields wait for each other and never in a circle.
  for (const { field, text } of known.sort((a, b) => a.field.id - b.field.id)) {
    const after = await updateField(tx, tenant.botId, 'bot', field.id, { value: text }, app.clock.now());
    if (!after) throw unknown('bot');
    await record(app, tx, { kind: 'bot_field.set', ...about(tenant, field), data: { name: field.name } });
    set.push(after);
  }
  return set;
}

function about(tenant: Tenant, field: Field) {
  return { workspaceId: tenant.workspaceId, botId: tenant.botId, subject: `field:${field.id}` };
}

function wrongValue(path: FieldError['path'], expected: string): FieldError {
  return { kind: 'invalid_value', path, message: `The value field must be ${expected}.` };
}

function wrongValues(fields: FieldError[]): AppError {
  return new AppError('invalid_request', fields[0]?.message ?? '', { fields });
}

function taken(owner: FieldOwner): AppError {
  return new AppError('conflict', `A ${owner} field with this name already exists.`);
}

function unknown(owner: FieldOwner): AppError {
  return notFound(owner === 'user' ? 'User field' : 'Bot field');
}
