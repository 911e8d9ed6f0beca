// A visitor's own: their conversations, who their page says they are, all that is known of them, and its end.
import { fieldValueOf } from '@parley/engine/field.ts';
import { z } from 'zod';
import type { App } from '../../app.ts';
import { identifySubscriber } from '../../commands/identify.ts';
import { conversationToken, eraseHolder, subscriberBehind, type TokenHolder, theirsOn } from '../../commands/site-conversations.ts';
import { AppError } from '../../errors.ts';
import { credentialIn, type Headers, route } from '../../http/route.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Db } from '../../store/database.ts';
import { allFields } from '../../store/fields.ts';
import { countUnread, listMessages } from '../../store/messages.ts';
import type { Site } from '../../store/sites.ts';
import { findSubscriber } from '../../store/subscribers.ts';

import { digits } from './full-calls.ts';
import { perAddress, perVisitor } from './limits.ts';
import * as shapes from './shapes.ts';
import { checkName, checkToken, emailOf, siteOf } from './texts.ts';
import { showAll, statusOf, viewOf } from './view.ts';

const docs = { tag: 'Visitor' };
const maxListed = 50;
const maxUnread = 100;
const maxExported = 2_000;

async function needVisitor(app: App, db: Db, site: Site, headers: Headers): Promise<TokenHolder> {
  const token = credentialIn(headers, 'Visitor');
  const found = token === '' ? null : await subscriberBehind(app, db, site, token);
  if (!found) throw new AppError('not_found', 'Visitor not found');
  return found;
}

async function summarise(app: App, site: Site, one: Conversation): Promise<z.input<typeof shapes.conversations>['data'][number]> {
  const [last] = await listMessages(app.db, one.id, { order: 'desc', limit: 1, notes: 'without' });
  return {
    id: conversationToken(app, one),
    status: await statusOf(app.db, site, one),
    last: last?.text ?? '',
    last_at: last?.at ?? one.created_at,
    unread: await countUnread(app.db, one.id, one.visitor_read_seq, maxUnread),
  };
}

