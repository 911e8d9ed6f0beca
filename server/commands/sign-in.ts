// A person comes in and goes out. The cookie's value is given to the browser alone; stored is its keyed hash.
import type { App } from '../app.ts';
import { signInExpiry } from '../auth.ts';
import { AppError } from '../errors.ts';
import { record } from '../events.ts';
import { type Account, deleteSignIn, deleteSignIns, findAccountByEmail, insertSignIn, type SignIn } from '../store/accounts.ts';
import type { Db } from '../store/database.ts';
import { installation } from '../store/settings.ts';
import { isPassword } from './passwords.ts';

/** The same app with a person as the actor, for calls that begin with nobody and end with somebody. */
export function actingAs(app: App, account: Pick<Account, 'id' | 'name'>): App {
  return { ...app, actor: { ...app.actor, kind: 'account', id: account.id, name: account.name } };
}

/** Takes the same time and says the same whether the account or only the password is wrong. Outside a transaction. */
export async function checkCredentials(app: App, given: { email: string; password: string }): Promise<Account> {
  const account = await findAccountByEmail(app.db, given.email);
  if ((await isPassword(given.password, account?.password_hash ?? null)) && account) return account;
  const subject = account ? `account:${account.id}` : 'account:0';
  // Not the request's own `transact`, which would keep this as the reply to its Idempotency-Key.
  await app.database.transact((tx) => record(app, tx, { kind: 'account.sign_in_failed', workspaceId: installation, subject, data: { email: given.email } }));
  throw new AppError('unauthorized', 'Wrong e-mail or password.');
}

export type Pass = { secret: string; hash: string };

export function makePass(app: App): Pass {
  const secret = app.random.token(32);
  return { secret, hash: app.secrets.mac('sign-in', secret) };
}

export async function openSignIn(app: App, tx: Db, account: Account, pass: Pass, agent: string): Promise<void> {
  const now = app.clock.now();
  await insertSignIn(tx, {
    hash: pass.hash,
    account_id: account.id,
    created_at: now,
    seen_at: now,
    expires_at: signInExpiry(now, now),
    ip: app.actor.ip,
    agent: agent === '' ? null : agent.slice(0, 300),
  });
  await record(actingAs(app, account), tx, { kind: 'account.signed_in', workspaceId: installation, subject: `account:${account.id}`, data: {} });
}

export async function closeSignIn(app: App, tx: Db, signIn: SignIn): Promise<void> {
  await deleteSignIn(tx, signIn.hash);
  await record(app, tx, { kind: 'account.signed_out', workspaceId: installation, subject: `account:${signIn.account_id}`, data: {} });
}

/** Everywhere else: a lost laptop, a shared computer. */
export async function closeOtherSignIns(app: App, tx: Db, signIn: SignIn): Promise<void> {
  const ended = await deleteSignIns(tx, signIn.account_id, signIn.hash);
  if (ended === 0) return;
  await record(app, tx, { kind: 'account.sign_ins_ended', workspaceId: installation, subject: `account:${signIn.account_id}`, data: { ended } });
}
