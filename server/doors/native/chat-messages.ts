// What is said in a chat, and what a person answers: the calls that clients of the seven know, with what they may ask besides.
import { z } from 'zod';
import { listInputs, type Mark, marksAmong } from '../../commands/chat-history.ts';
import { isoOf, runPattern, showMessage } from '../../commands/chat-wire.ts';
import { type ChatView, clearHistory, needOpen, placed } from '../../commands/chats.ts';
import { asksForEvents, headerText, route } from '../../http/route.ts';
import type { OpenChat } from '../../store/chats.ts';
import type { Db } from '../../store/database.ts';
import { findMessage, listMessages, type MessageRow } from '../../store/messages.ts';
import { seqsOfSession } from '../../store/sessions.ts';
import { abort, aborted, answered, chatParams, inputBody, ownerOf, respond, sendBody, sendMessage, sent, statusShown } from './chat-calls.ts';
import { chatStream, messageStream, runStream, type StreamChannel, streamChannels } from './chat-events.ts';
import { input, message } from './chat-shapes.ts';
import { preferredWaitMs, waitForChat } from './chat-wait.ts';
import { textsOf, whole } from './chats.ts';

/** In one reply; the rest is in the history. */
const maxAnswers = 200;

const docs = { tag: 'Chats' };

/** `a,b` as a list of these words. */
export function wordsIn<W extends string>(words: readonly [W, ...W[]]) {
  return z
    .string()
    .max(200)
    .transform((text) => text.split(',').map((word) => word.trim()))
    .pipe(z.array(z.enum(words)));
}

export const runId = z.string().regex(runPattern);
export const numberOfRun = (name: string): number => Number(name.slice(4));

export const partQuery = {
  run_id: runId.optional().describe('Only this run, which ends the stream with `done`.'),
  channels: wordsIn<StreamChannel>(streamChannels).optional().describe('Only what is of these: messages, tools, lifecycle, usage, trace; with commas between.'),
};

const includable = ['tool', 'internal', 'control'] as const;

