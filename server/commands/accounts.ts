// Accounts: how one begins, what a person changes about themselves, and a password that is set anew.
import type { App } from '../app.ts';
import { AppError, assert, invalidField } from '../errors.ts';
import { record } from '../events.ts';
import { type Account, deleteSignIns, findAccount, findAccountByEmail, insertAccount, updateAccount } from '../store/accounts.ts';
import type { Db } from '../store/database.ts';
import { installation } from '../store/settings.ts';
import { changesOf } from './changes.ts';

export async function createAccount(app: App, tx: Db, person: { email: string; name: string; passwordHash: string }): Promise<Account> {
  const account = await insertAccount(tx, { ...person, at: app.clock.now() });
  if (!account) throw new AppError('conflict', 'An account with this e-mail address already exists.');
  return account;
}

/** `sound` and `notices`: how the inbox calls when somebody waits for an answer. */
export type Preferences = { language: string; scheme: 'light' | 'dark' | 'auto'; sound: boolean; notices: boolean };

export function preferencesOf(account: Account): Preferences {
  return { language: 'en', scheme: 'auto', sound: false, notices: false, ...(JSON.parse(account.preferences) as Partial<Preferences>) };
}

export type Profile = {
  name?: string | undefined;
  email?: string | undefined;
  image?: string | null | undefined;
  preferences?: Partial<Preferences> | undefined;
};

export async function updateProfile(app: App, tx: Db, accountId: number, asked: Profile): Promise<Account> {
  const account = await findAccount(tx, accountId);
  assert(account, 'whoever is signed in has an account');
  const preferences = asked.preferences && JSON.stringify({ ...JSON.parse(account.preferences), ...asked.preferences });
  const change = changesOf(account, { name: asked.name, email: asked.email, image: asked.image, preferences });
  const changed = Object.keys(change);
  if (changed.length === 0) return account;
  const owner = change.email === undefined ? null : await findAccountByEmail(tx, change.email);
  if (owner && owner.id !== accountId) throw invalidField('email', 'An account with this e-mail address already exists.', 'taken');
  const updated = await updateAccount(tx, accountId, change, app.clock.now());
  assert(updated, 'an account does not vanish inside a transaction');
  await record(app, tx, { kind: 'account.updated', workspaceId: installation, subject: `account:${accountId}`, data: { changed } });
  return updated;
}

/** Ends all sign-ins but `keep`: whoever knew the old password is out. */
export async function setPassword(app: App, tx: Db, accountId: number, passwordHash: string, keep: string | null): Promise<void> {
  await updateAccount(tx, accountId, { password_hash: passwordHash }, app.clock.now());
  await deleteSignIns(tx, accountId, keep);
  const by = app.actor.kind === 'operator' ? 'operator' : 'self';
  await record(app, tx, { kind: 'account.password_changed', workspaceId: installation, subject: `account:${accountId}`, data: { by } });
}
