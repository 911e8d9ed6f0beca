// Custom events: a program says that one has happened with a subscriber.
import { parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { noteCustomEvent } from '../../commands/custom-events.ts';
import { route } from '../../http/route.ts';
import { anyNs, name, ok, okReply, optional } from './shapes.ts';

const number = z.preprocess((value) => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), z.number());

export const customEventRoutes = [
  route({
    method: 'POST',
    path: '/subscriber/log-custom-event',
    access: 'bot_manage',
    body: z
      .object({
        user_ns: anyNs,
        event_name: name,
        text_value: optional(z.string().max(2_000)),
        price_value: optional(number),
        number_value: optional(number),
      })
      .meta({ id: 'LogCustomEvent' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      tag: 'Subscriber',
      id: 'logCustomEvent',
      summary: 'Log an event on a subscriber',
      description: 'Makes the event at its first use, and sets off the flows that wait for it.',
      example: { user_ns: 'f1u1', event_name: 'ordered', text_value: 'A-17', price_value: 120 },
    },
    run: ({ app, tenant, body: { user_ns, event_name, text_value = null, price_value = null, number_value = null } }) =>
      app.transact(async (tx) => {
        const id = parseNs('subscriber', tenant.botId, user_ns);
        await noteCustomEvent(app, tx, tenant, id, { name: event_name, data: { text_value, price_value, number_value } });
        return okReply;
      }),
  }),
];
