// /v1/custom-events: what flows and programs say has happened with someone, and when it did.
import type { Value } from '@parley/engine/expression/value.ts';
import { ns, parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { createCustomEvent, noteCustomEvent, removeCustomEvent, renameCustomEvent } from '../../commands/custom-events.ts';
import { notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { type CustomEvent, type CustomEventLogRow, findCustomEvent, listCustomEventLog, listCustomEvents } from '../../store/custom-events.ts';
import { cursorAsk, idParams, listOf, listQuery, listReply, name, search, time } from './shapes.ts';

const customEvent = z.object({ id: z.int(), name: z.string(), created_at: time }).meta({ id: 'CustomEvent' });

function show({ id, name, created_at }: CustomEvent): z.input<typeof customEvent> {
  return { id, name, created_at };
}

const logged = z
  .object({
    id: z.int(),
    subscriber: z.object({ id: z.int(), user_ns: z.string() }),
    data: z.unknown().describe('What was said with it; null when nothing was.'),
    created_at: time,
  })
  .meta({ id: 'LoggedCustomEvent' });

function showLogged(botId: number, { id, subscriber_id, data, at }: CustomEventLogRow): z.input<typeof logged> {
  return { id, subscriber: { id: subscriber_id, user_ns: ns('subscriber', botId, subscriber_id) }, data: JSON.parse(data) as unknown, created_at: at };
}

const docs = { tag: 'Custom events' };

export const customEventRoutes = [
  route({
    method: 'GET',
    path: '/custom-events',
    access: 'bot_read',
    query: listQuery(search),
    reply: listOf(customEvent),
    docs: { ...docs, id: 'listCustomEvents', summary: 'List custom events', description: 'Those of the bot, newest first. A flow makes one at its first use.' },
    run: async ({ app, tenant, query }) => listReply(await listCustomEvents(app.db, tenant.botId, { name: query.q }, cursorAsk(query)), show),
  }),
  route({
    method: 'POST',
    path: '/custom-events',
    access: 'bot_manage',
    body: z.object({ name }).meta({ id: 'CreateCustomEvent' }),
    reply: customEvent,
    status: 201,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'createCustomEvent',
      summary: 'Create a custom event',
      description: 'Names are unique in the bot whatever their case.',
      example: { name: 'ordered' },
    },
    run: ({ app, tenant, body }) => app.transact(async (tx) => show(await createCustomEvent(app, tx, tenant, body.name))),
  }),
  route({
    method: 'GET',
    path: '/custom-events/{id}',
    access: 'bot_read',
    params: idParams,
    reply: customEvent,
    docs: { ...docs, id: 'getCustomEvent', summary: 'Get a custom event' },
    run: async ({ app, tenant, params }) => {
      const row = await findCustomEvent(app.db, tenant.botId, params.id);
      if (!row) throw notFound('Custom event');
      return show(row);
    },
  }),
  route({
    method: 'GET',
    path: '/custom-events/{id}/log',
    access: 'bot_read',
    params: idParams,
    query: listQuery({}),
    reply: listOf(logged),
    docs: { ...docs, id: 'listCustomEventLog', summary: 'List what was logged', description: 'When it happened and with whom, newest first.' },
    run: async ({ app, tenant: { botId }, params, query }) => {
      if (!(await findCustomEvent(app.db, botId, params.id))) throw notFound('Custom event');
      return listReply(await listCustomEventLog(app.db, botId, params.id, cursorAsk(query)), (row) => showLogged(botId, row));
    },
  }),
  route({
    method: 'POST',
    path: '/subscribers/{id}/events',
    access: 'bot_manage',
    params: z.object({ id: z.string().regex(/^(\d{1,15}|f\d{1,15}u\d{1,15})$/) }),
    body: z.object({ name, data: z.unknown().optional() }).meta({ id: 'LogCustomEvent' }),
    reply: customEvent,
    status: 201,
    errors: ['payload_too_large'],
    docs: {
      ...docs,
      id: 'logCustomEvent',
      summary: 'Say that an event has happened with a subscriber',
      description: 'Makes the event at its first use, and sets off the flows that wait for it; `data` is `param.trigger.data` there. At most 64 KB.',
      example: { name: 'ordered', data: { number: 'A-17', total: 120 } },
    },
    run: ({ app, tenant, params: { id }, body }) => {
      const subscriberId = /^\d/.test(id) ? Number(id) : parseNs('subscriber', tenant.botId, id);
      return app.transact(async (tx) => show(await noteCustomEvent(app, tx, tenant, subscriberId, { name: body.name, data: (body.data ?? null) as Value })));
    },
  }),
  route({
    method: 'PATCH',
    path: '/custom-events/{id}',
    access: 'bot_manage',
    params: idParams,
    body: z.object({ name }).meta({ id: 'UpdateCustomEvent' }),
    reply: customEvent,
    errors: ['conflict'],
    docs: {
      ...docs,
      id: 'updateCustomEvent',
      summary: 'Rename a custom event',
      description: 'What was logged stays; flows name it by its name.',
      example: { name: 'ordered_online' },
    },
    run: ({ app, tenant, params, body }) => app.transact(async (tx) => show(await renameCustomEvent(app, tx, tenant, params.id, body.name))),
  }),
  route({
    method: 'DELETE',
    path: '/custom-events/{id}',
    access: 'bot_manage',
    params: idParams,
    docs: { ...docs, id: 'deleteCustomEvent', summary: 'Delete a custom event', description: 'With everything that was logged under it.' },
    run: async ({ app, tenant, params }) => {
      await app.transact((tx) => removeCustomEvent(app, tx, tenant, params.id));
      return undefined;
    },
  }),
];
