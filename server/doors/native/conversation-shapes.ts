// What /v1/conversations answers: a conversation, what a search found in it, where it began, a message and an event.
import { ns } from '@parley/engine/ids.ts';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { signedUrl, withFreshLinks } from '../../commands/file-links.ts';
import type { ConversationEvent } from '../../commands/save-step.ts';
import { glimpsesOf } from '../../store/conversation-reads.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { type FileRow, filesOfMessages } from '../../store/files.ts';
import { type Found, textsOf } from '../../store/message-search.ts';
import { listMessages, type MessageRow } from '../../store/messages.ts';
import { findSubscribers } from '../../store/subscribers.ts';
import { excerptOf, wantedIn } from '../../store/words.ts';
import { time } from './shapes.ts';

const direction = z.enum(['in', 'out', 'note']);
const author = z.object({ kind: z.enum(['subscriber', 'bot', 'agent']), id: z.int().nullable(), name: z.string() });

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
    muted_at: time.nullable().describe('Since when it calls nobody and no flow speaks in it; null = it is not muted.'),
    unread: z.int().describe('Messages of the person that you have not read; 50 means 50 or more.'),
    last_message: z.object({ text: z.string(), direction, author }).nullable(),
    hit: z
      .object({
        message: z.int(),
        text: z.string().describe('What stands around the words.'),
        marks: z.array(z.tuple([z.int(), z.int()])).describe('Where they stand in `text`: from and to.'),
      })
      .nullable()
      .optional()
      .describe('Of a search: the message that was found; null = it was the person.'),
    session: z.int().nullable().describe('The run of a flow that is in it, or was last: see getSession; null = none ever was.'),
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
    author,
    created_at: time,
  })
  .meta({ id: 'Message' });

const said = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const word = z.string().nullable();

export const visit = z
  .object({
    url: word,
    title: word,
    referrer: word,
    locale: word,
    time_zone: word,
    browser: word.describe('What it calls itself.'),
    consent: word.describe('What they agreed to, word for word.'),
    marks: z.array(z.string()).describe('What makes it look like a program: `honeypot`, `fast`, `no_nonce`, `wrong_nonce`, `old_nonce`, `used_nonce`.'),
    said: z.record(z.string(), said).describe('What the page said of them.'),
  })
  .meta({ id: 'Visit' });

export const waiting = z.object({
  conversation: z.int(),
  message: z.int().describe('What they said last, by its number; a greater one was said later.'),
  name: z.string(),
  text: z.string(),
});

export const conversationEvent = z
  .object({
    seq: z.int().describe('Without a gap in its conversation.'),
    at: time,
    kind: z.enum(['message', 'session', 'input', 'conversation', 'change', 'log', 'failed']),
    data: z
      .record(z.string(), z.unknown())
      .describe('Of a message `id` and `direction`; of a conversation `act` (taken, handed_back, opened, closed, assigned, muted, unmuted), `assignee`, `by`.'),
  })
  .meta({ id: 'ConversationEvent' });

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
      muted_at: row.muted_at,
      unread,
      last_message: last && {
        text: last.text.slice(0, maxGlimpse),
        direction: last.direction,
        author: { kind: last.author_kind, id: last.author_id, name: last.author_name },
      },
      session: row.session_id,
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

/** Each with the message that was found in it. */
export async function showHits(db: Db, rows: z.input<typeof conversation>[], found: Found, asked: string): Promise<z.input<typeof conversation>[]> {
  const wanted = wantedIn(asked);
  const texts = await textsOf(
    db,
    rows.map(({ id }) => id),
    found,
  );
  return rows.map((row) => {
    const one = texts.get(row.id);
    return { ...row, hit: one && wanted ? { message: one.id, ...excerptOf(one.text, wanted) } : null };
  });
}

type VisitContext = Partial<Record<'url' | 'title' | 'referrer' | 'locale' | 'tz' | 'browser' | 'consent', string | null>> & {
  marks?: string[];
  attributes?: Record<string, z.input<typeof said>>;
};

/** Of one that began elsewhere than on a website nothing is known. */
export function showVisit({ context }: Conversation): z.input<typeof visit> {
  const { url, title, referrer, locale, tz, browser, consent, marks, attributes } = JSON.parse(context ?? '{}') as VisitContext;
  const words = { url, title, referrer, locale, time_zone: tz, browser, consent };
  const known = Object.fromEntries(Object.entries(words).map(([name, value]) => [name, value ?? null]));
  return { ...(known as Record<keyof typeof words, string | null>), marks: marks ?? [], said: attributes ?? {} };
}

export async function showWaiting(db: Db, one: Conversation): Promise<z.input<typeof waiting>> {
  const person = (await findSubscribers(db, one.bot_id, [one.subscriber_id])).get(one.subscriber_id);
  const [heard] = await listMessages(db, one.id, { order: 'desc', direction: 'in', limit: 1, notes: 'without' });
  return { conversation: one.id, message: heard?.id ?? 0, name: person?.name ?? '', text: heard?.text.slice(0, maxGlimpse) ?? '' };
}
