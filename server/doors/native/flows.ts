// /v1/flows: drafts, versions, the linter. A flow is named by its slug or its number.
import { canonical } from '@parley/engine/flow.ts';
import { ns } from '@parley/engine/ids.ts';
import { z } from 'zod';
import {
  changeFlow,
  createFlow,
  lintFlow,
  needFlow,
  openFlow,
  publishFlow,
  readFlow,
  removeFlow,
  restoreVersion,
  type SavedFlow,
} from '../../commands/flows.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type FlowBy, type FlowRow, type FlowVersion, findVersion, listFlows, listVersions, publishPolicies } from '../../store/flows.ts';
import { cursorAsk, listOf, listQuery, listReply, search, time } from './shapes.ts';

const problem = z.object({ code: z.string(), at: z.string(), message: z.string() }).meta({ id: 'FlowProblem' });
const node = z.object({ node_ns: z.string(), block: z.string() });

const head = {
  id: z.string().describe('The slug.'),
  sub_flow_ns: z.string(),
  name: z.string(),
  rev: z.int(),
  version: z.int().nullable().describe('The live version; null before the first publication.'),
};

const saved = z.object({ ...head, problems: z.array(problem) }).meta({ id: 'SavedFlow' });
const listed = z.object({ ...head, updated_at: time }).meta({ id: 'FlowHead' });
const whole = z
  .object({
    ...head,
    document: z.unknown(),
    published_version: z.int().nullable(),
    problems: z.array(problem),
    nodes: z.array(node),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Flow' });
const policy = z
  .enum(publishPolicies)
  .describe(
    'What becomes of sessions that wait in an older version. `finish_on_old`: they finish there. `migrate`: at its next input each goes on in this one, at the block of the same id and type, with all it knows; where that is gone it starts again.',
  );
const version = z.object({ version: z.int(), digest: z.string(), message: z.string(), author: z.string(), at: time, policy }).meta({ id: 'FlowVersion' });
const wholeVersion = version.extend({ document: z.unknown() }).meta({ id: 'WholeFlowVersion' });

export const params = z.object({
  id: z
    .string()
    .regex(/^([a-z][a-z0-9_]{0,63}|\d{1,15}|f\d{1,15}s\d{1,15})$/)
    .transform((text): FlowBy => (/^\d+$/.test(text) ? { id: Number(text) } : /^f\d+s\d+$/.test(text) ? { id: Number(text.split('s')[1]) } : { slug: text })),
});
const versionParams = params.extend({
  n: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
});

const document = z.record(z.string(), z.unknown()).describe('A document `flow/1`.');
const message = z.string().max(1_000).optional().describe('What has changed, for the list of versions.');

function showHead(row: FlowRow) {
  return { id: row.slug, sub_flow_ns: ns('sub_flow', row.bot_id, row.id), name: row.name, rev: row.rev, version: row.published };
}

function showSaved(one: SavedFlow, published: number | null = one.row.published) {
  return { ...showHead(one.row), version: published, problems: one.problems };
}

function showWhole({ row, problems, places }: SavedFlow) {
  return {
    ...showHead(row),
    document: JSON.parse(row.document) as unknown,
    published_version: row.published,
    problems,
    nodes: places.map((one) => ({ node_ns: ns('node', row.bot_id, one.id), block: one.place })),
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

function showVersion(one: Omit<FlowVersion, 'document'>) {
  return { version: one.n, digest: one.digest, message: one.message, author: one.author, at: one.at, policy: one.policy };
}

const docs = { tag: 'Flows' };

const sample = {
  document: {
    format: 'flow/1',
    id: 'hello',
    name: 'Hello',
    triggers: { go: { type: 'start', to: 'hello' } },
    groups: {
      hello: {
        blocks: [
          { id: 'hi', type: 'text', text: 'Hello!' },
          { id: 'done', type: 'end' },
        ],
      },
    },
  },
  publish: true,
};

export const flowRoutes = [
  route({
    method: 'GET',
    path: '/flows',
    access: 'bot_read',
    query: listQuery(search),
    reply: listOf(listed),
    docs: { ...docs, id: 'listFlows', summary: 'List flows' },
    run: async ({ app, tenant, query }) =>
      listReply(await listFlows(app.db, tenant.botId, query.q, cursorAsk(query)), (row) => ({ ...showHead(row), updated_at: row.updated_at })),
  }),
  route({
    method: 'POST',
    path: '/flows',
    access: 'bot_manage',
    body: z.object({ document, publish: z.boolean().optional(), message }).meta({ id: 'CreateFlow' }),
    reply: saved,
    status: 201,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createFlow',
      summary: 'Create a flow',
      description: 'With `publish`, a flow with errors is refused with `problems` and nothing is kept.',
      example: sample,
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        const made = await createFlow(app, tx, tenant, body.document);
        const live = body.publish ? await publishFlow(app, tx, tenant, { id: made.row.id }, body.message ?? '') : null;
        return showSaved(made, live?.n ?? null);
      }),
  }),
  route({
    method: 'POST',
    path: '/flows/lint',
    access: 'bot_read',
    body: z.object({ document }).meta({ id: 'LintFlow' }),
    reply: z.object({ problems: z.array(problem) }),
    docs: {
      ...docs,
      id: 'lintFlow',
      summary: 'Check a document',
      description: 'Nothing is kept. Codes that begin with E block publishing.',
      example: { document: sample.document },
    },
    run: async ({ app, tenant, body }) => ({ problems: await lintFlow(app.db, tenant, readFlow(body.document)) }),
  }),
  route({
    method: 'GET',
    path: '/flows/{id}',
    access: 'bot_read',
    params,
    reply: whole,
    docs: { ...docs, id: 'getFlow', summary: 'Get a flow' },
    run: async ({ app, tenant, params: { id } }) => showWhole(await openFlow(app.db, tenant, id)),
  }),
  route({
    method: 'PUT',
    path: '/flows/{id}',
    access: 'bot_manage',
    params,
    body: z.object({ document, rev: z.int() }).meta({ id: 'UpdateFlow' }),
    reply: whole,
    errors: ['stale_rev'],
    docs: {
      ...docs,
      id: 'updateFlow',
      summary: 'Save a draft',
      description: '`rev` is the one you loaded; refused when someone else saved in between.',
      example: { ...sample, publish: undefined, rev: 1 },
    },
    run: ({ app, tenant, params: { id }, body }) => app.transact(async (tx) => showWhole(await changeFlow(app, tx, tenant, id, body))),
  }),
  route({
    method: 'DELETE',
    path: '/flows/{id}',
    access: 'bot_manage',
    params,
    docs: { ...docs, id: 'deleteFlow', summary: 'Delete a flow', description: 'Its versions go with it; sessions that run it end at their next turn.' },
    run: ({ app, tenant, params: { id } }) =>
      app.transact(async (tx) => {
        await removeFlow(app, tx, tenant, id);
        return undefined;
      }),
  }),
  route({
    method: 'POST',
    path: '/flows/{id}/publish',
    access: 'bot_manage',
    params,
    body: z.object({ message, policy: policy.default('finish_on_old') }).meta({ id: 'PublishFlow' }),
    reply: z.object({ version: z.int() }),
    docs: {
      ...docs,
      id: 'publishFlow',
      summary: 'Publish the draft',
      description: 'Makes an immutable version and puts it live; sessions that wait finish on theirs, unless the `policy` says otherwise.',
      example: { message: 'Friendlier greeting' },
    },
    run: ({ app, tenant, params: { id }, body }) =>
      app.transact(async (tx) => ({ version: (await publishFlow(app, tx, tenant, id, body.message ?? '', body.policy)).n })),
  }),
  route({
    method: 'GET',
    path: '/flows/{id}/versions',
    access: 'bot_read',
    params,
    query: listQuery({}),
    reply: listOf(version),
    docs: { ...docs, id: 'listFlowVersions', summary: 'List versions', description: 'Newest first.' },
    run: async ({ app, tenant, params: { id }, query }) => {
      const row = await needFlow(app.db, tenant, id);
      const ask = cursorAsk(query);
      const found = await listVersions(app.db, tenant.botId, row.id, /^\d{1,9}$/.test(ask.cursor ?? '') ? Number(ask.cursor) : null, ask.limit + 1);
      const shown = found.slice(0, ask.limit);
      return { data: shown.map(showVersion), next: found.length > ask.limit ? String(shown.at(-1)?.n) : null };
    },
  }),
  route({
    method: 'GET',
    path: '/flows/{id}/versions/{n}',
    access: 'bot_read',
    params: versionParams,
    reply: wholeVersion,
    docs: { ...docs, id: 'getFlowVersion', summary: 'Get a version' },
    run: async ({ app, tenant, params: { id, n } }) => {
      const row = await needFlow(app.db, tenant, id);
      const found = await findVersion(app.db, tenant.botId, row.id, n);
      if (!found) throw notFound('Version');
      return { ...showVersion(found), document: JSON.parse(found.document) as unknown };
    },
  }),
  route({
    method: 'POST',
    path: '/flows/{id}/versions/{n}/restore',
    access: 'bot_manage',
    params: versionParams,
    reply: whole,
    docs: { ...docs, id: 'restoreFlowVersion', summary: 'Restore a version', description: 'It becomes the draft; publishing is a step of its own.' },
    run: ({ app, tenant, params: { id, n } }) => app.transact(async (tx) => showWhole(await restoreVersion(app, tx, tenant, id, n))),
  }),
  route({
    method: 'GET',
    path: '/flows/{id}/export',
    access: 'bot_read',
    params,
    reply: z.unknown(),
    docs: { ...docs, id: 'exportFlow', summary: 'Export a flow', description: 'The canonical document, to keep in a file or to bring elsewhere.' },
    run: async ({ app, tenant, params: { id }, reply }) => {
      const { row, flow } = await openFlow(app.db, tenant, id);
      reply.header('content-disposition', `attachment; filename="${row.slug}.flow.json"`);
      return JSON.parse(canonical(flow)) as unknown;
    },
  }),
];
