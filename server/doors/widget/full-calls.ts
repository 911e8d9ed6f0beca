// The five calls in full: what `?v=2` asks for. Ids, cursors, who answers, and everything a message can hold.
import type { Reply } from '@parley/engine/message.ts';
import { z } from 'zod';
import { digestOf } from '../../auth.ts';
import { isOwnBrand, readBrand } from '../../commands/brand.ts';
import { hoursOf } from '../../commands/business-hours.ts';
import { maxFileBytes, maxFilesPerMessage } from '../../commands/files.ts';
import { beginVisit, conversationToken, isBegun, sendReply, type Visit } from '../../commands/site-conversations.ts';
import { preChatOf, settingsOf } from '../../commands/site-settings.ts';
import { makeNonce, marksOf } from '../../commands/visit-marks.ts';
import { assert, invalidField } from '../../errors.ts';
import { type Context, headerText, route } from '../../http/route.ts';
import { readTurnSettings } from '../../store/settings.ts';
import type { Site } from '../../store/sites.ts';
import { beginningPerVisitor, perAddress, perVisitor } from './limits.ts';
import * as shapes from './shapes.ts';
import { checkMessage, checkName, checkToken, conversationOf, emailOf, maxMessage, siteOf } from './texts.ts';
import { pageOf, showAll, viewOf } from './view.ts';

const maxPage = 200;
const usualPage = 50;
const maxRef = 200;

export const digits = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

export const params = z.object({ visitor_token: z.string().describe('The visitor’s token, or the one of the conversation.') });
const docs = { tag: 'Chat' };

export const fullConfig = route({
  method: 'GET',
  path: '/config',
  access: 'site',
  reply: shapes.config,
  limits: [perAddress('config', 60, 600)],
  docs: { ...docs, id: 'getFullConfig', summary: 'How the widget looks, what it asks before a chat, and its limits' },
  run: async ({ app, caller, reply }) => {
    const site = siteOf(caller);
    const { theme, starters, sound, identity } = settingsOf(site);
    const [brand, { hours, regional }] = [await readBrand(app), await readTurnSettings(app.db, site.workspace_id)];
    // The nonce is for this visitor alone.
    reply.header('cache-control', 'private, max-age=60');
    return {
      greeting: site.greeting,
      name: site.name,
      powered_by: isOwnBrand(brand) ? null : { name: brand.name, url: brand.supportUrl },
      online: hoursOf(hours, regional?.timezone ?? 'UTC').isOpen(app.clock.now()),
      author: { name: site.author_label, avatar: null },
      theme: { ...theme, color: theme.color ?? brand.color },
      pre_chat: preChatOf(site),
      starters,
      sound,
      identity,
      limits: { message: maxMessage, files: maxFilesPerMessage, file_bytes: maxFileBytes, file_types: [] },
      nonce: makeNonce(app, site),
    };
  },
});

export const fullOpening = route({
  method: 'POST',
  path: '/conversations',
  access: 'site',
  body: shapes.opening,
  reply: shapes.opened,
  status: 201,
  errors: ['conflict'],
  limits: [perAddress('create', 5, 30)],
  docs: {
    ...docs,
    id: 'openConversation',
    summary: 'Begin a conversation, and read what it begins with',
    description:
      'A repeat with the same `client_id` has the same answer. Without a message the flow speaks first. Name and e-mail are needed where `pre_chat` says so.',
    example: { visitor_token: 'q3J9xT0pV5nB8mK2sD7fG4hL1zC6wR9y', client_id: 'b3d0', message: 'Hello' },
  },
  run: async (context) => {
    const { app, caller, body } = context;
    const site = siteOf(caller);
    const visit = visitOf(site, body, headerText(context.request.headers, 'user-agent'));
    if (!(await isBegun(app, app.db, site, visit))) await context.count(beginningPerVisitor, `site:${site.id} ${digestOf(visit.token)}`);
    return app.transact(async (tx) => {
      const marks = await marksOf(app, tx, site, { nonce: body.nonce ?? null, honey: body.website ?? '' });
      const conversation = await beginVisit(app, tx, site, { ...visit, context: { ...visit.context, marks } });
      const view = await viewOf(tx, site, conversation);
      const { data, next_cursor: cursor, status } = await pageOf(app, tx, view, { cursor: 0, limit: usualPage });
      return { conversation_token: conversationToken(app, conversation), cursor, data, status };
    });
  },
});

