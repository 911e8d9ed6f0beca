// A member: an account in a workspace, with a role. Removing one takes effect at the next request.
import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import type { Db } from './database.ts';
import { type CursorAsk, type CursorPage, contains, countRows, cursorPage, numberedPage, type Page, type PageAsk } from './pages.ts';

export type MemberTable = { workspace_id: number; account_id: number; role: string; created_at: number };

export type Member = {
  id: number;
  name: string;
  email: string;
  image: string | null;
  role: string;
  created_at: number;
};

export async function insertMember(tx: Db, member: Selectable<MemberTable>): Promise<boolean> {
  const row = await tx
    .insertInto('member')
    .values(member)
    .onConflict((conflict) => conflict.columns(['workspace_id', 'account_id']).doNothing())
    .returning('role')
    .executeTakeFirst();
  return row !== undefined;
}

export async function roleOf(db: Db, workspaceId: number, accountId: number): Promise<string | null> {
  const row = await db.selectFrom('member').select('role').where('workspace_id', '=', workspaceId).where('account_id', '=', accountId).executeTakeFirst();
  return row?.role ?? null;
}

/** A person's workspaces and roles, oldest first: the first is where they land. */
export function membershipsOf(db: Db, accountId: number): Promise<{ id: number; name: string; image: string | null; role: string }[]> {
  return db
    .selectFrom('member')
    .innerJoin('workspace', 'workspace.id', 'member.workspace_id')
    .select(['workspace.id', 'workspace.name', 'workspace.image', 'member.role'])
    .where('member.account_id', '=', accountId)
    .orderBy('workspace.id')
    .limit(500)
    .execute();
}

export type MemberFilter = { name?: string | undefined; role?: string[] | undefined };

function membersOf(db: Db, workspaceId: number, filter: MemberFilter) {
  let query = db
    .selectFrom('member')
    .innerJoin('account', 'account.id', 'member.account_id')
    .where('member.workspace_id', '=', workspaceId)
    .select(['account.id as id', 'account.name', 'account.email', 'account.image', 'member.role', 'member.created_at']);
  if (filter.name) query = query.where(sql<boolean>`(${contains('account.email_key', filter.name)} or ${contains('account.name_key', filter.name)})`);
  if (filter.role) query = query.where('member.role', 'in', filter.role);
  return query;
}

export async function pageMembers(db: Db, workspaceId: number, filter: MemberFilter, ask: PageAsk): Promise<Page<Member>> {
  const query = membersOf(db, workspaceId, filter);
  return numberedPage<Member>(query, await countRows(query), ask);
}

export function listMembers(db: Db, workspaceId: number, filter: MemberFilter, ask: CursorAsk): Promise<CursorPage<Member>> {
  return cursorPage<Member>(membersOf(db, workspaceId, filter), ask);
}

/** Those of these accounts who were seen in the console since then. */
export async function onlineAmong(db: Db, accountIds: number[], since: number): Promise<ReadonlySet<number>> {
  if (accountIds.length === 0) return new Set();
  const rows = await db.selectFrom('sign_in').select('account_id').distinct().where('account_id', 'in', accountIds).where('seen_at', '>=', since).execute();
  return new Set(rows.map((row) => row.account_id));
}

export async function findMember(db: Db, workspaceId: number, accountId: number): Promise<Member | null> {
  return (await membersOf(db, workspaceId, {}).where('member.account_id', '=', accountId).executeTakeFirst()) ?? null;
}

/** Those of these accounts whose role in the workspace lets them answer people. */
export async function answeringAmong(db: Db, workspaceId: number, accountIds: number[]): Promise<ReadonlySet<number>> {
  if (accountIds.length === 0) return new Set();
  const rows = membersOf(db, workspaceId, { role: ['owner', 'admin', 'builder', 'agent'] });
  return new Set((await rows.where('member.account_id', 'in', accountIds).execute()).map(({ id }) => id));
}

export async function ownersOf(db: Db, workspaceId: number): Promise<Member[]> {
  return membersOf(db, workspaceId, { role: ['owner'] })
    .orderBy('account.id')
    .execute();
}

export async function setRole(tx: Db, workspaceId: number, accountId: number, role: string): Promise<boolean> {
  const changed = await tx.updateTable('member').set({ role }).where('workspace_id', '=', workspaceId).where('account_id', '=', accountId).executeTakeFirst();
  return Number(changed.numUpdatedRows) > 0;
}

export async function deleteMember(tx: Db, workspaceId: number, accountId: number): Promise<boolean> {
  const gone = await tx.deleteFrom('member').where('workspace_id', '=', workspaceId).where('account_id', '=', accountId).executeTakeFirst();
  return Number(gone.numDeletedRows) > 0;
}
