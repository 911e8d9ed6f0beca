// Runs of chats: how each came about and how it ended. Where it stands meanwhile is its session's.
import type { Selectable } from 'kysely';
import type { ChatOwner } from './chats.ts';
import type { Db } from './database.ts';

export type ChatRunTable = {
  /** A run is a session, under its number. */
  session_id: number;
  conversation_id: number;
  workspace_id: number;
  owner_id: number;
  flow_id: number;
  /** The key that made the chat. */
  key_id: number | null;
  trigger: string;
  /** What was said that began it; null where nothing was. */
  message_id: number | null;
  /** The number of its first event; null of runs older than this table. */
  first_seq: number | null;
  attempt: number;
  retry_of: number | null;
  stop_reason: string | null;
  error: string | null;
  error_block: string | null;
  /** What was said by whoever cancelled it. */
  cancel_reason: string | null;
  started_at: number;
  finished_at: number | null;
};

export type ChatRun = Selectable<ChatRunTable>;

/** With where its session stands. */
export type RunRow = ChatRun & { status: string; state: string; version: number };

export async function insertRun(tx: Db, run: ChatRun): Promise<void> {
  await tx.insertInto('chat_run').values(run).execute();
}

export type RunEnd = Pick<ChatRun, 'stop_reason' | 'error' | 'error_block' | 'cancel_reason' | 'finished_at'>;

export async function endRun(tx: Db, conversationId: number, sessionId: number, end: RunEnd): Promise<void> {
  await tx
    .updateTable('chat_run')
    .set(end)
    .where('conversation_id', '=', conversationId)
    .where('session_id', '=', sessionId)
    .where('finished_at', 'is', null)
    .execute();
}

function runsOf(db: Db, conversationId: number) {
  return db
    .selectFrom('chat_run')
    .innerJoin('session', 'session.id', 'chat_run.session_id')
    .selectAll('chat_run')
    .select(['session.status', 'session.state', 'session.version'])
    .where('chat_run.conversation_id', '=', conversationId);
}

export async function findRun(db: Db, conversationId: number, sessionId: number): Promise<RunRow | null> {
  return (await runsOf(db, conversationId).where('chat_run.session_id', '=', sessionId).executeTakeFirst()) ?? null;
}

/** Newest first. */
export function listRuns(db: Db, conversationId: number, { before, limit }: { before?: number | undefined; limit: number }): Promise<RunRow[]> {
  let query = runsOf(db, conversationId);
  if (before !== undefined) query = query.where('chat_run.session_id', '<', before);
  return query.orderBy('chat_run.session_id', 'desc').limit(limit).execute();
}

export type CountedRun = Pick<ChatRun, 'session_id' | 'flow_id' | 'key_id' | 'started_at' | 'finished_at'> & { status: string };

/** One owner's, begun within a time, newest first. */
export function runsBegun(
  db: Db,
  { workspaceId, botId, ownerId, flows }: ChatOwner,
  time: { from: number; until: number },
  limit: number,
): Promise<CountedRun[]> {
  let query = db
    .selectFrom('chat_run')
    .innerJoin('session', 'session.id', 'chat_run.session_id')
    .select(['chat_run.session_id', 'chat_run.flow_id', 'chat_run.key_id', 'chat_run.started_at', 'chat_run.finished_at', 'session.status'])
    .where('chat_run.workspace_id', '=', workspaceId)
    .where('chat_run.owner_id', '=', ownerId)
    .where('chat_run.started_at', '>=', time.from)
    .where('chat_run.started_at', '<', time.until);
  if (flows !== null) query = query.where('chat_run.flow_id', 'in', [...flows, 0]);
  if (botId !== null)
    query = query.where((eb) =>
      eb.exists(eb.selectFrom('flow').select('flow.id').whereRef('flow.id', '=', 'chat_run.flow_id').where('flow.bot_id', '=', botId)),
    );
  return query.orderBy('chat_run.started_at', 'desc').limit(limit).execute();
}
