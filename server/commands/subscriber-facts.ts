// What a page says of its visitor and of their conversation once there is one: facts people look at and flows may ask for.
// A visitor can say whatever their page can, so no right hangs on any of it.
import type { Value } from '@parley/engine/expression/value.ts';
import type { App } from '../app.ts';
import { invalidField, notFound } from '../errors.ts';
import { announce } from '../live.ts';
import { type Conversation, lockConversation, setCircumstances } from '../store/conversations.ts';
import { countCustomEvents, findEventNamed } from '../store/custom-events.ts';
import type { Db } from '../store/database.ts';
import { changeLabels } from '../store/labels.ts';
import type { Site } from '../store/sites.ts';
import { noteCustomEvent } from './custom-events.ts';
import { noteSaid, type SaidFields } from './site-subscribers.ts';

/** Of one bot, all its websites and flows together: past it pages may use the names there are. */
const maxEventNames = 500;
const maxSaid = 50;

export async function trackEvent(
  app: App,
  tx: Db,
  site: Site,
  subscriberId: number,
  { name, properties }: { name: string; properties: { [name: string]: unknown } },
): Promise<void> {
  const { bot_id: botId, workspace_id: workspaceId } = site;
  const isKnown = (await findEventNamed(tx, botId, name)) !== null;
  if (!isKnown && (await countCustomEvents(tx, botId, maxEventNames)) >= maxEventNames)
    throw invalidField('name', `This bot has ${maxEventNames} kinds of events already. Use one of them.`);
  await noteCustomEvent(app, tx, { workspaceId, botId }, subscriberId, { name, data: properties as Value });
}

/** Kept with the conversation for people who look at it; what is theirs also in the bot's fields of these names. Null takes one away. */
export async function noteFacts(
  app: App,
  tx: Db,
  site: Site,
  { id, bot_id: botId }: Conversation,
  { isTheirs, said }: { isTheirs: boolean; said: SaidFields },
): Promise<void> {
  const conversation = await lockConversation(tx, botId, id);
  if (!conversation) throw notFound('Conversation');
  const context = JSON.parse(conversation.context ?? '{}') as { attributes?: SaidFields };
  const all = Object.entries({ ...context.attributes, ...said }).filter(([, value]) => value !== null);
  if (all.length > maxSaid) throw invalidField('attributes', `A conversation has at most ${maxSaid} attributes.`);
  await setCircumstances(tx, botId, id, { context: JSON.stringify({ ...context, attributes: Object.fromEntries(all) }) });
  // Of somebody put together of several, the page of one does not speak for the others.
  if (isTheirs && conversation.met_as === null) await noteSaid(app, tx, site, conversation.subscriber_id, { locale: null, timeZone: null, attributes: said });
  tellOf(tx, conversation);
}

/** Only labels that the workspace has: other names are passed over. */
export async function labelSubscriber(tx: Db, conversation: Conversation, names: { add: readonly string[]; remove: readonly string[] }): Promise<void> {
  await changeLabels(tx, conversation.workspace_id, conversation.subscriber_id, names);
  tellOf(tx, conversation);
}

function tellOf(tx: Db, { id, bot_id: botId, workspace_id: workspaceId, seq }: Conversation): void {
  announce(tx, { workspaceId, botId, conversationId: id, seq, dueAt: null });
}
