// Workspace ("team" in this dialect): what it is, its bots ("flows"), its members.
import { botNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import type { Role } from '../../auth.ts';
import { assert } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { pageBots } from '../../store/bots.ts';
import { onlineAmong, ownersOf, pageMembers } from '../../store/members.ts';
import { findWorkspace } from '../../store/workspaces.ts';
import { dataOf, dataReply, listOf, listQuery, listReply, nameFilter, optional, pageAsk } from './shapes.ts';

const team = z
  .object({
    id: z.int().meta({ examples: [1] }),
    name: z.string().meta({ examples: ['Acme'] }),
    image: z.string().describe('A data URL; empty when there is none.'),
    owner_id: z.int().meta({ examples: [1] }),
    owner_email: z.string().meta({ examples: ['olive@example.com'] }),
  })
  .meta({ id: 'Team' });

const flowTypes = [
  'web',
  'facebook',
  'instagram',
  'whatsapp',
  'whatsapp_cloud',
  'wechat',
  'telegram',
  'google',
  'slack',
  'line',
  'viber',
  'vk',
  'voice',
  'sms',
  'rcs',
  'intercom',
  'jivochat',
  'chatwoot',
] as const;

const flow = z
  .object({
    name: z.string().meta({ examples: ['Helper'] }),
    flow_ns: z.string().meta({ examples: ['f1'] }),
    type: z.string().meta({ examples: ['web'] }),
    linked_label: z.string().describe('The account on its channel it speaks for; empty when none is connected.'),
  })
  .meta({ id: 'Flow' });

const teamRoles = ['owner', 'admin', 'member', 'agent'] as const;
type TeamRole = (typeof teamRoles)[number];

const teamRoleOf: Record<Role, TeamRole> = { owner: 'owner', admin: 'admin', builder: 'member', viewer: 'member', agent: 'agent' };

function rolesOf(word: TeamRole): string[] {
  return Object.entries(teamRoleOf)
    .filter(([, one]) => one === word)
    .map(([role]) => role);
}

const agent = z
  .object({
    id: z.int().meta({ examples: [1] }),
    name: z.string().meta({ examples: ['Olive Owner'] }),
    email: z.string().meta({ examples: ['olive@example.com'] }),
    image: z.string().describe('A data URL; empty when there is none.'),
    role: z.enum(teamRoles),
    is_online: z.boolean().describe('Seen in the console during the last 5 minutes.'),
  })
  .meta({ id: 'Agent' });

const onlineMs = 5 * 60_000;

const docs = { tag: 'Workspace' };

export const teamRoutes = [
  route({
    method: 'GET',
    path: '/team-info',
    access: 'team_read',
    reply: dataOf(team),
    docs: { ...docs, id: 'getTeamInfo', summary: 'The workspace of the key', description: 'Its name and its owner; of several owners the one who came first.' },
    run: async ({ app, tenant }) => {
      const workspace = await findWorkspace(app.db, tenant.workspaceId);
      const [owner] = await ownersOf(app.db, tenant.workspaceId);
      assert(workspace && owner, 'a key belongs to a workspace, which has an owner');
      return dataReply({ id: workspace.id, name: workspace.name, image: workspace.image ?? '', owner_id: owner.id, owner_email: owner.email });
    },
  }),
  route({
    method: 'GET',
    path: '/team-flows',
    access: 'team_read',
    query: listQuery({ ...nameFilter, type: optional(z.enum(flowTypes)).describe('Only bots whose main channel is this one.') }),
    reply: listOf(flow),
    docs: { ...docs, id: 'listTeamFlows', summary: 'List bots', description: 'The bots of the workspace, oldest first.' },
    run: async (context) => {
      const ask = pageAsk(context.query);
      const bots = await pageBots(context.app.db, context.tenant.workspaceId, context.query, ask);
      return listReply(context, ask, bots, (bot) => ({ name: bot.name, flow_ns: botNs(bot.id), type: bot.type, linked_label: '' }));
    },
  }),
  route({
    method: 'GET',
    path: '/team-members',
    access: 'team_read',
    query: listQuery({
      name: optional(z.string().max(255)).describe('Only members whose name or e-mail contains this text, whatever its case.'),
      role: optional(z.enum(teamRoles)).describe('Only members with this role; builders and viewers are `member`.'),
    }),
    reply: listOf(agent),
    docs: {
      ...docs,
      id: 'listTeamMembers',
      summary: 'List members',
      description: 'The people of the workspace. Their ids are what `agent_id` means elsewhere.',
    },
    run: async (context) => {
      const { app, query, tenant } = context;
      const ask = pageAsk(query);
      const members = await pageMembers(app.db, tenant.workspaceId, { name: query.name, role: query.role && rolesOf(query.role) }, ask);
      const ids = members.rows.map((member) => member.id);
      const online = await onlineAmong(app.db, ids, app.clock.now() - onlineMs);
      return listReply(context, ask, members, ({ id, name, email, image, role }) => ({
        id,
        name,
        email,
        image: image ?? '',
        role: teamRoleOf[role as Role],
        is_online: online.has(id),
      }));
    },
  }),
];
