// /v1/labels: what the team calls subscribers of any of its bots.
import { z } from 'zod';
import { createLabel, removeLabel, renameLabel } from '../../commands/labels.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { findLabel, type Label, listLabels } from '../../store/labels.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, name, search, time } from './shapes.ts';

const label = z.object({ id: z.int(), name: z.string(), created_at: time }).meta({ id: 'Label' });

function show({ id, name, created_at }: Label): z.input<typeof label> {
  return { id, name, created_at };
}

const docs = { tag: 'Labels' };

export const labelRoutes = [
  route({
    method: 'GET',
    path: '/labels',
    access: 'team_any',
    query: listQuery(search),
    reply: listOf(label),
    docs: { ...docs, id: 'listLabels', summary: 'List labels', description: 'Those of the workspace, newest first.' },
    run: async ({ app, tenant, query }) => listReply(await listLabels(app.db, tenant.workspaceId, { name: query.q }, cursorAsk(query)), show),
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
    run: ({ app, tenant, body }) => app.transact(async (tx) => show(await createLabel(app, tx, tenant, body.name))),
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
      return show(row);
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
    run: ({ app, tenant, params, body }) => app.transact(async (tx) => show(await renameLabel(app, tx, tenant, params.id, body.name))),
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
