// Bots changed and deleted; how one begins, with its first site, is in begin.ts.
import type { App } from '../app.ts';
import type { Caller, Holder } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { type Bot, deleteBot, findBot, updateBot } from '../store/bots.ts';
import type { Db } from '../store/database.ts';
import { changesOf } from './changes.ts';

/** A key of one bot sees its workspace's others but touches none of them. */
export function mustReachBot(caller: Caller, botId: number): void {
  if (caller.kind !== 'key' || caller.key.bot_id === null || caller.key.bot_id === botId) return;
  throw new AppError('forbidden', 'This key belongs to another bot.');
}

async function reachableBot(tx: Db, { caller, tenant }: Holder, id: number): Promise<Bot> {
  const bot = await findBot(tx, tenant.workspaceId, id);
  if (!bot) throw notFound('Bot');
  mustReachBot(caller, id);
  return bot;
}

export async function changeBot(app: App, tx: Db, holder: Holder, id: number, asked: { name?: string | undefined; type?: string | undefined }): Promise<Bot> {
  const bot = await reachableBot(tx, holder, id);
  const change = changesOf<Bot>(bot, asked);
  const changed = Object.keys(change);
  if (changed.length === 0) return bot;
  const updated = await updateBot(tx, bot.workspace_id, id, change, app.clock.now());
  if (!updated) throw notFound('Bot');
  await record(app, tx, { kind: 'bot.updated', workspaceId: bot.workspace_id, botId: id, subject: `bot:${id}`, data: { changed } });
  return updated;
}

/** Everything that belongs to it goes along: sites, keys, fields, tags. */
export async function removeBot(app: App, tx: Db, holder: Holder, id: number): Promise<void> {
  const bot = await reachableBot(tx, holder, id);
  await deleteBot(tx, bot.workspace_id, id);
  await record(app, tx, { kind: 'bot.deleted', workspaceId: bot.workspace_id, botId: id, subject: `bot:${id}`, data: { name: bot.name } });
}
