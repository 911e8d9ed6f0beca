// /v1/conversations: who talks with the bot, what was said and done, and where the flow stands. What people do in them is
// in conversation-acts.ts.
import { z } from 'zod';
import { type ConversationEvent, eventsOf } from '../../commands/save-step.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type Conversation, countView, countWaiting, findConversation, listConversations, views } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { listMessages } from '../../store/messages.ts';
import { stepsAfter } from '../../store/sessions.ts';
import { actorOf } from './conversation-acts.ts';
import { conversation, conversationEvent, message, session, showConversations, showEvent, showMessages, showSession } from './conversation-shapes.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply } from './shapes.ts';

async function needConversation(db: Db, botId: number, id: number): Promise<Conversation> {
  const found = await findConversation(db, botId, id);
  if (!found) throw notFound('Conversation');
  return found;
}

const id = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)
  .optional();
const eventKinds = ['message', 'session', 'input', 'conversation', 'change', 'log', 'failed'] as const satisfies ConversationEvent['kind'][];
/** Beyond it a count says no more than "many". */
const maxCounted = 1_000;

const docs = { tag: 'Conversations' };

export const conversationRoutes = [
  route({
    method: 'GET',
    path: '/conversations',
    access: 'bot_read',
    query: listQuery({
      view: z.enum(views).optional().describe('`mine`, `unassigned` (for people, and nobody has it), `all` that are open, `bot` (the bot answers), `closed`.'),
      q: z.string().max(255).optional().describe('Only those with somebody whose name or e-mail address contains this.'),
      channel: z.string().max(40).optional(),
      status: z.string().max(40).optional(),
      subscriber: id,
      assignee: id,
    }),
    reply: listOf(conversation),
    docs: { ...docs, id: 'listConversations', summary: 'List conversations', description: 'Newest activity first.' },
    run: async ({ app, caller, tenant: { botId }, query }) => {
      const { id: me } = await actorOf(app.db, caller);
      const { channel, status, subscriber: subscriberId, assignee: assigneeId, q: person, view } = query;
      const filter = { channel, status, subscriberId, assigneeId, person, view: view && { is: view, me } };
      const page = await listConversations(app.db, botId, filter, cursorAsk(query));
      return listReply({ rows: await showConversations(app.db, botId, page.rows, me), next: page.next }, (shown) => shown);
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/counts',
    access: 'bot_read',
    reply: z
      .object({
        mine: z.int(),
        unassigned: z.int(),
        all: z.int(),
        bot: z.int(),
        closed: z.int(),
        waiting: z.int().describe('Who wait for you, or for anybody.'),
      })
      .meta({ id: 'ConversationCounts' }),
    docs: { ...docs, id: 'countConversations', summary: 'How many each view has', description: `Counted up to ${maxCounted}.` },
    run: async ({ app, caller, tenant: { botId } }) => {
      const { id: me } = await actorOf(app.db, caller);
      const count = (is: (typeof views)[number]) => countView(app.db, botId, { is, me }, maxCounted);
      const waiting = await countWaiting(app.db, botId, me, maxCounted);
      return {
        mine: await count('mine'),
        unassigned: await count('unassigned'),
        all: await count('all'),
        bot: await count('bot'),
        closed: await count('closed'),
        waiting,
      };
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/{id}',
    access: 'bot_read',
    params: idParams,
    reply: conversation,
    docs: { ...docs, id: 'getConversation', summary: 'Get a conversation' },
    run: async ({ app, caller, tenant: { botId }, params }) => {
      const one = await needConversation(app.db, botId, params.id);
      const [shown] = await showConversations(app.db, botId, [one], (await actorOf(app.db, caller)).id);
      return shown;
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/{id}/messages',
    access: 'bot_read',
    params: idParams,
    query: listQuery({ sort: z.enum(['oldest', 'newest']).optional().describe('`oldest` first when absent.') }),
    reply: listOf(message),
    docs: { ...docs, id: 'listMessages', summary: 'List messages', description: 'Oldest first unless asked otherwise, with the notes of the team.' },
    run: async ({ app, tenant: { botId }, params, query }) => {
      const { limit, cursor } = cursorAsk(query);
      const one = await needConversation(app.db, botId, params.id);
      const isNewest = query.sort === 'newest';
      // A cursor that is not ours stands past the end.
      const from = cursor === undefined ? undefined : /^\d{1,15}$/.test(cursor) ? Number(cursor) : isNewest ? 0 : Number.MAX_SAFE_INTEGER;
      const place = isNewest ? { beforeId: from, order: 'desc' as const } : { afterId: from };
      const rows = await listMessages(app.db, one.id, { ...place, limit: limit + 1, notes: 'with' });
      const shown = rows.slice(0, limit);
      return { data: await showMessages(app, app.db, one, shown), next: rows.length > limit ? String(shown.at(-1)?.id) : null };
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/{id}/events',
    access: 'bot_read',
    params: idParams,
    query: listQuery({ kind: z.enum(eventKinds).optional().describe('Only those of one kind.') }),
    reply: listOf(conversationEvent),
    docs: {
      ...docs,
      id: 'listConversationEvents',
      summary: 'List what happened in a conversation',
      description: 'Oldest first; the cursor is the number of an event, and those after it are listed. A page looks at `limit` turns.',
    },
    run: async ({ app, tenant: { botId }, params, query }) => {
      const { limit, cursor } = cursorAsk(query);
      const one = await needConversation(app.db, botId, params.id);
      const after = cursor === undefined ? 0 : /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.MAX_SAFE_INTEGER;
      const steps = await stepsAfter(app.db, one.id, after, limit);
      const events = steps.flatMap(eventsOf);
      const rows = events.filter((event) => event.seq > after && (query.kind === undefined || event.kind === query.kind));
      const last = steps.at(-1)?.last_seq ?? one.seq;
      return listReply({ rows, next: last < one.seq ? String(last) : null }, showEvent);
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/{id}/session',
    access: 'bot_read',
    params: idParams,
    reply: session,
    docs: {
      ...docs,
      id: 'getSession',
      summary: 'Where the flow stands',
      description: 'The session that runs, or the last one that did: what it waits for, its variables, and the trace of its blocks.',
    },
    run: async ({ app, tenant: { botId }, params }) => showSession(app.db, await needConversation(app.db, botId, params.id)),
  }),
];
