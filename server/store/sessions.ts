// Sessions, the steps they made, and when they wake by themselves. Only save-step writes here.
import { type Generated, type Selectable, sql } from 'kysely';
import { type Db, kept, keptChange } from './database.ts';

export type SessionTable = {
  id: Generated<number>;
  conversation_id: number;
  flow_id: number;
  version: number;
  status: string;
  /** JSON: the engine's Session. */
  state: string;
  rev: number;
  started_at: number;
  updated_at: number;
};

export type StepTable = {
  conversation_id: number;
  last_seq: number;
  session_id: number | null;
  at: number;
  events: string;
  trace: string;
  /** JSON: the session as the step left it. Of a chat alone, which can be gone on with from there. */
  state: string | null;
};
export type TimerTable = { session_id: number; wait: string; due_at: number };

const maxAmong = 5_000;

export type SessionRow = Selectable<SessionTable>;
/** Without the state, which is only asked for where a chat goes on from a step. */
export type StepRow = Omit<Selectable<StepTable>, 'state'>;

const stepColumns = ['conversation_id', 'last_seq', 'session_id', 'at', 'events', 'trace'] as const satisfies (keyof StepRow)[];

const select = kept((db, one: { conversationId: number; id: number }) =>
  db
    .selectFrom('session')
    .leftJoin('flow_version', (join) => join.onRef('flow_version.flow_id', '=', 'session.flow_id').onRef('flow_version.n', '=', 'session.version'))
    .selectAll('session')
    .select('flow_version.digest')
    .where('session.conversation_id', '=', one.conversationId)
    .where('session.id', '=', one.id),
);

export type FoundSession = SessionRow & { digest: string | null };

/** With the digest of the version it runs; null there when its flow has been deleted. */
export async function findSession(db: Db, conversationId: number, id: number): Promise<FoundSession | null> {
  return (await select(db, { conversationId, id }))[0] ?? null;
}

export async function insertSession(tx: Db, session: Omit<SessionRow, 'id' | 'rev'>): Promise<number> {
  const row = await tx
    .insertInto('session')
    .values({ ...session, rev: 1 })
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}

type SessionChange = Pick<SessionRow, 'id' | 'rev' | 'version' | 'status' | 'state' | 'updated_at'>;

const update = keptChange((tx, one: SessionChange & { conversationId: number; nextRev: number }) =>
  tx
    .updateTable('session')
    .set({ version: one.version, status: one.status, state: one.state, updated_at: one.updated_at, rev: one.nextRev })
    .where('conversation_id', '=', one.conversationId)
    .where('id', '=', one.id)
    .where('rev', '=', one.rev),
);

/** `rev` is the one it was read with. False when someone else has saved since. */
export async function saveSession(tx: Db, conversationId: number, session: SessionChange): Promise<boolean> {
  return (await update(tx, { ...session, conversationId, nextRev: session.rev + 1 })) > 0;
}

const insert = keptChange((tx, step: Selectable<StepTable>) =>
  tx.insertInto('step').values({
    conversation_id: step.conversation_id,
    last_seq: step.last_seq,
    session_id: step.session_id,
    at: step.at,
    events: step.events,
    trace: step.trace,
    state: step.state,
  }),
);

export async function insertStep(tx: Db, step: Selectable<StepTable>): Promise<void> {
  await insert(tx, step);
}

/** Steps that hold events after `seq`, in order. */
export function stepsAfter(db: Db, conversationId: number, seq: number, limit: number): Promise<StepRow[]> {
  return selectAfter(db, { conversationId, seq, limit });
}

const selectAfter = kept((db, one: { conversationId: number; seq: number; limit: number }) =>
  db
    .selectFrom('step')
    .select(stepColumns)
    .where('conversation_id', '=', one.conversationId)
    .where('last_seq', '>', one.seq)
    .orderBy('last_seq')
    .limit(one.limit),
);

/** Newest first. */
export function latestSteps(db: Db, conversationId: number, limit: number): Promise<StepRow[]> {
  return db.selectFrom('step').select(stepColumns).where('conversation_id', '=', conversationId).orderBy('last_seq', 'desc').limit(limit).execute();
}