export const chatMessageRoutes = [
  route({
    method: 'POST',
    path: '/chats/{id}/messages',
    access: 'chats_write',
    params: chatParams,
    body: sendBody,
    reply: sent,
    errors: ['chat_busy', 'queue_full', 'not_found', 'gone', 'idempotency_key_reused'],
    docs: {
      ...docs,
      id: 'sendChatMessage',
      summary: 'Start, or continue, the conversation',
      description: [
        'The reply holds the message as it was kept, and what the flow answered. While the flow waits for another system or for time it says',
        '`running`; with `Prefer: wait=30` it comes when nothing runs any more, or after so many seconds (30 at most).',
        'With `Accept: text/event-stream` what comes of the message is streamed instead, from its own event on, until the run is over (`done`);',
        'closing the stream ends nothing. The same call under the same `Idempotency-Key` says nothing again and streams again, from',
        '`Last-Event-ID` or from the beginning. `application/x-ndjson` is the same in lines.',
      ].join(' '),
      example: { message: 'Hello' },
    },
    run: async (context) => {
      const { app, params, body, request, reply } = context;
      const owner = ownerOf(context);
      const sent = await sendMessage(app, owner, params.id, body);
      // Under an Idempotency-Key the reply is what was kept with the message; a stream waits for nothing.
      const mayWait = headerText(request.headers, 'idempotency-key') === '' && !asksForEvents(request.headers);
      const waitMs = mayWait ? preferredWaitMs(request.headers) : 0;
      if (sent.status !== 'running' || waitMs === 0) return sent;
      reply.header('preference-applied', 'wait');
      const view = await waitForChat(app, owner, params.id, { waitMs, until: 'idle', known: null });
      const range = { afterId: Number(sent.id), limit: maxAnswers, notes: 'without' as const };
      const answers = sent.state === 'queued' ? [] : await placed(app.db, view.conversation.id, await listMessages(app.db, view.conversation.id, range));
      return { ...sent, status: statusShown(owner, view), messages: answers.map((row) => showMessage({ ...view, ...row }, row)) };
    },
    follow: (context, { id, client_message_id: clientId }) =>
      messageStream(context.app, ownerOf(context), context.params.id, id === '' ? { clientId: clientId ?? '' } : { id }),
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/messages',
    access: 'chats_read',
    params: chatParams,
    query: z.object({
      after: whole.optional().describe('A message id: only later ones.'),
      before: whole.optional().describe('A message id: only earlier ones.'),
      limit: whole.pipe(z.int().min(1).max(200)).optional(),
      order: z.enum(['asc', 'desc']).optional(),
      run_id: runId.optional().describe('Only what was said in this run.'),
      include: wordsIn(includable)
        .optional()
        .describe(
          '`control` adds the marks `__STATUS_…__` that older clients find the status by; `tool` and `internal` messages come with agents, a scripted flow has none.',
        ),
    }),
    reply: z.array(message),
    docs: {
      ...docs,
      id: 'listChatMessages',
      summary: 'History',
      description: 'A bare array, oldest first. `X-Next-Cursor` and `Link` name the next page; marks do not count towards `limit`.',
    },
    run: async (context) => {
      const { app, params, query, reply } = context;
      const open = await needOpen(app.db, ownerOf(context), params.id);
      const { limit = 50, order = 'asc', run_id } = query;
      const run = run_id === undefined ? undefined : await seqsOfSession(app.db, open.conversation.id, numberOfRun(run_id));
      if (run === null) return [];
      const range = { afterId: query.after, beforeId: query.before, limit: limit + 1, order, notes: 'without' as const, among: run };
      const found = await listMessages(app.db, open.conversation.id, range);
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      if (last) reply.header('x-next-cursor', String(last.id));
      const same = { order, limit, run_id, include: query.include?.join() };
      if (last) reply.header('link', `<?${new URLSearchParams({ [order === 'asc' ? 'after' : 'before']: String(last.id), ...textsOf(same) })}>; rel="next"`);
      const shown = (await placed(app.db, open.conversation.id, rows)).map((row) => showMessage({ ...open, ...row }, row));
      if (!query.include?.includes('control')) return shown;
      const marks = await marksBeside(app.db, open, { rows, isWhole: !last, order, after: query.after, before: query.before });
      const asked = marks.filter((mark) => run_id === undefined || mark.runId === numberOfRun(run_id)).map((mark) => showMark(open, mark));
      const all: z.input<typeof message>[] = [...shown, ...asked];
      return all.sort((a, b) => (order === 'asc' ? a.seq - b.seq : b.seq - a.seq));
    },
  }),
  route({
    method: 'DELETE',
    path: '/chats/{id}/messages',
    access: 'chats_write',
    params: chatParams,
    reply: z.object({ result: z.literal(true) }),
    errors: ['chat_busy', 'not_found'],
    docs: {
      ...docs,
      id: 'clearChatMessages',
      summary: 'Clear the history',
      description: 'What was said is gone, at every door; the chat, its runs and the numbers of its events stay. Not while it runs.',
    },
    run: (context) =>
      context.app.transact(async (tx) => {
        await clearHistory(tx, ownerOf(context), context.params.id);
        return { result: true as const };
      }),
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/input',
    access: 'chats_write',
    params: chatParams,
    body: inputBody,
    reply: answered,
    errors: ['no_pending_input', 'input_already_resolved', 'input_expired', 'not_found', 'gone'],
    docs: { ...docs, id: 'answerChatInput', summary: 'Answer a chat that waits for a human', example: { message: 'Hello' } },
    run: (context) => respond(context.app, ownerOf(context), context.params.id, context.body),
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/abort',
    access: 'chats_write',
    params: chatParams,
    reply: aborted,
    errors: ['not_found'],
    docs: { ...docs, id: 'abortChat', summary: 'End what runs', description: 'Nothing to end is fine too.' },
    run: (context) => abort(context.app, ownerOf(context), context.params.id),
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/events',
    access: 'chats_read',
    params: chatParams,
    query: z.object({
      after: whole.optional().describe('The number of the last event you have seen; 0 = everything; absent = from now on, after a snapshot.'),
      ...partQuery,
    }),
    docs: {
      ...docs,
      id: 'streamChatEvents',
      summary: 'What happens, as it happens',
      description:
        'Server-sent events, numbered without a gap; with `Accept: application/x-ndjson` a line of JSON each. `Last-Event-ID` goes on where a stream was cut.',
    },
    stream: (context) => {
      const { app, params, query } = context;
      const owner = ownerOf(context);
      if (query.run_id !== undefined) return runStream(app, owner, params.id, numberOfRun(query.run_id), { channels: query.channels });
      return chatStream(app, owner, params.id, query.channels);
    },
    run: async () => undefined,
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/inputs',
    access: 'chats_read',
    params: chatParams,
    query: z.object({
      status: z.enum(['pending', 'resolved', 'expired']).optional(),
      limit: whole.pipe(z.int().min(1).max(200)).optional(),
    }),
    reply: z.array(
      input
        .extend({
          node_id: z.string(),
          status: z.enum(['pending', 'resolved', 'expired']),
          closed: z.string().nullable().describe('When it was answered, or expired.'),
          message_id: z.string().nullable().describe('What was answered.'),
        })
        .meta({ id: 'ChatInputRecord' }),
    ),
    docs: {
      ...docs,
      id: 'listChatInputs',
      summary: 'What people were asked',
      description: 'A bare array, the latest first: what is pending, and what became of the others.',
    },
    run: async (context) => {
      const { app, params, query } = context;
      const all = await listInputs(app.db, await needOpen(app.db, ownerOf(context), params.id), query.limit ?? 50);
      const some = all.filter((one) => query.status === undefined || one.status === query.status);
      return some.map(({ input: asked, status, closedAt, messageId }) => ({
        ...(asked as z.input<typeof input> & { node_id: string }),
        status,
        closed: closedAt === null ? null : isoOf(closedAt),
        message_id: messageId === null ? null : String(messageId),
      }));
    },
  }),
];

