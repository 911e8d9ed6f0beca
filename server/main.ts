// Puts the parts together: configuration in, a running App and its HTTP server out. Nothing here decides anything.
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { App, Clock, Random } from './app.ts';
import { readBrand } from './commands/brand.ts';
import { isSetupNeeded } from './commands/setup.ts';
import { settingsOf } from './commands/site-settings.ts';
import { isOriginAllowed } from './commands/sites.ts';
import { type Config, productVersion } from './config.ts';
import { doors } from './doors.ts';
import { StartError } from './errors.ts';
import { fileStoreOf } from './files.ts';
import { docsPages } from './http/docs.ts';
import { openApi } from './http/openapi.ts';
import { builtFiles } from './http/pages/built.ts';
import { buildServer, type ServeOptions } from './http/serve.ts';
import { staticPages } from './http/static.ts';
import { bossQueue } from './jobs/boss-queue.ts';
import type { Ground, OpenQueue } from './jobs/queue.ts';
import { tableQueue } from './jobs/table-queue.ts';
import { makeLive, publishing } from './live.ts';
import { type LogStyle, makeLog } from './log.ts';
import { exitCodeConfig, loadMasterKey, makeSecrets, type Secrets } from './secrets.ts';
import { findBotBySlug } from './store/bots.ts';
import { appliedMigrations, migrate, pendingMigrations } from './store/database/migrate.ts';
import { type Database, openDatabase, sqliteFile } from './store/database.ts';
import { migrations } from './store/migrations.ts';
import { installation, readSetting, writeSetting } from './store/settings.ts';
import { findSiteByKey, firstSite, firstSiteOf, type Site } from './store/sites.ts';

export const systemClock: Clock = { now: () => Date.now() };
export const systemRandom: Random = { token: (bytes) => randomBytes(bytes).toString('base64url'), uuid: () => randomUUID() };

export type Hooks = { write: (line: string) => void; fatal: (error: Error) => void; style?: LogStyle };
export type Opened = { app: App; migrated: string[]; close(): Promise<void> };

/** Opens the store, brings it to this version (after a backup of what is there), and all that hangs on it. */
export async function openApp(config: Config, hooks: Hooks): Promise<Opened> {
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, fatal: hooks.fatal });
  let prepared: { secrets: Secrets; migrated: string[] } | null = null;
  try {
    prepared = await prepare(config, database);
  } finally {
    if (!prepared) await database.close();
  }
  const { app, queue } = appOf(config, database, prepared.secrets, hooks);
  const close = async (): Promise<void> => {
    await queue.close();
    await database.close();
  };
  let isOpen = false;
  try {
    await queue.open();
    isOpen = true;
  } finally {
    if (!isOpen) await database.close();
  }
  return { app, migrated: prepared.migrated, close };
}

/** Opens what is there beside a server that may be running: read-only on SQLite, and nothing is made or migrated. */
export async function openReader(config: Config, hooks: Hooks): Promise<{ app: App; pending: string[]; close(): Promise<void> }> {
  const nothing = new StartError(`There is no database in ${config.dataDir} yet. Make one with: parley start`, 1);
  if (config.databaseUrl === null && !existsSync(sqliteFile(config.dataDir))) throw nothing;
  const database = await openDatabase({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, mode: 'read' });
  let app: App | null = null;
  try {
    const pending = await pendingMigrations(database.migrator);
    if (pending.length === migrations.length) throw nothing;
    ({ app } = appOf(config, database, await openSecrets(config, database, { mayCreate: false }), hooks));
    return { app, pending: pending.map(({ name }) => name), close: () => database.close() };
  } finally {
    if (!app) await database.close();
  }
}

function appOf(config: Config, database: Database, secrets: Secrets, { write, style }: Hooks): { app: App; queue: OpenQueue } {
  const live = makeLive(database.notices);
  return withQueue({
    config,
    database,
    db: database.read,
    transact: publishing(database.transact, live),
    live,
    files: fileStoreOf(config),
    clock: systemClock,
    random: systemRandom,
    secrets,
    log: makeLog(config.logLevel, write, style),
    actor: { kind: 'system', id: null, name: 'system', ip: null, requestId: null },
    operatorToken: null,
  });
}

