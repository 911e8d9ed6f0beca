// What a program sends someone: a text, a flow from its start, a flow from one of its blocks. Whoever has no
// conversation yet gets one. Sending pauses nothing.
import { blockAt } from '@parley/engine/flow.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, assert } from '../errors.ts';
import { type Conversation, currentConversation, insertConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { type FlowPlace, type FlowRow, findFlow } from '../store/flows.ts';
import { type Subscriber, updateSubscriber } from '../store/subscribers.ts';
import { saveTurn } from './chat-turns.ts';
import { loadVersion } from './flow-set.ts';
import { beginSession, type OpenTurn, openTurn, type Spoken, walk } from './open-turn.ts';
import { type SavedStep, saveStep } from './save-step.ts';
import { startFlowOf } from './start-flow.ts';

export async function sendText(app: App, tx: Db, tenant: Tenant, to: Subscriber, text: string, author: Spoken['author']): Promise<SavedStep> {
  const conversation = await conversationWith(app, tx, tenant, to);
  return speak(app, tx, conversation, { message: { kind: 'text', text }, text, author });
}

/** Says something in a conversation beside what runs there. */
export async function speak(app: App, tx: Db, conversation: Conversation, spoken: Spoken): Promise<SavedStep> {
  const turn = await openTurn(app, tx, conversation.bot_id, conversation.id);
  turn.spoken = spoken;
  return saveStep(app, tx, turn);
}

export async function sendFlow(app: App, tx: Db, tenant: Tenant, to: Subscriber, flow: FlowRow): Promise<SavedStep> {
  if (flow.published === null) throw new AppError('invalid_request', 'This flow has not been published yet');
  const version = await loadVersion(tx, tenant.botId, flow.id, flow.published);
  if (!Object.values(version?.triggers ?? {}).some((one) => one.type === 'start')) throw new AppError('invalid_request', 'This flow has no start');
  const turn = await turnWith(app, tx, tenant, to);
  await beginSession(app, tx, turn, { id: flow.id, n: flow.published }, {});
  return saveTurn(app, tx, turn);
}

/** What their conversation begins with; null where there is nothing to begin with. */
export async function sendStart(app: App, tx: Db, tenant: Tenant, to: Subscriber): Promise<SavedStep | null> {
  const turn = await turnWith(app, tx, tenant, to);
  const flow = await startFlowOf(tx, turn.conversation);
  if (!flow) return null;
  await beginSession(app, tx, turn, flow, {});
  return saveTurn(app, tx, turn);
}

/** A session that waits in this flow goes on there, with all it knows; else the flow begins there. Null when what runs has no such block. */
export async function sendBlock(app: App, tx: Db, tenant: Tenant, to: Subscriber, { flow_id: flowId, place }: FlowPlace): Promise<SavedStep | null> {
  const flow = await findFlow(tx, tenant.botId, { id: flowId });
  const live = flow?.published == null ? null : await loadVersion(tx, tenant.botId, flow.id, flow.published);
  if (!flow || flow.published === null || !live || blockAt(live, place) === null) return null;
  const turn = await turnWith(app, tx, tenant, to);
  const state = turn.session?.flowId === flow.id && turn.session.state.cursor.flow === flow.slug ? turn.session.state : null;
  const running = state && turn.flows.pinned(flow.slug, state.version_id);
  if (running && !turn.isLost && blockAt(running, place) !== null) await walk(app, tx, turn, { kind: 'jump', at: place });
  else await beginSession(app, tx, turn, { id: flow.id, n: flow.published }, { at: place });
  return saveTurn(app, tx, turn);
}

async function turnWith(app: App, tx: Db, tenant: Tenant, to: Subscriber): Promise<OpenTurn> {
  const conversation = await conversationWith(app, tx, tenant, to);
  return openTurn(app, tx, tenant.botId, conversation.id);
}

export async function conversationWith(app: App, tx: Db, { workspaceId, botId }: Pick<Tenant, 'workspaceId' | 'botId'>, to: Subscriber): Promise<Conversation> {
  const known = await currentConversation(tx, botId, to.id);
  if (known) return known;
  const at = app.clock.now();
  // Holds the subscriber's row: of two that send at once, the second finds the conversation of the first.
  await updateSubscriber(tx, botId, to.id, {}, at);
  const place = { workspace_id: workspaceId, bot_id: botId, subscriber_id: to.id, channel: to.channel, site_id: null, visitor: null, public_id: null };
  const made = (await currentConversation(tx, botId, to.id)) ?? (await insertConversation(tx, place, at));
  assert(made, 'nothing keeps a subscriber from having a conversation');
  return made;
}
