// /chats and /v1/chats: flows run as sessions by programs. The seven calls keep the words their clients know; every path
// works with and without /v1 and with and without a slash at its end. What is said in a chat is chat-messages.ts.
import type { Vars } from '@parley/engine/session.ts';
import { z } from 'zod';
import { messageChat } from '../../commands/chat-turns.ts';
import { shownStatuses, showStatus } from '../../commands/chat-wire.ts';
import { changeChat, createChat, findChats, needChat, needOpen, removeChat } from '../../commands/chats.ts';
import { AppError } from '../../errors.ts';
import { headerText, route } from '../../http/route.ts';
import { chatParams, ownerOf } from './chat-calls.ts';
import { chat, limits, showChat, webhookAsk } from './chat-shapes.ts';
import { maxWaitS, tagOf, waitForChat } from './chat-wait.ts';

const id = z.union([z.string().min(1).max(100), z.int().min(0)]).transform(String);

/** In a query, a number; in a body that repeats it, too. */
export const whole = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

export function textsOf(values: object): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}

const docs = { tag: 'Chats' };
const metadata = z.record(z.string().max(100), z.unknown());
const maxExpiryS = 365 * 86_400;

export const chatRoutes = [
  route({
    method: 'GET',
    path: '/chats',
    access: 'chats_read',
    query: z.object({
      status: z.enum(shownStatuses).optional(),
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
      const before = query.before === undefined ? undefined : (await needOpen(app.db, owner, query.before)).conversation.id;
      const { status: wanted, from_flow: fromFlow, q } = query;
      const status = wanted && ((view: Parameters<typeof showChat>[0]) => showStatus(owner.vocabulary, view.status, view.chat.stop_reason) === wanted);
      const { views, next } = await findChats(app.db, owner, { status, fromFlow, q, before, limit });
      const { before: _before, ...same } = query;
      if (next) reply.header('x-next-cursor', next);
      if (next) reply.header('link', `<?${new URLSearchParams({ ...textsOf({ ...same, limit }), before: next })}>; rel="next"`);
      return views.map((view) => showChat(view, owner.vocabulary));
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
        metadata: metadata.optional(),
        variables: z
          .record(z.string().max(64), z.unknown())
          .optional()
          .describe('What parameters and variables of the flow begin with, in every run; names it does not have are left out.'),
        limits: limits.optional().describe('What each run is held to.'),
        webhook: webhookAsk.optional().describe('Who is told what happens, as Standard Webhooks 1.0.0 says.'),
        expires_in: z.int().min(1).max(maxExpiryS).optional().describe('Seconds until the chat is over: what runs is ended, nothing more can be said (410).'),
      })
      .meta({ id: 'CreateChat' }),
    reply: chat,
    errors: ['not_found'],
    docs: { ...docs, id: 'createChat', summary: 'Create a chat session', example: { name: 'My Chatbot', from_type: 'flow', from_flow: 'hello' } },
    run: (context) => {
      const { app, body } = context;
      const owner = ownerOf(context);
      const fromFlow = body.from_flow ?? body.from_project ?? body.from_template ?? null;
      if (fromFlow === null && body.from_type !== 'template') {
        throw new AppError('invalid_request', 'The from flow field is required.', {
          fields: [{ kind: 'required', path: ['from_flow'], message: 'The from flow field is required.' }],
        });
      }
      const wish = {
        name: body.name ?? '',
        fromType: body.from_type ?? 'flow',
        fromFlow,
        metadata: body.metadata ?? {},
        variables: (body.variables ?? {}) as Vars,
        limits: body.limits ?? {},
        webhook: body.webhook ?? null,
        expiresInMs: body.expires_in === undefined ? null : body.expires_in * 1_000,
        keyId: owner.keyId,
      };
      return app.transact(async (tx) => {
        const publicId = await createChat(app, tx, owner, wish);
        if (body.message !== undefined) await messageChat(app, tx, owner, publicId, { text: body.message, onBusy: 'reject', clientId: null });
        return showChat(await needChat(tx, owner, publicId), owner.vocabulary);
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
      const owner = ownerOf(context);
      const known = headerText(request.headers, 'if-none-match') || null;
      const view = await waitForChat(app, owner, params.id, { waitMs: (query.wait ?? 0) * 1_000, until: query.until ?? 'change', known });
      reply.header('etag', tagOf(view));
      return showChat(view, owner.vocabulary);
    },
  }),
  route({
    method: 'PATCH',
    path: '/chats/{id}',
    access: 'chats_write',
    params: chatParams,
    body: z
      .strictObject({
        name: z.string().max(255).optional(),
        metadata: metadata.optional().describe('In place of what there was.'),
        limits: limits.nullable().optional().describe('In place of what there was; they hold for what runs, too. Null removes them.'),
        webhook: z
          .strictObject({ ...webhookAsk.shape, secret: webhookAsk.shape.secret.optional() })
          .nullable()
          .optional()
          .describe('In place of what there was; without a secret the one there was stays. Null removes it.'),
      })
      .meta({ id: 'ChangeChat' }),
    reply: chat,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'changeChat',
      summary: 'Change its name, metadata, limits or webhook',
      description: 'What is not named stays.',
      example: { name: 'Order 7' },
    },
    run: (context) => {
      const { app, params, body } = context;
      const owner = ownerOf(context);
      return app.transact(async (tx) => {
        await changeChat(app, tx, owner, params.id, body);
        return showChat(await needChat(tx, owner, params.id), owner.vocabulary);
      });
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
];
