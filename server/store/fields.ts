// Fields of a bot: user fields (their values hang on subscribers) and bot fields (one value, here).
import type { DisplayType, FieldType } from '@parley/engine/field.ts';
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { pageOf } from './list-pages.ts';
import { added, type LongList, removed, renamed } from './long-lists.ts';
import { type CursorAsk, type CursorPage, contains, cursorPage, fold, type Page, type PageAsk } from './pages.ts';
import { revise } from './revisions.ts';

export type FieldOwner = 'user' | 'bot';

export type FieldTable = {
  id: Generated<number>;
  bot_id: number;
  owner: FieldOwner;
  name: string;
  name_key: string;
  var_type: FieldType;
  description: string;
  display_type: DisplayType;
  /** A bot field's value, or the default a user field was created with; canonical text of its type. */
  value: string;
  is_template_field: number;
  created_at: number;
  updated_at: number;
};

export type Field = Selectable<FieldTable>;
export type FieldBy = { id: number } | { name: string };

const listOf = (owner: FieldOwner): LongList => ({
  name: `field:${owner}`,
  table: 'field',
  owner: 'bot_id',
  text: 'name_key',
  only: { column: 'owner', value: owner },
});

/** Null when the name is taken among the fields of the same owner. */
export async function insertField(
  tx: Db,
  botId: number,
  field: Pick<FieldTable, 'owner' | 'name' | 'var_type' | 'description' | 'display_type' | 'value' | 'is_template_field'>,
  at: number,
): Promise<Field | null> {
  const row = await tx
    .insertInto('field')
    .values({ ...field, bot_id: botId, name_key: fold(field.name), created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.columns(['bot_id', 'owner', 'name_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row) await added(tx, listOf(field.owner), botId, row.id);
  await revise(tx, 'fields', botId);
  return row ?? null;
}

export async function findField(db: Db, botId: number, owner: FieldOwner, by: FieldBy): Promise<Field | null> {
  const mine = db.selectFrom('field').selectAll().where('bot_id', '=', botId).where('owner', '=', owner);
  const one = 'id' in by ? mine.where('id', '=', by.id) : mine.where('name_key', '=', fold(by.name));
  return (await one.executeTakeFirst()) ?? null;
}

export function pageFields(db: Db, botId: number, owner: FieldOwner, filter: { name?: string | undefined }, ask: PageAsk): Promise<Page<Field>> {
  return pageOf<Field>(db, listOf(owner), botId, filter.name, ask);
}

export type FieldFilter = { name?: string | undefined; owner?: FieldOwner | undefined };

export function listFields(db: Db, botId: number, { name, owner }: FieldFilter, ask: CursorAsk): Promise<CursorPage<Field>> {
  let mine = db.selectFrom('field').selectAll().where('bot_id', '=', botId);
  if (owner) mine = mine.where('owner', '=', owner);
  return cursorPage<Field>(name ? mine.where(contains('name_key', name)) : mine, ask);
}

/** Whichever owner it is of. */
export async function findAnyField(db: Db, botId: number, id: number): Promise<Field | null> {
  return (await db.selectFrom('field').selectAll().where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()) ?? null;
}

export type FieldChange = Partial<Pick<FieldTable, 'name' | 'display_type' | 'value' | 'description'>>;

/** The caller has checked that a new name is free; a race ends in the unique index. */
export async function updateField(tx: Db, botId: number, owner: FieldOwner, id: number, change: FieldChange, at: number): Promise<Field | null> {
  const named = change.name === undefined ? {} : { name_key: fold(change.name) };
  const row = await tx
    .updateTable('field')
    .set({ ...change, ...named, updated_at: at })
    .where('bot_id', '=', botId)
    .where('owner', '=', owner)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  if (row && change.name !== undefined) await renamed(tx, listOf(owner), botId);
  await revise(tx, 'fields', botId);
  return row ?? null;
}

export async function deleteField(tx: Db, botId: number, owner: FieldOwner, by: FieldBy): Promise<Field | null> {
  const mine = tx.deleteFrom('field').where('bot_id', '=', botId).where('owner', '=', owner);
  const one = 'id' in by ? mine.where('id', '=', by.id) : mine.where('name_key', '=', fold(by.name));
  const row = await one.returningAll().executeTakeFirst();
  if (row) await removed(tx, listOf(owner), botId);
  await revise(tx, 'fields', botId);
  return row ?? null;
}

/** Every field of a bot, for a turn; a bot has hundreds at most. */
export function allFields(db: Db, botId: number): Promise<Field[]> {
  return db.selectFrom('field').selectAll().where('bot_id', '=', botId).orderBy('id').limit(2_000).execute();
}
