// /hooks/wait/…: where other systems call a flow that waits for them.
import type { Value } from '@parley/engine/expression/value.ts';
import { z } from 'zod';
import { callWebhook } from '../../commands/wait-webhooks.ts';
import { route } from '../../http/route.ts';

const address = z.object({
  address: z
    .string()
    .regex(/^\d{1,15}-\d{1,15}-[A-Za-z0-9_-]{22}$/)
    .transform((text) => {
      const [botId = '', conversationId = '', ...rest] = text.split('-');
      return { botId: Number(botId), conversationId: Number(conversationId), token: rest.join('-') };
    }),
});

export const waitRoutes = [
  route({
    method: 'POST',
    path: '/wait/{address}',
    access: 'anyone',
    params: address,
    body: z.unknown(),
    reply: z.object({ status: z.literal('ok') }),
    errors: ['not_found', 'conflict'],
    limits: [{ name: 'hooks-wait', per: 'address', max: 600, windowMs: 60_000 }],
    docs: {
      id: 'callWaitingFlow',
      tag: 'Webhooks',
      summary: 'Call a flow that waits',
      description: [
        'The address is in `last.webhook_url` of the flow, good for one wait and one call; the JSON sent is its `body`.',
        '200 once the flow has gone on, 404 for an address nobody gave out, 409 where nobody waits (any more, or yet).',
      ].join(' '),
      example: { paid: true },
    },
    run: async ({ app, params, body }) => {
      await callWebhook(app, params.address, body as Value);
      return { status: 'ok' as const };
    },
  }),
];
