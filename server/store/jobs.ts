// Jobs: what runs later or again. Enqueued in the transaction that wants them; a lease says who works on one, and its
// number of attempts which lease it is: whoever has lost it changes nothing any more.
import type { Generated, Selectable, SqlBool } from 'kysely';
import { sql } from 'kysely';
import { clockOf, type Db, hasRowLocks } from './database.ts';
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
  /** Those of a lane are done one after the other, as they were asked for; one that is given up lets the next go on. */
  lane: string | null;
};

export type Job = Selectable<JobTable>;

export type NewJob = Pick<Job, 'kind' | 'workspace_id' | 'key' | 'payload' | 'lane'>;

/** What the asker's clock says; where several nodes share the database its own clock holds instead. */
type Clocked = { now: number };

/** Null when there is a job of this key already. */
export async function insertJob(tx: Db, job: NewJob, { now, delayMs }: Clocked & { delayMs: number }): Promise<number | null> {
  const { kind, workspace_id, key, payload, lane } = job;
  const fresh = { attempts: 0, leased_until: null, crashes: 0, last_error: null, dead_at: null };
  const row = await tx
    .insertInto('job')
    .values({ kind, workspace_id, key, payload, lane, ...fresh, run_at: clockOf(tx, now, delayMs), created_at: now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id ?? null;
}

export type Lease = Clocked & {
  leaseMs: number;
  limit: number;
  /** Those the asker has already. */
  except?: readonly number[];
  /** Only one of these, only of this lane, only what has been due for so long. */
  only?: { ids?: readonly number[]; lane?: string; overdueMs?: number };
};

/** Takes due jobs, which nobody else has then; one whose lease has run out is one that a worker died with. */
export async function leaseJobs(tx: Db, { now, leaseMs, limit, except = [], only = {} }: Lease): Promise<Job[]> {
  const { ids, lane, overdueMs = 0 } = only;
  const isFirstOfLane = sql<SqlBool>`(job.lane is null or not exists (
    select 1 from job as earlier where earlier.lane = job.lane and earlier.id < job.id and earlier.dead_at is null))`;
  let due = tx
    .selectFrom('job')
    .select('job.id')
    .where('job.dead_at', 'is', null)
    .where('job.run_at', '<=', clockOf(tx, now, -overdueMs))
    .where(isFirstOfLane);
  if (ids) due = due.where('job.id', 'in', padded(ids));
  if (lane !== undefined) due = due.where('job.lane', '=', lane);
  if (except.length > 0) due = due.where('job.id', 'not in', padded(except));
  due = due.orderBy('job.run_at').orderBy('job.id').limit(limit);
  if (hasRowLocks(tx)) due = due.forUpdate().skipLocked();
  const until = clockOf(tx, now, leaseMs);
  const leased = await tx
    .with('due', () => due)
    .updateTable('job')
    .set((eb) => ({
      leased_until: until,
      run_at: until,
      attempts: eb('attempts', '+', 1),
      crashes: sql<number>`case when leased_until is null then crashes else crashes + 1 end`,
    }))
    .where('job.id', 'in', (eb) => eb.selectFrom('due').select('due.id'))
    .returningAll()
    .execute();
  return leased.sort((a, b) => a.id - b.id);
}

/** Of one of few lengths, its last repeated: every length is a statement of its own, and Postgres remembers only so many. */
function padded<T>(list: readonly T[]): T[] {
  const length = 4 ** Math.ceil(Math.log(list.length) / Math.log(4));
  return Array.from({ length }, (_, at) => list[Math.min(at, list.length - 1)] as T);
}

/** A job under a certain lease. */
type Leased = Pick<Job, 'id' | 'attempts'>;

export async function renewLeases(tx: Db, jobs: readonly Leased[], { now, leaseMs }: Clocked & { leaseMs: number }): Promise<void> {
  const until = clockOf(tx, now, leaseMs);
  await tx
    .updateTable('job')
    .set({ leased_until: until, run_at: until })
    .where('leased_until', 'is not', null)
    .where((eb) => eb.or(padded(jobs).map(({ id, attempts }) => eb.and({ id, attempts }))))
    .execute();
}

/** Like the next two: false, and nothing happens, when someone else has taken the job since. */
export async function finishJob(tx: Db, { id, attempts }: Leased): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('job').where('id', '=', id).where('attempts', '=', attempts).where('dead_at', 'is', null).executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function retryJob(tx: Db, { id, attempts }: Leased, { now, delayMs, error }: Clocked & { delayMs: number; error: string }): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('job')
    .set({ leased_until: null, run_at: clockOf(tx, now, delayMs), last_error: error })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('dead_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function buryJob(tx: Db, { id, attempts }: Leased, { now, error }: Clocked & { error: string }): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('job')
    .set({ leased_until: null, dead_at: now, last_error: error })
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('dead_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Whether anything of a lane is still to be done. */
export async function isLaneBusy(db: Db, lane: string): Promise<boolean> {
  const row = await db.selectFrom('job').select('id').where('lane', '=', lane).where('dead_at', 'is', null).limit(1).executeTakeFirst();
  return row !== undefined;
}

/** Of all workspaces: for the operator. */
export function deadJobs(db: Db, ask: CursorAsk): Promise<CursorPage<Job>> {
  return cursorPage<Job>(db.selectFrom('job').selectAll().where('dead_at', 'is not', null), ask);
}

export async function findDeadJob(db: Db, id: number): Promise<Job | null> {
  return (await db.selectFrom('job').selectAll().where('id', '=', id).where('dead_at', 'is not', null).executeTakeFirst()) ?? null;
}

export async function dropJob(tx: Db, id: number): Promise<boolean> {
  return Number((await tx.deleteFrom('job').where('id', '=', id).where('dead_at', 'is not', null).executeTakeFirst()).numDeletedRows) > 0;
}

/** When the first is due, by the clock it was written with. */
export async function nextJob(db: Db): Promise<number | null> {
  const row = await db.selectFrom('job').select('run_at').where('dead_at', 'is', null).orderBy('run_at').limit(1).executeTakeFirst();
  return row?.run_at ?? null;
}

/** Those of one lane that were given up, newest first. */
export function deadJobsOfLane(db: Db, workspaceId: number, lane: string, limit: number): Promise<Job[]> {
  return db
    .selectFrom('job')
    .selectAll()
    .where('lane', '=', lane)
    .where('workspace_id', '=', workspaceId)
    .where('dead_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

/** How many of a lane are still to be done, counted no further than `most`. */
export async function countOfLane(db: Db, workspaceId: number, lane: string, most: number): Promise<number> {
  const some = db.selectFrom('job').select('id').where('lane', '=', lane).where('workspace_id', '=', workspaceId).where('dead_at', 'is', null).limit(most);
  const row = await db
    .selectFrom(some.as('some'))
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirst();
  return Number(row?.n ?? 0);
}

/** Of those that were given up only so many of a lane stay, the newest. */
export async function trimDead(tx: Db, workspaceId: number, lane: string, most: number): Promise<void> {
  const dead = tx.selectFrom('job').select('id').where('lane', '=', lane).where('workspace_id', '=', workspaceId).where('dead_at', 'is not', null);
  const [oldest] = await dead.orderBy('id', 'desc').offset(most).limit(1).execute();
  if (oldest) await tx.deleteFrom('job').where('lane', '=', lane).where('dead_at', 'is not', null).where('id', '<=', oldest.id).execute();
}