const exported = z
  .object({
    name: z.string(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    locale: z.string().nullable(),
    time_zone: z.string().nullable(),
    fields: z.record(z.string(), z.unknown()),
    conversations: z.array(
      z.object({
        id: z.string(),
        state: z.string(),
        opened_at: z.int(),
        closed_at: z.int().nullable(),
        context: z.unknown(),
        messages: z.array(shapes.message),
      }),
    ),
    next: z.int().nullable().describe('There is more: go on with `cursor`.'),
  })
  .meta({ id: 'Export' });

const nobody = { name: '', email: null, phone: null, locale: null, time_zone: null };

/** A page goes by the ids of messages, in which all conversations are one row of words. */
async function exportOf(app: App, site: Site, visitor: TokenHolder, afterId: number): Promise<z.input<typeof exported> | undefined> {
  const one = await findSubscriber(app.db, site.bot_id, visitor.id);
  if (!one) return undefined;
  const values = JSON.parse(one.fields) as { [id: string]: string };
  const fields = (await allFields(app.db, site.bot_id)).filter(
    ({ id, owner }) => owner === 'user' && values[String(id)] !== undefined && visitor.metAs === null,
  );
  const theirs = await theirsOn(app.db, site, visitor);
  const read = await Promise.all(
    theirs.map(async (conversation) => ({
      conversation,
      rows: await listMessages(app.db, conversation.id, { afterId, limit: maxExported + 1, notes: 'without' }),
    })),
  );
  const ids = read.flatMap(({ rows }) => rows.map(({ id }) => id)).sort((a, b) => a - b);
  const last = ids[maxExported - 1] ?? Number.POSITIVE_INFINITY;
  const conversations = await Promise.all(
    read.map(async ({ conversation, rows }) => {
      const view = await viewOf(app.db, site, conversation);
      return {
        id: conversationToken(app, conversation),
        state: view.status.state,
        opened_at: conversation.opened_at,
        closed_at: conversation.closed_at,
        context: JSON.parse(conversation.context ?? 'null') as unknown,
        messages: await showAll(
          app,
          app.db,
          view,
          rows.filter(({ id }) => id <= last),
        ),
      };
    }),
  );
  // What is known of somebody put together of several may be the others': a token that proves nothing does not open it.
  const { name, email, phone, locale, time_zone } = visitor.metAs === null ? one : nobody;
  const said = Object.fromEntries(fields.map((field) => [field.name, fieldValueOf(field.var_type, values[String(field.id)] ?? '')]));
  return { name, email, phone, locale, time_zone, fields: said, conversations, next: ids.length > maxExported ? last : null };
}

export const visitorRoutes = [
  route({
    method: 'GET',
    path: '/conversations',
    access: 'site',
    reply: shapes.conversations,
    errors: ['not_found'],
    limits: [perAddress('list', 60, 600), perVisitor('list', 60)],
    docs: { ...docs, id: 'listConversations', summary: 'The visitor’s conversations', description: `The newest ${maxListed}, latest activity first.` },
    run: async ({ app, caller, request }) => {
      const site = siteOf(caller);
      const theirs = await theirsOn(app.db, site, await needVisitor(app, app.db, site, request.headers), maxListed);
      return { data: await Promise.all(theirs.map((one) => summarise(app, site, one))) };
    },
  }),
  route({
    method: 'POST',
    path: '/identify',
    access: 'site',
    body: shapes.identify,
    reply: shapes.identified,
    errors: ['not_found', 'conflict'],
    limits: [perAddress('identify', 30, 300)],
    docs: {
      ...docs,
      id: 'identifyVisitor',
      summary: 'Say, or prove, who the visitor is',
      description:
        'With a good signature the reply’s token opens all conversations of this person, on any device, and the one that was sent opens nothing any more. Without one only what is known of a visitor nobody has verified changes.',
      example: { visitor_token: 'q3J9xT0pV5nB8mK2sD7fG4hL1zC6wR9y', user_id: '42', signature: '5f1d…' },
    },
    run: ({ app, caller, body }) => {
      const site = siteOf(caller);
      checkToken(site, body.visitor_token);
      const [name, email] = [body.name?.trim() ?? '', body.email?.trim() ?? ''];
      checkName(name);
      const claim = { name: name === '' ? null : name, email: email === '' ? null : emailOf(email), attributes: body.attributes ?? {} };
      return app.transact(async (tx) => {
        const asked = { ...claim, token: body.visitor_token, userId: body.user_id, signature: body.signature ?? null };
        const { token, isVerified, cursor } = await identifySubscriber(app, tx, site, asked);
        return { visitor_token: token, verified: isVerified, cursor };
      });
    },
  }),
  route({
    method: 'GET',
    path: '/visitor/export',
    access: 'site',
    query: z.object({ cursor: digits.optional().describe('The `next` of the page before.') }),
    reply: exported,
    errors: ['not_found'],
    limits: [perAddress('export', 20, 60)],
    docs: { ...docs, id: 'exportVisitor', summary: 'All that is known of the visitor', description: `At most ${maxExported} messages a page.` },
    run: async ({ app, caller, request, query }) => {
      const site = siteOf(caller);
      const all = await exportOf(app, site, await needVisitor(app, app.db, site, request.headers), query.cursor ?? 0);
      if (!all) throw new AppError('not_found', 'Visitor not found');
      return all;
    },
  }),
  route({
    method: 'DELETE',
    path: '/visitor',
    access: 'site',
    errors: ['not_found'],
    limits: [perAddress('erase', 10, 30)],
    docs: {
      ...docs,
      id: 'eraseVisitor',
      summary: 'Erase the visitor',
      description: 'All conversations, messages, files and what is known of them; nothing brings it back.',
    },
    run: async ({ app, caller, request }) => {
      const site = siteOf(caller);
      await app.transact(async (tx) => eraseHolder(app, tx, site, await needVisitor(app, tx, site, request.headers)));
      return undefined;
    },
  }),
];
