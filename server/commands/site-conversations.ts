// Conversations that visitors of a website begin. Of the tokens that open one, only keyed hashes are stored.
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import { type Conversation, insertConversation, setPublicId } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import type { Site } from '../store/sites.ts';
import { receiveReply } from './receive-reply.ts';
import type { SavedStep } from './save-step.ts';
import { speak } from './sending.ts';
import { insertPerson } from './subscribers.ts';

/** `token` is the one the visitor's browser made up. */
export type Opening = { token: string; name: string; email: string; message: string };

/** What a conversation goes by in the store, for either of the tokens that open it. The one a browser makes up holds on its site only. */
export function hashesOf({ secrets }: Pick<App, 'secrets'>, site: Site, token: string): { visitor: string; publicId(): string } {
  return { visitor: secrets.mac('visitor', `${site.id} ${token}`), publicId: () => secrets.mac('visitor', token) };
}

/** The first message opens it. Where no flow answers, the site's own words do. */
export async function openConversation(
  app: App,
  tx: Db,
  site: Site,
  { token, name, email, message }: Opening,
): Promise<{ conversationToken: string; autoReply: string | null }> {
  const { visitor } = hashesOf(app, site, token);
  const tenant = { workspaceId: site.workspace_id, botId: site.bot_id };
  // An address that nobody has proved opens nobody's data: whoever writes first here is someone new.
  const subscriber = await insertPerson(app, tx, tenant, { channel: 'web', user_id: visitor, name, email });
  const place = { workspace_id: site.workspace_id, bot_id: site.bot_id, channel: 'web', site_id: site.id, visitor, public_id: null };
  const conversation = subscriber && (await insertConversation(tx, { ...place, subscriber_id: subscriber.id }, app.clock.now()));
  if (!conversation) throw new AppError('conflict', 'A conversation with this visitor token already exists');
  const conversationToken = app.secrets.mac('conversation', String(conversation.id));
  await setPublicId(tx, site.bot_id, conversation.id, hashesOf(app, site, conversationToken).publicId());
  const step = await receiveMessage(app, tx, conversation, message);
  const autoReply = step.sessionId === null ? site.auto_reply : null;
  if (autoReply !== null) {
    await speak(app, tx, conversation, { message: { kind: 'text', text: autoReply }, text: autoReply, author: { kind: 'bot', id: null, name: 'bot' } });
  }
  return { conversationToken, autoReply };
}

export function receiveMessage(app: App, tx: Db, { id, bot_id: botId }: Conversation, text: string): Promise<SavedStep> {
  return receiveReply(app, tx, { botId, conversationId: id, reply: { text } });
}
