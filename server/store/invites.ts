// An invitation to a workspace: a one-time link, of which only a keyed hash is kept. It lives as long as whoever made
// it may still give that role: someone who was removed leaves no way back in.
import type { Generated, Selectable } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, cursorPage } from './pages.ts';

export type InviteTable = {
  id: Generated<number>;
  workspace_id: number;
  /** Folded, as accounts are found by. */
  email: string;
  role: string;
  hash: string;
  invited_by: number;
  created_at: number;
  expires_at: number;
};

export type Invite = Selectable<InviteTable>;

function living(db: Db, now: number) {
  return db
    .selectFrom('invite')
    .innerJoin('member', (join) => join.onRef('member.workspace_id', '=', 'invite.workspace_id').onRef('member.account_id', '=', 'invite.invited_by'))
    .where('invite.expires_at', '>', now)
    .where((eb) => eb.or([eb('member.role', '=', 'owner'), eb.and([eb('member.role', '=', 'admin'), eb('invite.role', '!=', 'owner')])]))
    .selectAll('invite');
}

export function insertInvite(tx: Db, invite: Omit<Invite, 'id'>): Promise<Invite> {
  return tx.insertInto('invite').values(invite).returningAll().executeTakeFirstOrThrow();
}

export async function findInvite(db: Db, hash: string, now: number): Promise<Invite | null> {
  return (await living(db, now).where('invite.hash', '=', hash).executeTakeFirst()) ?? null;
}

export function listInvites(db: Db, workspaceId: number, now: number, ask: CursorAsk): Promise<CursorPage<Invite>> {
  return cursorPage<Invite>(living(db, now).where('invite.workspace_id', '=', workspaceId), ask);
}

export async function deleteInvite(tx: Db, workspaceId: number, id: number): Promise<Invite | null> {
  return (await tx.deleteFrom('invite').where('workspace_id', '=', workspaceId).where('id', '=', id).returningAll().executeTakeFirst()) ?? null;
}

/** Those an address already has, dead ones included. */
export function deleteInvitesFor(tx: Db, workspaceId: number, email: string): Promise<Invite[]> {
  return tx.deleteFrom('invite').where('workspace_id', '=', workspaceId).where('email', '=', email).returningAll().execute();
}
