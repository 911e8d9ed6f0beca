// Whose turn it is after a turn: the bot's or people's, and since when somebody waits for people.
import type { Session } from '@parley/engine/session.ts';
import type { Conversation } from '../store/conversations.ts';
import type { MessageRow } from '../store/messages.ts';
import type { OpenTurn } from './open-turn.ts';

type Said = Pick<MessageRow, 'direction' | 'author_kind'>;

export function attentionAfter(turn: OpenTurn, state: Session | null, said: readonly Said[], now: number): Pick<Conversation, 'handler' | 'waiting_since'> {
  const { conversation, found } = turn;
  if (conversation.muted_at !== null) return { handler: conversation.handler, waiting_since: null };
  const handler = handlerAfter(turn, state, said);
  if (handler === 'bot' || (conversation.status !== 'open' && turn.reply === null)) return { handler, waiting_since: null };
  if (said.some((one) => one.direction === 'out' && one.author_kind === 'agent')) return { handler, waiting_since: null };
  // What somebody of the team does keeps nobody waiting for them.
  const begins = turn.by === null && (turn.reply !== null || found.handler === 'bot') ? now : null;
  return { handler, waiting_since: conversation.waiting_since ?? begins };
}

function handlerAfter({ conversation, subscriber, context, reply, act }: OpenTurn, state: Session | null, said: readonly Said[]): Conversation['handler'] {
  if (conversation.taken_at !== null) return 'people';
  if (act === 'handed_back') return state?.status === 'handed_off' || state?.status === 'failed' ? 'people' : 'bot';
  // While the bot is paused for this person, what they write is for people.
  if (reply !== null && subscriber.paused_until !== null && subscriber.paused_until > context.now) return 'people';
  if (state?.status === 'running' || state?.status === 'waiting') return 'bot';
  if (state?.status === 'handed_off' || state?.status === 'failed') return 'people';
  // Nothing runs: whom nothing answered is there for people to answer.
  if (reply === null) return conversation.handler;
  return said.some((one) => one.direction === 'out' && one.author_kind === 'bot') ? 'bot' : 'people';
}
