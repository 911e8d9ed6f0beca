// Subscribers made, changed and paused by whoever holds a key; what flows change about them is in subscriber-changes.
import type { Session } from '@parley/engine/session.ts';
import { dueAt } from '@parley/engine/talk.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, assert, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { currentConversation, lockConversation } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { fold } from '../store/pages.ts';
import { findSession, setTimer } from '../store/sessions.ts';
import {
  findByChannelId,
  findByEmail,
  findByPhone,
  findSubscriber,
  insertSubscriber,
  type NewSubscriber,
  type Subscriber,
  type SubscriberChange,
  updateSubscriber,
} from '../store/subscribers.ts';
import { changesOf } from './changes.ts';
import { Noticed } from './noticed.ts';
import { tellTriggers } from './occurrences.ts';

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

/** Known by the phone's digits, else by the e-mail address: one of the two is given. */
export async function createSubscriber(app: App, tx: Db, tenant: Tenant, person: Person): Promise<Subscriber> {
  const { phone, email } = person;
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
export async function upsertSubscriber(app: App, tx: Db, tenant: Tenant, channelId: string | null, person: Person): Promise<Subscriber> {
  const found = await findPerson(tx, tenant.botId, channelId, person);
  if (found) return changeSubscriber(app, tx, tenant, found, person);
  if (channelId === null) return createSubscriber(app, tx, tenant, person);
  const made = await insertPerson(app, tx, tenant, { ...person, channel: ownChannel, user_id: channelId });
  assert(made, 'a channel id that nobody has is free');
  return made;
}

async function changeSubscriber(app: App, tx: Db, tenant: Tenant, one: Subscriber, person: Person): Promise<Subscriber> {
  const change = changesOf<SubscriberChange>(one, person);
  const changed = Object.keys(change);
  if (changed.length === 0) return one;
  const updated = await updateSubscriber(tx, tenant.botId, one.id, change, app.clock.now());
  assert(updated, 'a subscriber that was found is there');
  await record(app, tx, { kind: 'subscriber.updated', ...placeOf(tenant, one), data: { changed } });
  const noticed = new Noticed();
  noticed.columns(one, change);
  await tellTriggers(app, tx, tenant, one.id, noticed.happened());
  return updated;
}

/** Replies are kept and nothing answers them; what waits for time waits until the pause is over. */
export async function pauseBot(app: App, tx: Db, tenant: Tenant, id: number | null, minutes: number | null): Promise<void> {
  const one = await needSubscriber(tx, tenant.botId, id);
  const now = app.clock.now();
  const until = minutes === null ? untilResumed : now + minutes * 60_000;
  await updateSubscriber(tx, tenant.botId, one.id, { paused_until: until }, now);
  await holdTimer(tx, tenant.botId, one.id, until);
  await record(app, tx, { kind: 'subscriber.paused', ...placeOf(tenant, one), data: { until } });
}

/** What fell due meanwhile happens at once. */
export async function resumeBot(app: App, tx: Db, tenant: Tenant, id: number | null): Promise<void> {
  const one = await needSubscriber(tx, tenant.botId, id);
  if (one.paused_until === null) return;
  await updateSubscriber(tx, tenant.botId, one.id, { paused_until: null }, app.clock.now());
  await holdTimer(tx, tenant.botId, one.id, 0);
  await record(app, tx, { kind: 'subscriber.resumed', ...placeOf(tenant, one), data: {} });
}

/** The timer of the session that waits is due when the session says, but not before `until`. */
async function holdTimer(tx: Db, botId: number, subscriberId: number, until: number): Promise<void> {
  const current = await currentConversation(tx, botId, subscriberId);
  const conversation = current && (await lockConversation(tx, botId, current.id));
  if (!conversation || conversation.session_id === null) return;
  const row = await findSession(tx, conversation.id, conversation.session_id);
  const state = row ? (JSON.parse(row.state) as Session) : null;
  const due = state ? dueAt(state) : null;
  if (row && state?.wait && due !== null) await setTimer(tx, row.id, { wait: state.wait.id, dueAt: Math.max(due, until) });
}

function placeOf({ workspaceId, botId }: Pick<Tenant, 'workspaceId' | 'botId'>, one: Subscriber) {
  return { workspaceId, botId, subject: `subscriber:${one.id}` };
}
