// Tags of a bot. Names are unique per bot whatever their case.
import type { Generated, Selectable } from 'kysely';
import { type Db, keptInsert } from './database.ts';
import { pageOf } from './list-pages.ts';
import { added, type LongList, removed, renamed } from './long-lists.ts';
import { type CursorAsk, type CursorPage, contains, cursorPage, fold, type Page, type PageAsk } from './pages.ts';

export type TagTable = { id: Generated<number>; bot_id: number; name: string; name_key: string; created_at: number };

export type Tag = Selectable<TagTable>;

const tags: LongList = { name: 'tag', table: 'tag', owner: 'bot_id', text: 'name_key' };

const insert = keptInsert((db, { bot_id, name, name_key, created_at }: Omit<Tag, 'id'>) =>
  db
    .insertInto('tag')
    .values({ bot_id, name, name_key, created_at })
    .onConflict((conflict) => conflict.columns(['bot_id', 'name_key']).doNothing()),
);

/** Null when the name is taken. */
export async function insertTag(tx: Db, botId: number, name: string, at: number): Promise<Tag | null> {
  const tag = { bot_id: botId, name, name_key: fold(name), created_at: at };
  const id = await insert(tx, tag);
  if (id === null) return null;
  await added(tx, tags, botId, id);
  return { id, ...tag };
}

export function pageTags(db: Db, botId: number, filter: { name?: string | undefined }, ask: PageAsk): Promise<Page<Tag>> {
  return pageOf<Tag>(db, tags, botId, filter.name, ask);
}

export function listTags(db: Db, botId: number, { name }: { name?: string | undefined }, ask: CursorAsk): Promise<CursorPage<Tag>> {
  const mine = db.selectFrom('tag').selectAll().where('bot_id', '=', botId);
  return cursorPage<Tag>(name ? mine.where(contains('name_key', name)) : mine, ask);
}

export async function findTag(db: Db, botId: number, id: number): Promise<Tag | null> {
  return (await db.selectFrom('tag').selectAll().where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()) ?? null;
}

/** A taken name ends in the unique index. */
export async function updateTag(tx: Db, botId: number, id: number, name: string): Promise<Tag | null> {
  const row = await tx
    .updateTable('tag')
    .set({ name, name_key: fold(name) })
    .where('bot_id', '=', botId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  if (row) await renamed(tx, tags, botId);
  return row ?? null;
}

/** Those of these names, whatever their case, that the bot has. */
export async function tagsNamed(db: Db, botId: number, names: readonly string[]): Promise<Pick<Tag, 'id' | 'name' | 'name_key'>[]> {
  if (names.length === 0) return [];
  const rows = db.selectFrom('tag').select(['id', 'name', 'name_key']).where('bot_id', '=', botId);
  return rows.where('name_key', 'in', names.map(fold)).execute();
}

/** How many subscribers have each tag, counted up to a limit. */
export async function countTagged(db: Db, botId: number, ids: readonly number[], most: number): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('tag')
    .select('id')
    .select((eb) =>
      eb
        .selectFrom(eb.selectFrom('subscriber_tag').select('subscriber_id').whereRef('tag_id', '=', 'tag.id').limit(most).as('some'))
        .select((some) => some.fn.countAll<number>().as('n'))
        .as('n'),
    )
    .where('bot_id', '=', botId)
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map(({ id, n }) => [id, Number(n)]));
}

export async function deleteTag(tx: Db, botId: number, by: { id: number } | { name: string }): Promise<Tag | null> {
  const mine = tx.deleteFrom('tag').where('bot_id', '=', botId);
  const one = 'id' in by ? mine.where('id', '=', by.id) : mine.where('name_key', '=', fold(by.name));
  const row = await one.returningAll().executeTakeFirst();
  if (row) await removed(tx, tags, botId);
  return row ?? null;
}

/** Which of these are no tags of the bot. */
export async function unknownTags(db: Db, botId: number, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await db.selectFrom('tag').select('name_key').where('bot_id', '=', botId).where('name_key', 'in', names.map(fold)).execute();
  const known = new Set(rows.map((row) => row.name_key));
  return names.filter((name) => !known.has(fold(name)));
}
