// A session wakes without a reply: its time is up, an answer came from outside, someone called its webhook, people are
// done, or it is sent somewhere. A wake that comes too late or twice finds nothing to wake, and changes nothing.
import type { Input } from '@parley/engine/advance.ts';
import type { App } from '../app.ts';
import { lockConversation, parkInput } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { saveTurn } from './chat-turns.ts';
import { type Gathered, textGathered, withoutGathered } from './gathering.ts';
import { isResting, isStopped, type OpenTurn, openTurn, walk } from './open-turn.ts';
import { answer } from './receive-reply.ts';
import type { SavedStep } from './save-step.ts';

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
  if (isStopped(turn.conversation)) {
    await park(tx, turn, wake);
    return null;
  }
  const before = turn.session.state;
  // Its time is up just when they have written something: that is the answer.
  const text = wake.kind === 'timer' ? textGathered(turn, wake) : null;
  if (text === null) await walk(app, tx, turn, wake);
  else await answer(app, tx, turn, { text });
  return turn.session?.state === before ? null : saveTurn(app, tx, turn);
}

/** They have been quiet: what they wrote in several messages is answered. Null when more has come since, or nothing waits. */
export async function answerGathered(app: App, tx: Db, due: Gathered): Promise<SavedStep | null> {
  const conversation = await lockConversation(tx, due.botId, due.conversationId);
  if (!conversation) return null;
  const turn = await openTurn(app, tx, due.botId, conversation);
  const text = turn.session?.id === due.sessionId ? textGathered(turn, due) : null;
  if (text === null || !turn.session) return null;
  if (isResting(turn)) turn.session.state = withoutGathered(turn.session.state);
  else await answer(app, tx, turn, { text });
  return saveTurn(app, tx, turn);
}

/** People have the conversation: what the flow asked for is kept for when it goes on. Its time is looked at again then. */
async function park(tx: Db, { conversation, session }: OpenTurn, wake: Wake): Promise<void> {
  const wait = session?.state.wait;
  const isAwaited =
    (wake.kind === 'answer' && wait?.kind === 'effect' && wait.id === wake.id) ||
    (wake.kind === 'webhook' && wait?.kind === 'webhook' && wait.token === wake.token && (!wait.signed || wake.isSigned));
  if (isAwaited) await parkInput(tx, conversation.bot_id, conversation.id, JSON.stringify(wake));
}
