// What the page says of its visitor while they are on it: what they did there, what it knows of them, where they are.
import { z } from 'zod';
import { showPresent } from '../../commands/presence.ts';
import { subscriberBehind } from '../../commands/site-conversations.ts';
import { labelSubscriber, noteFacts, trackEvent } from '../../commands/subscriber-facts.ts';
import { AppError } from '../../errors.ts';
import { credentialIn, route } from '../../http/route.ts';
import { params } from './full-calls.ts';
import { perAddress, perVisitor } from './limits.ts';
import { attributes } from './shapes.ts';
import { conversationOf, siteOf } from './texts.ts';

const docs = { tag: 'Visitor' };
const path = '/conversations/{visitor_token}' as const;

const maxBytes = 4_096;
const most = { keys: 50, letters: 500, items: 20, depth: 3 };

/** What is wrong with a value of an event, or null. */
function objectionTo(value: unknown, depth: number): string | null {
  if (typeof value === 'string') return value.length > most.letters ? `Texts have at most ${most.letters} characters.` : null;
  if (typeof value !== 'object' || value === null) return null;
  if (depth === most.depth) return `At most ${most.depth} levels.`;
  const inside = Object.values(value);
  if (Array.isArray(value) && inside.length > most.items) return `Lists have at most ${most.items} items.`;
  if (inside.length > most.keys) return `At most ${most.keys} properties.`;
  return inside.map((one) => objectionTo(one, depth + 1)).find((one) => one !== null) ?? null;
}

const properties = z
  .record(z.string().min(1).max(100), z.unknown())
  .superRefine((all, { addIssue }) => {
    const wrong = Buffer.byteLength(JSON.stringify(all)) > maxBytes ? `At most ${maxBytes} bytes.` : objectionTo(all, 0);
    if (wrong) addIssue({ code: 'custom', message: wrong });
  })
  .describe('At most 4 KB, 50 keys, texts of 500 characters, lists of 20, 3 levels.');

const names = z.array(z.string().trim().min(1).max(255)).max(20).default([]);

export const pageRoutes = [
  route({
    method: 'POST',
    path: '/events',
    access: 'site',
    body: z.object({ name: z.string().trim().min(1).max(100), properties: properties.default({}) }).meta({ id: 'PageEvent' }),
    errors: ['not_found'],
    limits: [perAddress('event', 60, 600), perVisitor('event', 60)],
    docs: {
      ...docs,
      id: 'trackEvent',
      summary: 'Something happened on the page',
      description:
        'Noted with the visitor as a custom event of the bot, whose log shows it; the name is made at its first use, and a bot has at most 500. Whoever has begun no conversation is nobody it could be noted of: 404.',
      example: { name: 'added to basket', properties: { sku: 'fern-12', price: 24.5 } },
    },
    run: async ({ app, caller, request, body }) => {
      const site = siteOf(caller);
      const token = credentialIn(request.headers, 'Visitor');
      await app.transact(async (tx) => {
        const visitor = token === '' ? null : await subscriberBehind(app, tx, site, token);
        if (!visitor) throw new AppError('not_found', 'Visitor not found');
        await trackEvent(app, tx, site, visitor.id, body);
      });
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: `${path}/attributes`,
    access: 'site',
    params,
    body: z.object({ of: z.enum(['visitor', 'conversation']).default('conversation'), attributes }).meta({ id: 'PageAttributes' }),
    limits: [perAddress('attributes', 60, 600), perVisitor('attributes', 20)],
    docs: {
      ...docs,
      id: 'setAttributes',
      summary: 'What the page knows of the conversation, or of the visitor',
      description: 'Those of the visitor also become values of the bot’s fields of the same name. Null takes one away; those that are not named stay.',
      example: { of: 'conversation', attributes: { order: '1042' } },
    },
    run: async ({ app, caller, body }) => {
      await app.transact((tx) => noteFacts(app, tx, siteOf(caller), conversationOf(caller), { isTheirs: body.of === 'visitor', said: body.attributes }));
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: `${path}/labels`,
    access: 'site',
    params,
    body: z.object({ add: names, remove: names }).meta({ id: 'PageLabels' }),
    limits: [perAddress('labels', 60, 600), perVisitor('labels', 20)],
    docs: {
      ...docs,
      id: 'changeLabels',
      summary: 'Label the visitor',
      description: 'By names of the workspace’s labels; other names are passed over, none is made.',
      example: { add: ['VIP'] },
    },
    run: async ({ app, caller, body }) => {
      await app.transact((tx) => labelSubscriber(tx, conversationOf(caller), body));
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: `${path}/presence`,
    access: 'site',
    params,
    body: z.object({ url: z.url({ protocol: /^https?$/ }).max(2_000), title: z.string().max(500).default('') }).meta({ id: 'PagePresence' }),
    limits: [perAddress('presence', 60, 600), perVisitor('presence', 30)],
    docs: {
      ...docs,
      id: 'setPresence',
      summary: 'On which page the visitor is',
      description: 'Told to the team at once and kept nowhere. That somebody is there at all the stream says, for as long as it is open.',
      example: { url: 'https://shop.example/sofas', title: 'Sofas' },
    },
    run: async ({ app, caller, body }) => {
      showPresent(app, conversationOf(caller), { url: new URL(body.url).href, title: body.title });
      return undefined;
    },
  }),
];
