// A conversation that calls nobody: an act of a person of the team, or of a site that is set to mute what looks like a program.
import type { App } from '../app.ts';
import { setCircumstances } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import type { OpenTurn } from './open-turn.ts';

/** In the turn that is about to be saved; muted already it stays so since when it was. */
export async function mute(app: App, tx: Db, turn: OpenTurn): Promise<void> {
  if (turn.conversation.muted_at !== null) return;
  turn.conversation = { ...turn.conversation, muted_at: app.clock.now() };
  const { bot_id: botId, id, muted_at } = turn.conversation;
  await setCircumstances(tx, botId, id, { muted_at });
}
