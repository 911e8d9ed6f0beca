// Tags of a bot. Names are unique per bot whatever their case.
import type { Generated, Selectable } from 'kysely';
import { type Db, keptInsert } from './database.ts';
import { pageOf } from './list-pages.ts';
import { added, type LongList, removed } from './long-lists.ts';
import { fold, type Page, type PageAsk } from './pages.ts';

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
