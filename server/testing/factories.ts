// Ready-made worlds for tests, through the same commands the product uses.
import type { App } from '../app.ts';
import { csrfToken, type Role, type Scope, scopes, signInCookie } from '../auth.ts';
import { createAccount } from '../commands/accounts.ts';
import { beginWorkspace } from '../commands/begin.ts';
import { createKey } from '../commands/keys.ts';
import { hashPassword } from '../commands/passwords.ts';
import { makePass, openSignIn } from '../commands/sign-in.ts';
import { type Account, insertAccount } from '../store/accounts.ts';
import type { Bot } from '../store/bots.ts';
import { insertMember } from '../store/members.ts';
import type { Site } from '../store/sites.ts';
import type { Workspace } from '../store/workspaces.ts';

export type World = { account: Account; workspace: Workspace; bot: Bot; site: Site; key: string; password: string };

/** What beginning a workspace records, in order. */
export const beginEvents = [
  ...['workspace.created', 'bot.created', 'site.created'],
  ...['flow.created', 'flow.published', 'flow.start_set', 'subscriber.created', 'subscriber.created', 'subscriber.created'],
];

let people = 0;

/** A workspace with its owner, a bot, a site and a key of that bot with all scopes. */
export async function makeWorld(app: App, names: { workspace?: string; bot?: string; email?: string } = {}): Promise<World> {
  people += 1;
  const password = 'Correct-horse-9';
  const passwordHash = await hashPassword(password);
  return app.transact(async (tx) => {
    const account = await createAccount(app, tx, { email: names.email ?? `owner${people}@example.com`, name: 'Olive Owner', passwordHash });
    const begun = await beginWorkspace(app, tx, account, { workspace: names.workspace ?? 'Acme', bot: names.bot ?? 'Helper' });
    const { secret } = await createKey(app, tx, keyOf(begun.workspace.id, begun.bot.id, account.id, scopes));
    return { account, ...begun, key: secret, password };
  });
}

function keyOf(workspaceId: number, botId: number | null, accountId: number, held: readonly Scope[]) {
  return { workspaceId, botId, accountId, name: 'test key', scopes: held, environment: 'live' as const, expiresAt: null };
}

/** Another key of this world; `bot: null` makes it workspace-wide. */
export async function makeKeyFor(app: App, world: World, held: readonly Scope[], bot: 'own' | null = 'own'): Promise<string> {
  const made = await app.transact((tx) => createKey(app, tx, keyOf(world.workspace.id, bot === null ? null : world.bot.id, world.account.id, held)));
  return made.secret;
}

export async function makeMember(app: App, world: World, role: Role): Promise<{ account: Account; password: string }> {
  people += 1;
  const password = 'Correct-horse-9';
  const passwordHash = await hashPassword(password);
  const account = await app.transact(async (tx) => {
    const made = await insertAccount(tx, { email: `${role}${people}@example.com`, name: `Mia ${role}`, passwordHash, at: app.clock.now() });
    if (!made) throw new Error('the e-mail address is taken');
    await insertMember(tx, { workspace_id: world.workspace.id, account_id: made.id, role, created_at: app.clock.now() });
    return made;
  });
  return { account, password };
}

/** What a signed-in console sends with every request: a person's session, without the limits of /v1/sign-in. */
export async function session(app: App, account: Account): Promise<{ cookie: string; 'x-csrf-token': string }> {
  const pass = makePass(app);
  await app.transact((tx) => openSignIn(app, tx, account, pass, 'a browser'));
  return { cookie: `${signInCookie}=${pass.secret}`, 'x-csrf-token': csrfToken(app.secrets, pass) };
}
