// Facts, append-only. Those the audit log shows are chained: each carries a keyed hash over itself and the one before.
import type { Generated, Selectable } from 'kysely';
import { type Db, kept } from './database.ts';
import { byTime, type CursorAsk, type CursorPage, cursorPage } from './pages.ts';

export type EventTable = {
  id: Generated<number>;
  /** 0 for what concerns the installation and no workspace. */
  workspace_id: number;
  bot_id: number | null;
  kind: string;
  at: number;
  actor_kind: string;
  actor_id: number | null;
  actor_name: string;
  subject: string;
  data: string;
  ip: string | null;
  request_id: string | null;
  /** Set on audited events only. */
  chain: string | null;
};

export type EventChainTable = { workspace_id: number; head: string };

export type EventRow = Selectable<EventTable>;

/** The last link of a workspace's chain, locked until the transaction ends so that links cannot fork. */
export async function lockChainHead(tx: Db, workspaceId: number): Promise<string> {
  const row = await tx
    .insertInto('event_chain')
    .values({ workspace_id: workspaceId, head: '' })
    .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet((eb) => ({ head: eb.ref('event_chain.head') })))
    .returning('head')
    .executeTakeFirstOrThrow();
  return row.head;
}

export async function setChainHead(tx: Db, workspaceId: number, head: string): Promise<void> {
  await tx.updateTable('event_chain').set({ head }).where('workspace_id', '=', workspaceId).execute();
}

const insert = kept((db, event: Omit<EventRow, 'id'>) => {
  const { workspace_id, bot_id, kind, at, actor_kind, actor_id, actor_name, subject, data, ip, request_id, chain } = event;
  return db.insertInto('event').values({ workspace_id, bot_id, kind, at, actor_kind, actor_id, actor_name, subject, data, ip, request_id, chain });
});

export async function insertEvent(tx: Db, event: Omit<EventRow, 'id'>): Promise<void> {
  await insert(tx, event);
}

export type AuditFilter = {
  kind?: string | undefined;
  actor?: { kind: string; id: number } | undefined;
  from?: number | undefined;
  until?: number | undefined;
};

export function listAudit(db: Db, workspaceId: number, filter: AuditFilter, ask: CursorAsk): Promise<CursorPage<EventRow>> {
  let query = db.selectFrom('event').selectAll().where('workspace_id', '=', workspaceId).where('chain', 'is not', null);
  if (filter.kind) query = query.where('kind', '=', filter.kind);
  if (filter.actor) query = query.where('actor_kind', '=', filter.actor.kind).where('actor_id', '=', filter.actor.id);
  if (filter.from !== undefined) query = query.where('at', '>=', filter.from);
  if (filter.until !== undefined) query = query.where('at', '<', filter.until);
  return cursorPage<EventRow>(query, ask, byTime);
}

/** The chained events of a workspace in order, `limit` at a time, for checking the chain. */
export function chainedEvents(db: Db, workspaceId: number, afterId: number, limit: number): Promise<EventRow[]> {
  return db
    .selectFrom('event')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('chain', 'is not', null)
    .where('id', '>', afterId)
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Every chain with its end; one whose end was removed is among them, with none. */
export async function chainHeads(db: Db): Promise<Selectable<EventChainTable>[]> {
  const heads = await db.selectFrom('event_chain').selectAll().orderBy('workspace_id').execute();
  const headless = await db
    .selectFrom('event')
    .select('workspace_id')
    .distinct()
    .where('chain', 'is not', null)
    .where('workspace_id', 'not in', (eb) => eb.selectFrom('event_chain').select('event_chain.workspace_id'))
    .orderBy('workspace_id')
    .execute();
  return [...heads, ...headless.map(({ workspace_id }) => ({ workspace_id, head: '' }))];
}

/** Everything recorded after an id, in order: what tests assert on, and later what streams replay. */
export function eventsAfter(db: Db, afterId: number, limit: number): Promise<EventRow[]> {
  return db.selectFrom('event').selectAll().where('id', '>', afterId).orderBy('id').limit(limit).execute();
}

/** What of a workspace's facts someone may see; null = of every bot and of the workspace itself. */
export type FactReach = { botId: number | null; audited: boolean; daily: boolean };

/** In order, those that happened until then. */
export async function factsAfter(
  db: Db,
  workspaceId: number,
  { botId, audited, daily }: FactReach,
  { after, until, limit }: { after: number; until: number; limit: number },
): Promise<EventRow[]> {
  if (!audited && !daily) return [];
  let query = db.selectFrom('event').selectAll().where('workspace_id', '=', workspaceId).where('id', '>', after).where('at', '<=', until);
  if (botId !== null) query = query.where('bot_id', '=', botId);
  if (!audited) query = query.where('chain', 'is', null);
  if (!daily) query = query.where('chain', 'is not', null);
  return query.orderBy('id').limit(limit).execute();
}

/** The last that happened until then, of all workspaces: numbers are drawn for them together. */
export async function lastFactId(db: Db, until = Number.MAX_SAFE_INTEGER): Promise<number> {
  const row = await db.selectFrom('event').select('id').where('at', '<=', until).orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row?.id ?? 0;
}
