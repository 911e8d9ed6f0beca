// /hooks/flow/…: where other systems set off a flow that has a `webhook` trigger.
import { z } from 'zod';
import { callHook, findHook } from '../../commands/trigger-hooks.ts';
import { headerText, route } from '../../http/route.ts';

const address = z.object({
  address: z
    .string()
    .regex(/^\d{1,15}-\d{1,15}-[A-Za-z0-9_-]{22}$/)
    .transform((text) => {
      const [botId = '', flowId = '', ...rest] = text.split('-');
      return { botId: Number(botId), flowId: Number(flowId), token: rest.join('-') };
    }),
});

/** What senders call the number of an event, the first of them that is there. */
const idHeaders = ['webhook-id', 'x-webhook-id', 'x-event-id', 'idempotency-key'];
const maxId = 200;

export const flowRoutes = [
  route({
    method: 'POST',
    path: '/flow/{address}',
    access: 'anyone',
    params: address,
    body: z.unknown(),
    reply: z.object({ status: z.literal('ok'), begun: z.boolean().describe('A flow has begun because of it.') }),
    errors: ['not_found', 'conflict', 'payload_too_large'],
    limits: [{ name: 'hooks-flow', per: 'address', max: 600, windowMs: 60_000 }],
    docs: {
      id: 'setOffFlow',
      tag: 'Webhooks',
      summary: 'Set off a flow',
      description: [
        'Of a `webhook` trigger; whoever may change the flow reads its address at `GET /v1/flows/{id}/hooks`.',
        'The person is found by `user_ns`, `user_id`, `phone` or `email`, in this order, or made; the whole body is `param.trigger.data` in the flow.',
        'A header `webhook-id` names the event: what comes again under it within 30 days changes nothing.',
        '200 once it is taken (`begun` is false where people have the conversation, the bot is paused, or another flow is under way that this one does not interrupt),',
        '404 for an address that no flow has, 409 while its flow is not published with it, 422 where the body does not say whom it is about.',
      ].join(' '),
      example: { email: 'jane@example.com', order: { number: 'A-17', total: 120 } },
    },
    run: async ({ app, params, body, request, count }) => {
      const hook = await findHook(app, app.db, params.address);
      await count({ name: 'hook', max: 1_200, windowMs: 60_000 }, `hook:${hook.row.id}:${hook.trigger}`);
      const id = idHeaders.map((name) => headerText(request.headers, name)).find((text) => text !== '') ?? '';
      return app.transact(async (tx) => ({ status: 'ok' as const, begun: await callHook(app, tx, hook, { id: id.slice(0, maxId), body }) }));
    },
  }),
];
