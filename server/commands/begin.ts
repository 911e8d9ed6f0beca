// How a workspace begins: its owner, its first bot with something to show, and that bot's first site. The set-up page, `init`, and a further
// workspace all begin here.
import type { App } from '../app.ts';
import { record } from '../events.ts';
import type { Account } from '../store/accounts.ts';
import { type Bot, insertBot } from '../store/bots.ts';
import type { Db } from '../store/database.ts';
import { insertMember } from '../store/members.ts';
import type { Site } from '../store/sites.ts';
import { insertWorkspace, type Workspace } from '../store/workspaces.ts';
import { freeSlug } from './bots.ts';
import { addSample } from './sample.ts';
import { createSite } from './sites.ts';

export type Begun = { workspace: Workspace; bot: Bot; site: Site };

export async function beginWorkspace(app: App, tx: Db, account: Account, names: { workspace: string; bot: string }): Promise<Begun> {
  const at = app.clock.now();
  const workspace = await insertWorkspace(tx, { name: names.workspace, at });
  await insertMember(tx, { workspace_id: workspace.id, account_id: account.id, role: 'owner', created_at: at });
  await record(app, tx, { kind: 'workspace.created', workspaceId: workspace.id, subject: `workspace:${workspace.id}`, data: { name: workspace.name } });
  const made = await createBot(app, tx, workspace.id, { name: names.bot, type: 'web' });
  await addSample(app, tx, { workspaceId: workspace.id, botId: made.bot.id, role: 'owner' });
  return { workspace, ...made };
}

/** A bot and its first site, so that its widget can stand on a page at once. */
export async function createBot(app: App, tx: Db, workspaceId: number, bot: { name: string; type: string }): Promise<{ bot: Bot; site: Site }> {
  const made = await insertBot(tx, { workspaceId, ...bot, slug: await freeSlug(app, tx, bot.name), at: app.clock.now() });
  await record(app, tx, { kind: 'bot.created', workspaceId, botId: made.id, subject: `bot:${made.id}`, data: { name: made.name } });
  return { bot: made, site: await createSite(app, tx, { workspaceId, botId: made.id }, { name: made.name }) };
}
