// What a conversation begins with: the flow of its site, else of the bot's websites, else of the bot.
import type { Conversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { type FlowRow, findFlow, startFlow } from '../store/flows.ts';
import { findSite } from '../store/sites.ts';

/** The live version, or null where there is nothing to begin with. */
export async function startFlowOf(
  db: Db,
  conversation: Pick<Conversation, 'workspace_id' | 'bot_id' | 'channel' | 'site_id'>,
): Promise<{ id: number; n: number } | null> {
  const ofSite = await flowOfSite(db, conversation);
  return published(ofSite) ?? published(await startFlow(db, conversation.bot_id, conversation.channel === 'web' ? ['web', 'default'] : ['default']));
}

async function flowOfSite(db: Db, { workspace_id, bot_id, site_id }: Pick<Conversation, 'workspace_id' | 'bot_id' | 'site_id'>): Promise<FlowRow | null> {
  const site = site_id === null ? null : await findSite(db, workspace_id, site_id);
  return site === null || site.flow === null ? null : findFlow(db, bot_id, { slug: site.flow });
}

function published(flow: FlowRow | null): { id: number; n: number } | null {
  return flow === null || flow.published === null ? null : { id: flow.id, n: flow.published };
}
