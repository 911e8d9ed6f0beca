// A session wakes without a reply: its time is up, an answer came from outside, someone called its webhook, people are
// done, or it is sent somewhere. A wake that comes too late or twice finds nothing to wake, and changes nothing.
import type { Input } from '@parley/engine/advance.ts';
import type { App } from '../app.ts';
import { findChatOf } from '../store/chats.ts';
import { lockConversation, parkInput } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { settleChat } from './chat-turns.ts';
import { type OpenTurn, openTurn, walk } from './open-turn.ts';
import { type SavedStep, saveStep } from './save-step.ts';

export type Wake = Extract<Input, { kind: 'timer' | 'answer' | 'webhook' | 'human' | 'jump' }>;

/** Null when there was nothing to wake. `sessionId` guards against a session that has been replaced since. */
export async function wakeSession(
  app: App,
  tx: Db,
  one: { botId: number; conversationId: number; sessionId: number | null },
  wake: Wake,
): Promise<SavedStep | null> {
  // Whoever deletes a conversation does not wait for what it has asked.
  const conversation = await lockConversation(tx, one.botId, one.conversationId);
  if (!conversation) return null;
  const turn = await openTurn(app, tx, one.botId, conversation);
  if (turn.session === null || (one.sessionId !== null && turn.session.id !== one.sessionId)) return null;
  if (turn.conversation.taken_at !== null) {
    await park(tx, turn, wake);
    return null;
  }
  const before = turn.session.state;
  await walk(app, tx, turn, wake);
  if (turn.session.state === before) return null;
  const step = await saveStep(app, tx, turn);
  const chat = turn.conversation.channel === 'api' ? await findChatOf(tx, one.botId, one.conversationId) : null;
  if (chat) await settleChat(app, tx, chat, step);
  return step;
}

/** People have the conversation: what the flow asked for is kept for when it goes on. Its time is looked at again then. */
async function park(tx: Db, { conversation, session }: OpenTurn, wake: Wake): Promise<void> {
  const wait = session?.state.wait;
  const isAwaited =
    (wake.kind === 'answer' && wait?.kind === 'effect' && wait.id === wake.id) ||
    (wake.kind === 'webhook' && wait?.kind === 'webhook' && wait.token === wake.token && (!wait.signed || wake.isSigned));
  if (isAwaited) await parkInput(tx, conversation.bot_id, conversation.id, JSON.stringify(wake));
}
