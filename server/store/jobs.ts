// Jobs: what runs later or again. Enqueued in the transaction that wants them; a lease says who works on one.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, cursorPage } from './pages.ts';

export type JobTable = {
  id: Generated<number>;
  kind: string;
  workspace_id: number;
  /** The same key is the same job, however often it is asked for. */
  key: string;
  payload: string;
  /** When it may be taken; while someone has it, when it may be taken from them. */
  run_at: number;
  attempts: number;
  leased_until: number | null;
  /** How often a worker died while it had this. */
  crashes: number;
  last_error: string | null;
  /** Given up; on the dead-letter list until someone replays or drops it. */
  dead_at: number | null;
  created_at: number;
};

export type Job = Selectable<JobTable>;

export async function insertJob(tx: Db, job: Pick<Job, 'kind' | 'workspace_id' | 'key' | 'payload' | 'run_at'>, at: number): Promise<boolean> {
  const row = await tx
    .insertInto('job')
    .values({ ...job, attempts: 0, leased_until: null, crashes: 0, last_error: null, dead_at: null, created_at: at })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export type Lease = { now: number; leaseMs: number; limit: number /** Those the asker has already. */; except: readonly number[] };

/** Takes due jobs; one whose lease has run out is one that a worker died with. */
export async function leaseJobs(tx: Db, { now, leaseMs, limit, except }: Lease): Promise<Job[]> {
  let due = tx.selectFrom('job').selectAll().where('dead_at', 'is', null).where('run_at', '<=', now);
  if (except.length > 0) due = due.where('id', 'not in', except);
  const leased: Job[] = [];
  for (const job of await due.orderBy('run_at').limit(limit).execute()) {
    const crashes = job.leased_until === null ? job.crashes : job.crashes + 1;
    const taken = await tx
      .updateTable('job')
      .set({ leased_until: now + leaseMs, run_at: now + leaseMs, attempts: job.attempts + 1, crashes })
      .where('id', '=', job.id)
      .where('attempts', '=', job.attempts)
      .returningAll()
      .executeTakeFirst();
    if (taken) leased.push(taken);
  }
  return leased;
}

export async function renewLeases(tx: Db, ids: readonly number[], until: number): Promise<void> {
  await tx.updateTable('job').set({ leased_until: until, run_at: until }).where('id', 'in', ids).where('leased_until', 'is not', null).execute();
}

export async function finishJob(tx: Db, id: number): Promise<void> {
  await tx.deleteFrom('job').where('id', '=', id).execute();
}

/** Nothing happens when someone else has taken the job since. */
export async function retryJob(tx: Db, { id, attempts }: Pick<Job, 'id' | 'attempts'>, runAt: number, error: string): Promise<void> {
  await tx.updateTable('job').set({ leased_until: null, run_at: runAt, last_error: error }).where('id', '=', id).where('attempts', '=', attempts).execute();
}

export async function buryJob(tx: Db, { id, attempts }: Pick<Job, 'id' | 'attempts'>, at: number, error: string): Promise<void> {
  await tx.updateTable('job').set({ leased_until: null, dead_at: at, last_error: error }).where('id', '=', id).where('attempts', '=', attempts).execute();
}

/** Of all workspaces: for the operator. */
export function deadJobs(db: Db, ask: CursorAsk): Promise<CursorPage<Job>> {
  return cursorPage<Job>(db.selectFrom('job').selectAll().where('dead_at', 'is not', null), ask);
}

export async function findDeadJob(db: Db, id: number): Promise<Job | null> {
  return (await db.selectFrom('job').selectAll().where('id', '=', id).where('dead_at', 'is not', null).executeTakeFirst()) ?? null;
}

export async function reviveJob(tx: Db, id: number, at: number): Promise<boolean> {
  const row = await tx
    .updateTable('job')
    .set({ dead_at: null, run_at: at, attempts: 0, crashes: 0 })
    .where('id', '=', id)
    .where('dead_at', 'is not', null)
    .executeTakeFirst();
  return Number(row.numUpdatedRows) > 0;
}

export async function dropJob(tx: Db, id: number): Promise<boolean> {
  return Number((await tx.deleteFrom('job').where('id', '=', id).where('dead_at', 'is not', null).executeTakeFirst()).numDeletedRows) > 0;
}

export async function nextJob(db: Db): Promise<number | null> {
  const row = await db.selectFrom('job').select('run_at').where('dead_at', 'is', null).orderBy('run_at').limit(1).executeTakeFirst();
  return row?.run_at ?? null;
}
