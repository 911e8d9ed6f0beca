// Four of the five calls: what the widget says first, a conversation begun, its messages read and written.
import { canonicalFieldValue } from '@parley/engine/field.ts';
import { z } from 'zod';
import type { Caller } from '../../auth.ts';
import { openConversation, receiveMessage } from '../../commands/site-conversations.ts';
import { AppError, assert } from '../../errors.ts';
import { type Limit, route } from '../../http/route.ts';
import type { Conversation } from '../../store/conversations.ts';
import { listMessages, type MessageRow } from '../../store/messages.ts';
import type { Site } from '../../store/sites.ts';

const maxMessage = 10_000;
const maxName = 255;
const maxListed = 50_000;

/** Of the HTML standard, for an input of type email. */
const emailPattern = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const tokenPattern = /^[A-Za-z0-9._~-]{1,255}$/;

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

function show(site: Site, row: MessageRow): z.input<typeof message> {
  const isIn = row.direction === 'in';
  return {
    direction: isIn ? 'inbound' : 'outbound',
    body: row.text,
    timestamp: `${new Date(row.public_at * 1000).toISOString().slice(0, 19)}Z`,
    author: isIn ? row.author_name : site.author_label,
  };
}

function siteOf(caller: Caller): Site {
  assert(caller.kind === 'site', 'this door lets only visitors in');
  return caller.site;
}

export function conversationOf(caller: Caller): Conversation {
  assert(caller.kind === 'site' && caller.conversation, 'a path that names a conversation is looked up before');
  return caller.conversation;
}

function invalid(sentence: string): AppError {
  return new AppError('invalid_request', sentence);
}

/** Characters as people count them: code points, as they were received. */
function isLonger(value: string, max: number): boolean {
  return value.length > max && [...value].length > max;
}

function checkMessage(value: string): void {
  if (isLonger(value, maxMessage)) throw invalid('Message is too long (maximum 10000 characters)');
}

function emailOf(value: string): string {
  if (!emailPattern.test(value) || Buffer.byteLength(value) > 254) throw invalid('Invalid email address');
  const at = value.lastIndexOf('@');
  return `${value.slice(0, at)}${value.slice(at).toLowerCase()}`;
}

/** RFC 3339, in whole seconds: where a client did not encode the `+` of an offset, a space stands for it. */
function sinceOf(value: string): number {
  const written = value.replace(/ (?=\d\d:\d\d$)/, '+');
  const isMoment = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.test(written);
  const read = isMoment ? canonicalFieldValue('datetime', written.toUpperCase()) : null;
  if (!read?.ok) throw invalid('Invalid since parameter');
  return Math.floor(Date.parse(read.text) / 1000);
}

export const perMinute = (name: string, max: number, sharedMax: number): Limit[] => [
  { name: `widget-${name}`, per: 'caller and address', max, sharedMax, windowMs: 60_000 },
];

const params = z.object({ visitor_token: z.string().describe('The visitor’s token, or the one of the conversation.') });
const docs = { tag: 'Chat' };

export const conversationRoutes = [
  route({
    method: 'GET',
    path: '/config',
    access: 'site',
    reply: z.object({ greeting: z.string() }),
    limits: perMinute('config', 60, 600),
    docs: { ...docs, id: 'getConfig', summary: 'What the widget says first' },
    run: async ({ caller, reply }) => {
      reply.header('cache-control', 'public, max-age=60, stale-while-revalidate=600');
      reply.header('vary', 'Origin, X-Api-Key, Authorization');
      return { greeting: siteOf(caller).greeting };
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
    limits: perMinute('create', 5, 30),
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
      if ([name, email, said.trim(), token.trim()].includes('')) throw invalid('Name, email, message, and visitor_token are required');
      const address = emailOf(email);
      checkMessage(said);
      if (isLonger(name, maxName)) throw invalid(`Name is too long (maximum ${maxName} characters)`);
      if (!tokenPattern.test(token)) throw invalid('Visitor token must be 1 to 255 URL-safe characters');
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
    limits: perMinute('messages', 60, 600),
    docs: {
      ...docs,
      id: 'listMessages',
      summary: 'List messages',
      description: 'Oldest first, at most 50,000: go on with `since`. Timestamps rise by whole seconds within a conversation, so each names one message.',
    },
    run: async ({ app, caller, query: { since } }) => {
      const site = siteOf(caller);
      const sincePublic = since === undefined || since === '' ? undefined : sinceOf(since);
      const rows = await listMessages(app.db, conversationOf(caller).id, { sincePublic, limit: maxListed, notes: 'without' });
      return rows.map((row) => show(site, row));
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
    limits: perMinute('reply', 20, 200),
    docs: {
      ...docs,
      id: 'sendMessage',
      summary: 'Send a message',
      description: 'Reopens the conversation if it was closed.',
      example: { message: 'Is anybody there?' },
    },
    run: ({ app, caller, body }) => {
      if (body.message.trim() === '') throw invalid('Message is required');
      checkMessage(body.message);
      return app.transact(async (tx) => {
        await receiveMessage(app, tx, conversationOf(caller), body.message);
        return { status: 'ok' as const };
      });
    },
  }),
];
