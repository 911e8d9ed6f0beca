// /v1/conversations: who talks with the bot, what was said and done, and where the flow stands. What people do in them is
// in conversation-acts.ts.
import { z } from 'zod';
import { type ConversationEvent, eventsOf } from '../../commands/save-step.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type Conversation, countView, countWaiting, findConversation, latestWaiting, listConversations, views } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { findConversations } from '../../store/message-search.ts';
import { listMessages } from '../../store/messages.ts';
import { stepsAfter } from '../../store/sessions.ts';
import { actorOf } from './conversation-acts.ts';
import {
  conversation,
  conversationEvent,
  message,
  showConversations,
  showEvent,
  showHits,
  showMessages,
  showVisit,
  showWaiting,
  visit,
  waiting,
} from './conversation-shapes.ts';
import { session, showSession } from './session-shapes.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply } from './shapes.ts';

async function needConversation(db: Db, botId: number, id: number): Promise<Conversation> {
  const found = await findConversation(db, botId, id);
  if (!found) throw notFound('Conversation');
  return found;
}

const digits = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const id = digits.optional();
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
      q: z
        .string()
        .max(255)
        .optional()
        .describe(
          'Only those in which somebody said these words (the last may be the beginning of one), or with somebody whose name, e-mail address or phone number contains this; of the latest thousand messages and people.',
        ),
      ids: z
        .string()
        .regex(/^\d{1,15}(,\d{1,15}){0,199}$/)
        .transform((text) => text.split(',').map(Number))
        .optional()
        .describe('Only these, with commas between: which of the conversations one shows are still in the list, and how they stand.'),
      channel: z.string().max(40).optional(),
      status: z.string().max(40).optional(),
      subscriber: id,
      assignee: id,
    }),
    reply: listOf(conversation),
    docs: {
      ...docs,
      id: 'listConversations',
      summary: 'List conversations',
      description: 'Newest activity first. With `q`, `hit` is the newest message of each that says so.',
    },
    run: async ({ app, caller, tenant: { botId }, query }) => {
      const { id: me } = await actorOf(app.db, caller);
      const { channel, status, subscriber: subscriberId, assignee: assigneeId, q = '', ids, view } = query;
      const found = await findConversations(app.db, botId, q, app.clock.now());
      const among = found && ids ? ids.filter((one) => found.has(one)) : (ids ?? (found ? [...found.keys()] : undefined));
      const filter = { channel, status, subscriberId, assigneeId, among, view: view && { is: view, me } };
      const page = await listConversations(app.db, botId, filter, cursorAsk(query));
      const rows = await showConversations(app.db, botId, page.rows, me);
      return listReply({ rows: found ? await showHits(app.db, rows, found, q) : rows, next: page.next }, (shown) => shown);
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
        latest: waiting.nullable().describe('Of those the one that wrote last; null = nobody waits.'),
      })
      .meta({ id: 'ConversationCounts' }),
    docs: { ...docs, id: 'countConversations', summary: 'How many each view has', description: `Counted up to ${maxCounted}.` },
    run: async ({ app, caller, tenant: { botId } }) => {
      const { id: me } = await actorOf(app.db, caller);
      const count = (is: (typeof views)[number]) => countView(app.db, botId, { is, me }, maxCounted);
      const latest = await latestWaiting(app.db, botId, me);
      return {
        mine: await count('mine'),
        unassigned: await count('unassigned'),
        all: await count('all'),
        bot: await count('bot'),
        closed: await count('closed'),
        waiting: latest ? await countWaiting(app.db, botId, me, maxCounted) : 0,
        latest: latest && (await showWaiting(app.db, latest)),
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
    path: '/conversations/{id}/visit',
    access: 'bot_read',
    params: idParams,
    reply: visit,
    docs: {
      ...docs,
      id: 'getVisit',
      summary: 'Where it was begun',
      description: 'The page, the browser and what the page said of the person, as they were at the first message. All of it is the word of a browser.',
    },
    run: async ({ app, tenant: { botId }, params }) => showVisit(await needConversation(app.db, botId, params.id)),
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
    query: listQuery({
      kind: z.enum(eventKinds).optional().describe('Only those of one kind.'),
      until: digits.optional().describe('The number of the last event asked for.'),
    }),
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
      const until = Math.min(query.until ?? one.seq, one.seq);
      const steps = after < until ? await stepsAfter(app.db, one.id, after, limit) : [];
      const events = steps.flatMap(eventsOf);
      const rows = events.filter(({ seq, kind }) => seq > after && seq <= until && (query.kind === undefined || kind === query.kind));
      const last = steps.at(-1)?.last_seq ?? until;
      return listReply({ rows, next: last < until ? String(last) : null }, showEvent);
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