/** Of the page's address, where the widget's own call names none. */
function refOf({ ref, url = '' }: NonNullable<z.output<typeof shapes.opening>['context']> = {}): string | null {
  const said = ref ?? (URL.canParse(url) ? new URL(url).searchParams.get('ref') : null);
  return said?.trim().slice(0, maxRef) || null;
}

const maxBrowser = 300;

function visitOf(site: Site, body: z.output<typeof shapes.opening>, browser: string): Visit {
  const asked = preChatOf(site);
  const [name, email] = [body.name?.trim() ?? '', body.email?.trim() ?? ''];
  const said = body.message ?? '';
  checkToken(site, body.visitor_token);
  if (asked.consent !== null && body.consent !== true) throw invalidField('consent', 'Consent is required', 'required');
  checkName(name);
  checkMessage(said);
  const { locale, tz } = body.context ?? {};
  return {
    token: body.visitor_token,
    clientId: body.client_id,
    reply: said.trim() === '' && body.payload === undefined ? null : { text: said, ...(body.payload === undefined ? {} : { payload: body.payload }) },
    name: name === '' ? null : name,
    email: email === '' ? null : emailOf(email),
    required: (['name', 'email'] as const).filter((one) => asked[one] === 'required'),
    locale: locale ?? null,
    timeZone: tz ?? null,
    attributes: body.attributes ?? {},
    context: { ...body.context, consent: asked.consent, browser: browser.slice(0, maxBrowser) },
    ref: refOf(body.context),
    flow: body.flow ?? null,
    isAnother: body.another ?? false,
  };
}

export const fullMessages = route({
  method: 'GET',
  path: '/conversations/{visitor_token}/messages',
  access: 'site',
  params,
  query: z.object({
    cursor: digits.optional().describe('Only what came after it, oldest first.'),
    before: digits.optional().describe('The page that ends before it.'),
    limit: digits.pipe(z.int().min(1).max(maxPage)).optional().describe(`Messages a page, 1 to ${maxPage}; ${usualPage} when absent.`),
    v: z.string().optional().describe('2 asks for everything a message holds, with ids and cursors; so does `Accept: application/vnd.chat.v2+json`.'),
  }),
  reply: shapes.messages,
  limits: [perAddress('messages', 60, 600), perVisitor('messages', 60)],
  docs: { ...docs, id: 'readMessages', summary: 'The latest page, or what came after a cursor' },
  run: async ({ app, caller, query }) => {
    const view = await viewOf(app.db, siteOf(caller), conversationOf(caller));
    return pageOf(app, app.db, view, { ...query, limit: query.limit ?? usualPage });
  },
});

export const fullSending = route({
  method: 'POST',
  path: '/conversations/{visitor_token}/messages',
  access: 'site',
  params,
  body: shapes.sending,
  reply: shapes.message,
  status: 201,
  errors: ['conflict'],
  limits: [perAddress('reply', 20, 200), perVisitor('reply', 20)],
  docs: {
    ...docs,
    id: 'postMessage',
    summary: 'The message as it was taken',
    description: 'A repeat with the same `client_id` is the same message.',
    example: { client_id: 'b3d2', message: 'Is anybody there?' },
  },
  run: ({ app, caller, body }) => take({ app, caller }, replyOf(body), body),
});

type Sent = z.output<typeof shapes.sending>;

function replyOf({ message = '', payload, location, attachments = [] }: Sent): Reply {
  const text = message.trim() === '' && location ? `${location.lat},${location.lng}` : message;
  if (text.trim() === '' && payload === undefined && attachments.length === 0) throw invalidField('message', 'Message is required', 'required');
  checkMessage(text);
  return { text, ...(payload === undefined ? {} : { payload }), ...(location ? { location } : {}) };
}

type Taker = Pick<Context<unknown, unknown, unknown>, 'app' | 'caller'>;

/** Takes what a visitor says, in whatever form, and shows it as the message it became. */
export function take({ app, caller }: Taker, reply: Reply, { client_id: clientId, attachments = [] }: Pick<Sent, 'client_id' | 'attachments'>) {
  const site = siteOf(caller);
  return app.transact(async (tx) => {
    const { row, conversation } = await sendReply(app, tx, site, conversationOf(caller), { reply, clientId, attachments });
    const [shown] = await showAll(app, tx, await viewOf(tx, site, conversation), [row]);
    assert(shown, 'what is shown of one message is one message');
    return shown;
  });
}
