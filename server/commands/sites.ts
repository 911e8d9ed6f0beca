// Sites: where the widget stands, what it says there, and which pages may use its key.
import type { App } from '../app.ts';
import { type Holder, makeSiteKey } from '../auth.ts';
import { AppError, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { deleteSite, findSite, insertSite, type Site, type SiteValues, updateSite } from '../store/sites.ts';
import { mustReachBot } from './bots.ts';
import { changesOf } from './changes.ts';
import { changedSettings, type SiteSettingsChange } from './site-settings.ts';

/** What a new site says until someone changes it (contracts of the widget). */
const newSite = {
  greeting: 'Hi there! How can we help?',
  auto_reply: null,
  origins: '[]',
  author_label: 'Support',
  shared_network: 0,
  anonymous: 0,
  flow: null,
} as const;

/**
 * An origin as browsers send it, or null when the text is none: `https://shop.example`, `http://localhost:3000`, all
 * subdomains as `https://*.example.com`, and `null` for pages that have none (files, sandboxed frames, some apps).
 */
export function readOrigin(text: string): string | null {
  if (text === 'null') return text;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  const isHost = !url.hostname.includes('*') || /^\*(\.[^.*]+){2,}$/.test(url.hostname);
  return isBare && isHost ? url.origin : null;
}

/** Whether pages of this origin may use the key; a call without one comes from no page. */
export function isOriginAllowed(site: Site, origin: string): boolean {
  const allowed = JSON.parse(site.origins) as string[];
  return origin === '' || allowed.length === 0 || allowed.some((one) => one === origin || isUnder(one, origin));
}

function isUnder(pattern: string, origin: string): boolean {
  const [scheme, host] = pattern.split('*');
  return host !== undefined && scheme !== undefined && origin.startsWith(scheme) && origin.endsWith(host) && origin.length > pattern.length - 1;
}

export async function createSite(
  app: App,
  tx: Db,
  { workspaceId, botId }: { workspaceId: number; botId: number },
  values: { name: string } & Partial<SiteValues>,
  settings: SiteSettingsChange = {},
): Promise<Site> {
  const site = await insertSite(tx, {
    ...newSite,
    ...values,
    settings: changedSettings({ settings: '{}' }, settings).settings,
    workspaceId,
    botId,
    siteKey: makeSiteKey(),
    at: app.clock.now(),
  });
  await record(app, tx, { kind: 'site.created', workspaceId, botId, subject: `site:${site.id}`, data: { name: site.name } });
  return site;
}

async function reachableSite(tx: Db, { caller, tenant }: Holder, id: number): Promise<Site> {
  const site = await findSite(tx, tenant.workspaceId, id);
  if (!site) throw notFound('Site');
  mustReachBot(caller, site.bot_id);
  return site;
}

/** With `rev`, only what the caller has seen is changed; without, the latest is meant. */
export async function changeSite(
  app: App,
  tx: Db,
  holder: Holder,
  id: number,
  rev: number | undefined,
  asked: { values: Partial<SiteValues>; settings: SiteSettingsChange },
): Promise<Site> {
  const site = await reachableSite(tx, holder, id);
  if (rev !== undefined && rev !== site.rev) throw staleRev();
  const values = changesOf<SiteValues>(site, asked.values);
  const { settings, changed: inSettings } = changedSettings(site, asked.settings);
  const changed = [...Object.keys(values), ...inSettings];
  if (changed.length === 0) return site;
  const change = inSettings.length === 0 ? values : { ...values, settings };
  const updated = await updateSite(tx, site.workspace_id, id, rev, change, app.clock.now());
  if (!updated) throw staleRev();
  await record(app, tx, { kind: 'site.updated', ...placeOf(site), data: { changed } });
  return updated;
}

/** Pages that carry the old key are refused from the next call on. */
export async function rotateSiteKey(app: App, tx: Db, holder: Holder, id: number): Promise<Site> {
  const site = await reachableSite(tx, holder, id);
  const updated = await updateSite(tx, site.workspace_id, id, undefined, { site_key: makeSiteKey() }, app.clock.now());
  if (!updated) throw notFound('Site');
  await record(app, tx, { kind: 'site.key_rotated', ...placeOf(site), data: { name: site.name } });
  return updated;
}

/** By their numbers, the newest first: what pages sign their users' ids with. Made from the master key, and stored nowhere. */
export function identitySecrets({ secrets }: Pick<App, 'secrets'>, site: Pick<Site, 'id' | 'identity_current' | 'identity_oldest'>): string[] {
  const { identity_current: current, identity_oldest: oldest } = site;
  return Array.from({ length: current - oldest + 1 }, (_, at) => secrets.mac('identity', `${site.id} ${current - at}`));
}

export async function showIdentitySecrets(app: App, tx: Db, holder: Holder, id: number): Promise<string[]> {
  return identitySecrets(app, await reachableSite(tx, holder, id));
}

/** `begin` makes a new secret beside the one there is; `end` takes the older one away. Pages are changed in between. */
export async function rotateIdentity(app: App, tx: Db, holder: Holder, id: number, step: 'begin' | 'end'): Promise<string[]> {
  const site = await reachableSite(tx, holder, id);
  const { identity_current: current } = site;
  const change = step === 'begin' ? { identity_current: current + 1, identity_oldest: current } : { identity_oldest: current };
  const updated = await updateSite(tx, site.workspace_id, id, undefined, change, app.clock.now());
  if (!updated) throw notFound('Site');
  await record(app, tx, { kind: 'site.identity_rotated', ...placeOf(site), data: { secrets: step === 'begin' ? 2 : 1 } });
  return identitySecrets(app, updated);
}

export async function removeSite(app: App, tx: Db, holder: Holder, id: number): Promise<void> {
  const site = await reachableSite(tx, holder, id);
  await deleteSite(tx, site.workspace_id, id);
  await record(app, tx, { kind: 'site.deleted', ...placeOf(site), data: { name: site.name } });
}

function placeOf(site: Site) {
  return { workspaceId: site.workspace_id, botId: site.bot_id, subject: `site:${site.id}` };
}

function staleRev(): AppError {
  return new AppError('stale_rev', 'Someone else changed this site in between. Read it again and repeat the change.');
}
