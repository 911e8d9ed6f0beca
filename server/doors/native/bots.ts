// /v1/bots: the bots of a workspace.

import { botNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { createBot } from '../../commands/begin.ts';
import { changeBot, maxSlug, removeBot } from '../../commands/bots.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type Bot, botTypes, findBot, listBots } from '../../store/bots.ts';
import { botParams, cursorAsk, listOf, listQuery, listReply, name, search, time } from './shapes.ts';

const slug = z
  .string()
  .max(maxSlug)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'Lower-case letters, digits and single hyphens between them.')
  .describe('Unique among all bots of the installation.');

const type = z.enum(botTypes).describe('The bot’s main channel.');

const bot = z
  .object({
    id: z.int(),
    flow_ns: z.string().describe('Its other name: `f12` is bot 12.'),
    name: z.string(),
    type: z.string(),
    slug: z.string().nullable().describe('Its page for people who have no website of yours before them is at `/b/<slug>`.'),
    created_at: time,
  })
  .meta({ id: 'Bot' });

function show(row: Bot): z.input<typeof bot> {
  return { id: row.id, flow_ns: botNs(row.id), name: row.name, type: row.type, slug: row.slug, created_at: row.created_at };
}

const docs = { tag: 'Bots' };

export const botRoutes = [
  route({
    method: 'GET',
    path: '/bots',
    access: 'team_any',
    query: listQuery(search),
    reply: listOf(bot),
    docs: { ...docs, id: 'listBots', summary: 'List bots', description: 'Those of the workspace, newest first.' },
    run: async ({ app, tenant, query }) => listReply(await listBots(app.db, tenant.workspaceId, { name: query.q }, cursorAsk(query)), show),
  }),
  route({
    method: 'POST',
    path: '/bots',
    access: 'team_manage',
    body: z.object({ name, type: type.default('web') }).meta({ id: 'CreateBot' }),
    reply: bot,
    status: 201,
    docs: {
      ...docs,
      id: 'createBot',
      summary: 'Create a bot',
      description: 'With its first site, so that its widget can stand on a page at once.',
      example: { name: 'Helper' },
    },
    run: ({ app, tenant, body }) => app.transact(async (tx) => show((await createBot(app, tx, tenant.workspaceId, body)).bot)),
  }),
  route({
    method: 'GET',
    path: '/bots/{id}',
    access: 'team_any',
    params: botParams,
    reply: bot,
    docs: { ...docs, id: 'getBot', summary: 'Get a bot' },
    run: async ({ app, tenant, params }) => {
      const row = await findBot(app.db, tenant.workspaceId, params.id);
      if (!row) throw notFound('Bot');
      return show(row);
    },
  }),
  route({
    method: 'PATCH',
    path: '/bots/{id}',
    access: 'team_build',
    params: botParams,
    body: z.object({ name: name.optional(), type: type.optional(), slug: slug.optional() }).meta({ id: 'UpdateBot' }),
    reply: bot,
    docs: {
      ...docs,
      id: 'updateBot',
      summary: 'Change a bot',
      description: 'A key that belongs to a bot changes that bot only.',
      example: { name: 'Shop helper' },
    },
    run: ({ app, caller, tenant, params, body }) => app.transact(async (tx) => show(await changeBot(app, tx, { caller, tenant }, params.id, body))),
  }),
  route({
    method: 'DELETE',
    path: '/bots/{id}',
    access: 'team_manage',
    params: botParams,
    docs: { ...docs, id: 'deleteBot', summary: 'Delete a bot', description: 'With its sites, keys, fields and tags, for good.' },
    run: async ({ app, caller, tenant, params }) => {
      await app.transact((tx) => removeBot(app, tx, { caller, tenant }, params.id));
      return undefined;
    },
  }),
];
