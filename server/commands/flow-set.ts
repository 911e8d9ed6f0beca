// The flows a bot runs, parsed and kept by their digest: what has one never changes. Which versions are live is read
// again when the bot's revision of flows is another.
import type { Flows } from '@parley/engine/advance.ts';
import { definitionOf } from '@parley/engine/blocks.ts';
import { type Flow, parseFlow, type TriggerType } from '@parley/engine/flow.ts';
import type { Move } from '@parley/engine/move.ts';
import { assert } from '../errors.ts';
import type { Db } from '../store/database.ts';
import { findDigest, findVersion, liveVersions, takingOver } from '../store/flows.ts';
import { keptByRevision } from './kept-by-revision.ts';

const maxVersions = 1_000;

const versions = new Map<string, Flow>();

export type LiveFlow = { id: number; slug: string; n: number; flow: Flow; triggers: ReadonlySet<TriggerType> };

/** The live flows of a bot, by number. */
export const liveFlows = keptByRevision(async (db, botId): Promise<LiveFlow[]> => {
  const live: LiveFlow[] = [];
  for (const { id, slug, n, digest } of await liveVersions(db, botId)) {
    const flow = await versionOf(db, botId, { id, n, digest });
    live.push({ id, slug, n, flow, triggers: new Set(Object.values(flow.triggers ?? {}).map((one) => one.type)) });
  }
  return live;
});

/** Null when there is no such version. */
export async function loadVersion(db: Db, botId: number, flowId: number, n: number): Promise<Flow | null> {
  const digest = await findDigest(db, botId, flowId, n);
  return digest === null ? null : versionOf(db, botId, { id: flowId, n, digest });
}

/** A version that is there. */
export async function versionOf(db: Db, botId: number, version: { id: number; n: number; digest: string }): Promise<Flow> {
  const known = versions.get(version.digest);
  if (known) return known;
  const row = await findVersion(db, botId, version.id, version.n);
  const parsed = row && parseFlow(JSON.parse(row.document));
  assert(parsed?.ok, `version ${version.n} of flow ${version.id} was published but is no flow`);
  if (versions.size >= maxVersions) versions.delete(versions.keys().next().value ?? '');
  versions.set(version.digest, parsed.flow);
  return parsed.flow;
}

/** The live flows that these can call, and those that they can, by slug. `revision` is the bot's of flows. */
async function callable(db: Db, botId: number, from: readonly Flow[], revision: number): Promise<Map<string, LiveFlow>> {
  const set = new Map<string, LiveFlow>();
  const todo = from.flatMap(calledBy);
  if (todo.length === 0) return set;
  const live = await liveFlows(db, botId, revision);
  for (let slug = todo.pop(); slug !== undefined; slug = todo.pop()) {
    const found = set.has(slug) ? undefined : live.find((one) => one.slug === slug);
    if (!found) continue;
    set.set(slug, found);
    todo.push(...calledBy(found.flow));
  }
  return set;
}

/** Where a session is: the flow it runs, or one that called it, each in the version it began with. */
export type Place = { slug: string; n: number };

/**
 * What a session needs to go on: the flows it is inside of as they were when it began them, and what these can call as it
 * is now. `main` is the outermost.
 */
export async function flowsFor(db: Db, botId: number, main: Place & { flow: Flow }, places: readonly Place[], revision: number): Promise<Flows> {
  const pinned = new Map([[keyOf(main), main.flow]]);
  for (const place of places) {
    if (pinned.has(keyOf(place))) continue;
    const flow = await pinnedFlow(db, botId, place, revision);
    // Of a flow that was deleted nothing is left; the engine says so, and the session fails.
    if (flow) pinned.set(keyOf(place), flow);
  }
  const live = await callable(db, botId, [...pinned.values()], revision);
  for (const { slug, n, flow } of live.values()) pinned.set(keyOf({ slug, n }), flow);
  return {
    live: (slug) => {
      const found = live.get(slug);
      return found ? { version: found.n, flow: found.flow } : null;
    },
    pinned: (slug, n) => pinned.get(keyOf({ slug, n })) ?? null,
  };
}

const keyOf = ({ slug, n }: Place): string => `${slug}@${n}`;

const newcomers = keptByRevision(async (db, botId) => new Map((await takingOver(db, botId)).map((one) => [one.slug, one])));

/** Where these places lead since versions that take over were published; null when all stay, which is nearly always. */
export async function movesFrom(db: Db, botId: number, places: readonly Place[], revision: number): Promise<((slug: string, n: number) => Move | null) | null> {
  const newest = await newcomers(db, botId, revision);
  if (newest.size === 0) return null;
  const moves = new Map<string, Move>();
  for (const { slug, n } of places) {
    const next = newest.get(slug);
    if (next === undefined || next.n <= n) continue;
    const [from, to] = [await loadVersion(db, botId, next.id, n), await loadVersion(db, botId, next.id, next.n)];
    if (from && to) moves.set(keyOf({ slug, n }), { from, to, version: next.n });
  }
  return moves.size === 0 ? null : (slug, n) => moves.get(keyOf({ slug, n })) ?? null;
}

async function pinnedFlow(db: Db, botId: number, { slug, n }: Place, revision: number): Promise<Flow | null> {
  const live = (await liveFlows(db, botId, revision)).find((one) => one.slug === slug);
  if (!live || live.n === n) return live?.flow ?? null;
  return loadVersion(db, botId, live.id, n);
}

/** The live flows that a draft calls, for its tests. */
export async function flowsCalledBy(db: Db, botId: number, draft: Flow, revision: number): Promise<{ [slug: string]: Flow }> {
  const live = await callable(db, botId, [draft], revision);
  return Object.fromEntries([...live].map(([slug, { flow }]) => [slug, flow]));
}

const called = new WeakMap<Flow, string[]>();

function calledBy(flow: Flow): string[] {
  const known = called.get(flow);
  if (known) return known;
  const slugs = Object.values(flow.groups).flatMap((group) => group.blocks.flatMap((block) => definitionOf(block).requires?.(block as never).flows ?? []));
  const unique = [...new Set(slugs)];
  called.set(flow, unique);
  return unique;
}
