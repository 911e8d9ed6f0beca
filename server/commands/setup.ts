// Set-up, once per installation: who holds the link that was printed at the start becomes the owner. The link's token
// exists only there; stored is its keyed hash, and only while there is no account.
import type { App } from '../app.ts';
import { scopes } from '../auth.ts';
import { AppError } from '../errors.ts';
import { record } from '../events.ts';
import { equalSecrets } from '../secrets.ts';
import { type Account, hasAccounts } from '../store/accounts.ts';
import type { Db } from '../store/database.ts';
import { installation, readSetting, removeSetting, writeSetting } from '../store/settings.ts';
import { createAccount } from './accounts.ts';
import { type Begun, beginWorkspace } from './begin.ts';
import { createKey } from './keys.ts';
import { actingAs } from './sign-in.ts';

const setting = 'setup_token';

export async function isSetupNeeded(db: Db): Promise<boolean> {
  return !(await hasAccounts(db));
}

/** A fresh token at each start, for the printed link `/setup?token=…`; null once there is an account. */
export function ensureSetupToken(app: App): Promise<string | null> {
  const token = app.random.token(32);
  return app.transact(async (tx) => {
    if (!(await isSetupNeeded(tx))) return null;
    await writeSetting(tx, installation, setting, app.secrets.mac('set-up', token));
    return token;
  });
}

/** Before a password is hashed, which is work that only the holder of the link may ask for. */
export async function checkSetupToken(app: App, db: Db, token: string): Promise<void> {
  if (!(await isSetupNeeded(db))) throw alreadySetUp();
  const stored = await readSetting<string>(db, installation, setting);
  if (stored !== null && equalSecrets(stored, app.secrets.mac('set-up', token))) return;
  throw new AppError('forbidden', 'This set-up link is not valid any more. Use the one that was printed at the latest start.');
}

export type Setup = { token: string; name: string; email: string; passwordHash: string; workspace: string; bot: string };

export async function completeSetup(app: App, tx: Db, ask: Setup): Promise<Account> {
  await checkSetupToken(app, tx, ask.token);
  // Of two that come at once, one finds the token gone.
  if (!(await removeSetting(tx, installation, setting))) throw alreadySetUp();
  const account = await createAccount(app, tx, ask);
  const acting = actingAs(app, account);
  const { workspace } = await beginWorkspace(acting, tx, account, ask);
  await record(acting, tx, { kind: 'setup.completed', workspaceId: installation, subject: `account:${account.id}`, data: { workspace: workspace.id } });
  return account;
}

export type Initial = { email: string; name: string; passwordHash: string; workspace: string; bot: string };

/** The same by someone with the data directory, for machines and tests: no link, as often as they like, and a key. */
export async function initialise(app: App, tx: Db, ask: Initial): Promise<Begun & { account: Account; secret: string }> {
  const account = await createAccount(app, tx, ask);
  await removeSetting(tx, installation, setting);
  const begun = await beginWorkspace(app, tx, account, ask);
  const { secret } = await createKey(app, tx, {
    workspaceId: begun.workspace.id,
    botId: begun.bot.id,
    accountId: account.id,
    name: 'Made by init',
    scopes,
    environment: 'live',
    expiresAt: null,
  });
  return { ...begun, account, secret };
}

function alreadySetUp(): AppError {
  return new AppError('conflict', 'This installation is already set up. Sign in instead.');
}
