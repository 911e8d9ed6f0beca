// Flows made, changed, published, restored: drafts may be unfinished, what is published has passed the linter and its
// own tests.
import { createHash } from 'node:crypto';
import { blocksPublishing, check, type Problem } from '@parley/engine/check.ts';
import { canonical, type Flow, indexOf } from '@parley/engine/flow.ts';
import { prove } from '@parley/engine/proof.ts';
import { upgrade } from '@parley/engine/upgrade.ts';
import type { App } from '../app.ts';
import type { Tenant } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import {
  deleteFlow,
  type FlowBy,
  type FlowPlace,
  type FlowRow,
  type FlowVersion,
  findFlow,
  findVersion,
  flowSlugs,
  insertFlow,
  insertVersion,
  listPlaces,
  numberPlaces,
  type PublishPolicy,
  type StartDoor,
  setStart,
  updateFlow,
} from '../store/flows.ts';
import { answeringAmong } from '../store/members.ts';
import { readRevisions } from '../store/revisions.ts';
import { setAlarmsOf } from './alarms.ts';
import { flowsCalledBy } from './flow-set.ts';

export type SavedFlow = { row: FlowRow; flow: Flow; problems: Problem[]; places: FlowPlace[] };

/** The document as a flow, or 422 with every place where it is not one. */
export function readFlow(document: unknown): Flow {
  const found = upgrade(document);
  if (found.ok) return found.flow;
  const fields = found.problems.map((one) => ({
    kind: 'flow',
    path: ['document', ...one.path.split('.').filter((part) => part !== '')],
    message: one.message,
  }));
  throw new AppError('invalid_request', `This is not a flow: ${found.problems[0]?.message ?? ''}`, { fields });
}

export async function lintFlow(db: Db, tenant: Tenant, flow: Flow): Promise<Problem[]> {
  const problems = check(flow, { flows: [...(await flowSlugs(db, tenant.botId)), flow.id] });
  return [...problems, ...(await strangersIn(db, tenant.workspaceId, flow))];
}

/** Agents a flow hands over to by number who answer nobody in this workspace; what a template makes is told when it runs. */
async function strangersIn(db: Db, workspaceId: number, flow: Flow): Promise<Problem[]> {
  const named = [...indexOf(flow).blocks.values()].flatMap(({ at, block }) =>
    block.type === 'handoff' && block.to_agent !== undefined && !block.to_agent.includes('{{') ? [{ at, agent: block.to_agent.trim() }] : [],
  );
  const numbers = named.flatMap(({ agent }) => (/^\d{1,15}$/.test(agent) ? [Number(agent)] : []));
  const known = await answeringAmong(db, workspaceId, [...new Set(numbers)]);
  return named
    .filter(({ agent }) => agent !== '' && !known.has(Number(agent)))
    .map(({ at, agent }) => ({
      code: 'E05',
      at: `${at}.to_agent`,
      message: `${agent} is no agent of this workspace: give the number of a member who answers people.`,
    }));
}

export async function createFlow(app: App, tx: Db, tenant: Tenant, document: unknown): Promise<SavedFlow> {
  const flow = readFlow(document);
  const row = await insertFlow(tx, tenant.botId, { slug: flow.id, name: flow.name, document: canonical(flow) }, app.clock.now());
  if (!row) throw new AppError('conflict', `There is a flow ${flow.id} already.`);
  const places = await numberPlaces(tx, tenant.botId, row.id, [...indexOf(flow).blocks.keys()]);
  await record(app, tx, { kind: 'flow.created', ...where(tenant, row), data: { slug: row.slug } });
  return { row, flow, problems: await lintFlow(tx, tenant, flow), places };
}

export async function changeFlow(app: App, tx: Db, tenant: Tenant, by: FlowBy, change: { document: unknown; rev: number }): Promise<SavedFlow> {
  const before = await needFlow(tx, tenant, by);
  const flow = readFlow(change.document);
  if (flow.id !== before.slug) throw new AppError('invalid_request', `The id of a flow stays as it is: ${before.slug}.`);
  const row = await updateFlow(tx, tenant.botId, before.id, change.rev, { name: flow.name, document: canonical(flow) }, app.clock.now());
  if (!row) throw new AppError('stale_rev', `Someone else has saved this flow: revision ${before.rev} is the latest. Load it and try again.`);
  const places = await numberPlaces(tx, tenant.botId, row.id, [...indexOf(flow).blocks.keys()]);
  await record(app, tx, { kind: 'flow.updated', ...where(tenant, row), data: { slug: row.slug, rev: row.rev } });
  return { row, flow, problems: await lintFlow(tx, tenant, flow), places };
}

