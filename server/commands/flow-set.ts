// The flows a bot runs, parsed and kept by their digest: what has one never changes. Which versions are live is read
// again when the bot's revision of flows is another.
import { definitionOf } from '@parley/engine/blocks.ts';
import { type Flow, parseFlow } from '@parley/engine/flow.ts';
import { assert } from '../errors.ts';
import type { Db } from '../store/database.ts';
import { findDigest, findVersion, liveVersions } from '../store/flows.ts';
import { keptByRevision } from './kept-by-revision.ts';

const maxVersions = 1_000;

const versions = new Map<string, Flow>();

/** `isTriggered` by what someone says or sends: keyword and media. */
export type LiveFlow = { id: number; slug: string; n: number; flow: Flow; isTriggered: boolean };

/** The live flows of a bot, by number. */
export const liveFlows = keptByRevision(async (db, botId): Promise<LiveFlow[]> => {
  const live: LiveFlow[] = [];
  for (const { id, slug, n, digest } of await liveVersions(db, botId)) {
    const flow = await versionOf(db, botId, { id, n, digest });
    const isTriggered = Object.values(flow.triggers ?? {}).some((one) => one.type === 'keyword' || one.type === 'media');
    live.push({ id, slug, n, flow, isTriggered });
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

/** A flow and every flow it can call, by slug. `revision` is the bot's of flows. */
export async function flowSet(db: Db, botId: number, main: Flow, revision: number): Promise<{ [slug: string]: Flow }> {
  const set: { [slug: string]: Flow } = { [main.id]: main };
  const todo = [...calledBy(main)];
  if (todo.length === 0) return set;
  const live = await liveFlows(db, botId, revision);
  for (let slug = todo.pop(); slug !== undefined; slug = todo.pop()) {
    const found = set[slug] === undefined ? live.find((one) => one.slug === slug) : undefined;
    if (!found) continue;
    set[slug] = found.flow;
    todo.push(...calledBy(found.flow));
  }
  return set;
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
