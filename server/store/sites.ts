// A site: one place the web widget stands on, with its public key and the origins it may be used from.
import type { Generated, Selectable } from 'kysely';
import { type Db, remembered } from './database.ts';
import { type CursorAsk, type CursorPage, cursorPage } from './pages.ts';

export type SiteTable = {
  id: Generated<number>;
  workspace_id: number;
  bot_id: number;
  name: string;
  site_key: string;
  greeting: string;
  auto_reply: string | null;
  /** JSON list; empty = any origin. */
  origins: string;
  author_label: string;
  shared_network: number;
  anonymous: number;
  flow: string | null;
  /** JSON: what commands/site-settings.ts says; what is absent is as on a new site. */
  settings: Generated<string>;
  /** Numbers of the secrets by which a page proves who is signed in there: both hold while a new one is handed out. */
  identity_current: Generated<number>;
  identity_oldest: Generated<number>;
  rev: number;
  created_at: number;
  updated_at: number;
};

export type Site = Selectable<SiteTable>;
export type SiteValues = Pick<SiteTable, 'name' | 'greeting' | 'auto_reply' | 'origins' | 'author_label' | 'shared_network' | 'anonymous' | 'flow'> & {
  settings?: string;
};

export function insertSite(tx: Db, site: SiteValues & { workspaceId: number; botId: number; siteKey: string; at: number }): Promise<Site> {
  const { workspaceId, botId, siteKey, at, ...values } = site;
  return tx
    .insertInto('site')
    .values({ ...values, workspace_id: workspaceId, bot_id: botId, site_key: siteKey, rev: 1, created_at: at, updated_at: at })
    .returningAll()
    .executeTakeFirstOrThrow();
}

const selectByKey = remembered(['site'], (db, one: { siteKey: string }) => db.selectFrom('site').selectAll().where('site_key', '=', one.siteKey));

export async function findSite(db: Db, workspaceId: number, id: number): Promise<Site | null> {
  const row = await db.selectFrom('site').selectAll().where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** How a visitor's tenant is found. */
export async function findSiteByKey(db: Db, siteKey: string): Promise<Site | null> {
  return (await selectByKey(db, { siteKey }))[0] ?? null;
}

/** The oldest site of the installation's first workspace: what the demo page shows. */
export async function firstSite(db: Db): Promise<Site | null> {
  return (await db.selectFrom('site').selectAll().orderBy('workspace_id').orderBy('id').limit(1).executeTakeFirst()) ?? null;
}

/** The oldest of a bot: what its page at /b/ shows. */
export async function firstSiteOf(db: Db, botId: number): Promise<Site | null> {
  return (await db.selectFrom('site').selectAll().where('bot_id', '=', botId).orderBy('id').limit(1).executeTakeFirst()) ?? null;
}

export function listSites(db: Db, workspaceId: number, botId: number | null, ask: CursorAsk): Promise<CursorPage<Site>> {
  let query = db.selectFrom('site').selectAll().where('workspace_id', '=', workspaceId);
  if (botId !== null) query = query.where('bot_id', '=', botId);
  return cursorPage<Site>(query, ask);
}

/** Null when the site is gone, or when `rev` is given and no longer the latest: someone else saved in between. */
export async function updateSite(
  tx: Db,
  workspaceId: number,
  id: number,
  rev: number | undefined,
  change: Partial<SiteValues> & { site_key?: string; identity_current?: number; identity_oldest?: number },
  at: number,
): Promise<Site | null> {
  let query = tx
    .updateTable('site')
    .set((eb) => ({ ...change, rev: eb('rev', '+', 1), updated_at: at }))
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id);
  if (rev !== undefined) query = query.where('rev', '=', rev);
  return (await query.returningAll().executeTakeFirst()) ?? null;
}

export async function deleteSite(tx: Db, workspaceId: number, id: number): Promise<Site | null> {
  return (await tx.deleteFrom('site').where('workspace_id', '=', workspaceId).where('id', '=', id).returningAll().executeTakeFirst()) ?? null;
}