/** Makes the draft live. Errors of the linter and failing tests of its own block it; warnings do not. */
export async function publishFlow(
  app: App,
  tx: Db,
  tenant: Tenant,
  by: FlowBy,
  message: string,
  policy: PublishPolicy = 'finish_on_old',
): Promise<FlowVersion> {
  const row = await needFlow(tx, tenant, by);
  const flow = readFlow(JSON.parse(row.document));
  const problems = await lintFlow(tx, tenant, flow);
  if (blocksPublishing(problems)) throw new AppError('invalid_request', 'This flow has errors and cannot be published.', { problems });
  const { flows } = await readRevisions(tx, tenant.botId, tenant.workspaceId);
  const failures = prove(flow, await flowsCalledBy(tx, tenant.botId, flow, flows));
  const failed = failures.map((one) => ({ code: 'test', at: `tests.${one.test}`, message: one.message }));
  if (failed.length > 0) throw new AppError('invalid_request', 'A test of this flow fails, so it cannot be published.', { problems: failed });
  const digest = createHash('sha256').update(row.document).digest('hex');
  const version = await insertVersion(tx, tenant.botId, {
    flow_id: row.id,
    digest,
    document: row.document,
    message,
    author: app.actor.name,
    at: app.clock.now(),
    policy,
  });
  await setAlarmsOf(app, tx, tenant, row.id, flow);
  await record(app, tx, { kind: 'flow.published', ...where(tenant, row), data: { slug: row.slug, version: version.n, policy } });
  return version;
}

/** An old version becomes the draft; publishing is a step of its own. */
export async function restoreVersion(app: App, tx: Db, tenant: Tenant, by: FlowBy, n: number): Promise<SavedFlow> {
  const row = await needFlow(tx, tenant, by);
  const version = await findVersion(tx, tenant.botId, row.id, n);
  if (!version) throw notFound('Version');
  const saved = await changeFlow(app, tx, tenant, { id: row.id }, { document: JSON.parse(version.document), rev: row.rev });
  await record(app, tx, { kind: 'flow.restored', ...where(tenant, row), data: { slug: row.slug, version: n } });
  return saved;
}

export async function removeFlow(app: App, tx: Db, tenant: Tenant, by: FlowBy): Promise<void> {
  const row = await needFlow(tx, tenant, by);
  await deleteFlow(tx, tenant.botId, row.id);
  await record(app, tx, { kind: 'flow.deleted', ...where(tenant, row), data: { slug: row.slug } });
}

/** What a bot, or its websites, begin with; null takes the choice back. */
export async function chooseStart(app: App, tx: Db, tenant: Tenant, door: StartDoor, by: FlowBy | null): Promise<void> {
  const row = by === null ? null : await needFlow(tx, tenant, by);
  if (row && indexOf(readFlow(JSON.parse(row.document))).start === null) throw new AppError('invalid_request', 'This flow has no start');
  await setStart(tx, tenant.botId, door, row?.id ?? null);
  const subject = row ? `flow:${row.id}` : `bot:${tenant.botId}`;
  await record(app, tx, { kind: 'flow.start_set', workspaceId: tenant.workspaceId, botId: tenant.botId, subject, data: { door, slug: row?.slug ?? null } });
}

export async function openFlow(db: Db, tenant: Tenant, by: FlowBy): Promise<SavedFlow> {
  const row = await needFlow(db, tenant, by);
  const flow = readFlow(JSON.parse(row.document));
  return { row, flow, problems: await lintFlow(db, tenant, flow), places: await listPlaces(db, tenant.botId, row.id) };
}

export async function needFlow(db: Db, tenant: Tenant, by: FlowBy): Promise<FlowRow> {
  const row = await findFlow(db, tenant.botId, by);
  if (!row) throw notFound('Flow');
  return row;
}

function where(tenant: Tenant, row: FlowRow) {
  return { workspaceId: tenant.workspaceId, botId: tenant.botId, subject: `flow:${row.id}` };
}
