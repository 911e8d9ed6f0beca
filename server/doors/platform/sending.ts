// Sending: a text, a sub flow, a node, the main flow, to one subscriber. Each answers the ids of what was said.
import { parseNs } from '@parley/engine/ids.ts';
import { z } from 'zod';
import type { App } from '../../app.ts';
import type { Caller, Tenant } from '../../auth.ts';
import type { Spoken } from '../../commands/open-turn.ts';
import type { SavedStep } from '../../commands/save-step.ts';
import { sendBlock, sendFlow, sendStart, sendText } from '../../commands/sending.ts';
import { needSubscriber, pauseBot } from '../../commands/subscribers.ts';
import { assert, notFound } from '../../errors.ts';
import { route } from '../../http/route.ts';
import { findAccount } from '../../store/accounts.ts';
import type { Db } from '../../store/database.ts';
import { findPlace } from '../../store/flows.ts';
import type { Subscriber } from '../../store/subscribers.ts';
import { anyNs, flag, optional, wholeNumber } from './shapes.ts';
import { needSubFlow } from './sub-flows.ts';

const common = {
  user_ns: anyNs,
  send_as_agent: optional(flag).describe('In the name of the person the key acts for.'),
  pause_bot_minutes: optional(wholeNumber(0, 5_256_000)).describe('Absent: sending pauses nothing.'),
};

const sent = z.object({ status: z.literal('ok'), message_ids: z.array(z.int()).describe('What was said, in order.') }).meta({ id: 'Sent' });

type Asked = { user_ns: string; pause_bot_minutes?: number | undefined };

async function send(
  app: App,
  tx: Db,
  tenant: Tenant,
  asked: Asked,
  what: (to: Subscriber) => Promise<SavedStep | null>,
  missing: string,
): Promise<z.input<typeof sent>> {
  const to = await needSubscriber(tx, tenant.botId, parseNs('subscriber', tenant.botId, asked.user_ns));
  const step = await what(to);
  if (!step) throw notFound(missing);
  if (asked.pause_bot_minutes !== undefined) await pauseBot(app, tx, tenant, to.id, asked.pause_bot_minutes);
  return { status: 'ok', message_ids: step.messages.filter((one) => one.direction === 'out').map((one) => one.id) };
}

async function authorOf(db: Db, caller: Caller, asAgent: boolean | undefined): Promise<Spoken['author']> {
  if (!asAgent) return { kind: 'bot', id: null, name: 'bot' };
  assert(caller.kind === 'key', 'this door lets only keys in');
  const account = await findAccount(db, caller.key.account_id);
  assert(account, 'a key belongs to an account');
  return { kind: 'agent', id: account.id, name: account.name };
}

const docs = { tag: 'Sending' };

export const sendingRoutes = [
  route({
    method: 'POST',
    path: '/subscriber/send-text',
    access: 'bot_manage',
    body: z.object({ ...common, content: z.string().min(1).max(20_000) }).meta({ id: 'SendText' }),
    reply: sent,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'sendText',
      summary: 'Send a text',
      description: 'What the flow waits for, it goes on waiting for.',
      example: { user_ns: 'f1u1', content: 'Your parcel is on its way.' },
    },
    run: ({ app, caller, tenant, body }) =>
      app.transact(async (tx) => {
        const author = await authorOf(tx, caller, body.send_as_agent);
        return send(app, tx, tenant, body, (to) => sendText(app, tx, tenant, to, body.content, author), 'Subscriber');
      }),
  }),
  route({
    method: 'POST',
    path: '/subscriber/send-sub-flow',
    access: 'bot_manage',
    body: z.object({ ...common, sub_flow_ns: anyNs }).meta({ id: 'SendSubFlow' }),
    reply: sent,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'sendSubFlow',
      summary: 'Start a sub flow',
      description: 'From its start; what ran before ends. A sub flow without a start, or not published yet, is 422.',
      example: { user_ns: 'f1u1', sub_flow_ns: 'f1s1' },
    },
    run: ({ app, tenant, body }) =>
      app.transact((tx) =>
        send(app, tx, tenant, body, async (to) => sendFlow(app, tx, tenant, to, await needSubFlow(tx, tenant.botId, body.sub_flow_ns)), 'Sub flow'),
      ),
  }),
  route({
    method: 'POST',
    path: '/subscriber/send-node',
    access: 'bot_manage',
    body: z.object({ ...common, node_ns: anyNs }).meta({ id: 'SendNode' }),
    reply: sent,
    errors: ['not_found'],
    docs: {
      ...docs,
      id: 'sendNode',
      summary: 'Jump to a node',
      description: 'What waits in the same flow goes on there with all it knows; else the flow begins there. Flows list their nodes at `/v1/flows/{id}`.',
      example: { user_ns: 'f1u1', node_ns: 'f1n1' },
    },
    run: ({ app, tenant, body }) =>
      app.transact((tx) =>
        send(
          app,
          tx,
          tenant,
          body,
          async (to) => {
            const place = await findPlace(tx, tenant.botId, parseNs('node', tenant.botId, body.node_ns) ?? 0);
            return place && sendBlock(app, tx, tenant, to, place);
          },
          'Node',
        ),
      ),
  }),
  route({
    method: 'POST',
    path: '/subscriber/send-main-flow',
    access: 'bot_manage',
    body: z.object(common).meta({ id: 'SendMainFlow' }),
    reply: sent,
    errors: ['not_found'],
    docs: { ...docs, id: 'sendMainFlow', summary: 'Start the main flow', description: 'What their conversations begin with.', example: { user_ns: 'f1u1' } },
    run: ({ app, tenant, body }) => app.transact((tx) => send(app, tx, tenant, body, (to) => sendStart(app, tx, tenant, to), 'Main flow')),
  }),
];
