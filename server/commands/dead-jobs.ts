// Work that was given up: an operator who has removed the cause has it done again, or drops it. Its conversation went on
// by the error way when it was given up, so what is done again has its effect outside and changes nothing here.
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { record } from '../events.ts';
import { announce } from '../live.ts';
import type { Db } from '../store/database.ts';
import { dropJob, findDeadJob, type Job } from '../store/jobs.ts';

export async function needDeadJob(db: Db, id: number): Promise<Job> {
  const job = await findDeadJob(db, id);
  if (!job) throw notFound('Job');
  return job;
}

export async function replayJob(app: App, tx: Db, id: number): Promise<Job> {
  const job = await needDeadJob(tx, id);
  // A new job of the same key, which is how who is asked knows that it is the same; whoever still holds the old one has lost it.
  await dropJob(tx, id);
  await app.queue.enqueue(tx, job);
  await record(app, tx, { kind: 'job.replayed', ...subjectOf(job), data: { name: job.kind } });
  announce(tx, { workspaceId: job.workspace_id, botId: null, conversationId: null, seq: 0, dueAt: app.clock.now() });
  return job;
}

export async function forgetJob(app: App, tx: Db, id: number): Promise<void> {
  const job = await needDeadJob(tx, id);
  await dropJob(tx, id);
  await record(app, tx, { kind: 'job.dropped', ...subjectOf(job), data: { name: job.kind } });
}

function subjectOf(job: Job): { workspaceId: number; subject: string } {
  return { workspaceId: job.workspace_id, subject: `job:${job.id}` };
}
