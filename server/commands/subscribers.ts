// Subscribers made, changed and paused by whoever holds a key; what flows change about them is in subscriber-changes.
import type { Session } from '@parley/engine/session.ts';
import { dueAt } from '@parley/engine/talk.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, assert, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { announce } from '../live.ts';
import { conversationsWith, currentConversation, lockConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { fold } from '../store/pages.ts';
import { findSession, setTimer } from '../store/sessions.ts';
import {
  deleteSubscriber,
  findByChannelId,
  findByEmail,
  findByPhone,
  findSubscriber,
  insertSubscriber,
  lockSubscriber,
  type NewSubscriber,
  type Subscriber,
  type SubscriberChange,
  updateSubscriber,
} from '../store/subscribers.ts';
import { changesOf } from './changes.ts';
import { fieldsAfter, type Marks, markSubscriber } from './mark-subscriber.ts';
import { Noticed } from './noticed.ts';
import { tellTriggers } from './occurrences.ts';
import { isStopped } from './open-turn.ts';

/** What programs say of someone. The phone is E.164. */
export type Person = Partial<
  Pick<Subscriber, 'first_name' | 'last_name' | 'name' | 'email' | 'phone' | 'gender' | 'image' | 'language' | 'time_zone' | 'country'>
>;

/** Those whom a program made, and no messaging platform knows yet. */
const ownChannel = 'api';

/** "Until resumed": the last second that a date of four digits can say. */
export const untilResumed = Date.UTC(9999, 11, 31, 23, 59, 59);

export async function needSubscriber(db: Db, botId: number, id: number | null): Promise<Subscriber> {
  const found = id === null ? null : await findSubscriber(db, botId, id);
  if (!found) throw notFound('Subscriber');
  return found;
}

/** Known by a channel id of the caller's own, else the phone's digits, else the e-mail address: one of them is given. */
export async function createSubscriber(app: App, tx: Db, tenant: Tenant, person: Person, channelId: string | null = null): Promise<Subscriber> {
  const { phone, email } = person;
  if (channelId !== null) {
    const known = await findByChannelId(tx, tenant.botId, ownChannel, channelId);
    const own = known ? null : await insertPerson(app, tx, tenant, { ...person, channel: ownChannel, user_id: channelId });
    if (!own) throw new AppError('conflict', 'A subscriber with this user_id already exists.');
    return own;
  }
  if (phone && (await findByPhone(tx, tenant.botId, phone))) throw new AppError('conflict', 'A subscriber with this phone already exists.');
  const made = await insertPerson(app, tx, tenant, { ...person, channel: ownChannel, user_id: phone ? phone.slice(1) : fold(email ?? '') });
  if (!made) throw new AppError('conflict', 'A subscriber with this email already exists.');
  return made;
}

/** Null when the channel already knows this id. */
export async function insertPerson(app: App, tx: Db, tenant: Pick<Tenant, 'workspaceId' | 'botId'>, person: NewSubscriber): Promise<Subscriber | null> {
  const name = person.name ?? [person.first_name, person.last_name].filter((part) => part).join(' ');
  const made = await insertSubscriber(tx, tenant.botId, { ...person, name }, app.clock.now());
  if (made) await record(app, tx, { kind: 'subscriber.created', ...placeOf(tenant, made), data: { channel: made.channel } });
  return made;
}

export async function findPerson(db: Db, botId: number, channelId: string | null, { phone, email }: Person): Promise<Subscriber | null> {
  return (
    (channelId === null ? null : await findByChannelId(db, botId, null, channelId)) ??
    (phone ? await findByPhone(db, botId, phone) : null) ??
    (email ? await findByEmail(db, botId, email) : null)
  );
}

/** The one of this channel id, phone or e-mail address, in this order, with what is given changed; else a new one. */
export async function upsertSubscriber(app: App, tx: Db, tenant: Tenant, channelId: string | null, person: Person, marks: Marks = {}): Promise<Subscriber> {
  const found = await findPerson(tx, tenant.botId, channelId, person);
  return found ? changeSubscriber(app, tx, tenant, found.id, person, marks) : createMarked(app, tx, tenant, person, marks, channelId);
}

export async function changeSubscriber(app: App, tx: Db, tenant: Tenant, id: number, person: Person, marks: Marks = {}): Promise<Subscriber> {
  const one = await lockSubscriber(tx, tenant.botId, id);
  if (!one) throw notFound('Subscriber');
  const noticed = new Noticed();
  const change = { ...changesOf<SubscriberChange>(one, person), ...(await fieldsAfter(tx, one, marks.fields, noticed)) };
  const changed = [...Object.keys(change), ...(await markSubscriber(tx, tenant, one, marks, noticed))];
  if (changed.length === 0) return one;
  const updated = await updateSubscriber(tx, tenant.botId, one.id, change, app.clock.now());
  assert(updated, 'a subscriber that is locked is there');
  await record(app, tx, { kind: 'subscriber.updated', ...placeOf(tenant, one), data: { changed } });
  noticed.columns(one, change);
  await tellTriggers(app, tx, tenant, one.id, noticed.happened());
  return updated;
}

/** Somebody new, with their marks, as one call has them. */
export async function createMarked(app: App, tx: Db, tenant: Tenant, person: Person, marks: Marks, channelId: string | null): Promise<Subscriber> {
  const made = await createSubscriber(app, tx, tenant, person, channelId);
  const noticed = new Noticed();
  const change = await fieldsAfter(tx, made, marks.fields, noticed);
  await markSubscriber(tx, tenant, made, marks, noticed);
  await tellTriggers(app, tx, tenant, made.id, noticed.happened());
  if (change.fields === undefined) return made;
  return (await updateSubscriber(tx, tenant.botId, made.id, change, app.clock.now())) ?? made;
}

/** All that is known of them, said by and to them, goes; what looks on finds it gone. */
export async function eraseSubscriber(app: App, tx: Db, tenant: Pick<Tenant, 'workspaceId' | 'botId'>, id: number): Promise<void> {
  const { workspaceId, botId } = tenant;
  const one = await needSubscriber(tx, botId, id);
  const theirs = await conversationsWith(tx, botId, id, 1_000);
  await deleteSubscriber(tx, botId, id);
  await record(app, tx, { kind: 'subscriber.deleted', ...placeOf(tenant, one), data: { channel: one.channel } });
  for (const { id: conversationId, seq } of theirs) announce(tx, { workspaceId, botId, conversationId, seq: seq + 1, dueAt: null });
}

/** Replies are kept and nothing answers them; what waits for time waits until the pause is over. */
export async function pauseBot(app: App, tx: Db, tenant: Tenant, id: number | null, minutes: number | null): Promise<Subscriber> {
  const one = await needSubscriber(tx, tenant.botId, id);
  const now = app.clock.now();
  const until = minutes === null ? untilResumed : now + minutes * 60_000;
  // The conversation is locked first, as a turn does it, or the two could wait for each other.
  await holdTimer(tx, tenant.botId, one.id, until);
  const paused = await updateSubscriber(tx, tenant.botId, one.id, { paused_until: until }, now);
  await record(app, tx, { kind: 'subscriber.paused', ...placeOf(tenant, one), data: { until } });
  return paused ?? one;
}

/** What fell due meanwhile happens at once. */
export async function resumeBot(app: App, tx: Db, tenant: Tenant, id: number | null): Promise<Subscriber> {
  const one = await needSubscriber(tx, tenant.botId, id);
  if (one.paused_until === null) return one;
  await holdTimer(tx, tenant.botId, one.id, 0);
  const resumed = await updateSubscriber(tx, tenant.botId, one.id, { paused_until: null }, app.clock.now());
  await record(app, tx, { kind: 'subscriber.resumed', ...placeOf(tenant, one), data: {} });
  return resumed ?? one;
}

/** The timer of the session that waits is due when the session says, but not before `until`. */
async function holdTimer(tx: Db, botId: number, subscriberId: number, until: number): Promise<void> {
  const current = await currentConversation(tx, botId, subscriberId);
  const conversation = current && (await lockConversation(tx, botId, current.id));
  // Of a flow that people have stopped no time passes.
  if (!conversation || conversation.session_id === null || isStopped(conversation)) return;
  const row = await findSession(tx, conversation.id, conversation.session_id);
  const state = row ? (JSON.parse(row.state) as Session) : null;
  const due = state ? dueAt(state) : null;
  if (row && state?.wait && due !== null) await setTimer(tx, row.id, { wait: state.wait.id, dueAt: Math.max(due, until) });
}

function placeOf({ workspaceId, botId }: Pick<Tenant, 'workspaceId' | 'botId'>, one: Subscriber) {
  return { workspaceId, botId, subject: `subscriber:${one.id}` };
}