/** The steps in which events from `first` to `last` happened, in order. */
export function stepsAmong(db: Db, conversationId: number, first: number, last: number): Promise<StepRow[]> {
  const until = db
    .selectFrom('step')
    .select((eb) => eb.fn.coalesce(eb.fn.min('last_seq'), sql<number>`${Number.MAX_SAFE_INTEGER}`).as('seq'))
    .where('conversation_id', '=', conversationId)
    .where('last_seq', '>=', last);
  return db
    .selectFrom('step')
    .select(stepColumns)
    .where('conversation_id', '=', conversationId)
    .where('last_seq', '>=', first)
    .where('last_seq', '<=', until)
    .orderBy('last_seq')
    .limit(maxAmong)
    .execute();
}

/** The numbers of what happened in a session, which lie together: a conversation has one session at a time. Null for none. */
export async function seqsOfSession(db: Db, conversationId: number, sessionId: number): Promise<{ first: number; last: number } | null> {
  const own = db.selectFrom('step').select('last_seq').where('conversation_id', '=', conversationId).where('session_id', '=', sessionId);
  const begin = await own.orderBy('last_seq').limit(1).executeTakeFirst();
  const end = await own.orderBy('last_seq', 'desc').limit(1).executeTakeFirst();
  if (!begin || !end) return null;
  const before = await db
    .selectFrom('step')
    .select('last_seq')
    .where('conversation_id', '=', conversationId)
    .where('last_seq', '<', begin.last_seq)
    .orderBy('last_seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { first: (before?.last_seq ?? 0) + 1, last: end.last_seq };
}

/** The trace of a session, oldest first. */
export function stepsOfSession(db: Db, conversationId: number, sessionId: number, limit: number): Promise<StepRow[]> {
  return db
    .selectFrom('step')
    .select(stepColumns)
    .where('conversation_id', '=', conversationId)
    .where('session_id', '=', sessionId)
    .orderBy('last_seq', 'desc')
    .limit(limit)
    .execute();
}

export async function setTimer(tx: Db, sessionId: number, timer: { wait: string; dueAt: number } | null): Promise<void> {
  if (timer === null) {
    await tx.deleteFrom('timer').where('session_id', '=', sessionId).execute();
    return;
  }
  const row = { wait: timer.wait, due_at: timer.dueAt };
  await tx
    .insertInto('timer')
    .values({ session_id: sessionId, ...row })
    .onConflict((conflict) => conflict.column('session_id').doUpdateSet(row))
    .execute();
}

/** Timers that are due, the longest overdue first, with where they belong. */
export function dueTimers(db: Db, now: number, limit: number) {
  return db
    .selectFrom('timer')
    .innerJoin('session', 'session.id', 'timer.session_id')
    .innerJoin('conversation', 'conversation.id', 'session.conversation_id')
    .select(['timer.session_id', 'timer.wait', 'timer.due_at', 'conversation.id as conversation_id', 'conversation.bot_id', 'conversation.workspace_id'])
    .where('timer.due_at', '<=', now)
    .orderBy('timer.due_at')
    .limit(limit)
    .execute();
}

export async function nextTimer(db: Db): Promise<number | null> {
  const row = await db.selectFrom('timer').select('due_at').orderBy('due_at').limit(1).executeTakeFirst();
  return row?.due_at ?? null;
}

/** Where a chat's flow stood, after the step in which event `seq` happened. */
export async function stateAfter(
  db: Db,
  conversationId: number,
  seq: number,
): Promise<Pick<Selectable<StepTable>, 'last_seq' | 'session_id' | 'state'> | null> {
  const row = await db
    .selectFrom('step')
    .select(['last_seq', 'session_id', 'state'])
    .where('conversation_id', '=', conversationId)
    .where('last_seq', '>=', seq)
    .orderBy('last_seq')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** Where a session stood after each of its turns, the latest first. */
export function statesOfSession(db: Db, conversationId: number, sessionId: number, limit: number): Promise<{ last_seq: number; state: string | null }[]> {
  return db
    .selectFrom('step')
    .select(['last_seq', 'state'])
    .where('conversation_id', '=', conversationId)
    .where('session_id', '=', sessionId)
    .orderBy('last_seq', 'desc')
    .limit(limit)
    .execute();
}

/** What was said is gone, so that nothing is to be gone on with. The session that waits keeps its own state. */
export async function forgetStates(tx: Db, conversationId: number, from: number): Promise<void> {
  await tx.updateTable('step').set({ state: null }).where('conversation_id', '=', conversationId).where('last_seq', '>=', from).execute();
}