type Page = { rows: readonly MessageRow[]; isWhole: boolean; order: 'asc' | 'desc'; after?: number | undefined; before?: number | undefined };

/** Those between the messages of a page, and beyond its last when there is nothing more to come. */
async function marksBeside(db: Db, open: OpenChat, { rows, isWhole, order, after, before }: Page): Promise<Mark[]> {
  const seqOf = async (id: number | undefined, otherwise: number): Promise<number> =>
    id === undefined ? otherwise : ((await findMessage(db, open.conversation.id, id))?.seq ?? otherwise);
  const end = rows.at(-1)?.seq;
  const bounds = { first: (await seqOf(after, 0)) + 1, last: (await seqOf(before, open.conversation.seq + 1)) - 1 };
  if (!isWhole && end !== undefined) bounds[order === 'asc' ? 'last' : 'first'] = end;
  return bounds.first > bounds.last ? [] : marksAmong(db, open, bounds);
}

/** As the message it once was. */
function showMark(open: Pick<ChatView, 'chat' | 'conversation' | 'botName'>, { seq, at, runId: ofRun, text }: Mark): z.input<typeof message> {
  const place = { id: 0, conversation_id: open.conversation.id, seq, at, public_at: 0, client_id: null };
  const by = { direction: 'out' as const, author_kind: 'bot' as const, author_id: null, author_name: 'bot' };
  const row = { ...place, ...by, body: JSON.stringify({ kind: 'text', text }), text };
  return { ...showMessage({ ...open, runId: ofRun }, row), id: `e${seq}`, sender: 'system', visibility: 'control' };
}
