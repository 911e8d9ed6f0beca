// A person who signs in, and the sign-ins that are open. A person may be a member of several workspaces.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { fold } from './pages.ts';

export type AccountTable = {
  id: Generated<number>;
  email: string;
  email_key: string;
  name: string;
  name_key: string;
  image: string | null;
  /** Null for someone who was invited and has not chosen a password yet. */
  password_hash: string | null;
  /** JSON: language, colour scheme. */
  preferences: string;
  created_at: number;
  updated_at: number;
};

export type SignInTable = {
  /** Keyed hash of the cookie's value; the value itself is stored nowhere. */
  hash: string;
  account_id: number;
  created_at: number;
  seen_at: number;
  expires_at: number;
  ip: string | null;
  agent: string | null;
};

export type Account = Selectable<AccountTable>;
export type SignIn = Selectable<SignInTable>;

export async function hasAccounts(db: Db): Promise<boolean> {
  return (await db.selectFrom('account').select('id').limit(1).executeTakeFirst()) !== undefined;
}

export async function insertAccount(tx: Db, account: { email: string; name: string; passwordHash: string | null; at: number }): Promise<Account | null> {
  const row = await tx
    .insertInto('account')
    .values({
      email: account.email,
      email_key: fold(account.email),
      name: account.name,
      name_key: fold(account.name),
      image: null,
      password_hash: account.passwordHash,
      preferences: '{}',
      created_at: account.at,
      updated_at: account.at,
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function findAccount(db: Db, id: number): Promise<Account | null> {
  return (await db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

export async function findAccountByEmail(db: Db, email: string): Promise<Account | null> {
  return (await db.selectFrom('account').selectAll().where('email_key', '=', fold(email)).executeTakeFirst()) ?? null;
}

export type AccountChange = Partial<Pick<AccountTable, 'name' | 'email' | 'image' | 'password_hash' | 'preferences'>>;

export async function updateAccount(tx: Db, id: number, change: AccountChange, at: number): Promise<Account | null> {
  const keys = {
    ...(change.email === undefined ? {} : { email_key: fold(change.email) }),
    ...(change.name === undefined ? {} : { name_key: fold(change.name) }),
  };
  const row = await tx
    .updateTable('account')
    .set({ ...change, ...keys, updated_at: at })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function insertSignIn(tx: Db, signIn: SignIn): Promise<void> {
  await tx.insertInto('sign_in').values(signIn).execute();
}

export async function findSignIn(db: Db, hash: string, now: number): Promise<{ account: Account; signIn: SignIn } | null> {
  const signIn = await db.selectFrom('sign_in').selectAll().where('hash', '=', hash).where('expires_at', '>', now).executeTakeFirst();
  if (!signIn) return null;
  const account = await findAccount(db, signIn.account_id);
  return account ? { account, signIn } : null;
}

export async function touchSignIn(tx: Db, hash: string, seenAt: number, expiresAt: number): Promise<void> {
  await tx.updateTable('sign_in').set({ seen_at: seenAt, expires_at: expiresAt }).where('hash', '=', hash).execute();
}

export async function deleteSignIn(tx: Db, hash: string): Promise<void> {
  await tx.deleteFrom('sign_in').where('hash', '=', hash).execute();
}

/** Ends every sign-in of an account except `keep`: after a password change nobody else stays in. */
export async function deleteSignIns(tx: Db, accountId: number, keep: string | null): Promise<number> {
  let query = tx.deleteFrom('sign_in').where('account_id', '=', accountId);
  if (keep !== null) query = query.where('hash', '!=', keep);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

/** The open ones, most recently used first. */
export function listSignIns(db: Db, accountId: number, now: number): Promise<SignIn[]> {
  const mine = db.selectFrom('sign_in').selectAll().where('account_id', '=', accountId).where('expires_at', '>', now);
  return mine.orderBy('seen_at', 'desc').orderBy('hash').limit(200).execute();
}
