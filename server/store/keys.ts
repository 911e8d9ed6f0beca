// API keys: only a keyed hash and a readable prefix are stored. Revoking deletes the row, so it holds at once.
import type { Generated, Selectable } from 'kysely';
import { type Db, remembered } from './database.ts';
import { type CursorAsk, type CursorPage, cursorPage } from './pages.ts';

export type KeyTable = {
  id: Generated<number>;
  workspace_id: number;
  /** Null for a key of the whole workspace, which names its bot in each call. */
  bot_id: number | null;
  /** The member it acts for; it ends with their membership. */
  account_id: number;
  name: string;
  prefix: string;
  hash: string;
  scopes: string;
  /** 0 = unlimited. */
  quota_per_hour: number;
  /** At the native API; null = as often as anyone. */
  rate_per_minute: number | null;
  /** JSON: the flows its chats may run, each like `f1s2`; null = all. */
  flows: string | null;
  status_vocabulary: 'usual' | 'legacy';
  expires_at: number | null;
  last_used_at: number | null;
  created_at: number;
};

export type Key = Selectable<KeyTable>;

export function insertKey(tx: Db, key: Omit<Key, 'id' | 'last_used_at'>): Promise<Key> {
  return tx
    .insertInto('api_key')
    .values({ ...key, last_used_at: null })
    .returningAll()
    .executeTakeFirstOrThrow();
}

// Deleting a workspace, bot or account takes keys and memberships along.
const selectByHash = remembered(['api_key', 'member', 'workspace', 'bot', 'account'], (db, values: { hash: string }) =>
  db
    .selectFrom('api_key as key')
    .innerJoin('member', (join) => join.onRef('member.workspace_id', '=', 'key.workspace_id').onRef('member.account_id', '=', 'key.account_id'))
    .selectAll('key')
    .select('member.role')
    .where('key.hash', '=', values.hash),
);

/** The key and what its owner is in the workspace today; null also when it has expired or its owner is gone. */
export async function findKeyByHash(db: Db, hash: string, now: number): Promise<{ key: Key; role: string } | null> {
  const [row] = await selectByHash(db, { hash });
  if (!row || (row.expires_at !== null && row.expires_at <= now)) return null;
  return { key: row, role: row.role };
}

/** A key with the name of the member it acts for. */
export type OwnedKey = Key & { owner_name: string };

/** What narrows a look at a workspace's keys: one member's, one bot's; null = all. */
export type KeyReach = { accountId: number | null; botId: number | null };

const everyKey: KeyReach = { accountId: null, botId: null };

function ownedKeys(db: Db, reach: KeyReach) {
  let query = db
    .selectFrom('api_key')
    .selectAll()
    .select((eb) => eb.selectFrom('account').whereRef('account.id', '=', 'api_key.account_id').select('account.name').as('owner_name'))
    .$castTo<OwnedKey>();
  if (reach.accountId !== null) query = query.where('account_id', '=', reach.accountId);
  if (reach.botId !== null) query = query.where('bot_id', '=', reach.botId);
  return query;
}

export async function findKey(db: Db, workspaceId: number, id: number, reach = everyKey): Promise<OwnedKey | null> {
  return (await ownedKeys(db, reach).where('workspace_id', '=', workspaceId).where('id', '=', id).executeTakeFirst()) ?? null;
}

export function listKeys(db: Db, workspaceId: number, reach: KeyReach, ask: CursorAsk): Promise<CursorPage<OwnedKey>> {
  return cursorPage<OwnedKey>(ownedKeys(db, reach).where('workspace_id', '=', workspaceId), ask);
}

/** Of all workspaces: only for an operator, who has the database in hand anyway. */
export function listAllKeys(db: Db, ask: CursorAsk): Promise<CursorPage<OwnedKey>> {
  return cursorPage<OwnedKey>(ownedKeys(db, everyKey), ask);
}

/** The workspace a key is in, for an operator who names only the key. */
export async function workspaceOfKey(db: Db, id: number): Promise<number | null> {
  return (await db.selectFrom('api_key').select('workspace_id').where('id', '=', id).executeTakeFirst())?.workspace_id ?? null;
}

export async function updateKey(
  tx: Db,
  workspaceId: number,
  id: number,
  change: Partial<Pick<KeyTable, 'name' | 'quota_per_hour' | 'rate_per_minute' | 'flows' | 'status_vocabulary' | 'expires_at'>>,
): Promise<Key | null> {
  const row = await tx.updateTable('api_key').set(change).where('workspace_id', '=', workspaceId).where('id', '=', id).returningAll().executeTakeFirst();
  return row ?? null;
}

export async function touchKey(tx: Db, id: number, usedAt: number): Promise<void> {
  await tx.updateTable('api_key').set({ last_used_at: usedAt }).where('id', '=', id).execute();
}

export async function deleteKey(tx: Db, workspaceId: number, id: number): Promise<Key | null> {
  return (await tx.deleteFrom('api_key').where('workspace_id', '=', workspaceId).where('id', '=', id).returningAll().executeTakeFirst()) ?? null;
}

/** Someone who leaves a workspace leaves no key behind. */
export function deleteKeysOf(tx: Db, workspaceId: number, accountId: number): Promise<Key[]> {
  return tx.deleteFrom('api_key').where('workspace_id', '=', workspaceId).where('account_id', '=', accountId).returningAll().execute();
}
