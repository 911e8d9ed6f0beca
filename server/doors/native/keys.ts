// /v1/keys: API keys. The secret is in the reply that creates one and nowhere else.

import { botNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import type { Scope } from '../../auth.ts';
import { vocabularies } from '../../commands/chat-wire.ts';
import { createKeyFor, type KeyBounds, keysWithin, namesIn, revokeKeyFor, updateKeyFor } from '../../commands/keys.ts';
import { assert, notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { findBot } from '../../store/bots.ts';
import { findKey, listKeys, type OwnedKey } from '../../store/keys.ts';
import { botId, cursorAsk, idParams, inWorkspace, listOf, listQuery, listReply, name, scope, time } from './shapes.ts';

const environment = z.enum(['live', 'test']);

export const key = z
  .object({
    id: z.int(),
    name: z.string(),
    prefix: z.string().describe('How the key begins: enough to recognise it, useless to guess it.'),
    workspace: z.int(),
    bot: z.string().nullable().describe('The bot it acts on; null for a key of the whole workspace.'),
    scopes: z.array(scope),
    quota_per_hour: z.int().describe('Calls per hour; 0 is unlimited.'),
    rate_per_minute: z.int().nullable().describe('Calls per minute at this API; null as often as anyone.'),
    flows: z.array(z.string()).nullable().describe('The flows its chats may run, each like f1s2; null all.'),
    status_vocabulary: z.enum(vocabularies),
    owner: z.object({ id: z.int(), name: z.string() }).describe('The member it acts for; it never does more than their role allows.'),
    environment,
    created_at: time,
    expires_at: time.nullable(),
    last_used_at: time.nullable().describe('True to the minute.'),
  })
  .meta({ id: 'Key' });

export const newKey = z.object({ ...key.shape, key: z.string().describe('The secret, shown only this once.') }).meta({ id: 'NewKey' });

export function showKey(row: OwnedKey): z.input<typeof key> {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    workspace: row.workspace_id,
    bot: row.bot_id === null ? null : botNs(row.bot_id),
    scopes: JSON.parse(row.scopes) as Scope[],
    quota_per_hour: row.quota_per_hour,
    rate_per_minute: row.rate_per_minute,
    flows: namesIn(row),
    status_vocabulary: row.status_vocabulary,
    owner: { id: row.account_id, name: row.owner_name },
    environment: row.prefix.startsWith('pk_test_') ? 'test' : 'live',
    created_at: row.created_at,
    expires_at: row.expires_at,
    last_used_at: row.last_used_at,
  };
}

export const someScopes = z
  .array(scope)
  .min(1)
  .max(20)
  .transform((all) => [...new Set(all)]);

const expiry = z.int().min(0).nullable().describe('Milliseconds since 1970, UTC; null never.');
const quota = z.int().min(0).max(1_000_000).describe('Calls per hour; 0 is unlimited.');

const bounds = {
  rate_per_minute: z.int().min(1).max(100_000).nullable().optional().describe('Calls per minute at this API; null as often as anyone.'),
  flows: z
    .array(z.string().regex(/^f\d{1,15}s\d{1,15}$/, 'A flow is named like f1s2, its sub_flow_ns.'))
    .min(1)
    .max(100)
    .transform((all) => [...new Set(all)])
    .nullable()
    .optional()
    .describe('The only flows its chats may run and show, each like f1s2; null all. Such a key has the scopes chats:read and chats:write only.'),
  status_vocabulary: z
    .enum(vocabularies)
    .optional()
    .describe('`legacy` says `aborted` for a chat that was cancelled and `failed` for one in error, as older clients of the Chats API expect.'),
};

type Bounds = z.output<z.ZodObject<typeof bounds>>;

function boundsIn({ rate_per_minute, flows, status_vocabulary }: Bounds): KeyBounds {
  return { ratePerMinute: rate_per_minute, flows, statusVocabulary: status_vocabulary };
}

const docs = { tag: 'Keys' };

export const keyRoutes = [
  route({
    method: 'GET',
    path: '/keys',
    access: 'own_keys',
    query: listQuery({}),
    reply: listOf(key),
    docs: { ...docs, id: 'listKeys', summary: 'List API keys', description: 'People see their own keys, owners and admins everyone’s, newest first.' },
    run: async ({ app, caller, tenant, query }) =>
      listReply(await listKeys(app.db, tenant.workspaceId, keysWithin({ caller, tenant }), cursorAsk(query)), showKey),
  }),
  route({
    method: 'POST',
    path: '/keys',
    access: 'own_keys',
    body: z
      .object({
        name,
        workspace: z.int().min(0).optional().describe('The caller’s own when absent.'),
        bot: botId.nullable().describe('`f12` or `12`; null makes a key of the whole workspace.'),
        scopes: someScopes,
        expires_at: expiry.optional(),
        quota_per_hour: quota.optional(),
        ...bounds,
        environment: environment.default('live'),
      })
      .meta({ id: 'CreateKey' }),
    reply: newKey,
    status: 201,
    secret: true,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'createKey',
      summary: 'Create an API key',
      description:
        'Nobody gives a key more than they have: a person the scopes of their role, a key its own scopes, bot, expiry and quota. The key is in this reply and never again.',
      example: { name: 'Shop backend', bot: 'f1', scopes: ['Send Message', 'chats:write'] },
    },
    run: async (context) => {
      const { app, caller, body } = context;
      // Another workspace of the caller's than the headers say: their role there counts.
      const tenant = body.workspace === undefined ? context.tenant : await inWorkspace(context, 'own_keys', body.workspace);
      if (body.bot !== null && !(await findBot(app.db, tenant.workspaceId, body.bot))) throw notFound('Bot');
      const wish = {
        workspaceId: tenant.workspaceId,
        botId: body.bot,
        name: body.name,
        scopes: body.scopes,
        environment: body.environment,
        expiresAt: body.expires_at,
        quotaPerHour: body.quota_per_hour,
        ...boundsIn(body),
      };
      return app.transact(async (tx) => {
        const made = await createKeyFor(app, tx, { caller, tenant }, wish);
        const row = await findKey(tx, tenant.workspaceId, made.key.id);
        assert(row, 'a key is there once it is made');
        return { ...showKey(row), key: made.secret };
      });
    },
  }),
  route({
    method: 'GET',
    path: '/keys/{id}',
    access: 'own_keys',
    params: idParams,
    reply: key,
    docs: { ...docs, id: 'getKey', summary: 'Get an API key' },
    run: async ({ app, caller, tenant, params }) => {
      const row = await findKey(app.db, tenant.workspaceId, params.id, keysWithin({ caller, tenant }));
      if (!row) throw notFound('Key');
      return showKey(row);
    },
  }),
  route({
    method: 'PATCH',
    path: '/keys/{id}',
    access: 'own_keys',
    params: idParams,
    body: z.object({ name: name.optional(), expires_at: expiry.optional(), quota_per_hour: quota.optional(), ...bounds }).meta({ id: 'UpdateKey' }),
    reply: key,
    docs: {
      ...docs,
      id: 'updateKey',
      summary: 'Change an API key',
      description: 'Its name, expiry and bounds. Scopes and bot stay what they are: make another key for other work.',
      example: { name: 'Shop backend (old)' },
    },
    run: ({ app, caller, tenant, params, body }) => {
      const wish = { name: body.name, expiresAt: body.expires_at, quotaPerHour: body.quota_per_hour, ...boundsIn(body) };
      return app.transact(async (tx) => showKey(await updateKeyFor(app, tx, { caller, tenant }, params.id, wish)));
    },
  }),
  route({
    method: 'DELETE',
    path: '/keys/{id}',
    access: 'own_keys',
    params: idParams,
    docs: { ...docs, id: 'revokeKey', summary: 'Revoke an API key', description: 'It is refused from the next call on.' },
    run: async ({ app, caller, tenant, params }) => {
      await app.transact((tx) => revokeKeyFor(app, tx, { caller, tenant }, params.id));
      return undefined;
    },
  }),
];
