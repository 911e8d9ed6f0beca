// What /v1/conversations answers: a conversation, a message, an event, and where the flow stands.
import { ns } from '@parley/engine/ids.ts';
import type { Session } from '@parley/engine/session.ts';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { signedUrl, withFreshLinks } from '../../commands/file-links.ts';
import type { ConversationEvent, Traced } from '../../commands/save-step.ts';
import { notFound } from '../../errors.ts';
import { glimpsesOf } from '../../store/conversation-reads.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { type FileRow, filesOfMessages } from '../../store/files.ts';
import { findFlow } from '../../store/flows.ts';
import type { MessageRow } from '../../store/messages.ts';
import { findSession, stepsOfSession } from '../../store/sessions.ts';
import { findSubscribers } from '../../store/subscribers.ts';
import { time } from './shapes.ts';

const direction = z.enum(['in', 'out', 'note']);
const authorKind = z.enum(['subscriber', 'bot', 'agent']);

export const conversation = z
  .object({
    id: z.int(),
    channel: z.string().describe('A word: `web`, `api` …'),
    status: z.string().describe('`open` or `done`.'),
    subscriber: z.object({ id: z.int(), user_ns: z.string(), name: z.string(), email: z.string().nullable(), image: z.string().nullable() }),
    assignee: z.int().nullable(),
    handler: z.enum(['bot', 'people']).describe('Whose turn it is to answer.'),
    taken_at: time.nullable().describe('Since when people have stopped the flow; null = they have not.'),
    waiting_since: time.nullable().describe('Since when the person waits for people; null = nobody has to answer.'),
    unread: z.int().describe('Messages of the person that you have not read; 50 means 50 or more.'),
    last_message: z.object({ text: z.string(), direction, author: z.object({ kind: authorKind, name: z.string() }) }).nullable(),
    seq: z.int().describe('The number of its last event.'),
    messages: z.int().describe('How many.'),
    last_message_at: time.nullable(),
    opened_at: time,
    closed_at: time.nullable(),
    created_at: time,
  })
  .meta({ id: 'Conversation' });

export const message = z
  .object({
    id: z.int().describe('The same at every door.'),
    seq: z.int().describe('Its number among the events of the conversation.'),
    direction,
    text: z.string().describe('What a channel that knows only text shows.'),
    body: z.unknown().describe('The whole of it: buttons, media, cards.'),
    attachments: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        type: z.string(),
        kind: z.enum(['image', 'video', 'audio', 'file']),
        size: z.int(),
        url: z.string().describe('To download it; good for 15 minutes.'),
        view_url: z.string().nullable().describe('To show it in a page; null for what is not safe to show.'),
      }),
    ),
    author: z.object({ kind: authorKind, id: z.int().nullable(), name: z.string() }),
    created_at: time,
  })
  .meta({ id: 'Message' });

export const conversationEvent = z
  .object({
    seq: z.int().describe('Without a gap in its conversation.'),
    at: time,
    kind: z.enum(['message', 'session', 'input', 'conversation', 'change', 'log', 'failed']),
    data: z
      .record(z.string(), z.unknown())
      .describe('Of a message `id` and `direction`; of a conversation `act` (taken, handed_back, opened, closed, assigned), `assignee`, `by`.'),
  })
  .meta({ id: 'ConversationEvent' });

export const session = z
  .object({
    id: z.int(),
    flow: z.string().nullable().describe('The slug; null when the flow has been deleted.'),
    name: z.string().nullable(),
    version: z.int(),
    status: z.enum(['running', 'waiting', 'ended', 'handed_off', 'failed']),
    is_stopped: z.boolean().describe('People have taken over: it goes on when they hand back.'),
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
const maxGlimpse = 200;

/** As `accountId` sees them: what is unread is unread by them. */
export async function showConversations(db: Db, botId: number, rows: readonly Conversation[], accountId: number): Promise<z.input<typeof conversation>[]> {
  const people = await findSubscribers(
    db,
    botId,
    rows.map((row) => row.subscriber_id),
  );
  const glimpses = await glimpsesOf(
    db,
    rows.map((row) => row.id),
    accountId,
  );
  return rows.map((row) => {
    const person = people.get(row.subscriber_id);
    const { last, unread } = glimpses.get(row.id) ?? { last: null, unread: 0 };
    return {
      id: row.id,
      channel: row.channel,
      status: row.status,
      subscriber: {
        id: row.subscriber_id,
        user_ns: ns('subscriber', botId, row.subscriber_id),
        name: person?.name ?? '',
        email: person?.email ?? null,
        image: person?.image ?? null,
      },
      assignee: row.assignee_id,
      handler: row.handler,
      taken_at: row.taken_at,
      waiting_since: row.waiting_since,
      unread,
      last_message: last && {
        text: last.text.slice(0, maxGlimpse),
        direction: last.direction,
        author: { kind: last.author_kind, name: last.author_name },
      },
      seq: row.seq,
      messages: row.messages,
      last_message_at: row.last_message_at,
      opened_at: row.opened_at,
      closed_at: row.closed_at,
      created_at: row.created_at,
    };
  });
}

export async function showMessages(app: App, db: Db, conversation: Conversation, found: readonly MessageRow[]): Promise<z.input<typeof message>[]> {
  const rows = await withFreshLinks(app, db, conversation, found);
  const files = await filesOfMessages(
    db,
    conversation.id,
    rows.map((row) => row.id),
  );
  return rows.map((row) => ({
    id: row.id,
    seq: row.seq,
    direction: row.direction,
    text: row.text,
    body: JSON.parse(row.body) as unknown,
    attachments: files.filter((file) => file.message_id === row.id).map((file) => showFile(app, file)),
    author: { kind: row.author_kind, id: row.author_id, name: row.author_name },
    created_at: row.at,
  }));
}

function showFile(app: App, file: FileRow): z.input<typeof message>['attachments'][number] {
  const { public_id: id, name, type, kind, size } = file;
  const viewUrl = file.is_inline_safe === 1 ? signedUrl(app, file, { disposition: 'inline' }) : null;
  return { id, name, type, kind, size, url: signedUrl(app, file), view_url: viewUrl };
}

export function showEvent({ seq, at, kind, ...data }: ConversationEvent): z.input<typeof conversationEvent> {
  return { seq, at, kind, data };
}

function untilOf(wait: NonNullable<Session['wait']>): number | null {
  if (wait.kind === 'timer') return wait.at;
  return 'expires_at' in wait ? wait.expires_at : null;
}

export async function showSession(db: Db, one: Conversation): Promise<z.input<typeof session>> {
  const row = one.session_id === null ? null : await findSession(db, one.id, one.session_id);
  if (!row) throw notFound('Session');
  const state = JSON.parse(row.state) as Session;
  const { cursor, wait, vars, status } = state;
  const flow = await findFlow(db, one.bot_id, { id: row.flow_id });
  const steps = await stepsOfSession(db, one.id, row.id, maxTurns);
  return {
    id: row.id,
    flow: flow?.slug ?? null,
    name: flow?.name ?? null,
    version: row.version,
    status,
    is_stopped: one.taken_at !== null && (status === 'running' || status === 'waiting'),
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
