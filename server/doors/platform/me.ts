// User: who a key acts for, and their password.
import { z } from 'zod';
import type { App } from '../../app.ts';
import type { Caller } from '../../auth.ts';
import { setPassword } from '../../commands/accounts.ts';
import { checkPassword, hashPassword, isPassword, passwordGuesses } from '../../commands/passwords.ts';
import { assert, invalidField } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type Account, findAccount } from '../../store/accounts.ts';
import { fold } from '../../store/pages.ts';
import { ok, okReply, oneOf, oneReply } from './shapes.ts';

const user = z
  .object({
    id: z.int().meta({ examples: [1] }),
    name: z.string().meta({ examples: ['Olive Owner'] }),
    email: z.string().meta({ examples: ['olive@example.com'] }),
  })
  .meta({ id: 'User' });

async function ownerOfKey(app: App, caller: Caller): Promise<Account> {
  assert(caller.kind === 'key', 'this door lets only keys in');
  const account = await findAccount(app.db, caller.key.account_id);
  assert(account, 'a key belongs to an account');
  return account;
}

const text = z.string().min(1).max(1000);
const strong = /^(?=.*\p{Lu})(?=.*\p{Ll})(?=.*\p{Nd})(?=.*[^\p{L}\p{Nd}]).{8,}$/su;
const rule = 'at least 8 characters, among them an upper-case letter, a lower-case letter, a digit and a symbol';

const docs = { tag: 'User' };

export const meRoutes = [
  route({
    method: 'GET',
    path: '/me',
    access: 'signed_in',
    reply: oneOf(user),
    docs: { ...docs, id: 'getMe', summary: 'Who the key acts for', description: 'The owner of the key. The cheapest way to see that a key is valid.' },
    run: async ({ app, caller }) => {
      const { id, name, email } = await ownerOfKey(app, caller);
      return oneReply({ id, name, email });
    },
  }),
  route({
    method: 'PUT',
    path: '/user/change-password',
    access: 'signed_in',
    body: z
      .object({
        current_password: text,
        password: text.refine((password) => strong.test(password), `The password field must have ${rule}.`).describe(`Has ${rule}.`),
        password_confirmation: text,
      })
      .refine((body) => body.password === body.password_confirmation, {
        path: ['password_confirmation'],
        message: 'The password confirmation field must be the same as the password.',
      })
      .meta({ id: 'ChangePassword' }),
    reply: ok,
    docs: {
      ...docs,
      id: 'changePassword',
      summary: 'Change your password',
      description: 'The password of the person the key acts for. It ends their sign-ins everywhere; keys keep working.',
      example: { current_password: 'Correct-horse-9', password: 'Battery-staple-7', password_confirmation: 'Battery-staple-7' },
    },
    run: async ({ app, caller, body, count }) => {
      const account = await ownerOfKey(app, caller);
      await count(passwordGuesses, fold(account.email));
      if (!(await isPassword(body.current_password, account.password_hash))) throw invalidField('current_password', 'The current password is wrong.', 'wrong');
      checkPassword(body.password, account.email);
      const hash = await hashPassword(body.password);
      return app.transact(async (tx) => {
        await setPassword(app, tx, account.id, hash, null);
        return okReply;
      });
    },
  }),
];
