// Bots changed and deleted; how one begins, with its first site, is in begin.ts.
import type { App } from '../app.ts';
import type { Caller, Holder } from '../auth.ts';
import { AppError, invalidField, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { type Bot, deleteBot, findBot, findBotBySlug, updateBot } from '../store/bots.ts';
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

export const maxSlug = 60;
const mostTries = 20;

/** What a bot is called at /b/ until somebody chooses: its name, with a number where another has it. */
export async function freeSlug(app: App, tx: Db, name: string): Promise<string> {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ß', 'ss');
  const base =
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, maxSlug - 10)
      .replace(/^-+|-+$/g, '') || 'chat';
  for (let n = 1; n <= mostTries; n += 1) {
    const slug = n === 1 ? base : `${base}-${n}`;
    if (!(await findBotBySlug(tx, slug))) return slug;
  }
  return `${base}-${app.random.uuid().slice(0, 8)}`;
}

export type BotAsk = { name?: string | undefined; type?: string | undefined; slug?: string | undefined };

export async function changeBot(app: App, tx: Db, holder: Holder, id: number, asked: BotAsk): Promise<Bot> {
  const bot = await reachableBot(tx, holder, id);
  const change = changesOf<Bot>(bot, asked as Partial<Bot>);
  const changed = Object.keys(change);
  if (changed.length === 0) return bot;
  if (change.slug && (await findBotBySlug(tx, change.slug))) throw invalidField('slug', 'Another bot has this address. Choose another.', 'taken');
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
