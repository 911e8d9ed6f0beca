// Four of the five calls: what the widget says first, a conversation begun, its messages read and written.
import { z } from 'zod';
import type { App } from '../../app.ts';
import { digestOf } from '../../auth.ts';
import { withFreshLinks } from '../../commands/file-links.ts';
import { openConversation, receiveMessage } from '../../commands/site-conversations.ts';
import { invalidField } from '../../errors.ts';
import { route } from '../../http/route.ts';
import type { FileRow } from '../../store/files.ts';
import { listMessages, type MessageRow } from '../../store/messages.ts';
import type { Site } from '../../store/sites.ts';
import { fullConfig, fullMessages, fullOpening, fullSending, params } from './full-calls.ts';
import { perAddress, perVisitor } from './limits.ts';
import { checkMessage, checkName, checkToken, conversationOf, emailOf, sinceOf, siteOf } from './texts.ts';
import { filesAmong, labelOf, plainBody } from './view.ts';

const maxListed = 50_000;

/** Of another type is as good as absent. */
const text = z.preprocess((value) => (typeof value === 'string' ? value : ''), z.string());

function bodyOf<S extends z.ZodRawShape>(shape: S) {
  return z.preprocess((value) => (value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}), z.object(shape));
}

const message = z
  .object({
    direction: z.enum(['inbound', 'outbound']),
    body: z.string(),
    timestamp: z.string().meta({ examples: ['2026-01-15T10:30:00Z'] }),
    author: z.string(),
  })
  .meta({ id: 'Message' });

function show(app: App, site: Site, row: MessageRow, files: readonly FileRow[]): z.input<typeof message> {
  const isIn = row.direction === 'in';
  return {
    direction: isIn ? 'inbound' : 'outbound',
    body: plainBody(app, row, files),
    timestamp: `${new Date(row.public_at * 1000).toISOString().slice(0, 19)}Z`,
    author: labelOf(site, row),
  };
}

const docs = { tag: 'Chat' };

export const conversationRoutes = [
  route({
    method: 'GET',
    path: '/config',
    access: 'site',
    reply: z.object({ greeting: z.string() }),
    limits: [perAddress('config', 60, 600)],
    newer: fullConfig,
    docs: { ...docs, id: 'getConfig', summary: 'What the widget says first' },
    run: async ({ caller, reply }) => {
      reply.header('cache-control', 'public, max-age=60, stale-while-revalidate=600');
      reply.header('vary', 'Origin, X-Api-Key, Authorization, Accept');
      const { greeting } = siteOf(caller);
      reply.header('etag', `"${digestOf(greeting)}"`);
      return { greeting };
    },
  }),
  route({
    method: 'POST',
    path: '/conversations',
    access: 'site',
    body: bodyOf({ name: text, email: text, message: text, visitor_token: text }),
    reply: z.object({ conversation_token: z.string(), auto_reply: z.string().nullable() }),
    status: 201,
    errors: ['conflict'],
    limits: [perAddress('create', 5, 30)],
    newer: fullOpening,
    docs: {
      ...docs,
      id: 'createConversation',
      summary: 'Begin a conversation',
      description: 'All four are required. A visitor has one conversation on a site; `auto_reply` is null where a flow answers.',
      example: { name: 'Jane Doe', email: 'jane@example.com', message: 'Hello', visitor_token: 'q3J9xT0pV5nB8mK2sD7fG4hL1zC6wR9y' },
    },
    run: ({ app, caller, body }) => {
      const site = siteOf(caller);
      const { message: said, visitor_token: token } = body;
      const [name, email] = [body.name.trim(), body.email.trim()];
      const missing = Object.entries({ name, email, message: said.trim(), visitor_token: token.trim() }).find(([, value]) => value === '');
      if (missing) throw invalidField(missing[0], 'Name, email, message, and visitor_token are required', 'required');
      const address = emailOf(email);
      checkMessage(said);
      checkName(name);
      checkToken(site, token);
      return app.transact(async (tx) => {
        const { conversationToken, autoReply } = await openConversation(app, tx, site, { token, name, email: address, message: said });
        return { conversation_token: conversationToken, auto_reply: autoReply };
      });
    },
  }),
  route({
    method: 'GET',
    path: '/conversations/{visitor_token}/messages',
    access: 'site',
    params,
    query: z.object({ since: z.string().max(100).optional().describe('Only messages strictly after this moment, RFC 3339.') }),
    reply: z.array(message),
    limits: [perAddress('messages', 60, 600), perVisitor('messages', 60)],
    newer: fullMessages,
    docs: {
      ...docs,
      id: 'listMessages',
      summary: 'List messages',
      description: 'Oldest first, at most 50,000: go on with `since`. Timestamps rise by whole seconds within a conversation, so each names one message.',
    },
    run: async ({ app, caller, query: { since } }) => {
      const site = siteOf(caller);
      const sincePublic = since === undefined || since === '' ? undefined : sinceOf(since);
      const found = await listMessages(app.db, conversationOf(caller).id, { sincePublic, limit: maxListed, notes: 'without' });
      const rows = await withFreshLinks(app, app.db, conversationOf(caller), found);
      const files = await filesAmong(app.db, conversationOf(caller).id, rows);
      return rows.map((row) => show(app, site, row, files.get(row.id) ?? []));
    },
  }),
  route({
    method: 'POST',
    path: '/conversations/{visitor_token}/messages',
    access: 'site',
    params,
    body: bodyOf({ message: text }),
    reply: z.object({ status: z.literal('ok') }),
    status: 201,
    limits: [perAddress('reply', 20, 200), perVisitor('reply', 20)],
    newer: fullSending,
    docs: {
      ...docs,
      id: 'sendMessage',
      summary: 'Send a message',
      description: 'Reopens the conversation if it was closed.',
      example: { message: 'Is anybody there?' },
    },
    run: ({ app, caller, body }) => {
      if (body.message.trim() === '') throw invalidField('message', 'Message is required', 'required');
      checkMessage(body.message);
      return app.transact(async (tx) => {
        await receiveMessage(app, tx, siteOf(caller), conversationOf(caller), body.message);
        return { status: 'ok' as const };
      });
    },
  }),
];
