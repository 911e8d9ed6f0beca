// /v1/operator: what the command line asks of a server, with the token of server.json. It reaches every workspace, for
// whoever reads that file has the database in hand anyway.

import { botNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { type Role, scopesOfRole } from '../../auth.ts';
import { setPassword } from '../../commands/accounts.ts';
import { createKey, revokeKey } from '../../commands/keys.ts';
import { hashPassword } from '../../commands/passwords.ts';
import { initialise } from '../../commands/setup.ts';
import { AppError, assert, invalidField, notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { findAccountByEmail } from '../../store/accounts.ts';
import { workspaceOfBot } from '../../store/bots.ts';
import type { Db } from '../../store/database.ts';
import { findKey, listAllKeys, workspaceOfKey } from '../../store/keys.ts';
import { roleOf } from '../../store/members.ts';
import { key, newKey, showKey, someScopes } from './keys.ts';
import { botId, cursorAsk, email, idParams, listOf, listQuery, listReply, name } from './shapes.ts';

// Whoever runs the machine may choose simpler ones than people may for themselves.
const password = z.string().min(8).max(1000);

async function accountOf(db: Db, address: string) {
  const account = await findAccountByEmail(db, address);
  if (!account) throw new AppError('not_found', `There is no account with the e-mail address ${address}.`);
  return account;
}

const docs = { tag: 'Operator' };

export const operatorRoutes = [
  route({
    method: 'POST',
    path: '/operator/init',
    access: 'operator',
    body: z
      .object({ email, password, name: name.optional().describe('What stands before the @ when absent.'), workspace: name, bot: name })
      .meta({ id: 'Init' }),
    reply: z
      .object({
        workspace: z.object({ id: z.int(), name: z.string() }),
        bot: z.object({ id: z.int(), flow_ns: z.string(), name: z.string() }),
        owner: z.object({ id: z.int(), email: z.string() }),
        api_key: z.string().describe('Of that bot, with all scopes.'),
        site_key: z.string().describe('Of its first site.'),
      })
      .meta({ id: 'Initialised' }),
    status: 201,
    secret: true,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'init',
      summary: 'Create an owner with a workspace',
      example: { email: 'olive@example.com', password: 'correct horse battery', workspace: 'Acme', bot: 'Helper' },
    },
    run: async ({ app, body }) => {
      const passwordHash = await hashPassword(body.password);
      return app.transact(async (tx) => {
        const made = await initialise(app, tx, { ...body, name: body.name ?? body.email.replace(/@.*/, ''), passwordHash });
        return {
          workspace: { id: made.workspace.id, name: made.workspace.name },
          bot: { id: made.bot.id, flow_ns: botNs(made.bot.id), name: made.bot.name },
          owner: { id: made.account.id, email: made.account.email },
          api_key: made.secret,
          site_key: made.site.site_key,
        };
      });
    },
  }),
  route({
    method: 'POST',
    path: '/operator/reset-password',
    access: 'operator',
    body: z.object({ email: z.string(), password: password.optional() }).meta({ id: 'ResetPassword' }),
    reply: z.object({ email: z.string(), password: z.string() }).meta({ id: 'PasswordReset' }),
    secret: true,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'resetPassword',
      summary: 'Set someone’s password anew',
      description: 'Makes one when none is given, and ends all their sign-ins.',
      example: { email: 'olive@example.com' },
    },
    run: async ({ app, body }) => {
      const account = await accountOf(app.db, body.email);
      const chosen = body.password ?? app.random.token(15);
      const passwordHash = await hashPassword(chosen);
      return app.transact(async (tx) => {
        await setPassword(app, tx, account.id, passwordHash, null);
        return { email: account.email, password: chosen };
      });
    },
  }),
  route({
    method: 'GET',
    path: '/operator/keys',
    access: 'operator',
    query: listQuery({}),
    reply: listOf(key),
    docs: { ...docs, id: 'listAllKeys', summary: 'List the API keys of all workspaces' },
    run: async ({ app, query }) => listReply(await listAllKeys(app.db, cursorAsk(query)), showKey),
  }),
  route({
    method: 'POST',
    path: '/operator/keys',
    access: 'operator',
    body: z
      .object({ email: z.string(), bot: botId, name, scopes: someScopes.optional().describe('All that the role allows when absent.') })
      .meta({ id: 'CreateKeyFor' }),
    reply: newKey,
    status: 201,
    secret: true,
    errors: ['not_found'],
    docs: { ...docs, id: 'createKeyFor', summary: 'Create an API key for a member', example: { email: 'olive@example.com', bot: 'f1', name: 'Backend' } },
    run: async ({ app, body }) => {
      const account = await accountOf(app.db, body.email);
      const workspaceId = await workspaceOfBot(app.db, body.bot);
      if (workspaceId === null) throw notFound('Bot');
      const role = (await roleOf(app.db, workspaceId, account.id)) as Role | null;
      if (role === null) throw new AppError('not_found', `${account.email} is not a member of the workspace of ${botNs(body.bot)}.`);
      const scopes = body.scopes ?? scopesOfRole[role];
      const missing = scopes.find((scope) => !scopesOfRole[role].includes(scope));
      if (missing) throw invalidField('scopes', `${account.email} is ${role} there, which lacks the scope "${missing}".`);
      return app.transact(async (tx) => {
        const ask = { workspaceId, botId: body.bot, accountId: account.id, name: body.name, scopes, environment: 'live' as const, expiresAt: null };
        const made = await createKey(app, tx, ask);
        const row = await findKey(tx, workspaceId, made.key.id);
        assert(row, 'a key is there once it is made');
        return { ...showKey(row), key: made.secret };
      });
    },
  }),
  route({
    method: 'DELETE',
    path: '/operator/keys/{id}',
    access: 'operator',
    params: idParams,
    docs: { ...docs, id: 'revokeAnyKey', summary: 'Revoke an API key of any workspace' },
    run: async ({ app, params }) => {
      await app.transact(async (tx) => {
        const workspaceId = await workspaceOfKey(tx, params.id);
        if (workspaceId === null) throw notFound('Key');
        await revokeKey(app, tx, workspaceId, params.id);
      });
      return undefined;
    },
  }),
];
