// What a chat is held to: how many turns a run may take and how long it may last, and when the whole chat is over. Time
// is watched by a job, so that what waits is ended on time though nobody asks; what counts turns needs none.
import type { App } from '../app.ts';
import type { Chat } from '../store/chats.ts';
import type { Db } from '../store/database.ts';
import type { AsideBy, OpenTurn } from './open-turn.ts';

export type ChatLimits = {
  max_turns?: number | undefined;
  max_duration_ms?: number | undefined;
  /** Of model calls, of which a scripted flow makes none. */
  max_cost?: string | undefined;
  max_total_tokens?: number | undefined;
  max_tool_calls?: number | undefined;
  on_exceed?: 'stop' | undefined;
};

export function limitsOf({ limits }: Pick<Chat, 'limits'>): ChatLimits {
  return JSON.parse(limits) as ChatLimits;
}

export const chatDueKind = 'chat_due';

export type DuePayload = { botId: number; conversationId: number };

/** Clocks of nodes and of the database differ by less: a job that comes a moment early is not early. */
const graceMs = 1_000;

/** Has somebody look when the run, or the chat, is over. A look that comes for nothing changes nothing. */
export async function watchChat(app: App, tx: Db, chat: Chat, run: { id: number; startedAt: number } | null): Promise<void> {
  const now = app.clock.now();
  const { max_duration_ms: maxMs } = limitsOf(chat);
  const watch = async (what: string, dueAt: number): Promise<void> => {
    const payload: DuePayload = { botId: chat.bot_id, conversationId: chat.conversation_id };
    const job = { kind: chatDueKind, workspace_id: chat.workspace_id, key: `chat:${what}:${dueAt}`, payload: JSON.stringify(payload), lane: null };
    await app.queue.schedule(tx, job, Math.max(0, dueAt - now));
  };
  if (run === null && chat.expires_at !== null) await watch(`${chat.conversation_id}`, chat.expires_at);
  if (run !== null && maxMs !== undefined) await watch(`run:${run.id}`, run.startedAt + maxMs);
}

/** Whether the chat is over; a job that looks may be a moment early. */
export function isExpired(app: App, { expires_at: expiresAt }: Pick<Chat, 'expires_at'>, by: 'job' | 'turn'): boolean {
  return expiresAt !== null && expiresAt <= app.clock.now() + (by === 'job' ? graceMs : 0);
}

/** Why what runs may not go on; null = it may. */
export function exceededBy(app: App, chat: Chat, { session }: Pick<OpenTurn, 'session'>, by: 'job' | 'turn'): AsideBy | null {
  if (session === null) return null;
  const now = app.clock.now() + (by === 'job' ? graceMs : 0);
  const { max_turns: maxTurns, max_duration_ms: maxMs } = limitsOf(chat);
  if (maxMs !== undefined && session.startedAt + maxMs <= now) return 'duration_exceeded';
  if (isExpired(app, chat, by)) return session.state.wait?.kind === 'reply' ? 'input_timeout' : 'duration_exceeded';
  return maxTurns !== undefined && session.state.turn >= maxTurns ? 'max_turns' : null;
}
