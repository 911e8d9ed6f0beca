// /v1/sites: where the widget stands.

import { botNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { type SiteSettingsChange, settingsOf, siteSettings, siteSettingsChange } from '../../commands/site-settings.ts';
import { changeSite, createSite, readOrigin, removeSite, rotateIdentity, rotateSiteKey, showIdentitySecrets } from '../../commands/sites.ts';
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
    ...siteSettings.shape,
    rev: z.int(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'Site' });

function show(row: Site): z.input<typeof site> {
  const {
    workspace_id: _,
    bot_id,
    origins,
    shared_network,
    anonymous,
    settings: _settings,
    identity_current: _current,
    identity_oldest: _oldest,
    ...rest
  } = row;
  return {
    ...rest,
    ...settingsOf(row),
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
  ...siteSettingsChange.shape,
};

const creation = z.object({ name, ...values }).meta({ id: 'CreateSite' });
const change = z
  .object({ name: name.optional(), ...values, rev: z.int().optional().describe('The one you have seen; absent = the latest.') })
  .meta({ id: 'UpdateSite' });

/** What of a site has a column of its own. What is absent stays absent, so that neither the default nor what is there is overwritten. */
function columns({ origins, shared_network, anonymous, name, greeting, auto_reply, author_label, flow }: z.output<typeof change>): Partial<SiteValues> {
  const all = {
    ...{ name, greeting, auto_reply, author_label, flow },
    origins: origins && JSON.stringify([...new Set(origins)]),
    shared_network: shared_network === undefined ? undefined : Number(shared_network),
    anonymous: anonymous === undefined ? undefined : Number(anonymous),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** And what is one document beside it. */
function settingsIn(body: z.output<typeof change>): SiteSettingsChange {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key in siteSettings.shape));
}

const secretsReply = z
  .object({ secrets: z.array(z.string()).describe('The newest first; a signature of either is good. Never in a page: sign on your server.') })
  .meta({ id: 'IdentitySecrets' });

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
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => show(await createSite(app, tx, tenant, { ...columns(body), name: body.name }, settingsIn(body)))),
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
    run: ({ app, caller, tenant, params, body }) =>
      app.transact(async (tx) =>
        show(await changeSite(app, tx, { caller, tenant }, params.id, body.rev, { values: columns(body), settings: settingsIn(body) })),
      ),
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
  route({
    method: 'GET',
    path: '/sites/{id}/identity-secrets',
    access: 'team_build',
    params: idParams,
    reply: secretsReply,
    docs: {
      ...docs,
      id: 'listIdentitySecrets',
      summary: 'The secrets by which pages prove who is signed in',
      description: 'A page’s server signs the id of its user with one of them: HMAC-SHA256, in hex.',
    },
    run: async ({ app, caller, tenant, params }) => ({ secrets: await showIdentitySecrets(app, app.db, { caller, tenant }, params.id) }),
  }),
  route({
    method: 'POST',
    path: '/sites/{id}/identity-secrets',
    access: 'team_build',
    params: idParams,
    reply: secretsReply,
    status: 201,
    docs: {
      ...docs,
      id: 'addIdentitySecret',
      summary: 'Make a new secret beside the one in use',
      description: 'Both hold until the older one is removed; a third one, made before, does no longer.',
    },
    run: ({ app, caller, tenant, params }) => app.transact(async (tx) => ({ secrets: await rotateIdentity(app, tx, { caller, tenant }, params.id, 'begin') })),
  }),
  route({
    method: 'DELETE',
    path: '/sites/{id}/identity-secrets/older',
    access: 'team_build',
    params: idParams,
    docs: { ...docs, id: 'removeOlderIdentitySecret', summary: 'End the older secret', description: 'When all pages sign with the new one.' },
    run: ({ app, caller, tenant, params }) =>
      app.transact(async (tx) => {
        await rotateIdentity(app, tx, { caller, tenant }, params.id, 'end');
        return undefined;
      }),
  }),
];
