// /v1/invites: into a workspace by a link. Owners and admins make it; whoever holds it joins.
import { z } from 'zod';
import type { Role } from '../../auth.ts';
import { createAccount } from '../../commands/accounts.ts';
import { acceptInvite, invite, inviteLink, openInvite, withdrawInvite } from '../../commands/invites.ts';
import { checkPassword, hashPassword, passwordGuesses } from '../../commands/passwords.ts';
import { checkCredentials, makePass, openSignIn } from '../../commands/sign-in.ts';
import { invalidField, notFound } from '../../errors.ts';
import { type Context, type Limit, route } from '../../http/route.ts';
import { type Account, findAccountByEmail } from '../../store/accounts.ts';
import type { Db } from '../../store/database.ts';
import { type Invite, listInvites } from '../../store/invites.ts';
import { findWorkspace } from '../../store/workspaces.ts';
import { giveCookies } from './cookies.ts';
import { me, readMe } from './me.ts';
import { cursorAsk, email, idParams, listOf, listQuery, listReply, role, time } from './shapes.ts';
import { agentOf } from './sign-in.ts';

const invitation = z.object({ id: z.int(), email: z.string(), role, expires_at: time }).meta({ id: 'Invite' });
const made = z.object({ ...invitation.shape, link: z.string().describe('Shown only this once: send it to them.') }).meta({ id: 'NewInvite' });

function show(row: Invite): z.input<typeof invitation> {
  return { id: row.id, email: row.email, role: row.role as Role, expires_at: row.expires_at };
}

const token = z.string().max(200).describe('What the link has after its #.');
const limits: Limit[] = [{ name: 'invite', per: 'address', max: 20, windowMs: 60_000 }];

type Acceptance = Pick<Context<unknown, unknown, { name?: string | undefined; password: string }>, 'app' | 'body' | 'count'>;

/** The account that joins: one whose password is proved now, or one that is made inside the transaction. */
async function whoJoins({ app, body, count }: Acceptance, address: string): Promise<(tx: Db) => Promise<Account>> {
  if (await findAccountByEmail(app.db, address)) {
    await count(passwordGuesses, address);
    const account = await checkCredentials(app, { email: address, password: body.password });
    return async () => account;
  }
  const { name, password } = body;
  if (!name) throw invalidField('name', 'The name field is required.', 'required');
  checkPassword(password, address);
  const passwordHash = await hashPassword(password);
  return (tx) => createAccount(app, tx, { email: address, name, passwordHash });
}

const docs = { tag: 'Invites' };

export const inviteRoutes = [
  route({
    method: 'GET',
    path: '/invites',
    access: 'team_manage',
    query: listQuery({}),
    reply: listOf(invitation),
    docs: { ...docs, id: 'listInvites', summary: 'List open invitations', description: 'Without their links, newest first.' },
    run: async ({ app, tenant, query }) => listReply(await listInvites(app.db, tenant.workspaceId, app.clock.now(), cursorAsk(query)), show),
  }),
  route({
    method: 'POST',
    path: '/invites',
    access: 'team_manage',
    body: z.object({ email, role }).meta({ id: 'CreateInvite' }),
    reply: made,
    status: 201,
    secret: true,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createInvite',
      summary: 'Invite someone',
      description:
        'The link is valid for seven days, works once, and takes the place of an earlier one to the same address. Only an owner invites owners, and a key that belongs to a bot nobody.',
      example: { email: 'ada@example.com', role: 'builder' },
    },
    run: ({ app, caller, tenant, body }) =>
      app.transact(async (tx) => {
        const done = await invite(app, tx, { caller, tenant }, body);
        return { ...show(done.invite), link: inviteLink(app, done.token) };
      }),
  }),
  route({
    method: 'DELETE',
    path: '/invites/{id}',
    access: 'team_manage',
    params: idParams,
    docs: { ...docs, id: 'deleteInvite', summary: 'Withdraw an invitation' },
    run: async ({ app, tenant, params }) => {
      await app.transact((tx) => withdrawInvite(app, tx, tenant.workspaceId, params.id));
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: '/invites/look',
    access: 'anyone',
    body: z.object({ token }).meta({ id: 'LookAtInvite' }),
    reply: z
      .object({
        workspace: z.string().describe('Its name.'),
        email: z.string(),
        role,
        has_account: z.boolean().describe('They join with the password they have.'),
      })
      .meta({ id: 'InviteLook' }),
    errors: ['not_found'],
    limits,
    docs: { ...docs, id: 'lookAtInvite', summary: 'What an invitation offers', example: { token: 'from the link' } },
    run: async ({ app, body }) => {
      const found = await openInvite(app, app.db, body.token);
      const workspace = await findWorkspace(app.db, found.workspace_id);
      if (!workspace) throw notFound('Invitation');
      const account = await findAccountByEmail(app.db, found.email);
      return { workspace: workspace.name, email: found.email, role: found.role as Role, has_account: account !== null };
    },
  }),
  route({
    method: 'POST',
    path: '/invites/accept',
    access: 'anyone',
    body: z
      .object({
        token,
        name: z.string().trim().max(255).optional().describe('Needed when they have no account yet.'),
        password: z.string().max(1000).describe('Of the account they have, or for the one they get.'),
      })
      .meta({ id: 'AcceptInvite' }),
    reply: me,
    status: 201,
    secret: true,
    errors: ['not_found', 'conflict'],
    limits,
    docs: {
      ...docs,
      id: 'acceptInvite',
      summary: 'Join a workspace',
      description: 'Signs in as well. Guesses at the password of an existing account count with those at /v1/sign-in.',
      example: { token: 'from the link', name: 'Ada', password: 'correct horse battery' },
    },
    run: async ({ app, body, request, reply, count }) => {
      const { email: address } = await openInvite(app, app.db, body.token);
      const joins = await whoJoins({ app, body, count }, address);
      const pass = makePass(app);
      const shown = await app.transact(async (tx) => {
        const account = await joins(tx);
        await acceptInvite(app, tx, body.token, account);
        await openSignIn(app, tx, account, pass, agentOf(request));
        return readMe(tx, account, null);
      });
      giveCookies(app, reply, pass);
      return shown;
    },
  }),
];
