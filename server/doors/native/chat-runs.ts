// /chats/{id}/runs: each run of a chat, how it stands and what it did; ending one, going on with one, and a chat that goes
// another way from where this one stood. And who is told of it all: what could not be delivered.
import { z } from 'zod';
import { type ForkPoint, type From, forkChat, needRun, retryRun, type Span, traceOf } from '../../commands/chat-runs.ts';
import { deadLetters, type HookPayload, redeliver } from '../../commands/chat-webhooks.ts';
import { isoOf, runName } from '../../commands/chat-wire.ts';
import { needChat, needOpen } from '../../commands/chats.ts';
import { route } from '../../http/route.ts';
import { listRuns } from '../../store/chat-runs.ts';
import type { Job } from '../../store/jobs.ts';
import { abort, aborted, cancelBody, chatParams, ownerOf } from './chat-calls.ts';
import { runStream } from './chat-events.ts';
import { numberOfRun, partQuery, runId } from './chat-messages.ts';
import { chat, run, showChat, showRun, spanId, traceId } from './chat-shapes.ts';
import { textsOf, whole } from './chats.ts';

const docs = { tag: 'Chats' };
const runParams = z.object({ ...chatParams.shape, run: runId });

const turnName = z
  .string()
  .regex(/^turn:\d{1,9}$/)
  .describe('`turn:2`: after the second turn.');

const span = z.object({
  span_id: z.string(),
  parent_span_id: z.string().nullable(),
  name: z.string(),
  start: z.string(),
  end: z.string(),
  attributes: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
});

const delivery = z
  .object({
    id: z.int(),
    event: z.int().describe('The number of the event it tells of.'),
    attempts: z.int(),
    last_error: z.string().nullable(),
    created: z.string(),
    given_up: z.string().nullable(),
  })
  .meta({ id: 'ChatDelivery' });

