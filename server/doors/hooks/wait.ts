// /hooks/wait/…: where other systems call a flow that waits for them.
import type { Value } from '@parley/engine/expression/value.ts';
import { z } from 'zod';
import { callWebhook } from '../../commands/wait-webhooks.ts';
import { signatureHeaders } from '../../commands/webhook-signatures.ts';
import { headerText, route } from '../../http/route.ts';

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
    keepsBytes: true,
    errors: ['unauthorized', 'not_found', 'conflict'],
    limits: [{ name: 'hooks-wait', per: 'address', max: 600, windowMs: 60_000 }],
    docs: {
      id: 'callWaitingFlow',
      tag: 'Webhooks',
      summary: 'Call a flow that waits',
      description: [
        'The address is in `last.webhook_url` of the flow, good for one wait and one call; the JSON sent is its `body`.',
        'Where its block asks for a signature: `X-Signature: sha256=` (or `X-Hub-Signature-256`) and the HMAC-SHA256 of the body’s bytes, in hexadecimal, by the secret of `/v1/webhook-secret`; without one that holds, 401 and nothing is delivered.',
        '200 once the flow has gone on, 404 for an address nobody gave out, 409 where nobody waits (any more, or yet).',
      ].join(' '),
      example: { paid: true },
    },
    run: async ({ app, params, body, bytes, request }) => {
      const signature = signatureHeaders.map((name) => headerText(request.headers, name)).find((text) => text !== '') ?? '';
      await callWebhook(app, params.address, body as Value, { bytes: bytes ?? Buffer.alloc(0), signature });
      return { status: 'ok' as const };
    },
  }),
];
