// /chats and /v1/chats: flows run as sessions by programs. The seven calls keep the words their clients know; every
// path works with and without /v1 and with and without a slash at its end.
import type { Vars } from '@parley/engine/session.ts';
import { z } from 'zod';
import { chatStatuses, createChat, findChats, messageChat, needChat, placed, removeChat } from '../../commands/chats.ts';
import { AppError } from '../../errors.ts';
import { headerText, route } from '../../http/route.ts';
import { listMessages } from '../../store/messages.ts';
import { seqsOfSession } from '../../store/sessions.ts';
import { abort, aborted, answered, chatParams, inputBody, ownerOf, respond, sendBody, sendMessage, sent } from './chat-calls.ts';
import { chatStream } from './chat-events.ts';
import { chat, inputOf, message, runOf, showChat, showMessage } from './chat-shapes.ts';
import { maxWaitS, preferredWaitMs, tagOf, waitForChat } from './chat-wait.ts';

const id = z.union([z.string().min(1).max(100), z.int().min(0)]).transform(String);

const whole = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

/** In one reply; the rest is in the history. */
const maxAnswers = 200;

function textsOf(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

const docs = { tag: 'Chats' };

export const chatRoutes = [
  route({
    method: 'GET',
    path: '/chats',
    access: 'chats_read',
    query: z.object({
      status: z.enum(chatStatuses).optional(),
      from_flow: z.string().max(100).optional(),
      limit: whole.pipe(z.int().min(1).max(200)).optional(),
      before: z.string().max(40).optional().describe('A chat id: only older ones.'),
      q: z.string().max(255).optional().describe('Only those whose name contains this text, whatever its case.'),
    }),
    reply: z.array(chat),
    docs: {
      ...docs,
      id: 'listChats',
      summary: 'List chat sessions',
      description: 'A bare array, newest first. `X-Next-Cursor` and `Link` name the next page.',
    },
    run: async (context) => {
      const { app, query, reply } = context;
      const owner = ownerOf(context);
      const limit = query.limit ?? 50;
      const before = query.before === undefined ? undefined : (await needChat(app.db, owner, query.before)).conversation.id;
      const { views, next } = await findChats(app.db, owner, { ...query, fromFlow: query.from_flow, before, limit });
      const { before: _before, ...same } = query;
      if (next) reply.header('x-next-cursor', next);
      if (next) reply.header('link', `<?${new URLSearchParams({ ...textsOf({ ...same, limit }), before: next })}>; rel="next"`);
      return views.map(showChat);
    },
  }),
  route({
    method: 'POST',
    path: '/chats',
    access: 'chats_write',
    body: z
      .object({
        name: z.string().max(255).optional(),
        from_type: z.enum(['flow', 'template', 'project']).optional(),
        from_flow: id.optional(),
        from_project: id.optional(),
        from_template: id.optional(),
        message: z.string().max(64_000).optional().describe('Starts the first run at once.'),
        metadata: z.record(z.string().max(100), z.unknown()).optional(),
        variables: z
          .record(z.string().max(64), z.unknown())
          .optional()
          .describe('What parameters and variables of the flow begin with, in every run; names it does not have are left out.'),
      })
      .meta({ id: 'CreateChat' }),
    reply: chat,
    errors: ['not_found'],
    docs: { ...docs, id: 'createChat', summary: 'Create a chat session', example: { name: 'My Chatbot', from_type: 'flow', from_flow: 'hello' } },
    run: (context) => {
      const { app, tenant, body } = context;
      const owner = ownerOf(context);
      const fromFlow = body.from_flow ?? body.from_project ?? body.from_template ?? null;
      if (fromFlow === null && body.from_type !== 'template') {
        throw new AppError('invalid_request', 'The from flow field is required.', {
          fields: [{ kind: 'required', path: ['from_flow'], message: 'The from flow field is required.' }],
        });
      }
      const ask = {
        workspaceId: tenant.workspaceId,
        name: body.name ?? '',
        fromType: body.from_type ?? 'flow',
        fromFlow,
        metadata: body.metadata ?? {},
        variables: (body.variables ?? {}) as Vars,
      };
      return app.transact(async (tx) => {
        const publicId = await createChat(app, tx, owner, ask);
        if (body.message !== undefined) await messageChat(app, tx, owner, publicId, body.message, 'reject');
        return showChat(await needChat(tx, owner, publicId));
      });
    },
  }),
  route({
    method: 'GET',
    path: '/chats/{id}',
    access: 'chats_read',
    params: chatParams,
    query: z.object({
      wait: whole.pipe(z.int().min(0).max(maxWaitS)).optional().describe('Seconds this may take, until there is what `until` says.'),
      until: z.enum(['idle', 'change']).optional().describe('`idle`: nothing runs; `change` (usual): it is not as it was, or as `If-None-Match` says.'),
    }),
    reply: chat,
    docs: {
      ...docs,
      id: 'getChat',
      summary: 'Fetch one, with its status',
      description: 'With `wait` the reply comes when there is something new, or when the time is up, with the chat as it then is. `ETag` names what was seen.',
    },
    run: async (context) => {
      const { app, params, query, request, reply } = context;
      const known = headerText(request.headers, 'if-none-match') || null;
      const view = await waitForChat(app, ownerOf(context), params.id, { waitMs: (query.wait ?? 0) * 1_000, until: query.until ?? 'change', known });
      reply.header('etag', tagOf(view));
      return showChat(view);
    },
  }),
  route({
    method: 'DELETE',
    path: '/chats/{id}',
    access: 'chats_write',
    params: chatParams,
    reply: z.object({ result: z.literal(true) }),
    docs: { ...docs, id: 'deleteChat', summary: 'Remove', description: 'What runs is ended first; messages go with it.' },
    run: (context) =>
      context.app.transact(async (tx) => {
        await removeChat(tx, ownerOf(context), context.params.id);
        return { result: true as const };
      }),
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/messages',
    access: 'chats_write',
    params: chatParams,
    body: sendBody,
    reply: sent,
    errors: ['chat_busy', 'queue_full', 'not_found'],
    docs: {
      ...docs,
      id: 'sendChatMessage',
      summary: 'Start, or continue, the conversation',
      description: [
        'The reply holds the message as it was kept, and what the flow answered. While the flow waits for another system or for time it says',
        '`running`; with `Prefer: wait=30` it comes when nothing runs any more, or after so many seconds (30 at most).',
      ].join(' '),
      example: { message: 'Hello' },
    },
    run: async (context) => {
      const { app, params, body, request, reply } = context;
      const owner = ownerOf(context);
      const sent = await sendMessage(app, owner, params.id, body);
      // Under an Idempotency-Key the reply is what was kept with the message.
      const waitMs = headerText(request.headers, 'idempotency-key') === '' ? preferredWaitMs(request.headers) : 0;
      if (sent.status !== 'running' || waitMs === 0) return sent;
      reply.header('preference-applied', 'wait');
      const view = await waitForChat(app, owner, params.id, { waitMs, until: 'idle', known: null });
      const range = { afterId: Number(sent.id), limit: maxAnswers, notes: 'without' as const };
      const answers = sent.state === 'queued' ? [] : await placed(app.db, view.conversation.id, await listMessages(app.db, view.conversation.id, range));
      return { ...sent, status: view.status, messages: answers.map((row) => showMessage({ ...view, ...row }, row)) };
    },
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/messages',
    access: 'chats_read',
    params: chatParams,
    query: z.object({
      after: whole.optional(),
      before: whole.optional(),
      limit: whole.pipe(z.int().min(1).max(200)).optional(),
      order: z.enum(['asc', 'desc']).optional(),
      run_id: z
        .string()
        .regex(/^run_\d{1,15}$/)
        .optional()
        .describe('Only what was said in this run.'),
    }),
    reply: z.array(message),
    docs: { ...docs, id: 'listChatMessages', summary: 'History', description: 'A bare array, oldest first.' },
    run: async (context) => {
      const { app, params, query, reply } = context;
      const view = await needChat(app.db, ownerOf(context), params.id);
      const limit = query.limit ?? 50;
      const order = query.order ?? 'asc';
      const run = query.run_id === undefined ? undefined : await seqsOfSession(app.db, view.conversation.id, Number(query.run_id.slice(4)));
      const range = { afterId: query.after, beforeId: query.before, limit: limit + 1, order, notes: 'without' as const };
      const rows = run === null ? [] : await listMessages(app.db, view.conversation.id, { ...range, among: run });
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      if (last) reply.header('x-next-cursor', String(last.id));
      if (last)
        reply.header(
          'link',
          `<?${order === 'asc' ? 'after' : 'before'}=${last.id}&order=${order}&limit=${limit}${query.run_id === undefined ? '' : `&run_id=${query.run_id}`}>; rel="next"`,
        );
      return (await placed(app.db, view.conversation.id, rows.slice(0, limit))).map((row) => showMessage({ ...view, ...row }, row));
    },
  }),
  route({
    method: 'POST',
    path: '/chats/{id}/input',
    access: 'chats_write',
    params: chatParams,
    body: inputBody,
    reply: answered,
    errors: ['no_pending_input', 'input_already_resolved', 'input_expired', 'not_found'],
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
    }),
    docs: {
      ...docs,
      id: 'streamChatEvents',
      summary: 'What happens, as it happens',
      description: 'Server-sent events, numbered without a gap. `Last-Event-ID` goes on where a stream was cut.',
    },
    stream: (context) => chatStream(context.app, ownerOf(context), context.params.id),
    run: async () => undefined,
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/inputs',
    access: 'chats_read',
    params: chatParams,
    reply: z.array(z.unknown()),
    docs: { ...docs, id: 'listChatInputs', summary: 'What the chat waits for' },
    run: async (context) => {
      const pending = inputOf(await needChat(context.app.db, ownerOf(context), context.params.id));
      return pending ? [pending] : [];
    },
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/runs',
    access: 'chats_read',
    params: chatParams,
    reply: z.array(z.unknown()),
    docs: { ...docs, id: 'listChatRuns', summary: 'The run that is, or was last' },
    run: async (context) => {
      const run = runOf(await needChat(context.app.db, ownerOf(context), context.params.id));
      return run ? [run] : [];
    },
  }),
];
