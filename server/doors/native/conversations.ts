// /v1/conversations: who talks with the bot, what was said, and where the flow stands.
import { ns } from '@parley/engine/ids.ts';
import type { Session } from '@parley/engine/session.ts';
import { z } from 'zod';
import type { Traced } from '../../commands/save-step.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type Conversation, findConversation, listConversations } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { findFlow } from '../../store/flows.ts';
import { listMessages, type MessageRow } from '../../store/messages.ts';
import { findSession, stepsOfSession } from '../../store/sessions.ts';
import { findSubscribers } from '../../store/subscribers.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, time } from './shapes.ts';

const conversation = z
  .object({
    id: z.int(),
    channel: z.string().describe('A word: `web`, `api` …'),
    status: z.string(),
    subscriber: z.object({ id: z.int(), user_ns: z.string(), name: z.string() }),
    assignee: z.int().nullable(),
    messages: z.int().describe('How many.'),
    last_message_at: time.nullable(),
    opened_at: time,
    closed_at: time.nullable(),
    created_at: time,
  })
  .meta({ id: 'Conversation' });

const message = z
  .object({
    id: z.int().describe('The same at every door.'),
    seq: z.int().describe('Its number among the events of the conversation.'),
    direction: z.enum(['in', 'out', 'note']),
    text: z.string().describe('What a channel that knows only text shows.'),
    body: z.unknown().describe('The whole of it: buttons, media, cards.'),
    author: z.object({ kind: z.enum(['subscriber', 'bot', 'agent']), id: z.int().nullable(), name: z.string() }),
    created_at: time,
  })
  .meta({ id: 'Message' });

const session = z
  .object({
    id: z.int(),
    flow: z.string().nullable().describe('The slug; null when the flow has been deleted.'),
    version: z.int(),
    status: z.enum(['running', 'waiting', 'ended', 'handed_off', 'failed']),
    at: z.object({ flow: z.string(), block: z.string() }).describe('Where it stands.'),
    wait: z.object({ kind: z.string(), block: z.string(), until: time.nullable() }).nullable(),
    vars: z.record(z.string(), z.unknown()),
    started_at: time,
    updated_at: time,
    trace: z
      .array(
        z.object({
          at: time,
          block: z.string(),
          port: z.string(),
          set: z.array(z.string()).describe('What the block changed, by name.'),
          reason: z.string().nullable().describe('Why it left by that port, where the port alone does not say: `unknown_outcome`, `timeout`, `blocked`.'),
        }),
      )
      .describe('The blocks it ran, oldest first; of the latest 200 turns.'),
  })
  .meta({ id: 'Session' });

const maxTurns = 200;

async function show(db: Db, botId: number, rows: readonly Conversation[]): Promise<z.input<typeof conversation>[]> {
  const people = await findSubscribers(
    db,
    botId,
    rows.map((row) => row.subscriber_id),
  );
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    status: row.status,
    subscriber: { id: row.subscriber_id, user_ns: ns('subscriber', botId, row.subscriber_id), name: people.get(row.subscriber_id)?.name ?? '' },
    assignee: row.assignee_id,
    messages: row.messages,
    last_message_at: row.last_message_at,
    opened_at: row.opened_at,
    closed_at: row.closed_at,
    created_at: row.created_at,
  }));
}

function showMessage(row: MessageRow): z.input<typeof message> {
  const { id, seq, direction, text, author_kind: kind, author_id, author_name } = row;
  return { id, seq, direction, text, body: JSON.parse(row.body) as unknown, author: { kind, id: author_id, name: author_name }, created_at: row.at };
}

async function needConversation(db: Db, botId: number, id: number): Promise<Conversation> {
  const found = await findConversation(db, botId, id);
  if (!found) throw notFound('Conversation');
  return found;
}

function untilOf(wait: NonNullable<Session['wait']>): number | null {
  if (wait.kind === 'timer') return wait.at;
  return 'expires_at' in wait ? wait.expires_at : null;
}

async function showSession(db: Db, one: Conversation): Promise<z.input<typeof session>> {
  const row = one.session_id === null ? null : await findSession(db, one.id, one.session_id);
  if (!row) throw notFound('Session');
  const state = JSON.parse(row.state) as Session;
  const { cursor, wait, vars, status } = state;
  const flow = await findFlow(db, one.bot_id, { id: row.flow_id });
  const steps = await stepsOfSession(db, one.id, row.id, maxTurns);
  return {
    id: row.id,
    flow: flow?.slug ?? null,
    version: row.version,
    status,
    at: { flow: cursor.flow, block: cursor.block },
    wait: wait && { kind: wait.kind, block: wait.block, until: untilOf(wait) },
    vars,
    started_at: row.started_at,
    updated_at: row.updated_at,
    trace: steps
      .toReversed()
      .flatMap(({ at, trace }) => (JSON.parse(trace) as Traced[]).map(({ block, port, set = [], reason = null }) => ({ at, block, port, set, reason }))),
  };
}

const docs = { tag: 'Conversations' };

export const conversationRoutes = [
  route({
    method: 'GET',
    path: '/conversations',
    access: 'bot_read',
    query: listQuery({
      channel: z.string().max(40).optional(),
      status: z.string().max(40).optional(),
      subscriber: z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number)
        .optional(),
    }),
    reply: listOf(conversation),
    docs: { ...docs, id: 'listConversations', summary: 'List conversations', description: 'Newest activity first.' },
    run: async ({ app, tenant: { botId }, query }) => {
      const filter = { channel: query.channel, status: query.status, subscriberId: query.subscriber };
      const page = await listConversations(app.db, botId, filter, cursorAsk(query));
      return listReply({ rows: await show(app.db, botId, page.rows), next: page.next }, (shown) => shown);
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/{id}',
    access: 'bot_read',
    params: idParams,
    reply: conversation,
    docs: { ...docs, id: 'getConversation', summary: 'Get a conversation' },
    run: async ({ app, tenant: { botId }, params: { id } }) => {
      const [shown] = await show(app.db, botId, [await needConversation(app.db, botId, id)]);
      return shown;
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/{id}/messages',
    access: 'bot_read',
    params: idParams,
    query: listQuery({}),
    reply: listOf(message),
    docs: { ...docs, id: 'listMessages', summary: 'List messages', description: 'Oldest first, with the notes of the team.' },
    run: async ({ app, tenant: { botId }, params: { id }, query }) => {
      const { limit, cursor } = cursorAsk(query);
      const one = await needConversation(app.db, botId, id);
      const afterId = cursor === undefined ? undefined : /^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.MAX_SAFE_INTEGER;
      const rows = await listMessages(app.db, one.id, { afterId, limit: limit + 1, notes: 'with' });
      const shown = rows.slice(0, limit);
      return listReply({ rows: shown, next: rows.length > limit ? String(shown.at(-1)?.id) : null }, showMessage);
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
    run: async ({ app, tenant: { botId }, params: { id } }) => showSession(app.db, await needConversation(app.db, botId, id)),
  }),
];
