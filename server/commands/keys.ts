// API keys made, changed and revoked. A key can never do more than the one who makes it: not by scope, not at another
// bot, not for longer and not more often.
import type { App } from '../app.ts';
import { type Caller, type Holder, heldScopes, keyPrefix, makeKey, type Scope } from '../auth.ts';
import { AppError, assert, invalidField, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { flowsNamed } from '../store/flows.ts';
import { deleteKey, findKey, insertKey, type Key, type KeyReach, type OwnedKey, updateKey } from '../store/keys.ts';
import { changesOf } from './changes.ts';

/** Calls per hour a new key may make; 0 would be unlimited. */
const defaultQuota = 1000;

export type NewKey = {
  workspaceId: number;
  botId: number | null;
  accountId: number;
  name: string;
  scopes: readonly Scope[];
  environment: 'live' | 'test';
  expiresAt: number | null;
  quotaPerHour?: number | undefined;
} & KeyBounds;

/** What a key is held to at the native API; absent = nothing but what holds for all. */
export type KeyBounds = {
  ratePerMinute?: number | null | undefined;
  /** Of its chats, each like `f1s2`. */
  flows?: readonly string[] | null | undefined;
  statusVocabulary?: 'usual' | 'legacy' | undefined;
};

/** `secret` is shown to the caller once and exists nowhere else. */
export async function createKey(app: App, tx: Db, ask: NewKey): Promise<{ key: Key; secret: string }> {
  const secret = makeKey(ask.environment);
  const prefix = keyPrefix(secret);
  const key = await insertKey(tx, {
    workspace_id: ask.workspaceId,
    bot_id: ask.botId,
    account_id: ask.accountId,
    name: ask.name,
    prefix,
    hash: app.secrets.mac('api-key', secret),
    scopes: JSON.stringify(ask.scopes),
    quota_per_hour: ask.quotaPerHour ?? defaultQuota,
    rate_per_minute: ask.ratePerMinute ?? null,
    flows: ask.flows ? JSON.stringify(ask.flows) : null,
    status_vocabulary: ask.statusVocabulary ?? 'usual',
    expires_at: ask.expiresAt,
    created_at: app.clock.now(),
  });
  const data = { name: key.name, prefix, scopes: [...ask.scopes] };
  await record(app, tx, { kind: 'key.created', workspaceId: ask.workspaceId, botId: ask.botId, subject: `key:${key.id}`, data });
  return { key, secret };
}

export type KeyWish = Pick<NewKey, 'workspaceId' | 'botId' | 'name' | 'scopes' | 'environment'> & KeyChange;
export type KeyChange = { name?: string | undefined; expiresAt?: number | null | undefined; quotaPerHour?: number | undefined } & KeyBounds;

/** A key as its caller may have it; what they do not ask for is what they could give. */
export async function createKeyFor(app: App, tx: Db, holder: Holder, wish: KeyWish): Promise<{ key: Key; secret: string }> {
  const { caller, tenant } = holder;
  const own = caller.kind === 'key' ? caller.key : null;
  const held = heldScopes(holder);
  const missing = wish.scopes.find((scope) => !held.includes(scope));
  const who = own ? 'This key lacks' : `Your role here is ${tenant.role}, which lacks`;
  if (missing) throw new AppError('forbidden', `${who} the scope "${missing}"; nobody can give more than they have.`);
  if (own && own.bot_id !== null && wish.botId !== own.bot_id) {
    throw new AppError('forbidden', 'This key belongs to one bot and can make keys of that bot only.');
  }
  checkBounds(app, own, wish);
  await checkFlows(tx, wish.workspaceId, wish.botId, wish.scopes, wish.flows);
  return createKey(app, tx, {
    ...wish,
    flows: wish.flows === undefined ? own && namesIn(own) : wish.flows,
    ratePerMinute: wish.ratePerMinute === undefined ? (own?.rate_per_minute ?? null) : wish.ratePerMinute,
    accountId: accountOf(caller),
    expiresAt: wish.expiresAt === undefined ? (own?.expires_at ?? null) : wish.expiresAt,
    quotaPerHour: wish.quotaPerHour ?? Math.min(defaultQuota, own?.quota_per_hour || defaultQuota),
  });
}

function checkBounds(app: App, own: Key | null, { expiresAt, quotaPerHour, ratePerMinute, flows }: KeyChange): void {
  if (typeof expiresAt === 'number' && expiresAt <= app.clock.now()) throw invalidField('expires_at', 'The expiry must lie in the future.');
  if (!own) return;
  if (own.expires_at !== null && expiresAt !== undefined && (expiresAt === null || expiresAt > own.expires_at)) {
    throw new AppError('forbidden', 'This key expires, and cannot let another one outlive it.');
  }
  const quota = own.quota_per_hour;
  if (quota !== 0 && quotaPerHour !== undefined && (quotaPerHour === 0 || quotaPerHour > quota)) {
    throw new AppError('forbidden', `This key has a quota of ${quota} calls per hour, and cannot give a higher one.`);
  }
  const rate = own.rate_per_minute;
  if (rate !== null && ratePerMinute !== undefined && (ratePerMinute === null || ratePerMinute > rate)) {
    throw new AppError('forbidden', `This key may call ${rate} times a minute, and cannot let another one call more often.`);
  }
  const reached = namesIn(own);
  if (reached !== null && flows !== undefined && (flows === null || flows.some((one) => !reached.includes(one)))) {
    throw new AppError('forbidden', 'This key is held to some flows, and cannot let another one run others.');
  }
}

/** Each like `f1s2`; null = all. */
export function namesIn({ flows }: Pick<Key, 'flows'>): string[] | null {
  return flows === null ? null : (JSON.parse(flows) as string[]);
}

/** The numbers of the flows that chats of this key may run; null = all. */
export function flowsOfKey(key: Pick<Key, 'flows'>): number[] | null {
  return namesIn(key)?.map((name) => Number(name.split('s')[1])) ?? null;
}

const chatScopes: readonly string[] = ['chats:read', 'chats:write'];

/** A key that could do more than chats would reach its other flows by another way. */
async function checkFlows(tx: Db, workspaceId: number, botId: number | null, scopes: readonly string[], flows: KeyBounds['flows']): Promise<void> {
  if (!flows) return;
  if (scopes.some((scope) => !chatScopes.includes(scope)))
    throw invalidField('flows', 'A key that is held to some flows can have the scopes chats:read and chats:write only.');
  for (const name of flows) {
    const [bot, flow] = name.slice(1).split('s').map(Number);
    const [found] = await flowsNamed(tx, workspaceId, { id: flow ?? 0 });
    if (!found || found.bot_id !== bot || (botId !== null && botId !== bot)) throw invalidField('flows', `There is no flow ${name} that this key could run.`);
  }
}

/** People reach their own keys, owners and admins everyone's; a key that belongs to a bot only that bot's. */
export function keysWithin({ caller, tenant }: Holder): KeyReach {
  const isAdmin = tenant.role === 'owner' || tenant.role === 'admin';
  return { accountId: isAdmin ? null : accountOf(caller), botId: caller.kind === 'key' ? caller.key.bot_id : null };
}

export async function updateKeyFor(app: App, tx: Db, holder: Holder, id: number, wish: KeyChange): Promise<OwnedKey> {
  const { caller, tenant } = holder;
  const key = await findKey(tx, tenant.workspaceId, id, keysWithin(holder));
  if (!key) throw notFound('Key');
  checkBounds(app, caller.kind === 'key' ? caller.key : null, wish);
  await checkFlows(tx, tenant.workspaceId, key.bot_id, JSON.parse(key.scopes) as string[], wish.flows);
  const change = changesOf<Key>(key, {
    name: wish.name,
    expires_at: wish.expiresAt,
    quota_per_hour: wish.quotaPerHour,
    rate_per_minute: wish.ratePerMinute,
    flows: wish.flows && JSON.stringify(wish.flows),
    status_vocabulary: wish.statusVocabulary,
  });
  const changed = Object.keys(change);
  if (changed.length === 0) return key;
  await updateKey(tx, tenant.workspaceId, id, change);
  const data = { name: key.name, changed };
  await record(app, tx, { kind: 'key.updated', workspaceId: tenant.workspaceId, botId: key.bot_id, subject: `key:${id}`, data });
  return { ...key, ...change };
}

export async function revokeKeyFor(app: App, tx: Db, holder: Holder, id: number): Promise<void> {
  if (!(await findKey(tx, holder.tenant.workspaceId, id, keysWithin(holder)))) throw notFound('Key');
  await revokeKey(app, tx, holder.tenant.workspaceId, id);
}

/** Whoever asks: the holder's reach has been checked. */
export async function revokeKey(app: App, tx: Db, workspaceId: number, id: number): Promise<void> {
  const key = await deleteKey(tx, workspaceId, id);
  if (!key) throw notFound('Key');
  await recordRevoked(app, tx, key);
}

export async function recordRevoked(app: App, tx: Db, key: Key): Promise<void> {
  const data = { name: key.name, prefix: key.prefix };
  await record(app, tx, { kind: 'key.revoked', workspaceId: key.workspace_id, botId: key.bot_id, subject: `key:${key.id}`, data });
}

/** The account a caller acts for. */
export function accountOf(caller: Caller): number {
  assert(caller.kind === 'key' || caller.kind === 'account', 'this policy lets only people and keys pass');
  return caller.kind === 'key' ? caller.key.account_id : caller.account.id;
}
