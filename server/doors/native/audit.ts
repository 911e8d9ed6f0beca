// /v1/audit: what happened in a workspace, and who did it. The rows are chained; `doctor` checks the chain.
import { z } from 'zod';
import { route } from '../../http/route.ts';
import { type EventRow, listAudit } from '../../store/events.ts';
import { cursorAsk, listOf, listQuery, listReply, moment, time } from './shapes.ts';

const actorKind = z.enum(['account', 'key', 'operator', 'system']);

const fact = z
  .object({
    id: z.int(),
    kind: z.string(),
    at: time,
    actor: z.object({ kind: actorKind, id: z.int().nullable(), name: z.string().describe('As it was then.') }),
    subject: z.string().describe('What it happened to, as kind:id.'),
    data: z.record(z.string(), z.unknown()),
    ip: z.string().nullable(),
    request_id: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' });

function show(row: EventRow): z.input<typeof fact> {
  return {
    id: row.id,
    kind: row.kind,
    at: row.at,
    actor: { kind: row.actor_kind as z.infer<typeof actorKind>, id: row.actor_id, name: row.actor_name },
    subject: row.subject,
    data: JSON.parse(row.data) as Record<string, unknown>,
    ip: row.ip,
    request_id: row.request_id,
  };
}

const actor = z
  .string()
  .regex(/^((account|key):)?\d{1,15}$/)
  .transform((text) => ({ kind: text.startsWith('key:') ? 'key' : 'account', id: Number(text.replace(/^\w+:/, '')) }));

export const auditRoutes = [
  route({
    method: 'GET',
    path: '/audit',
    access: 'team_manage',
    query: listQuery({
      kind: z.string().max(100).optional().describe('Only this kind, such as key.created.'),
      actor: actor.optional().describe('Only what this member did, by their id; `key:7` for a key.'),
      from: moment.optional().describe('Not before, in milliseconds since 1970.'),
      until: moment.optional().describe('Before, in milliseconds since 1970.'),
    }),
    reply: listOf(fact),
    docs: { id: 'listAudit', tag: 'Audit', summary: 'What happened', description: 'Who did what to what and when, newest first.' },
    run: async ({ app, tenant, query }) => {
      const { kind, actor: by, from, until } = query;
      return listReply(await listAudit(app.db, tenant.workspaceId, { kind, actor: by, from, until }, cursorAsk(query)), show);
    },
  }),
];
