// Invitations: made, looked at, accepted, withdrawn. The link's token is shown to whoever invites, once, and to nobody
// else; stored is its keyed hash.
import type { App } from '../app.ts';
import type { Holder, Role } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import { type Account, findAccountByEmail } from '../store/accounts.ts';
import type { Db } from '../store/database.ts';
import { deleteInvite, deleteInvitesFor, findInvite, type Invite, insertInvite } from '../store/invites.ts';
import { findMember, insertMember } from '../store/members.ts';
import { fold } from '../store/pages.ts';
import { accountOf } from './keys.ts';
import { mustGrantRole } from './members.ts';
import { actingAs } from './sign-in.ts';

const lifetimeMs = 7 * 24 * 3_600_000;

export function inviteLink(app: App, token: string): string {
  return `${app.config.publicUrl}/app/join#${token}`;
}

/** A second invitation of the same address takes the place of the first. */
export async function invite(app: App, tx: Db, holder: Holder, ask: { email: string; role: Role }): Promise<{ invite: Invite; token: string }> {
  const { workspaceId } = holder.tenant;
  mustGrantRole(holder, ask.role);
  const email = fold(ask.email);
  const known = await findAccountByEmail(tx, email);
  if (known && (await findMember(tx, workspaceId, known.id))) throw new AppError('conflict', 'Someone with this e-mail address is already a member.');
  for (const old of await deleteInvitesFor(tx, workspaceId, email)) await recordWithdrawn(app, tx, old);
  const token = app.random.token(32);
  const now = app.clock.now();
  const made = await insertInvite(tx, {
    workspace_id: workspaceId,
    email,
    role: ask.role,
    hash: app.secrets.mac('invite', token),
    invited_by: accountOf(holder.caller),
    created_at: now,
    expires_at: now + lifetimeMs,
  });
  await record(app, tx, { kind: 'member.invited', workspaceId, subject: `invite:${made.id}`, data: { email, role: ask.role } });
  return { invite: made, token };
}

export async function withdrawInvite(app: App, tx: Db, workspaceId: number, id: number): Promise<void> {
  const gone = await deleteInvite(tx, workspaceId, id);
  if (!gone) throw notFound('Invitation');
  await recordWithdrawn(app, tx, gone);
}

function recordWithdrawn(app: App, tx: Db, gone: Invite): Promise<void> {
  return record(app, tx, { kind: 'member.invite_revoked', workspaceId: gone.workspace_id, subject: `invite:${gone.id}`, data: { email: gone.email } });
}

/** Unknown, used, withdrawn and expired all look the same. */
export async function openInvite(app: App, db: Db, token: string): Promise<Invite> {
  const found = await findInvite(db, app.secrets.mac('invite', token), app.clock.now());
  if (!found) throw new AppError('not_found', 'This invitation is not valid any more. Ask for a new one.');
  return found;
}

/** For an account whose owner has proved to be one, or that was made for the invitation's address just now. */
export async function acceptInvite(app: App, tx: Db, token: string, account: Account): Promise<void> {
  const { id, workspace_id: workspaceId, role } = await openInvite(app, tx, token);
  // Of two that accept at once, one finds it gone.
  if (!(await deleteInvite(tx, workspaceId, id))) throw notFound('Invitation');
  const isNew = await insertMember(tx, { workspace_id: workspaceId, account_id: account.id, role, created_at: app.clock.now() });
  if (!isNew) throw new AppError('conflict', 'You are already a member of this workspace. Sign in instead.');
  await record(actingAs(app, account), tx, { kind: 'member.joined', workspaceId, subject: `account:${account.id}`, data: { role } });
}
