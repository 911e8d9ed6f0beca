// The real server of a bench or an experiment, on a data directory with a workspace, a bot and a key in it.
import { join } from 'node:path';
import { readConfig } from '../../server/config.ts';
import { openApp } from '../../server/main.ts';
import { makeWorld } from '../../server/testing/factories.ts';
import { type Running, startServer } from './processes.ts';

export type Place = { dataDir: string; databaseUrl?: string | undefined };
export type Seeded = { key: string; siteKey: string; botId: number; workspaceId: number };

export const launcher = join(import.meta.dirname, '../../server/bin/parley.mjs');

/** As the launcher's first line and `npm start` have it (scripts/server-entry.test.ts). */
export const nodeFlags = ['--max-semi-space-size=8'];

export function environmentOf(place: Place): Record<string, string> {
  return { DATA_DIR: place.dataDir, HOST: '127.0.0.1', PORT: '0', RATE_LIMITS: 'off', LOG_LEVEL: 'warn', DATABASE_URL: place.databaseUrl ?? '' };
}

export async function seed(place: Place): Promise<Seeded> {
  const { config } = readConfig(environmentOf(place));
  const { app, close } = await openApp(config, { write: () => {}, fatal: () => {} });
  const { key, site, bot, workspace } = await makeWorld(app);
  await close();
  return { key, siteKey: site.site_key, botId: bot.id, workspaceId: workspace.id };
}

export function startProduct(place: Place, nodeOptions: string[] = []): Promise<Running> {
  return startServer([...nodeFlags, ...nodeOptions, launcher, 'start'], environmentOf(place));
}

/** A whole request as bytes for the client, which puts a running number for nine # in the body. */
export function request(method: string, path: string, key: string, body?: unknown): string {
  const text = body === undefined ? '' : JSON.stringify(body);
  const content = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`;
  return `${method} ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n${content}\r\n${text}`;
}
