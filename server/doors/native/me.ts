// /v1/me: who is calling, what they may see, and what a person changes about themselves.

import { botNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { type Caller, isInstallationOwner, type Role } from '../../auth.ts';
import { preferencesOf, setPassword, updateProfile } from '../../commands/accounts.ts';
import { checkPassword, hashPassword, isPassword, passwordGuesses } from '../../commands/passwords.ts';
import { closeOtherSignIns } from '../../commands/sign-in.ts';
import { assert, invalidField } from '../../errors.ts';
import { type Context, route } from '../../http/route.ts';
import { type Account, findAccount, listSignIns } from '../../store/accounts.ts';
import { botsIn } from '../../store/bots.ts';
import type { Db } from '../../store/database.ts';
import { membershipsOf } from '../../store/members.ts';
import { fold } from '../../store/pages.ts';
import { mendCookies } from './cookies.ts';
import { email, image, language, listOf, name, newPassword, role, scope, time } from './shapes.ts';

const scheme = z.enum(['light', 'dark', 'auto']);
const sound = z.boolean().describe('The inbox sounds when somebody needs an answer.');
const notices = z.boolean().describe('It shows a notification of the browser.');
const preferences = z.object({ language: z.string(), scheme, sound, notices });

export const me = z
  .object({
    id: z.int(),
    name: z.string(),
    email: z.string(),
    image: z.string().nullable(),
    preferences,
    key: z
      .object({ id: z.int(), name: z.string(), workspace: z.int(), bot: z.string().nullable(), scopes: z.array(scope) })
      .nullable()
      .describe('The key that is calling; null for a person.'),
    workspaces: z.array(
      z.object({
        id: z.int(),
        name: z.string(),
        image: z.string().nullable(),
        role,
        bots: z.array(z.object({ id: z.int(), flow_ns: z.string(), name: z.string(), type: z.string() })),
      }),
    ),
    is_installation_owner: z.boolean().describe('May change what holds for all workspaces, such as the brand.'),
  })
  .meta({ id: 'Me' });

const signIn = z
  .object({ created_at: time, seen_at: time, ip: z.string().nullable(), agent: z.string().nullable(), current: z.boolean() })
  .meta({ id: 'OpenSignIn' });

type KeyCaller = Extract<Caller, { kind: 'key' }>;
type PersonCaller = Extract<Caller, { kind: 'account' }>;

/** The person who calls where the policy lets only people pass. */
export function personOf(caller: Caller): PersonCaller {
  assert(caller.kind === 'account', 'this policy lets only people pass');
  return caller;
}

// Enough for every switcher; whoever has more pages through /v1/bots.
const maxBots = 1000;

/** A key sees its own workspace, and of that its own bot. */
export async function readMe(db: Db, account: Account, by: KeyCaller | null): Promise<z.input<typeof me>> {
  const own = by?.key.bot_id ?? null;
  const memberships = (await membershipsOf(db, account.id)).filter((one) => !by || one.id === by.key.workspace_id);
  const seen = await botsIn(
    db,
    memberships.map((one) => one.id),
    own,
    maxBots,
  );
  const bots = Map.groupBy(seen, (bot) => bot.workspace_id);
  return {
    id: account.id,
    name: account.name,
    email: account.email,
    image: account.image,
    preferences: preferencesOf(account),
    key: by ? { id: by.key.id, name: by.key.name, workspace: by.key.workspace_id, bot: own === null ? null : botNs(own), scopes: by.scopes } : null,
    workspaces: memberships.map((one) => ({
      ...one,
      role: one.role as Role,
      bots: (bots.get(one.id) ?? []).map((bot) => ({ id: bot.id, flow_ns: botNs(bot.id), name: bot.name, type: bot.type })),
    })),
    is_installation_owner: by === null && (await isInstallationOwner(db, account.id)),
  };
}

/** A sign-in left open must not be enough to take the account over. */
async function provePassword(count: Context<0, 0, 0>['count'], account: Account, password: string): Promise<void> {
  await count(passwordGuesses, fold(account.email));
  if (!(await isPassword(password, account.password_hash))) throw invalidField('current_password', 'The current password is wrong.', 'wrong');
}

const docs = { tag: 'Me' };

export const meRoutes = [
  route({
    method: 'GET',
    path: '/me',
    access: 'signed_in',
    reply: me,
    docs: {
      ...docs,
      id: 'getMe',
      summary: 'Who is calling',
      description: 'The person, or the person a key acts for, with the workspaces and bots within reach.',
    },
    run: async ({ app, caller, request, reply }) => {
      if (caller.kind === 'account') {
        mendCookies(app, reply, request, caller.signIn);
        return readMe(app.db, caller.account, null);
      }
      assert(caller.kind === 'key', 'signed_in lets only people and keys pass');
      const account = await findAccount(app.db, caller.key.account_id);
      assert(account, 'a key belongs to an account');
      return readMe(app.db, account, caller);
    },
  }),
  route({
    method: 'PATCH',
    path: '/me',
    access: 'person',
    body: z
      .object({
        name: name.optional(),
        email: email.optional(),
        current_password: z.string().max(1000).optional().describe('Needed to change the e-mail address.'),
        image: image.optional(),
        preferences: preferences.extend({ language }).partial().optional(),
      })
      .meta({ id: 'UpdateMe' }),
    reply: me,
    docs: { ...docs, id: 'updateMe', summary: 'Change your profile', example: { name: 'Olive Owner', preferences: { scheme: 'dark' } } },
    run: async ({ app, caller, body, count }) => {
      const { account } = personOf(caller);
      if (body.email !== undefined && body.email !== account.email) {
        if (body.current_password === undefined) throw invalidField('current_password', 'Give your current password to change the e-mail address.', 'required');
        await provePassword(count, account, body.current_password);
      }
      return app.transact(async (tx) => readMe(tx, await updateProfile(app, tx, account.id, body), null));
    },
  }),
  route({
    method: 'PUT',
    path: '/me/password',
    access: 'person',
    body: z.object({ current_password: z.string().max(1000), password: newPassword }).meta({ id: 'ChangePassword' }),
    docs: {
      ...docs,
      id: 'changePassword',
      summary: 'Change your password',
      description: 'Ends all your other sign-ins. At most 10 attempts a minute.',
      example: { current_password: 'correct horse battery', password: 'staple paper clip' },
    },
    run: async ({ app, caller, body, count }) => {
      const { account, signIn } = personOf(caller);
      await provePassword(count, account, body.current_password);
      checkPassword(body.password, account.email);
      const passwordHash = await hashPassword(body.password);
      await app.transact((tx) => setPassword(app, tx, account.id, passwordHash, signIn.hash));
      return undefined;
    },
  }),
  route({
    method: 'GET',
    path: '/me/sign-ins',
    access: 'person',
    reply: listOf(signIn),
    docs: { ...docs, id: 'listSignIns', summary: 'Where you are signed in', description: 'The most recently used first, at most 200.' },
    run: async ({ app, caller }) => {
      const { account, signIn } = personOf(caller);
      const open = await listSignIns(app.db, account.id, app.clock.now());
      const data = open.map(({ hash, created_at, seen_at, ip, agent }) => ({ created_at, seen_at, ip, agent, current: hash === signIn.hash }));
      return { data, next: null };
    },
  }),
  route({
    method: 'DELETE',
    path: '/me/sign-ins',
    access: 'person',
    docs: { ...docs, id: 'endOtherSignIns', summary: 'Sign out everywhere else' },
    run: async ({ app, caller }) => {
      await app.transact((tx) => closeOtherSignIns(app, tx, personOf(caller).signIn));
      return undefined;
    },
  }),
];
