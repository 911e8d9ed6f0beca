// /v1/sites: where the widget stands.

import { botNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { changeSite, createSite, readOrigin, removeSite, rotateSiteKey } from '../../commands/sites.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { findSite, listSites, type Site, type SiteValues } from '../../store/sites.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, name, time } from './shapes.ts';

const site = z
  .object({
    id: z.int(),
    site_key: z.string().describe('Public: it names the site in the snippet on a page.'),
    name: z.string(),
    bot: z.string(),
    greeting: z.string(),
    auto_reply: z.string().nullable(),
    origins: z.array(z.string()).describe('The pages that may use the key; empty = any.'),
    author_label: z.string(),
    shared_network: z.boolean(),
    anonymous: z.boolean(),
    flow: z.string().nullable().describe('The flow that starts here; null = the bot’s web default.'),
    rev: z.int(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Site' });

function show(row: Site): z.input<typeof site> {
  const { workspace_id: _, bot_id, origins, shared_network, anonymous, ...rest } = row;
  return {
    ...rest,
    bot: botNs(bot_id),
    origins: JSON.parse(origins) as string[],
    shared_network: shared_network === 1,
    anonymous: anonymous === 1,
  };
}

const origin = z
  .string()
  .max(300)
  .transform((text, context) => {
    const read = readOrigin(text.trim());
    if (read !== null) return read;
    context.addIssue({
      code: 'custom',
      message: `${text} is not an origin. Examples: https://shop.example, https://*.example.com, http://localhost:3000, null.`,
    });
    return z.NEVER;
  });

const values = {
  greeting: z.string().max(1000).optional().describe('What visitors read first.'),
  auto_reply: z.string().max(10_000).nullable().optional().describe('Sent once to whoever writes; null = nothing.'),
  origins: z
    .array(origin)
    .max(100)
    .optional()
    .describe('Pages that may use the key: a scheme and a host, `https://*.example.com` for all subdomains, `null` for pages without one; empty = any.'),
  author_label: z.string().trim().min(1).max(100).optional().describe('Under whose name answers appear.'),
  shared_network: z.boolean().optional().describe('Many visitors share one address: limits per address are wider.'),
  anonymous: z.boolean().optional().describe('Visitors are not asked who they are.'),
  flow: z.string().min(1).max(255).nullable().optional(),
};

const creation = z.object({ name, ...values }).meta({ id: 'CreateSite' });
const change = z
  .object({ name: name.optional(), ...values, rev: z.int().optional().describe('The one you have seen; absent = the latest.') })
  .meta({ id: 'UpdateSite' });

/** As columns. What is absent stays absent, so that neither the default nor what is there is overwritten. */
function columns({ origins, shared_network, anonymous, ...rest }: Omit<z.output<typeof change>, 'rev'>): Partial<SiteValues> {
  const all = {
    ...rest,
    origins: origins && JSON.stringify([...new Set(origins)]),
    shared_network: shared_network === undefined ? undefined : Number(shared_network),
    anonymous: anonymous === undefined ? undefined : Number(anonymous),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const docs = { tag: 'Sites' };

export const siteRoutes = [
  route({
    method: 'GET',
    path: '/sites',
    access: 'team_any',
    query: listQuery({}),
    reply: listOf(site),
    docs: { ...docs, id: 'listSites', summary: 'List sites', description: 'Those of the bot that X-Bot names, or of the whole workspace, newest first.' },
    run: async ({ app, tenant, query }) => listReply(await listSites(app.db, tenant.workspaceId, tenant.botId || null, cursorAsk(query)), show),
  }),
  route({
    method: 'POST',
    path: '/sites',
    access: 'bot_manage',
    body: creation,
    reply: site,
    status: 201,
    docs: { ...docs, id: 'createSite', summary: 'Create a site', example: { name: 'Shop', origins: ['https://shop.example'] } },
    run: ({ app, tenant, body }) => app.transact(async (tx) => show(await createSite(app, tx, tenant, { name: body.name, ...columns(body) }))),
  }),
  route({
    method: 'GET',
    path: '/sites/{id}',
    access: 'team_any',
    params: idParams,
    reply: site,
    docs: { ...docs, id: 'getSite', summary: 'Get a site' },
    run: async ({ app, tenant, params }) => {
      const row = await findSite(app.db, tenant.workspaceId, params.id);
      if (!row) throw notFound('Site');
      return show(row);
    },
  }),
  route({
    method: 'PATCH',
    path: '/sites/{id}',
    access: 'team_build',
    params: idParams,
    body: change,
    reply: site,
    errors: ['stale_rev'],
    docs: {
      ...docs,
      id: 'updateSite',
      summary: 'Change a site',
      description: 'With `rev`, it is refused when someone else saved in between.',
      example: { greeting: 'Welcome!', rev: 1 },
    },
    run: ({ app, caller, tenant, params, body: { rev, ...asked } }) =>
      app.transact(async (tx) => show(await changeSite(app, tx, { caller, tenant }, params.id, rev, columns(asked)))),
  }),
  route({
    method: 'DELETE',
    path: '/sites/{id}',
    access: 'team_build',
    params: idParams,
    docs: { ...docs, id: 'deleteSite', summary: 'Delete a site', description: 'The widget on its pages stops at once.' },
    run: async ({ app, caller, tenant, params }) => {
      await app.transact((tx) => removeSite(app, tx, { caller, tenant }, params.id));
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: '/sites/{id}/rotate-key',
    access: 'team_build',
    params: idParams,
    reply: site,
    docs: { ...docs, id: 'rotateSiteKey', summary: 'Give a site a new key', description: 'Pages that carry the old key are refused at once.' },
    run: ({ app, caller, tenant, params }) => app.transact(async (tx) => show(await rotateSiteKey(app, tx, { caller, tenant }, params.id))),
  }),
];
