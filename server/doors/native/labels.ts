// /v1/labels: what the team calls subscribers of any of its bots.
import { z } from 'zod';
import { createLabel, removeLabel, renameLabel } from '../../commands/labels.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { Db } from '../../store/database.ts';
import { countLabelled, findLabel, type Label, listLabels } from '../../store/labels.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, maxHolders, name, search, sortBy, time } from './shapes.ts';

const label = z
  .object({ id: z.int(), name: z.string(), subscribers: z.int().describe(`Who have it, counted up to ${maxHolders}.`), created_at: time })
  .meta({ id: 'Label' });

async function show(db: Db, rows: readonly Label[]): Promise<z.input<typeof label>[]> {
  const ids = rows.map((row) => row.id);
  const holders = await countLabelled(db, rows[0]?.workspace_id ?? 0, ids, maxHolders);
  return rows.map(({ id, name, created_at }) => ({ id, name, subscribers: holders.get(id) ?? 0, created_at }));
}

async function showOne(db: Db, row: Label): Promise<z.input<typeof label>> {
  const [shown] = await show(db, [row]);
  return shown as z.input<typeof label>;
}

const docs = { tag: 'Labels' };

export const labelRoutes = [
  route({
    method: 'GET',
    path: '/labels',
    access: 'team_any',
    query: listQuery({ ...search, ...sortBy('newest', 'oldest', 'name') }),
    reply: listOf(label),
    docs: { ...docs, id: 'listLabels', summary: 'List labels', description: 'Those of the workspace, newest first.' },
    run: async ({ app, tenant, query }) => {
      const page = await listLabels(app.db, tenant.workspaceId, { name: query.q }, cursorAsk(query));
      return listReply({ rows: await show(app.db, page.rows), next: page.next }, (shown) => shown);
    },
  }),
  route({
    method: 'POST',
    path: '/labels',
    access: 'team_build',
    body: z.object({ name }).meta({ id: 'CreateLabel' }),
    reply: label,
    status: 201,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createLabel',
      summary: 'Create a label',
      description: 'Names are unique in the workspace whatever their case.',
      example: { name: 'VIP' },
    },
    run: ({ app, tenant, body }) => app.transact(async (tx) => showOne(tx, await createLabel(app, tx, tenant, body.name))),
  }),
  route({
    method: 'GET',
    path: '/labels/{id}',
    access: 'team_any',
    params: idParams,
    reply: label,
    docs: { ...docs, id: 'getLabel', summary: 'Get a label' },
    run: async ({ app, tenant, params }) => {
      const row = await findLabel(app.db, tenant.workspaceId, params.id);
      if (!row) throw notFound('Label');
      return showOne(app.db, row);
    },
  }),
  route({
    method: 'PATCH',
    path: '/labels/{id}',
    access: 'team_build',
    params: idParams,
    body: z.object({ name }).meta({ id: 'UpdateLabel' }),
    reply: label,
    errors: ['conflict'],
    docs: { ...docs, id: 'updateLabel', summary: 'Rename a label', description: 'Whoever has it keeps it.', example: { name: 'Very important' } },
    run: ({ app, tenant, params, body }) => app.transact(async (tx) => showOne(tx, await renameLabel(app, tx, tenant, params.id, body.name))),
  }),
  route({
    method: 'DELETE',
    path: '/labels/{id}',
    access: 'team_build',
    params: idParams,
    docs: { ...docs, id: 'deleteLabel', summary: 'Delete a label', description: 'Takes it off every subscriber who has it.' },
    run: async ({ app, tenant, params }) => {
      await app.transact((tx) => removeLabel(app, tx, tenant, params.id));
      return undefined;
    },
  }),
];
