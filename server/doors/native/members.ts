// /v1/members: who is in a workspace, and with which role.
import { z } from 'zod';
import type { Role } from '../../auth.ts';
import { changeRole, removeMember } from '../../commands/members.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { findMember, listMembers, type Member } from '../../store/members.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, role, search, time } from './shapes.ts';

const member = z
  .object({
    id: z.int().describe('The account’s: the same person has it in every workspace.'),
    name: z.string(),
    email: z.string(),
    image: z.string().nullable(),
    role,
    created_at: time.describe('When they joined, in milliseconds since 1970, UTC.'),
  })
  .meta({ id: 'Member' });

function show(row: Member): z.input<typeof member> {
  return { id: row.id, name: row.name, email: row.email, image: row.image, role: row.role as Role, created_at: row.created_at };
}

const docs = { tag: 'Members' };

export const memberRoutes = [
  route({
    method: 'GET',
    path: '/members',
    access: 'team_read',
    query: listQuery({ ...search, role: role.optional() }),
    reply: listOf(member),
    docs: { ...docs, id: 'listMembers', summary: 'List members', description: 'The youngest account first.' },
    run: async ({ app, tenant, query }) => {
      const filter = { name: query.q, role: query.role && [query.role] };
      return listReply(await listMembers(app.db, tenant.workspaceId, filter, cursorAsk(query)), show);
    },
  }),
  route({
    method: 'GET',
    path: '/members/{id}',
    access: 'team_read',
    params: idParams,
    reply: member,
    docs: { ...docs, id: 'getMember', summary: 'Get a member' },
    run: async ({ app, tenant, params }) => {
      const row = await findMember(app.db, tenant.workspaceId, params.id);
      if (!row) throw notFound('Member');
      return show(row);
    },
  }),
  route({
    method: 'PATCH',
    path: '/members/{id}',
    access: 'team_manage',
    params: idParams,
    body: z.object({ role }).meta({ id: 'UpdateMember' }),
    reply: member,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'updateMember',
      summary: 'Change a member’s role',
      description:
        'It holds from their next request on, and for their keys. Only an owner makes or unmakes owners, the last owner stays one, and a key gives no role that may do more than the key.',
      example: { role: 'builder' },
    },
    run: ({ app, caller, tenant, params, body }) => app.transact(async (tx) => show(await changeRole(app, tx, { caller, tenant }, params.id, body.role))),
  }),
  route({
    method: 'DELETE',
    path: '/members/{id}',
    access: 'team_manage',
    params: idParams,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'removeMember',
      summary: 'Remove a member',
      description: 'Their keys of this workspace are revoked and they are a stranger to it from their next request on. Their account stays.',
    },
    run: async ({ app, caller, tenant, params }) => {
      await app.transact((tx) => removeMember(app, tx, { caller, tenant }, params.id));
      return undefined;
    },
  }),
];
