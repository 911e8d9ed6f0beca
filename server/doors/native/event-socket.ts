// /v1/events/ws: the same events over a WebSocket, by which people of the team also show what they are doing; and the
// ticket with which a browser opens it.
import { z } from 'zod';
import { makeTicket, redeemTicket } from '../../commands/chat-tickets.ts';
import { showDoing } from '../../commands/presence.ts';
import { AppError } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { actorOf } from './conversation-acts.ts';
import { workspaceStream } from './events.ts';

const docs = { tag: 'Events' };
const about = 'events';
const doing = z.object({ conversation: z.int(), on: z.boolean() });
type Doing = z.output<typeof doing>;

export const eventSocketRoutes = [
  route({
    method: 'POST',
    path: '/events/ws-ticket',
    access: 'team_any',
    reply: z.object({ ticket: z.string(), expires_at: z.int().describe('Milliseconds since 1970, UTC.') }),
    status: 201,
    secret: true,
    docs: {
      ...docs,
      id: 'createEventTicket',
      summary: 'Let a browser open the WebSocket',
      description: 'Good once, within 30 seconds, for the workspace or bot this call names: `wss://…/v1/events/ws?ticket=…`.',
    },
    run: async ({ app, caller, tenant: { botId, workspaceId } }) => {
      const { ticket, expiresAt } = makeTicket(app, caller, { about, botId, workspaceId });
      return { ticket, expires_at: expiresAt };
    },
  }),
  route({
    method: 'GET',
    path: '/events/ws',
    access: 'team_any',
    query: z.object({ ticket: z.string().max(1_000).optional().describe('For a browser, which can send no header: see createEventTicket.') }),
    docs: {
      ...docs,
      id: 'openEventSocket',
      summary: 'The same as a WebSocket',
      description: [
        'Subprotocol `events.v1`, framed as openChatSocket: `{"id", "method", "params"}`, `{"id", "result"}` or `{"id", "error"}`, `{"event", "seq", "data"}`.',
        'Methods: `subscribe {after}`, `unsubscribe`, `ping`; and of a bot `typing {conversation, on}` and `viewing {conversation, on}`,',
        'which others are told of as `conversation.typing` and `conversation.viewing`. Say that you still do every 20 seconds: after 30 nobody believes it any more.',
      ].join(' '),
    },
    socket: {
      redeem: async (app, ticket) => {
        const redeemed = await redeemTicket(app, about, ticket);
        if (!redeemed) return null;
        const { botId, workspaceId, caller } = redeemed;
        return { caller, isTicket: true, hints: { botId: botId === 0 ? null : botId, workspaceId, botHeader: 'X-Bot', workspaceHeader: 'X-Workspace' } };
      },
      open: async (context) => {
        const { app, caller, tenant } = context;
        const show = (kind: 'typing' | 'viewing') => async (one: Doing) => {
          await showDoing(app, { botId: tenant.botId, conversationId: one.conversation, by: await actorOf(app.db, caller) }, { kind, isOn: one.on });
          return {};
        };
        return {
          source: workspaceStream(context),
          methods: {
            typing: { access: 'bot_send', params: doing, run: show('typing') },
            viewing: { access: 'bot_read', params: doing, run: show('viewing') },
          },
        };
      },
    },
    run: async () => {
      throw new AppError('bad_request', 'This address is a WebSocket: ask for an upgrade, with the subprotocol events.v1.');
    },
  }),
];
