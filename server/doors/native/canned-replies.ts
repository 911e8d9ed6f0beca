// /v1/canned-replies: what people of the team say often. In the console `/` and the shortcut put one into an answer.
import { z } from 'zod';
import { changeCannedReply, createCannedReply, removeCannedReply } from '../../commands/canned-replies.ts';
import { route } from '../../http/route.ts';
import { type CannedReply, listCannedReplies } from '../../store/canned-replies.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, time } from './shapes.ts';

const cannedReply = z.object({ id: z.int(), shortcut: z.string(), text: z.string(), created_at: time, updated_at: time }).meta({ id: 'CannedReply' });

function show({ workspace_id: _workspace, shortcut_key: _key, ...row }: CannedReply): z.input<typeof cannedReply> {
  return row;
}

const shortcut = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}_-]{1,40}$/u, 'The shortcut must be 1 to 40 letters, digits, - or _.');
const text = z
  .string()
  .max(10_000)
  .refine((given) => given.trim() !== '', 'The text must not be empty.')
  .describe('May hold {{ subscriber.first_name }} and the like, and {{ agent.name }}: whoever puts it into an answer fills them in.');

const docs = { tag: 'Canned replies' };
const newReply = z.object({ shortcut, text }).meta({ id: 'NewCannedReply' });

export const cannedReplyRoutes = [
  route({
    method: 'GET',
    path: '/canned-replies',
    access: 'team_any',
    query: listQuery({ q: z.string().max(255).optional().describe('Only those whose shortcut contains this.') }),
    reply: listOf(cannedReply),
    docs: { ...docs, id: 'listCannedReplies', summary: 'List canned replies', description: 'Newest first.' },
    run: async ({ app, tenant, query }) => listReply(await listCannedReplies(app.db, tenant.workspaceId, query.q, cursorAsk(query)), show),
  }),
  route({
    method: 'POST',
    path: '/canned-replies',
    access: 'team_send',
    body: newReply,
    reply: cannedReply,
    status: 201,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createCannedReply',
      summary: 'Add a canned reply',
      example: { shortcut: 'hello', text: 'Hello {{ subscriber.first_name | default("there") }}!' },
    },
    run: ({ app, tenant, body }) => app.transact(async (tx) => show(await createCannedReply(app, tx, tenant, body))),
  }),
  route({
    method: 'PATCH',
    path: '/canned-replies/{id}',
    access: 'team_send',
    params: idParams,
    body: newReply.partial().meta({ id: 'ChangeCannedReply' }),
    reply: cannedReply,
    errors: ['conflict'],
    docs: { ...docs, id: 'updateCannedReply', summary: 'Change a canned reply', example: { text: 'Good morning!' } },
    run: ({ app, tenant, params, body }) => app.transact(async (tx) => show(await changeCannedReply(app, tx, tenant, params.id, body))),
  }),
  route({
    method: 'DELETE',
    path: '/canned-replies/{id}',
    access: 'team_send',
    params: idParams,
    docs: { ...docs, id: 'deleteCannedReply', summary: 'Delete a canned reply' },
    run: async ({ app, tenant, params }) => {
      await app.transact((tx) => removeCannedReply(app, tx, tenant, params.id));
      return undefined;
    },
  }),
];
