// Who is calling and what they may do. THE LIST of policies is here: each route names one, and one that names none
// stops the start. Roles and memberships are read at every request, so a change holds at once.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AppError, notFound } from './errors.ts';
import { type Account, findSignIn, type SignIn, touchSignIn } from './store/accounts.ts';
import { findBot, workspaceOfBot } from './store/bots.ts';
import type { Conversation } from './store/conversations.ts';
import type { Db } from './store/database.ts';
import { findKeyByHash, type Key, touchKey } from './store/keys.ts';
import { membershipsOf, roleOf } from './store/members.ts';
import type { Site } from './store/sites.ts';
import { firstWorkspaceId } from './store/workspaces.ts';

export const scopes = ['Manage Flow', 'Manage Team', 'Send Message', 'chats:read', 'chats:write'] as const;
export type Scope = (typeof scopes)[number];

export const roles = ['owner', 'admin', 'builder', 'agent', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** What a member may put into a key, and what a key of theirs is worth today: a role that shrinks takes keys along. */
export const scopesOfRole: Record<Role, readonly Scope[]> = {
  owner: scopes,
  admin: scopes,
  builder: ['Manage Flow', 'Send Message', 'chats:read', 'chats:write'],
  agent: ['Send Message', 'chats:read', 'chats:write'],
  viewer: ['chats:read'],
};

type Policy = {
  /** What the call is about: the tenant it needs resolved. */
  on: 'nothing' | 'account' | 'installation' | 'workspace' | 'bot';
  /** The scope a key needs; null = any valid key; `never` = keys are refused. */
  scope: Scope | null | 'never';
  /** Another that will do as well. */
  or?: Scope;
  roles: readonly Role[];
};

const everyone = roles;
const builders: readonly Role[] = ['owner', 'admin', 'builder'];
const senders: readonly Role[] = ['owner', 'admin', 'builder', 'agent'];
const admins: readonly Role[] = ['owner', 'admin'];

export const policies = {
  /** No credential at all: health, sign-in, set-up. */
  anyone: { on: 'nothing', scope: null, roles: everyone },
  /** Whoever visits a website, by the public key of the site. */
  site: { on: 'nothing', scope: 'never', roles: [] },
  /** Someone with the data directory (server.json), for the command line. */
  operator: { on: 'nothing', scope: 'never', roles: [] },
  /** Any key or person, about themselves. */
  signed_in: { on: 'account', scope: null, roles: everyone },
  /** A person in the console, never a key: passwords, sign-out. */
  person: { on: 'account', scope: 'never', roles: everyone },
  /** What holds for all workspaces: the owners of the first one, who set the installation up. */
  installation_own: { on: 'installation', scope: 'never', roles: ['owner'] },
  /** People their own keys, owners and admins everyone's: the command narrows it. A key needs to manage the team. */
  own_keys: { on: 'workspace', scope: 'Manage Team', roles: everyone },
  team_any: { on: 'workspace', scope: null, roles: everyone },
  team_read: { on: 'workspace', scope: 'Manage Team', roles: everyone },
  team_manage: { on: 'workspace', scope: 'Manage Team', roles: admins },
  /** What whoever answers people may change for the whole team: what they say often. */
  team_send: { on: 'workspace', scope: 'Send Message', roles: senders },
  team_own: { on: 'workspace', scope: 'never', roles: ['owner'] },
  /** Bots and sites that the path names; a key that belongs to a bot is held to it by the command. */
  team_build: { on: 'workspace', scope: 'Manage Flow', roles: builders },
  bot_read: { on: 'bot', scope: 'Manage Flow', roles: everyone },
  bot_manage: { on: 'bot', scope: 'Manage Flow', roles: builders },
  /** What is put on people while they are talked with: whoever answers them may, and whoever manages them. */
  bot_mark: { on: 'bot', scope: 'Send Message', or: 'Manage Flow', roles: senders },
  bot_send: { on: 'bot', scope: 'Send Message', roles: senders },
  /** Of one bot when the key or a header names it, else of all in the workspace. */
  chats_read: { on: 'workspace', scope: 'chats:read', roles: everyone },
  chats_write: { on: 'workspace', scope: 'chats:write', roles: senders },
} as const satisfies Record<string, Policy>;

export type Access = keyof typeof policies;

export type Caller =
  | { kind: 'anyone' }
  | { kind: 'operator' }
  /** A visitor, with the conversation they name; a site's key alone is public and says nothing of who they are. */
  | { kind: 'site'; site: Site; conversation: Conversation | null }
  | { kind: 'account'; account: Account; signIn: SignIn }
  | { kind: 'key'; key: Key; role: Role; scopes: Scope[] };

/** What a caller acts on; the fields a policy does not ask for are 0. */
export type Tenant = { workspaceId: number; botId: number; role: Role };

/** Who acts, and where: what decides how much of a thing they reach and may hand on. */
export type Holder = { caller: Caller; tenant: Tenant };

export type AuthContext = { db: Db; now: number; mac: (purpose: 'api-key' | 'sign-in' | 'csrf', text: string) => string; operatorToken: string | null };

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const keyPattern = /^pk_(live|test)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

function base62(bytes: Uint8Array, length: number): string {
  let value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  while (text.length < length) {
    text = `${alphabet[Number(value % 62n)]}${text}`;
    value /= 62n;
  }
  return text;
}

/** Six base62 digits of the CRC-32; by plain numbers, for every request pays for it. */
function checksum(text: string): string {
  let value = crc32(text);
  let digits = '';
  while (digits.length < 6) {
    digits = `${alphabet[value % 62]}${digits}`;
    value = Math.floor(value / 62);
  }
  return digits;
}

/** `pk_live_` + 256 random bits + a checksum that tells a mistyped key from a revoked one without a look-up. */
export function makeKey(environment: 'live' | 'test', bytes: Uint8Array = randomBytes(32)): string {
  const body = `pk_${environment}_${base62(bytes, 43)}`;
  return `${body}${checksum(body)}`;
}

export function isWellFormedKey(text: string): boolean {
  const found = keyPattern.exec(text);
  return found !== null && checksum(text.slice(0, -6)) === found[3];
}

/** What lists show: enough to recognise a key, nothing that helps to guess it. */
export function keyPrefix(key: string): string {
  return key.slice(0, 14);
}

export function makeSiteKey(bytes: Uint8Array = randomBytes(18)): string {
  return `site_${base62(bytes, 24)}`;
}

/** What stands for a credential in the database. */
export type CredentialHash = { by: 'key' | 'sign-in'; hash: string };

export async function callerByHash({ db, now }: Pick<AuthContext, 'db' | 'now'>, { by, hash }: CredentialHash): Promise<Caller | null> {
  if (by === 'sign-in') {
    const found = await findSignIn(db, hash, now);
    return found ? { kind: 'account', ...found } : null;
  }
  const found = await findKeyByHash(db, hash, now);
  if (!found) return null;
  const { key } = found;
  const role = found.role as Role;
  const held = new Set<string>(JSON.parse(key.scopes) as string[]);
  return { kind: 'key', key, role, scopes: scopesOfRole[role].filter((scope) => held.has(scope)) };
}

export async function callerByKey(context: AuthContext, secret: string): Promise<Caller | null> {
  return isWellFormedKey(secret) ? callerByHash(context, { by: 'key', hash: context.mac('api-key', secret) }) : null;
}

export function callerBySignIn(context: AuthContext, cookie: string): Promise<Caller | null> {
  return callerByHash(context, { by: 'sign-in', hash: context.mac('sign-in', cookie) });
}

/** The cookies of the console: no product name, an installation may go by another. */
export const signInCookie = 'sid';
export const csrfCookie = 'csrf';

/** What the console sends back in X-CSRF-Token with every write; a foreign page cannot read it. */
export function csrfToken(context: Pick<AuthContext, 'mac'>, signIn: Pick<SignIn, 'hash'>): string {
  return context.mac('csrf', signIn.hash);
}

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;
export const signInMaxMs = 90 * dayMs;

/** A sign-in ends after 30 days without use, and after 90 in any case. */
export function signInExpiry(createdAt: number, usedAt: number): number {
  return Math.min(createdAt + signInMaxMs, usedAt + 30 * dayMs);
}

/** The write that keeps `last used` and `last seen` true to the minute (who is online is told by it); null when it is not due. */
export function dueNote(caller: Caller, now: number): { who: string; write: (tx: Db) => Promise<void> } | null {
  if (caller.kind === 'key') {
    const { id, last_used_at } = caller.key;
    return now - (last_used_at ?? 0) < minuteMs ? null : { who: `key:${id}`, write: (tx) => touchKey(tx, id, now) };
  }
  if (caller.kind === 'account') {
    const { hash, created_at, seen_at } = caller.signIn;
    return now - seen_at < minuteMs ? null : { who: hash, write: (tx) => touchSignIn(tx, hash, now, signInExpiry(created_at, now)) };
  }
  return null;
}

/** A caller's stable name for limits and idempotency; never the credential itself. */
export function callerName(caller: Caller, address: string): string {
  if (caller.kind === 'key') return `key:${caller.key.id}`;
  if (caller.kind === 'account') return `account:${caller.account.id}`;
  if (caller.kind === 'operator') return 'operator';
  if (caller.kind === 'site') return `site:${caller.site.id}`;
  return `ip:${digestOf(address)}`;
}

/** What stands for an address or a token where things are counted: neither is to be read there. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** A key holds its own scopes, a person those of their role. */
export function heldScopes({ caller, tenant }: Holder): readonly Scope[] {
  return caller.kind === 'key' ? caller.scopes : scopesOfRole[tenant.role];
}

/** Nobody makes someone mightier than themselves: only owners make owners, and a key no one who may do what it may not. */
export function mayGrantRole(holder: Holder, role: Role): boolean {
  if (role === 'owner' && holder.tenant.role !== 'owner') return false;
  const held = heldScopes(holder);
  return scopesOfRole[role].every((scope) => held.includes(scope));
}

/** What a request says it is about: the bot and workspace its headers name. */
export type Hints = { botId: number | null; workspaceId: number | null; botHeader: string; workspaceHeader: string };

export async function authorise(db: Db, caller: Caller, access: Access, hints: Hints): Promise<Tenant> {
  const policy: Policy = policies[access];
  const nothing: Tenant = { workspaceId: 0, botId: 0, role: 'viewer' };
  if (access === 'anyone') return nothing;
  if (caller.kind === 'operator') {
    if (access === 'operator') return { ...nothing, role: 'owner' };
    throw forbidden('This call needs a key or a person.');
  }
  if (caller.kind === 'site' && access === 'site') return { workspaceId: caller.site.workspace_id, botId: caller.site.bot_id, role: 'viewer' };
  if (caller.kind === 'site' || access === 'site') throw forbidden('The key of a site is for its visitors, and nothing else is.');
  if (caller.kind === 'anyone') throw new AppError('unauthorized', 'Unauthenticated.');
  if (access === 'operator') throw forbidden('Only the command line on the server itself may do this.');
  if (caller.kind === 'key') return tenantOfKey(db, caller, policy, hints);
  return tenantOfAccount(db, caller.account, policy, hints);
}

function demandScope(held: readonly Scope[], { scope, or }: Policy): void {
  if (scope === 'never') throw forbidden('An API key cannot do this; sign in to the console.');
  if (scope !== null && !held.includes(scope) && !(or && held.includes(or))) throw forbidden(`This key lacks the scope "${or ?? scope}".`);
}

function demandRole(role: Role, { roles }: Policy): void {
  if (!roles.includes(role)) throw forbidden(`Your role here is ${role}; this needs ${roles.join(' or ')}.`);
}

/** For a part of a call that not everybody may do who may make the call. */
export function demand({ caller, tenant }: Holder, access: Access): void {
  if (caller.kind === 'key') demandScope(caller.scopes, policies[access]);
  else demandRole(tenant.role, policies[access]);
}

async function tenantOfKey(db: Db, caller: Extract<Caller, { kind: 'key' }>, policy: Policy, hints: Hints): Promise<Tenant> {
  const { key } = caller;
  demandScope(caller.scopes, policy);
  const foreign =
    (hints.workspaceId !== null && hints.workspaceId !== key.workspace_id) || (key.bot_id !== null && hints.botId !== null && hints.botId !== key.bot_id);
  if (foreign) throw forbidden('This key belongs to another bot or workspace than the headers name.');
  const tenant: Tenant = { workspaceId: key.workspace_id, botId: key.bot_id ?? 0, role: caller.role };
  if (key.bot_id !== null || (policy.on !== 'bot' && hints.botId === null)) return tenant;
  return { ...tenant, botId: await namedBot(db, key.workspace_id, hints) };
}

async function tenantOfAccount(db: Db, account: Account, policy: Policy, hints: Hints): Promise<Tenant> {
  if (policy.on === 'account') return { workspaceId: 0, botId: 0, role: 'viewer' };
  if (policy.on === 'installation') return tenantOfInstallation(db, account);
  const workspaceId =
    hints.botId !== null ? await workspaceOfBot(db, hints.botId) : (hints.workspaceId ?? (await membershipsOf(db, account.id))[0]?.id ?? null);
  const role = workspaceId === null ? null : ((await roleOf(db, workspaceId, account.id)) as Role | null);
  // Someone else's bot and one that does not exist look the same from outside.
  if (workspaceId === null || role === null) throw notFound(hints.botId !== null ? 'Bot' : 'Workspace');
  if (hints.workspaceId !== null && hints.workspaceId !== workspaceId) throw notFound('Bot');
  demandRole(role, policy);
  if (policy.on !== 'bot') return { workspaceId, botId: hints.botId ?? 0, role };
  return { workspaceId, botId: await namedBot(db, workspaceId, hints), role };
}

async function tenantOfInstallation(db: Db, account: Account): Promise<Tenant> {
  if (!(await isInstallationOwner(db, account.id))) throw forbidden('Only an owner of the first workspace of this installation may do this.');
  return { workspaceId: 0, botId: 0, role: 'owner' };
}

export async function isInstallationOwner(db: Db, accountId: number): Promise<boolean> {
  const first = await firstWorkspaceId(db);
  return first !== null && (await roleOf(db, first, accountId)) === 'owner';
}

async function namedBot(db: Db, workspaceId: number, hints: Hints): Promise<number> {
  if (hints.botId === null) throw new AppError('bad_request', `Name the bot in the header ${hints.botHeader}, for example f1.`);
  if (!(await findBot(db, workspaceId, hints.botId))) throw notFound('Bot');
  return hints.botId;
}

function forbidden(message: string): AppError {
  return new AppError('forbidden', message);
}
