// A bot: owns flows, subscribers, fields, tags and channels of one workspace.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, contains, countRows, cursorPage, fold, numberedPage, type Page, type PageAsk } from './pages.ts';

export type BotTable = {
  id: Generated<number>;
  workspace_id: number;
  name: string;
  name_key: string;
  /** Its main channel, in the words of the platform API (`web`, `whatsapp_cloud`, …). */
  type: string;
  /** Of its page at /b/, one for all workspaces. */
  slug: Generated<string | null>;
  created_at: number;
  updated_at: number;
};

export type Bot = Selectable<BotTable>;

/** The channels a bot can be made for, in the words of the platform API. */
export const botTypes = [
  'web',
  'facebook',
  'instagram',
  'whatsapp',
  'whatsapp_cloud',
  'wechat',
  'telegram',
  'google',
  'slack',
  'line',
  'viber',
  'vk',
  'voice',
  'sms',
  'rcs',
  'intercom',
  'jivochat',
  'chatwoot',
] as const;

export function insertBot(tx: Db, bot: { workspaceId: number; name: string; type: string; slug?: string; at: number }): Promise<Bot> {
  return tx
    .insertInto('bot')
    .values({
      workspace_id: bot.workspaceId,
      name: bot.name,
      name_key: fold(bot.name),
      type: bot.type,
      slug: bot.slug ?? null,
      created_at: bot.at,
      updated_at: bot.at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findBot(db: Db, workspaceId: number, id: number): Promise<Bot | null> {
  const row = await db.selectFrom('bot').selectAll().where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** The workspace a bot is in, for a caller who names only the bot; the caller's right to it is judged after. */
export async function workspaceOfBot(db: Db, id: number): Promise<number | null> {
  const row = await db.selectFrom('bot').select('workspace_id').where('id', '=', id).executeTakeFirst();
  return row?.workspace_id ?? null;
}

/** How the tenant of a page at /b/ is found. */
export async function findBotBySlug(db: Db, slug: string): Promise<Bot | null> {
  return (await db.selectFrom('bot').selectAll().where('slug', '=', slug).executeTakeFirst()) ?? null;
}

export type BotFilter = { name?: string | undefined; type?: string | undefined };

function botsOf(db: Db, workspaceId: number, filter: BotFilter) {
  let query = db.selectFrom('bot').selectAll().where('workspace_id', '=', workspaceId);
  // A workspace has few bots, so a scan of its own rows is all a search needs.
  if (filter.name) query = query.where(contains('name_key', filter.name));
  if (filter.type) query = query.where('type', '=', filter.type);
  return query;
}

export function listBots(db: Db, workspaceId: number, filter: BotFilter, ask: CursorAsk): Promise<CursorPage<Bot>> {
  return cursorPage<Bot>(botsOf(db, workspaceId, filter), ask);
}

/** The bots of several workspaces, or the one named, oldest first. */
export async function botsIn(db: Db, workspaceIds: number[], onlyId: number | null, limit: number): Promise<Bot[]> {
  if (workspaceIds.length === 0) return [];
  let query = db.selectFrom('bot').selectAll().where('workspace_id', 'in', workspaceIds);
  if (onlyId !== null) query = query.where('id', '=', onlyId);
  return query.orderBy('id').limit(limit).execute();
}

export async function pageBots(db: Db, workspaceId: number, filter: BotFilter, ask: PageAsk): Promise<Page<Bot>> {
  const query = botsOf(db, workspaceId, filter);
  return numberedPage<Bot>(query, await countRows(query), ask);
}

export async function updateBot(
  tx: Db,
  workspaceId: number,
  id: number,
  change: Partial<Pick<Bot, 'name' | 'type' | 'slug'>>,
  at: number,
): Promise<Bot | null> {
  const row = await tx
    .updateTable('bot')
    .set({ ...change, ...(change.name === undefined ? {} : { name_key: fold(change.name) }), updated_at: at })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function deleteBot(tx: Db, workspaceId: number, id: number): Promise<boolean> {
  const gone = await tx.deleteFrom('bot').where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst();
  return Number(gone.numDeletedRows) > 0;
}
