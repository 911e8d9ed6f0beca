// Flow: the sub flows of a bot, and which of them it starts with.
import { ns, parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import { chooseStart, removeFlow } from '../../commands/flows.ts';
import { notFound } from '../../errors.ts';
import { type Route, route } from '../../http/route.ts';
import type { Db } from '../../store/database.ts';
import { type FlowRow, findFlow, pageFlows, type StartDoor } from '../../store/flows.ts';
import { anyNs, listOf, listQuery, listReply, nameFilter, ok, okReply, pageAsk } from './shapes.ts';

const subFlow = z.object({ name: z.string(), sub_flow_ns: z.string().meta({ examples: ['f1s1'] }) }).meta({ id: 'SubFlow' });

export async function needSubFlow(db: Db, botId: number, subFlowNs: string): Promise<FlowRow> {
  const found = await findFlow(db, botId, { id: parseNs('sub_flow', botId, subFlowNs) ?? 0 });
  if (!found) throw notFound('Sub flow');
  return found;
}

const docs = { tag: 'Flow' };

/** `main` takes the choice back. */
function startRoute(path: string, door: StartDoor, said: { id: string; summary: string; description: string }): Route {
  return route({
    method: 'POST',
    path,
    access: 'bot_manage',
    body: z.object({ sub_flow_ns: anyNs.describe('`main` takes the choice back.') }).meta({ id: `${said.id.charAt(0).toUpperCase()}${said.id.slice(1)}` }),
    reply: ok,
    errors: ['not_found'],
    docs: { ...docs, ...said, example: { sub_flow_ns: 'f1s1' } },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        const flow = body.sub_flow_ns === 'main' ? null : await needSubFlow(tx, tenant.botId, body.sub_flow_ns);
        await chooseStart(app, tx, tenant, door, flow && { id: flow.id });
        return okReply;
      }),
  });
}

export const subFlowRoutes = [
  route({
    method: 'GET',
    path: '/flow/subflows',
    access: 'bot_read',
    query: listQuery(nameFilter),
    reply: listOf(subFlow),
    docs: { ...docs, id: 'listSubFlows', summary: 'List sub flows', description: 'The flows of the bot, oldest first.' },
    run: async (context) => {
      const ask = pageAsk(context.query);
      const { botId } = context.tenant;
      const page = await pageFlows(context.app.db, botId, context.query.name, ask);
      return listReply(context, ask, page, ({ id, name }) => ({ name, sub_flow_ns: ns('sub_flow', botId, id) }));
    },
  }),
  route({
    method: 'DELETE',
    path: '/flow/delete-sub-flow',
    access: 'bot_manage',
    body: z.object({ sub_flow_ns: anyNs }).meta({ id: 'DeleteSubFlow' }),
    reply: ok,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'deleteSubFlow',
      summary: 'Delete a sub flow',
      description: 'With its versions; what runs it ends at its next turn.',
      example: { sub_flow_ns: 'f1s1' },
    },
    run: ({ app, tenant, body }) =>
      app.transact(async (tx) => {
        const flow = await needSubFlow(tx, tenant.botId, body.sub_flow_ns);
        await removeFlow(app, tx, tenant, { id: flow.id });
        return okReply;
      }),
  }),
  startRoute('/flow/set-default-start-flow', 'default', {
    id: 'setDefaultStartFlow',
    summary: 'Choose what the bot starts with',
    description: 'The sub flow that new conversations begin with. One without a start is 422.',
  }),
  startRoute('/flow/set-web-chat-widget-default-start-flow', 'web', {
    id: 'setWebChatWidgetDefaultStartFlow',
    summary: 'Choose what the websites of the bot start with',
    description: 'Goes before what the bot starts with, and after what a site names itself. One without a start is 422.',
  }),
];
