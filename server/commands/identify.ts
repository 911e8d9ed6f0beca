// A page proves who is signed in there: what they wrote before they were known becomes theirs, and from then on their
// conversations open with a token of theirs, on whatever device.
import { createHmac } from 'node:crypto';
import type { App } from '../app.ts';
import { AppError, assert, invalidField } from '../errors.ts';
import { record } from '../events.ts';
import { announce } from '../live.ts';
import { equalSecrets } from '../secrets.ts';
import { conversationsOnSite, setCircumstances } from '../store/conversations.ts';
import type { Db } from '../store/database.ts';
import { insertDevice, touchDevice } from '../store/devices.ts';
import type { Site } from '../store/sites.ts';
import { findByChannelId, findSubscriber, type Subscriber, updateSubscriber } from '../store/subscribers.ts';
import { mergeInto } from './merge-subscribers.ts';
import { Noticed } from './noticed.ts';
import { tellTriggers } from './occurrences.ts';
import { conversationToken, hashesOf, maxConversations, subscriberBehind, type TokenHolder } from './site-conversations.ts';
import { settingsOf } from './site-settings.ts';
import { noteSaid, type SaidFields } from './site-subscribers.ts';
import { identitySecrets } from './sites.ts';
import { insertPerson } from './subscribers.ts';

export type Claim = { token: string; userId: string; signature: string | null; name: string | null; email: string | null; attributes: SaidFields };
export type Identified = { token: string; isVerified: boolean; cursor: number };

/** Devices of one person that stay known; with one more, the one that was not seen for longest is forgotten. */
const maxTokens = 20;

export async function identifySubscriber(app: App, tx: Db, site: Site, claim: Claim): Promise<Identified> {
  const isProven = isSigned(app, site, claim);
  const known = await subscriberBehind(app, tx, site, claim.token);
  if (isProven) return identifyProven(app, tx, site, claim, known);
  if (!known) throw new AppError('not_found', 'Conversation not found');
  // What is only said changes nothing about somebody who was proved to be who they are.
  if (known.isProven) throw invalidField('signature', 'A signature is required for a verified visitor', 'required');
  // Nor about somebody whom the team has put together of several: this may be any of them.
  if (known.metAs === null) await noteClaim(app, tx, site, known.id, claim);
  return { token: claim.token, isVerified: false, cursor: await cursorOf(tx, site, known.id) };
}

function isSigned(app: App, site: Site, { userId, signature }: Claim): boolean {
  const { identity } = settingsOf(site);
  if (identity === 'off') return false;
  if (signature === null) {
    if (identity === 'enforced') throw invalidField('signature', 'Signature is required', 'required');
    return false;
  }
  const isOurs = identitySecrets(app, site).some((secret) => equalSecrets(signatureOf(secret, userId), signature.toLowerCase()));
  if (!isOurs) throw invalidField('signature', 'Signature is invalid');
  return true;
}

export function signatureOf(secret: string, userId: string): string {
  return createHmac('sha256', secret).update(userId).digest('hex');
}

async function identifyProven(app: App, tx: Db, site: Site, claim: Claim, known: TokenHolder | null): Promise<Identified> {
  const anonymous = known && !known.isProven && known.metAs === null ? await findSubscriber(tx, site.bot_id, known.id) : null;
  const person = await personOf(app, tx, site, claim, anonymous);
  if (anonymous) await attach(app, tx, site, anonymous, person);
  await noteClaim(app, tx, site, person.id, claim);
  const cursor = await cursorOf(tx, site, person.id);
  const { visitor: hash } = hashesOf(app, site, claim.token);
  if (known?.isProven && known.id === person.id) {
    await touchDevice(tx, site.bot_id, hash, app.clock.now());
    return { token: claim.token, isVerified: true, cursor };
  }
  const token = app.random.token(32);
  const at = app.clock.now();
  const row = { hash: hashesOf(app, site, token).visitor, site_id: site.id, subscriber_id: person.id, created_at: at, used_at: at };
  await insertDevice(tx, site.bot_id, row, maxTokens);
  return { token, isVerified: true, cursor };
}

/** By the page's own id of them, which no browser can make up: hashes, as visitors nobody knows have, hold no colon. */
async function personOf(app: App, tx: Db, site: Site, { userId }: Claim, anonymous: Subscriber | null): Promise<Subscriber> {
  const key = `${site.id}:${userId}`;
  const found = await findByChannelId(tx, site.bot_id, 'web', key);
  if (found) return found;
  const tenant = { workspaceId: site.workspace_id, botId: site.bot_id };
  const made = anonymous
    ? await updateSubscriber(tx, site.bot_id, anonymous.id, { user_id: key }, app.clock.now())
    : await insertPerson(app, tx, tenant, { channel: 'web', user_id: key, name: '' });
  if (!made) throw new AppError('conflict', 'Somebody is identified as the same person at this moment. Try again.');
  return made;
}

/** What was written before anyone was known is theirs; what opened it until now does no longer. */
async function attach(app: App, tx: Db, site: Site, anonymous: Subscriber, person: Subscriber): Promise<void> {
  const { bot_id: botId, workspace_id: workspaceId, id: siteId } = site;
  for (const one of await conversationsOnSite(tx, { botId, siteId, subscriberId: anonymous.id }, maxConversations)) {
    const epoch = one.token_epoch + 1;
    const publicId = hashesOf(app, site, conversationToken(app, { id: one.id, token_epoch: epoch })).publicId();
    await setCircumstances(tx, botId, one.id, { visitor: null, token_epoch: epoch, public_id: publicId });
    // Whoever looks on with the old token finds it gone.
    announce(tx, { workspaceId, botId, conversationId: one.id, seq: one.seq, dueAt: null });
  }
  if (anonymous.id === person.id) return;
  await mergeInto(app, tx, botId, person, anonymous);
  await record(app, tx, { kind: 'subscriber.deleted', workspaceId, botId, subject: `subscriber:${anonymous.id}`, data: { channel: 'web' } });
}

async function noteClaim(app: App, tx: Db, site: Site, subscriberId: number, { name, email, attributes }: Claim): Promise<void> {
  await noteSaid(app, tx, site, subscriberId, { locale: null, timeZone: null, attributes });
  const change = { ...(name === null ? {} : { name }), ...(email === null ? {} : { email }) };
  if (Object.keys(change).length === 0) return;
  const before = await findSubscriber(tx, site.bot_id, subscriberId);
  const changed = await updateSubscriber(tx, site.bot_id, subscriberId, change, app.clock.now());
  assert(before && changed, 'a subscriber that was found is there');
  const noticed = new Noticed();
  noticed.columns(before, change);
  await tellTriggers(app, tx, { workspaceId: site.workspace_id, botId: site.bot_id }, subscriberId, noticed.happened());
}

async function cursorOf(tx: Db, { bot_id: botId, id: siteId }: Site, subscriberId: number): Promise<number> {
  return (await conversationsOnSite(tx, { botId, siteId, subscriberId }, 1))[0]?.seq ?? 0;
}
