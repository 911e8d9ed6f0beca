// /v1/subscribers: the people a bot talks with. `PUT` finds by channel id, phone or e-mail address, or makes a new one.
import { readPhone } from '@parley/engine/phone.ts';
import { z } from 'zod';
import { demand } from '../../auth.ts';
import { mergeSubscribers } from '../../commands/merge-subscribers.ts';
import { changeSubscriber, createMarked, eraseSubscriber, needSubscriber, pauseBot, resumeBot, upsertSubscriber } from '../../commands/subscribers.ts';
import { invalidField } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { listNotes } from '../../store/messages.ts';
import { othersLike } from '../../store/subscriber-merge.ts';
import { listSubscribers } from '../../store/subscribers.ts';
import { cursorAsk, listOf, listQuery, listReply, search, sortBy, thingId, thingParams, time } from './shapes.ts';
import { changing, creating, partsOf, putting, showSubscriber, showSubscribers, subscriber } from './subscriber-shapes.ts';

const note = z
  .object({ id: z.int(), conversation: z.int(), text: z.string(), author: z.object({ id: z.int().nullable(), name: z.string() }), created_at: time })
  .meta({ id: 'SubscriberNote' });

const docs = { tag: 'Subscribers' };
const maxAlike = 20;

/** One of the three names somebody new. */
function mustName({ user_id, phone, email }: { user_id?: string | undefined; phone?: string | undefined; email?: string | undefined }): void {
  if (user_id === undefined && phone === undefined && email === undefined)
    throw invalidField('user_id', 'One of user_id, phone and email is required.', 'required');
}

