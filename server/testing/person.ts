// Somebody who talks to a bot of the real app, without a door between, and a flow for them to talk to.
import type { Reply } from '@parley/engine/message.ts';
import type { Session } from '@parley/engine/session.ts';
import type { Tenant } from '../auth.ts';
import { chooseStart, createFlow, publishFlow } from '../commands/flows.ts';
import { receiveReply } from '../commands/receive-reply.ts';
import { type ConversationEvent, eventsOf, type SavedStep } from '../commands/save-step.ts';
import { findConversation, insertConversation } from '../store/conversations.ts';
import { findSession, stepsAfter } from '../store/sessions.ts';
import { insertSubscriber } from '../store/subscribers.ts';
import type { World } from './factories.ts';
import type { TestApp } from './test-app.ts';

export type Person = {
  subscriberId: number;
  conversationId: number;
  receive(reply: Reply): Promise<SavedStep>;
  /** What the bot says to that, in the same turn. */
  says(text: string, more?: Omit<Reply, 'text'>): Promise<string[]>;
  /** Everything said in the conversation. */
  transcript(): Promise<string[]>;
  events(): Promise<ConversationEvent[]>;
  session(): Promise<Session | null>;
};

export const tenantOf = (world: World): Tenant => ({ workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' });

let made = 0;

export async function makePerson({ app, clock }: TestApp, world: World, channel = 'web'): Promise<Person> {
  made += 1;
  const botId = world.bot.id;
  const at = clock.now();
  const { subscriberId, conversationId } = await app.transact(async (tx) => {
    const one = await insertSubscriber(tx, botId, { channel, user_id: `person${made}` }, at);
    const place = { workspace_id: world.workspace.id, bot_id: botId, subscriber_id: one?.id ?? 0, channel, site_id: null, visitor: null, public_id: null };
    const conversation = await insertConversation(tx, place, at);
    if (!one || !conversation) throw new Error('nothing keeps a new person from having a conversation');
    return { subscriberId: one.id, conversationId: conversation.id };
  });
  const receive = (reply: Reply) => app.transact((tx) => receiveReply(app, tx, { botId, conversationId, reply }));
  return {
    subscriberId,
    conversationId,
    receive,
    says: async (text, more = {}) => (await receive({ text, ...more })).messages.filter((one) => one.direction === 'out').map((one) => one.text),
    transcript: async () => {
      const rows = await app.db.selectFrom('message').select(['direction', 'text']).where('conversation_id', '=', conversationId).orderBy('seq').execute();
      return rows.map((one) => `${one.direction}: ${one.text}`);
    },
    events: async () => (await stepsAfter(app.db, conversationId, 0, 1_000)).flatMap(eventsOf),
    session: async () => {
      const sessionId = (await findConversation(app.db, botId, conversationId))?.session_id;
      const row = sessionId == null ? null : await findSession(app.db, conversationId, sessionId);
      return row && (JSON.parse(row.state) as Session);
    },
  };
}

/** Published, and what new conversations of the bot begin with. */
export async function startWith({ app }: TestApp, world: World, document: { id: string }): Promise<void> {
  const tenant = tenantOf(world);
  await app.transact(async (tx) => {
    await createFlow(app, tx, tenant, document);
    await publishFlow(app, tx, tenant, { slug: document.id }, '');
    await chooseStart(app, tx, tenant, 'default', { slug: document.id });
  });
}
