// Subscriber: what was said with one of them (`ChatMsg`), newest first.
import { ns, parseNs } from '@parley/engine/ids.ts';
import type { Message, Reply } from '@parley/engine/message.ts';
import { z } from 'zod';
import { invalidField, notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type HistoryFilter, type MessageRow, pageHistory } from '../../store/messages.ts';
import { findByChannelId, findSubscriber } from '../../store/subscribers.ts';
import { anyNs, flag, listOf, listQuery, listReply, optional, pageAsk, wholeNumber } from './shapes.ts';

const kinds = ['text', 'image', 'audio', 'video', 'file', 'note'] as const;

const chatMessage = z
  .object({
    id: z.int(),
    mid: z.string().describe('The id on the channel; where it gives none, ours.'),
    user_ns: z.string(),
    type: z.enum(['in', 'out', 'agent', 'note']),
    msg_type: z.enum(kinds),
    sender_id: z.string().describe('`user_ns`, `bot`, or the number of an agent.'),
    agent_id: z.int().describe('0 when no agent wrote it.'),
    username: z.string(),
    payload: z.record(z.string(), z.unknown()).describe('`text`, or `type`, `url` and `title`.'),
    content: z.string(),
    ts: z.int().describe('Unix seconds.'),
  })
  .meta({ id: 'ChatMsg' });

type ChatMessage = z.input<typeof chatMessage>;

function show(botId: number, subscriberId: number, row: MessageRow): ChatMessage {
  const user = ns('subscriber', botId, subscriberId);
  const isAgent = row.author_kind === 'agent';
  return {
    id: row.id,
    mid: String(row.id),
    user_ns: user,
    type: row.direction === 'out' && isAgent ? 'agent' : row.direction,
    ...contentOf(row),
    sender_id: row.direction === 'in' ? user : isAgent ? String(row.author_id ?? 0) : 'bot',
    agent_id: isAgent ? (row.author_id ?? 0) : 0,
    username: row.author_name,
    content: row.text,
    ts: Math.floor(row.at / 1000),
  };
}

function contentOf(row: MessageRow): Pick<ChatMessage, 'msg_type' | 'payload'> {
  if (row.direction === 'note') return { msg_type: 'note', payload: { text: row.text } };
  const body = JSON.parse(row.body) as Message | Reply;
  if (!('kind' in body) || body.kind !== 'media') return { msg_type: 'text', payload: { text: row.text } };
  const type = body.media === 'sticker' ? 'image' : body.media;
  return { msg_type: type, payload: { type, url: body.url, title: body.caption ?? body.alt ?? '' } };
}

export const chatMessageRoutes = [
  route({
    method: 'GET',
    path: '/subscriber/chat-messages',
    access: 'bot_read',
    query: listQuery({
      user_ns: optional(anyNs).describe('This or `user_id` is needed.'),
      user_id: optional(z.string().trim().max(255)),
      include_bot: optional(flag).describe('1: with what the bot said.'),
      include_note: optional(flag).describe('1: with the notes of the team.'),
      include_system: optional(flag),
      start_time: optional(wholeNumber(0, 1e12)).describe('Unix seconds, inclusive.'),
      end_time: optional(wholeNumber(0, 1e12)).describe('Unix seconds, inclusive.'),
      msg_type: optional(z.enum(kinds)),
    }),
    reply: listOf(chatMessage),
    errors: ['not_found'],
    docs: {
      tag: 'Subscriber',
      id: 'listChatMessages',
      summary: 'List the messages of a subscriber',
      description: 'Newest first. What the bot said is left out unless asked for. `meta.total` counts up to 10,000.',
    },
    run: async (context) => {
      const { app, tenant, query } = context;
      const { botId } = tenant;
      if (query.user_ns === undefined && query.user_id === undefined) throw invalidField('user_ns', 'The user ns field is required.', 'required');
      const subscriber =
        query.user_ns === undefined
          ? await findByChannelId(app.db, botId, null, query.user_id ?? '')
          : await findSubscriber(app.db, botId, parseNs('subscriber', botId, query.user_ns) ?? 0);
      if (!subscriber) throw notFound('Subscriber');
      const ask = pageAsk(query);
      const filter: HistoryFilter = {
        bot: query.include_bot ? 'with' : 'without',
        notes: query.include_note || query.msg_type === 'note' ? 'with' : 'without',
        from: query.start_time === undefined ? undefined : query.start_time * 1000,
        until: query.end_time === undefined ? undefined : query.end_time * 1000 + 999,
        kind: query.msg_type,
      };
      return listReply(context, ask, await pageHistory(app.db, subscriber.id, filter, ask), (row) => show(botId, subscriber.id, row));
    },
  }),
];
