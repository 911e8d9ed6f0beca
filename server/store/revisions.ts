// What turns need of a bot and its workspace changes rarely: commands keep it in memory for as long as its revision
// stands, which a turn reads in one query for all. A change draws a new revision in its own transaction. They are drawn
// and not counted: one that was rolled back must not leave its number to the next.
import type { ExpressionBuilder } from 'kysely';
import { type Db, kept } from './database.ts';
import type { Tables } from './tables.ts';

/** `flows` and `fields` of a bot, `settings` of a workspace. */
export type Revisions = { flows: number; fields: number; settings: number };

const listOf = (what: keyof Revisions): string => `revision:${what}`;
const maxRevision = 2 ** 47;

const upsert = kept((db, { list, owner_id, n }: { list: string; owner_id: number; n: number }) =>
  db
    .insertInto('tally')
    .values({ list, owner_id, n, edits: 0 })
    .onConflict((conflict) => conflict.columns(['list', 'owner_id']).doUpdateSet({ n })),
);

/** `ownerId` is the bot's, or the workspace's. */
export async function revise(tx: Db, what: keyof Revisions, ownerId: number): Promise<void> {
  await upsert(tx, { list: listOf(what), owner_id: ownerId, n: 1 + Math.floor(Math.random() * maxRevision) });
}

const select = kept((db, { botId, workspaceId }: { botId: number; workspaceId: number }) => {
  const of = (eb: ExpressionBuilder<Tables, never>, what: keyof Revisions, ownerId: number) =>
    eb.selectFrom('tally').select('n').where('list', '=', listOf(what)).where('owner_id', '=', ownerId).as(what);
  return db.selectNoFrom((eb) => [of(eb, 'flows', botId), of(eb, 'fields', botId), of(eb, 'settings', workspaceId)]);
});

export async function readRevisions(db: Db, botId: number, workspaceId: number): Promise<Revisions> {
  const [row] = await select(db, { botId, workspaceId });
  return { flows: row?.flows ?? 0, fields: row?.fields ?? 0, settings: row?.settings ?? 0 };
}
