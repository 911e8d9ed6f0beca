// /v1/flow-starts: which flows a bot begins with, and which one goes on where a flow has failed.
import { z } from 'zod';
import { chooseStart } from '../../commands/flows.ts';
import { route } from '../../http/route.ts';
import { flowStarts, startDoors } from '../../store/flows.ts';

const flow = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/)
  .nullable()
  .describe('The slug of a flow with a `start` trigger; null = none.');

const starts = z
  .object({
    default: flow.describe('Begins new conversations of every channel.'),
    web: flow.describe('Begins those of websites; a site’s own goes before.'),
    error: flow.describe(
      'Goes on where a flow has failed and has no error way of its own. Its parameters `error`, `flow` and `block`, where it declares them, say what happened. Null, or should it fail itself: `fallback_text`, and the conversation is open for people.',
    ),
  })
  .meta({ id: 'FlowStarts' });

const docs = { tag: 'Flows' };

export const flowStartRoutes = [
  route({
    method: 'GET',
    path: '/flow-starts',
    access: 'bot_read',
    reply: starts,
    docs: { ...docs, id: 'getFlowStarts', summary: 'Get what the bot begins with' },
    run: ({ app, tenant }) => flowStarts(app.db, tenant.botId),
  }),
  route({
    method: 'PATCH',
    path: '/flow-starts',
    access: 'bot_manage',
    body: starts.partial().meta({ id: 'UpdateFlowStarts' }),
    reply: starts,
    errors: ['not_found'],
    docs: { ...docs, id: 'updateFlowStarts', summary: 'Choose what the bot begins with', example: { error: 'sorry' } },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        for (const door of startDoors) {
          const slug = body[door];
          if (slug !== undefined) await chooseStart(app, tx, tenant, door, slug === null ? null : { slug });
        }
        return flowStarts(tx, tenant.botId);
      }),
  }),
];