export const subscriberRoutes = [
  route({
    method: 'GET',
    path: '/subscribers',
    access: 'bot_read',
    query: listQuery({
      ...search,
      phone: z.string().max(64).optional().describe('In any notation.'),
      email: z.string().max(255).optional(),
      channel: z.string().max(40).optional(),
      tag: thingParams.shape.id.optional().describe('Only those who have this tag: its number, or as `f1t1`.'),
      label: z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number)
        .optional()
        .describe('Only those who have this label, by its number.'),
      ...sortBy('newest', 'oldest'),
    }),
    reply: listOf(subscriber),
    docs: { ...docs, id: 'listSubscribers', summary: 'List subscribers', description: 'Filters narrow each other.' },
    run: async ({ app, tenant, query }) => {
      const number = query.phone === undefined ? undefined : (readPhone(query.phone) ?? query.phone);
      const tagId = query.tag === undefined ? undefined : thingId('tag', tenant, query.tag);
      const filter = { name: query.q, phone: number, email: query.email, channel: query.channel, tagId, labelId: query.label };
      const page = await listSubscribers(app.db, tenant.botId, filter, cursorAsk(query));
      return listReply({ rows: await showSubscribers(app.db, tenant, page.rows), next: page.next }, (shown) => shown);
    },
  }),
  route({
    method: 'POST',
    path: '/subscribers',
    access: 'bot_manage',
    body: creating,
    reply: subscriber,
    status: 201,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createSubscriber',
      summary: 'Create a subscriber',
      description: 'One of `user_id`, `phone` and `email` is needed, and nobody may have it yet.',
      example: { email: 'jane@example.com', name: 'Jane Doe' },
    },
    run: ({ app, tenant, body: { user_id, ...values } }) => {
      mustName({ user_id, ...values });
      const { person, marks } = partsOf(values);
      return app.transact(async (tx) => showSubscriber(tx, tenant, await createMarked(app, tx, tenant, person, marks, user_id ?? null)));
    },
  }),
  route({
    method: 'PUT',
    path: '/subscribers',
    access: 'bot_manage',
    body: putting,
    reply: subscriber,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'putSubscriber',
      summary: 'Find a subscriber or make one, and say who they are',
      description: 'Found by `user_id`, else by `phone`, else by `email`: one of the three is needed. What is left out stays; null clears.',
      example: { phone: '+49 30 901820', name: 'Jane Doe' },
    },
    run: ({ app, tenant, body: { user_id, ...values } }) => {
      mustName({ user_id, ...values });
      const { person, marks } = partsOf(values);
      return app.transact(async (tx) => showSubscriber(tx, tenant, await upsertSubscriber(app, tx, tenant, user_id ?? null, person, marks)));
    },
  }),
  route({
    method: 'GET',
    path: '/subscribers/{id}',
    access: 'bot_read',
    params: thingParams,
    reply: subscriber,
    docs: { ...docs, id: 'getSubscriber', summary: 'Get a subscriber', description: 'By number or as `f1u1`.' },
    run: async ({ app, tenant, params }) =>
      showSubscriber(app.db, tenant, await needSubscriber(app.db, tenant.botId, thingId('subscriber', tenant, params.id))),
  }),
  route({
    method: 'PATCH',
    path: '/subscribers/{id}',
    access: 'bot_mark',
    params: thingParams,
    body: changing,
    reply: subscriber,
    docs: {
      ...docs,
      id: 'updateSubscriber',
      summary: 'Change a subscriber',
      description: 'What is left out stays; null clears. Whoever answers people may change tags, labels and fields; who they are, only whoever manages them.',
      example: { first_name: 'Jane', add_tags: ['vip'], fields: { city: 'Berlin' } },
    },
    run: ({ app, caller, tenant, params, body }) => {
      const { person, marks } = partsOf(body);
      if (Object.keys(person).length > 0) demand({ caller, tenant }, 'bot_manage');
      const id = thingId('subscriber', tenant, params.id);
      return app.transact(async (tx) => showSubscriber(tx, tenant, await changeSubscriber(app, tx, tenant, id, person, marks)));
    },
  }),
  route({
    method: 'DELETE',
    path: '/subscribers/{id}',
    access: 'bot_manage',
    params: thingParams,
    docs: {
      ...docs,
      id: 'eraseSubscriber',
      summary: 'Erase a subscriber',
      description: 'With their conversations, messages and files; nothing brings them back.',
    },
    run: async ({ app, tenant, params }) => {
      await app.transact((tx) => eraseSubscriber(app, tx, tenant, thingId('subscriber', tenant, params.id)));
      return undefined;
    },
  }),
  route({
    method: 'POST',
    path: '/subscribers/{id}/pause',
    access: 'bot_send',
    params: thingParams,
    body: z.object({ minutes: z.int().min(1).max(5_256_000).optional().describe('Absent: until resumed.') }).meta({ id: 'PauseSubscriber' }),
    reply: subscriber,
    docs: {
      ...docs,
      id: 'pauseSubscriber',
      summary: 'Let the bot rest for a subscriber',
      description: 'What they write is kept and not answered; what waits for a time waits until the pause is over.',
      example: { minutes: 60 },
    },
    run: ({ app, tenant, params, body }) => {
      const id = thingId('subscriber', tenant, params.id);
      return app.transact(async (tx) => showSubscriber(tx, tenant, await pauseBot(app, tx, tenant, id, body.minutes ?? null)));
    },
  }),
  route({
    method: 'POST',
    path: '/subscribers/{id}/resume',
    access: 'bot_send',
    params: thingParams,
    reply: subscriber,
    docs: { ...docs, id: 'resumeSubscriber', summary: 'Let the bot go on', description: 'Where the flow stood; not paused is fine too.' },
    run: ({ app, tenant, params }) => {
      const id = thingId('subscriber', tenant, params.id);
      return app.transact(async (tx) => showSubscriber(tx, tenant, await resumeBot(app, tx, tenant, id)));
    },
  }),
  route({
    method: 'GET',
    path: '/subscribers/{id}/same',
    access: 'bot_read',
    params: thingParams,
    reply: z.object({ data: z.array(subscriber) }).meta({ id: 'SameSubscribers' }),
    docs: {
      ...docs,
      id: 'listSameSubscribers',
      summary: 'List who may be the same person',
      description: `Others of the bot with the same e-mail address, whatever its case, or the same phone number; at most ${maxAlike}, whoever was met first before.`,
    },
    run: async ({ app, tenant, params }) => {
      const one = await needSubscriber(app.db, tenant.botId, thingId('subscriber', tenant, params.id));
      return { data: await showSubscribers(app.db, tenant, await othersLike(app.db, one, maxAlike)) };
    },
  }),
  route({
    method: 'POST',
    path: '/subscribers/{id}/merge',
    access: 'bot_manage',
    params: thingParams,
    body: z
      .object({ from: z.union([z.int().min(1), thingParams.shape.id]).describe('Who becomes part of the one in the path, and is gone afterwards.') })
      .meta({ id: 'MergeSubscribers' }),
    reply: subscriber,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'mergeSubscribers',
      summary: 'Make two subscribers one',
      description:
        'Conversations, tags, labels, notes, events and whatever channels call them become those of the one in the path, whose own values win; what it lacks is taken over. Conversations go on where they stand. Nothing parts them again. Visitors who have not proved who they are still open only what they wrote themselves.',
      example: { from: 2 },
    },
    run: ({ app, tenant, params, body }) => {
      const [into, from] = [thingId('subscriber', tenant, params.id), thingId('subscriber', tenant, String(body.from))];
      return app.transact(async (tx) => showSubscriber(tx, tenant, await mergeSubscribers(app, tx, tenant, { into, from })));
    },
  }),
  route({
    method: 'GET',
    path: '/subscribers/{id}/notes',
    access: 'bot_read',
    params: thingParams,
    query: listQuery({}),
    reply: listOf(note),
    docs: {
      ...docs,
      id: 'listSubscriberNotes',
      summary: 'List what the team noted',
      description: 'In all their conversations, newest first. A note is written in one of these.',
    },
    run: async ({ app, tenant, params, query }) => {
      const one = await needSubscriber(app.db, tenant.botId, thingId('subscriber', tenant, params.id));
      return listReply(await listNotes(app.db, one.id, cursorAsk(query)), ({ id, conversation_id, text, author_id, author_name, at }) => ({
        id,
        conversation: conversation_id,
        text,
        author: { id: author_id, name: author_name },
        created_at: at,
      }));
    },
  }),
];
