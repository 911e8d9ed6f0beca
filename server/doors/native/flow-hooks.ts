// /v1/flows/{id}/hooks: the addresses at which other systems set a flow off.
import { z } from 'zod';
import { needFlow } from '../../commands/flows.ts';
import { hooksOf } from '../../commands/trigger-hooks.ts';
import { route } from '../../http/route.ts';
import { params } from './flows.ts';

const hook = z
  .object({
    trigger: z.string(),
    hook: z.string().describe('Another name makes another address, and the one before opens nothing any more.'),
    url: z.string().describe('Whoever has it sets the flow off.'),
    live: z.boolean().describe('Published; until then a call is answered with 409.'),
  })
  .meta({ id: 'FlowHook' });

export const flowHookRoutes = [
  route({
    method: 'GET',
    path: '/flows/{id}/hooks',
    access: 'bot_manage',
    params,
    reply: z.object({ data: z.array(hook) }),
    docs: { tag: 'Flows', id: 'listFlowHooks', summary: 'List the webhooks of a flow', description: 'One for each `webhook` trigger of the draft.' },
    run: async ({ app, tenant, params: { id } }) => {
      const hooks = await hooksOf(app, app.db, await needFlow(app.db, tenant, id));
      return { data: hooks.map(({ trigger, hook: name, path, isLive }) => ({ trigger, hook: name, url: `${app.config.publicUrl}${path}`, live: isLive })) };
    },
  }),
];
