// /chats/{id}/ws: the chat's events and calls over one WebSocket, and the ticket with which a browser opens it.
import { z } from 'zod';
import { makeTicket, redeemTicket } from '../../commands/chat-tickets.ts';
import { needChat } from '../../commands/chats.ts';
import { AppError } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { abort, cancelBody, chatParams, inputBody, ownerOf, respond, sendBody, sendMessage } from './chat-calls.ts';
import { chatStream, runStream, type StreamChannel, streamChannels } from './chat-events.ts';
import { numberOfRun, runId } from './chat-messages.ts';

const docs = { tag: 'Chats' };

const part = z.object({ run_id: runId.optional(), channels: z.array(z.enum(streamChannels)).max(streamChannels.length).optional() });
const cancel = cancelBody.extend({ run_id: runId.optional() });

export const chatSocketRoutes = [
  route({
    method: 'POST',
    path: '/chats/{id}/ws-ticket',
    access: 'chats_read',
    params: chatParams,
    reply: z.object({ ticket: z.string(), expires_at: z.iso.datetime() }),
    secret: true,
    docs: {
      ...docs,
      id: 'createChatTicket',
      summary: 'Let a browser open the WebSocket',
      description: 'Good once, within 30 seconds, for this chat: `wss://…/chats/{id}/ws?ticket=…`.',
    },
    run: async (context) => {
      const { app, caller, tenant, params } = context;
      await needChat(app.db, ownerOf(context), params.id);
      const { ticket, expiresAt } = makeTicket(app, caller, { about: params.id, botId: tenant.botId, workspaceId: tenant.workspaceId });
      return { ticket, expires_at: new Date(expiresAt).toISOString() };
    },
  }),
  route({
    method: 'GET',
    path: '/chats/{id}/ws',
    access: 'chats_read',
    params: chatParams,
    query: z.object({ ticket: z.string().max(1_000).optional().describe('For a browser, which can send no header: see createChatTicket.') }),
    docs: {
      ...docs,
      id: 'openChatSocket',
      summary: 'The same as a WebSocket',
      description: [
        'Subprotocol `chats.v1`. Ask `{"id", "method", "params"}` and get `{"id", "result"}` or `{"id", "error": {"code", "message"}}`.',
        'Methods: `message.send`, `input.respond` and `run.cancel` take what the calls of the same purpose take as their body;',
        '`subscribe {after, run_id, channels}`, `unsubscribe`, `ping`. Events come as `{"event", "seq", "data"}`, under the numbers of the event stream.',
        'It is closed with 4401 (credential), 4404 (no such chat), 4408 (no answer to a ping), 4409 (opened too often), 4429 (too many frames),',
        '1012 (come back) or 1013 (you took too little): `subscribe` again with the last number you have seen.',
      ].join(' '),
    },
    socket: {
      redeem: async (app, ticket, params) => {
        const redeemed = await redeemTicket(app, params.id, ticket);
        if (!redeemed) return null;
        const { botId, workspaceId, caller } = redeemed;
        return { caller, isTicket: true, hints: { botId: botId === 0 ? null : botId, workspaceId, botHeader: 'X-Bot', workspaceHeader: 'X-Workspace' } };
      },
      open: async (context) => {
        const { app } = context;
        const { id } = context.params;
        const owner = ownerOf(context);
        return {
          source: await chatStream(app, owner, id),
          part: {
            params: part,
            source: ({ run_id, channels }: { run_id?: string; channels?: StreamChannel[] }) =>
              run_id === undefined ? chatStream(app, owner, id, channels) : runStream(app, owner, id, numberOfRun(run_id), { channels }),
          },
          methods: {
            'message.send': { access: 'chats_write', params: sendBody, run: (body: z.output<typeof sendBody>) => sendMessage(app, owner, id, body) },
            'input.respond': { access: 'chats_write', params: inputBody, run: (body: z.output<typeof inputBody>) => respond(app, owner, id, body) },
            'run.cancel': {
              access: 'chats_write',
              params: cancel,
              run: ({ run_id, reason }: z.output<typeof cancel>) => abort(app, owner, id, { only: run_id === undefined ? null : numberOfRun(run_id), reason }),
            },
          },
        };
      },
    },
    run: async () => {
      throw new AppError('bad_request', 'This address is a WebSocket: ask for an upgrade, with the subprotocol chats.v1.');
    },
  }),
];