export const chatRunRoutes = [
  route({
    method: 'GET',
    path: '/chats/{id}/runs',
    access: 'chats_read',
    params: chatParams,
    query: z.object({ before: runId.optional().describe('Only older ones.'), limit: whole.pipe(z.int().min(1).max(200)).optional() }),
    reply: z.array(run),
    docs: { ...docs, id: 'listChatRuns', summary: 'Its runs', description: 'A bare array, the latest first. `X-Next-Cursor` and `Link` name the next page.' },
    run: async (context) => {
      const { app, params, query, reply } = context;
      const open = await needOpen(app.db, ownerOf(context), params.id);
      const { limit = 50, before } = query;
      const found = await listRuns(app.db, open.conversation.id, { before: before === undefined ? undefined : numberOfRun(before), limit: limit + 1 });
      const rows = found.slice(0, limit);
      const last = found.length > limit ? rows.at(-1) : undefined;
      if (last) reply.header('x-next-cursor', runName(last.session_id));
      if (last) reply.header('link', `<?${new URLSearchParams(textsOf({ before: runName(last.session_id), limit }))}>; rel="next"`);
      return rows.map((row) => showRun(open, row));
    },
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/runs/{run}',
    access: 'chats_read',
    params: runParams,
    reply: run,
    docs: { ...docs, id: 'getChatRun', summary: 'Fetch a run' },
    run: async (context) => {
      const found = await needRun(context.app.db, ownerOf(context), context.params.id, numberOfRun(context.params.run));
      return showRun(found.open, found.run);
    },
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/runs/{run}/cancel',
    access: 'chats_write',
    params: runParams,
    body: cancelBody,
    reply: aborted,
    docs: {
      ...docs,
      id: 'cancelChatRun',
      summary: 'End a run',
      description: 'One that is over stays as it is (`No active run.`). What waits for its turn is dropped with it.',
      example: { reason: 'no longer needed' },
    },
    run: (context) => abort(context.app, ownerOf(context), context.params.id, { only: numberOfRun(context.params.run), reason: context.body.reason }),
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/runs/{run}/retry',
    access: 'chats_write',
    params: runParams,
    body: z.object({ from: z.union([z.literal('start'), turnName]).optional() }).meta({ id: 'ChatRetry' }),
    reply: run,
    errors: ['chat_busy', 'not_found', 'gone'],
    docs: {
      ...docs,
      id: 'retryChatRun',
      summary: 'Go on with a run that is over',
      description: [
        'As a run of its own. Without `from` it goes on from the last place it can: a failed one with the block that failed, another where it waited last.',
        '`start` begins anew with the same first message and the live version of the flow, `turn:<n>` where it stood after that turn.',
        'Nothing is said again. Where it waited for another system it cannot go on.',
      ].join(' '),
      example: { from: 'start' },
    },
    run: (context) => {
      const { app, params, body } = context;
      const owner = ownerOf(context);
      const from: From = body.from === undefined || body.from === 'start' ? (body.from ?? null) : { turn: Number(body.from.slice(5)) };
      return app.transact(async (tx) => {
        const made = await retryRun(app, tx, owner, params.id, numberOfRun(params.run), from);
        const { open, run: row } = await needRun(tx, owner, params.id, made);
        return showRun(open, row);
      });
    },
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/runs/{run}/events',
    access: 'chats_read',
    params: runParams,
    query: z.object({
      after: whole.optional().describe('The number of the last event you have seen; absent = from the first of the run.'),
      channels: partQuery.channels,
    }),
    docs: {
      ...docs,
      id: 'streamChatRun',
      summary: 'What happens in a run',
      description: 'From its first event to its last, then `done`; whenever it is asked for. With `Accept: application/x-ndjson` a line of JSON each.',
    },
    stream: (context) => runStream(context.app, ownerOf(context), context.params.id, numberOfRun(context.params.run), { channels: context.query.channels }),
    run: async () => undefined,
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/runs/{run}/trace',
    access: 'chats_read',
    params: runParams,
    reply: z.object({
      trace_id: z.string(),
      run_id: z.string(),
      complete: z.boolean().describe('False of a very long run: its first spans are left out.'),
      spans: z.array(span),
    }),
    docs: {
      ...docs,
      id: 'traceChatRun',
      summary: 'What its blocks did',
      description:
        'A tree: the run, its turns, and in each the blocks that ran, with the port each was left by and the names (never the values) of what it set.',
    },
    run: async (context) => {
      const { open, run: row } = await needRun(context.app.db, ownerOf(context), context.params.id, numberOfRun(context.params.run));
      const { spans, isWhole } = await traceOf(context.app.db, row);
      const end = row.finished_at ?? spans.at(-1)?.at ?? row.started_at;
      const id = traceId(open.conversation.id, row.session_id);
      return { trace_id: id, run_id: runName(row.session_id), complete: isWhole, spans: spans.map((one, at) => showSpan(one, at, end)) };
    },
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/fork',
    access: 'chats_write',
    params: chatParams,
    body: z
      .object({
        name: z.string().max(255).optional().describe('That of the chat when absent.'),
        message_id: z
          .string()
          .regex(/^\d{1,15}$/)
          .optional()
          .describe('Everything up to the end of the turn in which this was said.'),
        run_id: runId.optional().describe('With `from`: the last run when absent.'),
        from: turnName.optional(),
      })
      .refine((body) => body.message_id === undefined || body.from === undefined, { error: 'Name a message or a turn, not both.', path: ['from'] })
      .meta({ id: 'ChatFork' }),
    reply: chat,
    errors: ['conflict', 'payload_too_large', 'not_found'],
    docs: {
      ...docs,
      id: 'forkChat',
      summary: 'A new chat that goes on from here',
      description:
        'With the same past, up to a message or a turn, and waiting for what this one waited for there. This one stays as it is, and keeps its webhook and its end to itself.',
      example: { name: 'Another way' },
    },
    run: (context) => {
      const { app, params, body } = context;
      const owner = ownerOf(context);
      const ofTurn = body.from === undefined ? null : { runId: body.run_id === undefined ? null : numberOfRun(body.run_id), turn: Number(body.from.slice(5)) };
      const at: ForkPoint = body.message_id === undefined ? ofTurn : { messageId: Number(body.message_id) };
      return app.transact(async (tx) => {
        const made = await forkChat(app, tx, owner, params.id, { at, name: body.name ?? null });
        return showChat(await needChat(tx, owner, made), owner.vocabulary);
      });
    },
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/webhook/failures',
    access: 'chats_read',
    params: chatParams,
    reply: z.array(delivery),
    docs: {
      ...docs,
      id: 'listChatDeadLetters',
      summary: 'What its webhook did not take',
      description: 'What was tried for three days and given up, the latest first.',
    },
    run: async (context) => (await deadLetters(context.app.db, await needOpen(context.app.db, ownerOf(context), context.params.id))).map(showDelivery),
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/webhook/failures/{delivery}/replay',
    access: 'chats_write',
    params: z.object({
      ...chatParams.shape,
      delivery: z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    }),
    reply: z.object({ detail: z.string() }),
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'replayChatDelivery',
      summary: 'Try a delivery again',
      description: 'As a new one: at once, and then for three days, after what else is to be told of this chat.',
    },
    run: (context) =>
      context.app.transact(async (tx) => {
        await redeliver(context.app, tx, await needOpen(tx, ownerOf(context), context.params.id), context.params.delivery);
        return { detail: 'It is tried again.' };
      }),
  }),
];

function showSpan({ name, parent, at, turn, attributes }: Span, index: number, end: number): z.input<typeof span> {
  const parentId = parent === null ? null : spanId(parent);
  const more = turn === null ? attributes : { ...attributes, turn };
  return { span_id: spanId(index), parent_span_id: parentId, name, start: isoOf(at), end: isoOf(parent === null ? end : at), attributes: more };
}

function showDelivery({ id, payload, attempts, last_error, created_at, dead_at }: Job): z.input<typeof delivery> {
  const { seq } = JSON.parse(payload) as HookPayload;
  return { id, event: seq, attempts, last_error, created: isoOf(created_at), given_up: dead_at === null ? null : isoOf(dead_at) };
}