/** Jobs are brought by this process where it is the only one, by pg-boss where several share the database. */
export function withQueue(ground: Ground): { app: App; queue: OpenQueue } {
  const { url } = ground.database;
  const queue = url === null ? tableQueue(ground) : bossQueue(ground, url);
  return { app: { ...ground, queue }, queue };
}

async function prepare(config: Config, database: Database): Promise<{ secrets: Secrets; migrated: string[] }> {
  const [first] = await pendingMigrations(database.migrator);
  const secrets = await openSecrets(config, database, { mayCreate: true });
  if (first && (await appliedMigrations(database.migrator)).length > 0) {
    const { backUpBefore } = await import('./store/database/backup/backup.ts');
    await backUpBefore(database, { ...backupAsk(config, secrets), migration: first.name });
  }
  const migrated = await migrate(database.migrator, systemClock.now());
  await keepKeyCheck(database, keyCheckOf(secrets));
  return { secrets, migrated };
}

/** Of two nodes that start at once, each with a key of its own, the second is refused. */
async function keepKeyCheck(database: Database, ours: string): Promise<void> {
  if ((await readSetting(database.read, installation, keyCheck)) === ours) return;
  const stored = await database.transact(async (tx) => {
    await database.migrator.lock(tx);
    const there = await readSetting<string>(tx, installation, keyCheck);
    if (there === null) await writeSetting(tx, installation, keyCheck, ours);
    return there ?? ours;
  });
  if (stored !== ours) throw foreignKey(database);
}

/** What a backup says of itself. */
export function backupAsk(config: Config, secrets: Secrets) {
  return { dataDir: config.dataDir, keyCheck: keyCheckOf(secrets), version: productVersion(), now: systemClock.now() };
}

const keyCheck = 'key_check';

/** Tells one master key from another and gives neither away. */
export function keyCheckOf(secrets: Secrets): string {
  return secrets.mac('key-check', 'master');
}

/** Every key and sign-in in the database is hashed with the master key: with another one nobody could come in. */
async function openSecrets(config: Config, database: Database, { mayCreate }: { mayCreate: boolean }): Promise<Secrets> {
  const hasSettings = await database.migrator.hasTable(database.read, 'setting');
  const stored = hasSettings ? await readSetting<string>(database.read, installation, keyCheck) : null;
  const secrets = makeSecrets(loadMasterKey({ masterKey: config.masterKey, dataDir: config.dataDir, mayCreate: mayCreate && stored === null }));
  if (stored !== null && stored !== keyCheckOf(secrets)) throw foreignKey(database);
  return secrets;
}

function foreignKey({ place }: Database): StartError {
  return new StartError(`The master key is not the one ${place} was written with. Set MASTER_KEY to that one, or restore master.key.`, exitCodeConfig);
}

const root = join(import.meta.dirname, '..');
const built = builtFiles(join(root, 'dist'));

/** THE LIST of what is served beside the doors. */
export const plugins: ServeOptions['plugins'] = [
  openApi({ doors }),
  docsPages({ doors, readBrand, built, library: join(root, 'node_modules', 'swagger-ui-dist') }),
  staticPages({
    readBrand,
    built,
    isSetupNeeded: (app) => isSetupNeeded(app.db),
    findDemoSite: async (app, siteKey) => tagged((await findSiteByKey(app.db, siteKey)) ?? (await firstSite(app.db))),
    findShared: async (app, slug) => {
      const site = (await findSiteByKey(app.db, slug)) ?? (await siteOfBot(app, slug));
      return site && settingsOf(site).enabled && isOriginAllowed(site, new URL(app.config.publicUrl).origin) ? tagged(site) : null;
    },
    launcher: join(root, 'widget', 'launcher.ts'),
  }),
];

async function siteOfBot(app: App, slug: string): Promise<Site | null> {
  const bot = await findBotBySlug(app.db, slug);
  return bot && firstSiteOf(app.db, bot.id);
}

function tagged<S extends Site | null>(site: S) {
  return site && { ...site, theme: settingsOf(site).theme };
}

/** `more` is what only a process of its own has: health, metrics, a graceful stop. */
export function serverOf(app: App, more: ServeOptions['plugins'] = []): FastifyInstance {
  return buildServer(app, doors, { checkReplies: false, plugins: [...more, ...plugins] });
}
