// /v1/workspaces: the workspaces a person is a member of. The path names the workspace, so the right to it is judged
// here, by the same policies as a header's.
import { z } from 'zod';
import type { Role } from '../../auth.ts';
import { beginWorkspace } from '../../commands/begin.ts';
import { removeWorkspace, renameWorkspace } from '../../commands/workspaces.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { Db } from '../../store/database.ts';
import { findOwnWorkspace, listWorkspaces, type OwnWorkspace } from '../../store/workspaces.ts';
import { personOf } from './me.ts';
import { cursorAsk, idParams, image, inWorkspace, listOf, listQuery, listReply, name, role, time } from './shapes.ts';

const workspace = z
  .object({
    id: z.int(),
    name: z.string(),
    image: z.string().nullable(),
    role: role.describe('Yours in it.'),
    created_at: time,
    bots: z.int().describe('How many it has.'),
  })
  .meta({ id: 'Workspace' });

function show(row: OwnWorkspace): z.input<typeof workspace> {
  return { id: row.id, name: row.name, image: row.image, role: row.role as Role, created_at: row.created_at, bots: row.bots };
}

async function read(db: Db, accountId: number, id: number) {
  const row = await findOwnWorkspace(db, accountId, id);
  if (!row) throw notFound('Workspace');
  return show(row);
}

const docs = { tag: 'Workspaces' };

export const workspaceRoutes = [
  route({
    method: 'GET',
    path: '/workspaces',
    access: 'person',
    query: listQuery({}),
    reply: listOf(workspace),
    docs: { ...docs, id: 'listWorkspaces', summary: 'List your workspaces', description: 'Those you are a member of, newest first.' },
    run: async ({ app, caller, query }) => listReply(await listWorkspaces(app.db, personOf(caller).account.id, cursorAsk(query)), show),
  }),
  route({
    method: 'POST',
    path: '/workspaces',
    access: 'person',
    body: z.object({ name, bot: name.optional().describe('The name of its first bot; the workspace’s own when absent.') }).meta({ id: 'CreateWorkspace' }),
    reply: workspace,
    status: 201,
    docs: {
      ...docs,
      id: 'createWorkspace',
      summary: 'Create a workspace',
      description: 'You become its owner. It begins with a bot and that bot’s first site.',
      example: { name: 'Acme', bot: 'Helper' },
    },
    run: ({ app, caller, body }) => {
      const { account } = personOf(caller);
      return app.transact(async (tx) => {
        const begun = await beginWorkspace(app, tx, account, { workspace: body.name, bot: body.bot ?? body.name });
        return read(tx, account.id, begun.workspace.id);
      });
    },
  }),
  route({
    method: 'GET',
    path: '/workspaces/{id}',
    access: 'person',
    params: idParams,
    reply: workspace,
    docs: { ...docs, id: 'getWorkspace', summary: 'Get a workspace' },
    run: ({ app, caller, params }) => read(app.db, personOf(caller).account.id, params.id),
  }),
  route({
    method: 'PATCH',
    path: '/workspaces/{id}',
    access: 'person',
    params: idParams,
    body: z.object({ name: name.optional(), image: image.optional() }).meta({ id: 'UpdateWorkspace' }),
    reply: workspace,
    docs: {
      ...docs,
      id: 'updateWorkspace',
      summary: 'Change a workspace',
      description: 'Needs the role owner or admin in it.',
      example: { name: 'Acme Inc.' },
    },
    run: async (context) => {
      const { app, caller, params, body } = context;
      await inWorkspace(context, 'team_manage', params.id);
      return app.transact(async (tx) => {
        await renameWorkspace(app, tx, params.id, body);
        return read(tx, personOf(caller).account.id, params.id);
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/workspaces/{id}',
    access: 'person',
    params: idParams,
    body: z.object({ name: z.string().describe('The workspace’s name, repeated.') }).meta({ id: 'DeleteWorkspace' }),
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'deleteWorkspace',
      summary: 'Delete a workspace',
      description: 'With everything in it, for good. Needs the role owner in it; the first workspace of an installation cannot be deleted.',
      example: { name: 'Acme' },
    },
    run: async (context) => {
      const { app, params, body } = context;
      await inWorkspace(context, 'team_own', params.id);
      await app.transact((tx) => removeWorkspace(app, tx, params.id, body.name));
      return undefined;
    },
  }),
];
