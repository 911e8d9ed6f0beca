// Members of a workspace: who they are, what they may, and that there is always an owner.
import type { App } from '../app.ts';
import { type Holder, mayGrantRole, type Role } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { deleteKeysOf } from '../store/keys.ts';
import { deleteMember, findMember, type Member, ownersOf, setRole } from '../store/members.ts';
import { recordRevoked } from './keys.ts';

export function mustGrantRole(holder: Holder, role: Role): void {
  const { caller, tenant } = holder;
  if (caller.kind === 'key' && caller.key.bot_id !== null) throw new AppError('forbidden', 'This key belongs to one bot; a role holds in the whole workspace.');
  if (mayGrantRole(holder, role)) return;
  const onlyOwners = role === 'owner' && tenant.role !== 'owner';
  throw new AppError('forbidden', onlyOwners ? 'Only an owner makes or unmakes owners.' : `This key may do less than the role ${role}, and so cannot give it.`);
}

async function memberWithin(tx: Db, { tenant }: Holder, accountId: number): Promise<Member> {
  const member = await findMember(tx, tenant.workspaceId, accountId);
  if (!member) throw notFound('Member');
  if (member.role === 'owner' && tenant.role !== 'owner') throw new AppError('forbidden', 'Only an owner makes or unmakes owners.');
  return member;
}

// Called after the fact is recorded: the chain of the workspace's events is then locked, so of two owners who remove
// each other at the same moment the second one sees what the first has done.
async function keepAnOwner(tx: Db, workspaceId: number): Promise<void> {
  if ((await ownersOf(tx, workspaceId)).length > 0) return;
  throw new AppError('conflict', 'A workspace needs an owner. Make someone else an owner first.');
}

export async function changeRole(app: App, tx: Db, holder: Holder, accountId: number, role: Role): Promise<Member> {
  const { workspaceId } = holder.tenant;
  const member = await memberWithin(tx, holder, accountId);
  if (member.role === role) return member;
  mustGrantRole(holder, role);
  await setRole(tx, workspaceId, accountId, role);
  await record(app, tx, { kind: 'member.role_changed', workspaceId, subject: `account:${accountId}`, data: { from: member.role, to: role } });
  await keepAnOwner(tx, workspaceId);
  return { ...member, role };
}

/** From the next request on they are a stranger here; their keys of this workspace are gone. */
export async function removeMember(app: App, tx: Db, holder: Holder, accountId: number): Promise<void> {
  const { workspaceId } = holder.tenant;
  const member = await memberWithin(tx, holder, accountId);
  const keys = await deleteKeysOf(tx, workspaceId, accountId);
  await deleteMember(tx, workspaceId, accountId);
  for (const key of keys) await recordRevoked(app, tx, key);
  await record(app, tx, { kind: 'member.removed', workspaceId, subject: `account:${accountId}`, data: { role: member.role } });
  await keepAnOwner(tx, workspaceId);
}
