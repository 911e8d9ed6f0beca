// Flows: drafts with a revision, immutable published versions, numbers for blocks, and what a bot starts with.
import type { Generated, Selectable } from 'kysely';
import { type Db, kept } from './database.ts';
import { type CursorAsk, type CursorPage, contains, countRows, cursorPage, fold, numberedPage, type Page, type PageAsk } from './pages.ts';
import { revise } from './revisions.ts';

export type FlowTable = {
  id: Generated<number>;
  bot_id: number;
  slug: string;
  name: string;
  name_key: string;
  /** The draft, canonical. */
  document: string;
  rev: number;
  /** The number of the live version; null = never published. */
  published: number | null;
  created_at: number;
  updated_at: number;
};

/** What becomes of sessions that wait in an older version. */
export const publishPolicies = ['finish_on_old', 'migrate'] as const;
export type PublishPolicy = (typeof publishPolicies)[number];

export type FlowVersionTable = {
  flow_id: number;
  n: number;
  digest: string;
  document: string;
  message: string;
  author: string;
  at: number;
  policy: Generated<PublishPolicy>;
};
export type FlowPlaceTable = { id: Generated<number>; bot_id: number; flow_id: number; place: string };
export type FlowStartTable = { bot_id: number; door: string; flow_id: number };

export type FlowRow = Selectable<FlowTable>;
export type FlowVersion = Selectable<FlowVersionTable>;
export type FlowPlace = Selectable<FlowPlaceTable>;

/** `default` begins conversations of any channel, `web` those of websites; `error` goes on where a flow has failed. */
export const startDoors = ['default', 'web', 'error'] as const;
export type StartDoor = (typeof startDoors)[number];

export type FlowBy = { id: number } | { slug: string };

