// /v1/operator/jobs: the dead-letter list, for the command line.
import { z } from 'zod';
import { forgetJob, needDeadJob, replayJob } from '../../commands/dead-jobs.ts';
import { route } from '../../http/route.ts';
import { deadJobs, type Job } from '../../store/jobs.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, time } from './shapes.ts';

const deadJob = z
  .object({
    id: z.int(),
    kind: z.string().describe('What was to be done: `ask:email`, `timer`.'),
    workspace: z.int(),
    attempts: z.int(),
    crashes: z.int().describe('How often a worker died with it.'),
    error: z.string().nullable(),
    created_at: time,
    dead_at: time,
  })
  .meta({ id: 'DeadJob' });

function show({ id, kind, workspace_id, attempts, crashes, last_error, created_at, dead_at }: Job): z.input<typeof deadJob> {
  return { id, kind, workspace: workspace_id, attempts, crashes, error: last_error, created_at, dead_at: dead_at ?? 0 };
}

const docs = { tag: 'Operator' };

export const operatorJobRoutes = [
  route({
    method: 'GET',
    path: '/operator/jobs',
    access: 'operator',
    query: listQuery({}),
    reply: listOf(deadJob),
    docs: { ...docs, id: 'listDeadJobs', summary: 'List the work that was given up', description: 'Newest first, of all workspaces.' },
    run: async ({ app, query }) => listReply(await deadJobs(app.db, cursorAsk(query)), show),
  }),
  route({
    method: 'GET',
    path: '/operator/jobs/{id}',
    access: 'operator',
    params: idParams,
    reply: deadJob.extend({ payload: z.unknown().describe('What it was asked to do.') }).meta({ id: 'DeadJobWhole' }),
    docs: { ...docs, id: 'getDeadJob', summary: 'Get one, with what it was asked to do' },
    run: async ({ app, params }) => {
      const job = await needDeadJob(app.db, params.id);
      return { ...show(job), payload: JSON.parse(job.payload) as unknown };
    },
  }),
  route({
    method: 'POST',
    path: '/operator/jobs/{id}/replay',
    access: 'operator',
    params: idParams,
    reply: deadJob,
    docs: {
      ...docs,
      id: 'replayDeadJob',
      summary: 'Have it done again',
      description: 'From its first attempt. Its conversation has gone on by the error way and stays there.',
    },
    run: ({ app, params }) => app.transact(async (tx) => show(await replayJob(app, tx, params.id))),
  }),
  route({
    method: 'DELETE',
    path: '/operator/jobs/{id}',
    access: 'operator',
    params: idParams,
    docs: { ...docs, id: 'dropDeadJob', summary: 'Drop it for good' },
    run: async ({ app, params }) => {
      await app.transact((tx) => forgetJob(app, tx, params.id));
      return undefined;
    },
  }),
];
