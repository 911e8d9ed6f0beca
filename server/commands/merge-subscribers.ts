// Somebody of the team finds that two subscribers are one person. Conversations go on where they stand, under their own
// numbers and tokens; what is known of the one who is kept wins. Nothing of it sets a flow off: nothing has happened to anyone.
import type { Session } from '@parley/engine/session.ts';
import { dueAt } from '@parley/engine/talk.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, assert, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { announce } from '../live.ts';
import { type Conversation, conversationsWith } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { fold } from '../store/pages.ts';
import { findSession, setTimer } from '../store/sessions.ts';
import { keepApart, lockConversationsOf, moveEverything } from '../store/subscriber-merge.ts';
import { deleteSubscriber, lockSubscriber, type Subscriber, type SubscriberChange, updateSubscriber } from '../store/subscribers.ts';
import { isStopped } from './open-turn.ts';

/** More than anybody has who is one person; the locks of one transaction stay few. */
const maxConversations = 1_000;

/** `from` is gone afterwards, and what its channel calls it leads to `into`. */
export async function mergeSubscribers(app: App, tx: Db, tenant: Tenant, { into, from }: { into: number; from: number }): Promise<Subscriber> {
  const { workspaceId, botId } = tenant;
  const both = [into, from];
  const held = await lockConversationsOf(tx, botId, both, maxConversations + 1);
  const people = await lockBoth(tx, botId, both);
  const [kept, gone] = [people.get(into), people.get(from)];
  if (!kept || !gone) throw notFound('Subscriber');
  if (into === from) throw new AppError('conflict', 'This is the same subscriber already.');
  if (held.length > maxConversations) throw new AppError('conflict', `The two have more than ${maxConversations} conversations, too many for one person.`);
  // Nobody begins one any more by now. Who did meanwhile may hold theirs and wait for the person: the call is repeated.
  for (const id of both) await mustHold(tx, botId, id, held);
  for (const id of both) await keepApart(tx, botId, id);
  const merged = await mergeInto(app, tx, botId, kept, gone);
  await moveClocks(tx, held, gone.paused_until === kept.paused_until ? null : (merged.paused_until ?? 0));
  await record(app, tx, { kind: 'subscriber.merged', workspaceId, botId, subject: `subscriber:${into}`, data: { from, channel: gone.channel } });
  for (const { id: conversationId, seq } of held) announce(tx, { workspaceId, botId, conversationId, seq, dueAt: app.clock.now() });
  return merged;
}

/** For whoever holds both, and says what became of them. */
export async function mergeInto(app: App, tx: Db, botId: number, kept: Subscriber, gone: Subscriber): Promise<Subscriber> {
  await moveEverything(tx, botId, gone, kept.id);
  await deleteSubscriber(tx, botId, gone.id);
  const merged = await updateSubscriber(tx, botId, kept.id, knownOfBoth(kept, gone), app.clock.now());
  assert(merged, 'a subscriber that is locked is there');
  return merged;
}

async function lockBoth(tx: Db, botId: number, ids: readonly number[]): Promise<Map<number, Subscriber>> {
  const found = new Map<number, Subscriber>();
  for (const id of ids.toSorted((a, b) => a - b)) {
    const one = await lockSubscriber(tx, botId, id);
    if (one) found.set(id, one);
  }
  return found;
}

async function mustHold(tx: Db, botId: number, subscriberId: number, held: readonly Conversation[]): Promise<void> {
  const ids = new Set(held.map(({ id }) => id));
  const theirs = await conversationsWith(tx, botId, subscriberId, maxConversations);
  if (!theirs.every(({ id }) => ids.has(id))) throw new AppError('conflict', 'They have begun a conversation at this moment. Try again.');
}

const parts = ['first_name', 'last_name', 'email', 'phone', 'gender', 'image', 'locale', 'language', 'time_zone', 'country', 'opted_in_through'] as const;

/** What the kept one lacks is taken over. Who has left has left: `subscribed_at` is always the kept one's. */
function knownOfBoth(kept: Subscriber, gone: Subscriber): SubscriberChange {
  const change: SubscriberChange = Object.fromEntries(parts.map((part) => [part, kept[part] ?? gone[part]]));
  const [last, before] = (gone.last_message_at ?? 0) > (kept.last_message_at ?? 0) ? [gone, kept] : [kept, gone];
  const email = change.email ?? '';
  return {
    ...change,
    ...(kept.name === '' ? { name: gone.name } : {}),
    fields: JSON.stringify({ ...(JSON.parse(gone.fields) as object), ...(JSON.parse(kept.fields) as object) }),
    // Consent is given for an address, and goes with no other.
    opted_in_email_at: kept.opted_in_email_at ?? (fold(gone.email ?? '') === fold(email) ? gone.opted_in_email_at : null),
    opted_in_sms_at: kept.opted_in_sms_at ?? (gone.phone === (change.phone ?? null) ? gone.opted_in_sms_at : null),
    last_interaction_at: later(kept.last_interaction_at, gone.last_interaction_at),
    last_seen_at: later(kept.last_seen_at, gone.last_seen_at),
    last_message_at: last.last_message_at,
    last_message_type: last.last_message_type ?? before.last_message_type,
    // Somebody wanted the bot to rest.
    paused_until: later(kept.paused_until, gone.paused_until),
  };
}

function later(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/** What waits for time waits no shorter than the bot rests now, and no longer than it waited by itself. Null = nothing is another. */
async function moveClocks(tx: Db, held: readonly Conversation[], until: number | null): Promise<void> {
  if (until === null) return;
  for (const one of held) {
    const row = one.session_id === null || isStopped(one) ? null : await findSession(tx, one.id, one.session_id);
    const state = row ? (JSON.parse(row.state) as Session) : null;
    const due = state ? dueAt(state) : null;
    if (row && state?.wait && due !== null) await setTimer(tx, row.id, { wait: state.wait.id, dueAt: Math.max(due, until) });
  }
}
