// Who types, who looks on, who has read how far. Told at once to whoever looks on; only the last is kept.
import type { App } from '../app.ts';
import { notFound } from '../errors.ts';
import { giveSign, maxPage, type Page } from '../live.ts';
import { markRead } from '../store/conversation-reads.ts';
import { type Conversation, findConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import type { Act } from './conversation-acts.ts';

async function placeOf(db: Db, { botId, conversationId }: Act): Promise<Conversation> {
  const found = await findConversation(db, botId, conversationId);
  if (!found) throw notFound('Conversation');
  return found;
}

/** Outside a transaction: there is nothing to commit. */
export async function showDoing(app: App, act: Act, doing: { kind: 'typing' | 'viewing'; isOn: boolean }): Promise<void> {
  const { workspace_id: workspaceId, bot_id: botId, id: conversationId } = await placeOf(app.db, act);
  giveSign(app.live, { workspaceId, botId, conversationId }, { ...doing, who: { kind: 'agent', id: act.by.id, name: act.by.name } });
}

/** A visitor is on the website; with a page where it is another one, or somebody wants to know. */
export function showPresent(
  app: Pick<App, 'live'>,
  { id, bot_id: botId, workspace_id: workspaceId, subscriber_id: subscriberId }: Conversation,
  page: Page | null,
): void {
  const cut = page && { url: page.url.slice(0, maxPage.url), title: page.title.slice(0, maxPage.title) };
  const who = { kind: 'subscriber' as const, id: subscriberId, name: '' };
  giveSign(app.live, { workspaceId, botId, conversationId: id }, { kind: 'present', page: cut, who });
}

/** Up to a number, or to the end. */
export async function readConversation(app: App, act: Act, upTo: number | null): Promise<void> {
  let place = { workspaceId: 0, botId: act.botId, conversationId: act.conversationId };
  let seq = 0;
  await app.transact(async (tx) => {
    const one = await placeOf(tx, act);
    place = { ...place, workspaceId: one.workspace_id };
    seq = Math.min(upTo ?? one.seq, one.seq);
    await markRead(tx, one.id, act.by.id, seq, app.clock.now());
  });
  giveSign(app.live, place, { kind: 'read', upTo: seq, who: { kind: 'agent', id: act.by.id, name: act.by.name } });
}