/** Null when the slug is taken. */
export async function insertFlow(tx: Db, botId: number, flow: { slug: string; name: string; document: string }, at: number): Promise<FlowRow | null> {
  const row = await tx
    .insertInto('flow')
    .values({ ...flow, bot_id: botId, name_key: fold(flow.name), rev: 1, published: null, created_at: at, updated_at: at })
    .onConflict((conflict) => conflict.columns(['bot_id', 'slug']).doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function findFlow(db: Db, botId: number, by: FlowBy): Promise<FlowRow | null> {
  const mine = db.selectFrom('flow').selectAll().where('bot_id', '=', botId);
  const one = 'id' in by ? mine.where('id', '=', by.id) : mine.where('slug', '=', by.slug);
  return (await one.executeTakeFirst()) ?? null;
}

function flowsOf(db: Db, botId: number, name: string | undefined) {
  const mine = db.selectFrom('flow').selectAll().where('bot_id', '=', botId);
  return name ? mine.where(contains('name_key', name)) : mine;
}

export function listFlows(db: Db, botId: number, name: string | undefined, ask: CursorAsk): Promise<CursorPage<FlowRow>> {
  return cursorPage<FlowRow>(flowsOf(db, botId, name), ask);
}

export async function pageFlows(db: Db, botId: number, name: string | undefined, ask: PageAsk): Promise<Page<FlowRow>> {
  const query = flowsOf(db, botId, name);
  return numberedPage<FlowRow>(query, await countRows(query), ask);
}

const maxFlows = 2_000;

/** The slugs a flow may call; a bot has hundreds of flows at most. */
export async function flowSlugs(db: Db, botId: number): Promise<string[]> {
  const rows = await db.selectFrom('flow').select('slug').where('bot_id', '=', botId).orderBy('id').limit(maxFlows).execute();
  return rows.map((row) => row.slug);
}

/** The versions that are live, with the digest that tells what is in them. */
export function liveVersions(db: Db, botId: number): Promise<{ id: number; slug: string; n: number; digest: string }[]> {
  return db
    .selectFrom('flow')
    .innerJoin('flow_version', (join) => join.onRef('flow_version.flow_id', '=', 'flow.id').onRef('flow_version.n', '=', 'flow.published'))
    .select(['flow.id', 'flow.slug', 'flow_version.n', 'flow_version.digest'])
    .where('flow.bot_id', '=', botId)
    .orderBy('flow.id')
    .limit(maxFlows)
    .execute();
}

/** Null when `rev` is no longer the latest. */
export async function updateFlow(
  tx: Db,
  botId: number,
  id: number,
  rev: number,
  draft: { name: string; document: string },
  at: number,
): Promise<FlowRow | null> {
  const row = await tx
    .updateTable('flow')
    .set({ ...draft, name_key: fold(draft.name), rev: rev + 1, updated_at: at })
    .where('bot_id', '=', botId)
    .where('id', '=', id)
    .where('rev', '=', rev)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function deleteFlow(tx: Db, botId: number, id: number): Promise<FlowRow | null> {
  await revise(tx, 'flows', botId);
  return (await tx.deleteFrom('flow').where('bot_id', '=', botId).where('id', '=', id).returningAll().executeTakeFirst()) ?? null;
}

/** Makes a version live; its number is the next of the flow. */
export async function insertVersion(tx: Db, botId: number, version: Omit<FlowVersion, 'n'>): Promise<FlowVersion> {
  const last = await tx
    .selectFrom('flow_version')
    .select((eb) => eb.fn.max('n').as('n'))
    .where('flow_id', '=', version.flow_id)
    .executeTakeFirst();
  const row = await tx
    .insertInto('flow_version')
    .values({ ...version, n: Number(last?.n ?? 0) + 1 })
    .returningAll()
    .executeTakeFirstOrThrow();
  await tx.updateTable('flow').set({ published: row.n }).where('bot_id', '=', botId).where('id', '=', version.flow_id).execute();
  await revise(tx, 'flows', botId);
  return row;
}

export async function findVersion(db: Db, botId: number, flowId: number, n: number): Promise<FlowVersion | null> {
  const row = await db
    .selectFrom('flow_version')
    .innerJoin('flow', 'flow.id', 'flow_version.flow_id')
    .selectAll('flow_version')
    .where('flow.bot_id', '=', botId)
    .where('flow_version.flow_id', '=', flowId)
    .where('flow_version.n', '=', n)
    .executeTakeFirst();
  return row ?? null;
}

const selectDigest = kept((db, one: { botId: number; flowId: number; n: number }) =>
  db
    .selectFrom('flow_version')
    .innerJoin('flow', 'flow.id', 'flow_version.flow_id')
    .select('flow_version.digest')
    .where('flow.bot_id', '=', one.botId)
    .where('flow_version.flow_id', '=', one.flowId)
    .where('flow_version.n', '=', one.n),
);

export async function findDigest(db: Db, botId: number, flowId: number, n: number): Promise<string | null> {
  return (await selectDigest(db, { botId, flowId, n }))[0]?.digest ?? null;
}

export async function listVersions(db: Db, botId: number, flowId: number, before: number | null, limit: number): Promise<Omit<FlowVersion, 'document'>[]> {
  let query = db
    .selectFrom('flow_version')
    .innerJoin('flow', 'flow.id', 'flow_version.flow_id')
    .select([
      'flow_version.flow_id',
      'flow_version.n',
      'flow_version.digest',
      'flow_version.message',
      'flow_version.author',
      'flow_version.at',
      'flow_version.policy',
    ])
    .where('flow.bot_id', '=', botId)
    .where('flow_version.flow_id', '=', flowId);
  if (before !== null) query = query.where('flow_version.n', '<', before);
  return query.orderBy('flow_version.n', 'desc').limit(limit).execute();
}

/** Gives every place of a document its number; places that went keep theirs, for links that still name them. */
export async function numberPlaces(tx: Db, botId: number, flowId: number, places: readonly string[]): Promise<FlowPlace[]> {
  for (let from = 0; from < places.length; from += 200) {
    const rows = places.slice(from, from + 200).map((place) => ({ bot_id: botId, flow_id: flowId, place }));
    await tx
      .insertInto('flow_place')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['flow_id', 'place']).doNothing())
      .execute();
  }
  return listPlaces(tx, botId, flowId);
}

export function listPlaces(db: Db, botId: number, flowId: number): Promise<FlowPlace[]> {
  return db.selectFrom('flow_place').selectAll().where('bot_id', '=', botId).where('flow_id', '=', flowId).orderBy('id').limit(20_000).execute();
}

export async function findPlace(db: Db, botId: number, id: number): Promise<FlowPlace | null> {
  return (await db.selectFrom('flow_place').selectAll().where('bot_id', '=', botId).where('id', '=', id).executeTakeFirst()) ?? null;
}

export async function setStart(tx: Db, botId: number, door: StartDoor, flowId: number | null): Promise<void> {
  await tx.deleteFrom('flow_start').where('bot_id', '=', botId).where('door', '=', door).execute();
  if (flowId !== null) await tx.insertInto('flow_start').values({ bot_id: botId, door, flow_id: flowId }).execute();
}

/** The first of the doors for which a start is set. */
export async function startFlow(db: Db, botId: number, doors: readonly StartDoor[]): Promise<FlowRow | null> {
  const rows = await db.selectFrom('flow_start').selectAll().where('bot_id', '=', botId).execute();
  const found = doors.map((door) => rows.find((row) => row.door === door)).find((row) => row !== undefined);
  return found ? findFlow(db, botId, { id: found.flow_id }) : null;
}

/** The slug of the flow each door begins. */
export async function flowStarts(db: Db, botId: number): Promise<{ [door in StartDoor]: string | null }> {
  const rows = await db
    .selectFrom('flow_start')
    .innerJoin('flow', 'flow.id', 'flow_start.flow_id')
    .select(['flow_start.door', 'flow.slug'])
    .where('flow_start.bot_id', '=', botId)
    .execute();
  const slugOf = (door: StartDoor): string | null => rows.find((row) => row.door === door)?.slug ?? null;
  return { default: slugOf('default'), web: slugOf('web'), error: slugOf('error') };
}

/** The newest version of each flow that takes over sessions of older ones. */
export function takingOver(db: Db, botId: number): Promise<{ id: number; slug: string; n: number }[]> {
  return db
    .selectFrom('flow_version')
    .innerJoin('flow', 'flow.id', 'flow_version.flow_id')
    .select((eb) => ['flow.id', 'flow.slug', eb.fn.max('flow_version.n').as('n')])
    .where('flow.bot_id', '=', botId)
    .where('flow_version.policy', '=', 'migrate')
    .groupBy(['flow.id', 'flow.slug'])
    .limit(maxFlows)
    .execute();
}

/** In all bots of a workspace: a slug names one in each. */
export function flowsNamed(db: Db, workspaceId: number, by: FlowBy): Promise<FlowRow[]> {
  const bots = db.selectFrom('bot').select('id').where('workspace_id', '=', workspaceId);
  const some = db.selectFrom('flow').selectAll().where('bot_id', 'in', bots);
  return ('id' in by ? some.where('id', '=', by.id) : some.where('slug', '=', by.slug)).orderBy('id').limit(maxFlows).execute();
}
