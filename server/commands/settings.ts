// What holds for one workspace: its name and picture (columns of its row), how it writes time, words and money, whether
// its flows may run code, what people read when a flow has failed, and how much its files may take.
import { isDeepStrictEqual } from 'node:util';
import { fold } from '@parley/engine/block/answer.ts';
import type { App } from '../app.ts';
import { invalidField, notFound } from '../errors.ts';
import { record } from '../events.ts';
import type { Db } from '../store/database.ts';
import { readSetting, writeSetting, writeTurnSetting } from '../store/settings.ts';
import { findWorkspace } from '../store/workspaces.ts';
import type { BusinessHours } from './business-hours.ts';
import { changesOf } from './changes.ts';
import { changeFlowing, type FlowingChange, type FlowingSettings, readFlowing } from './channel-settings.ts';
import { changeWorkspace, type WorkspaceChange } from './workspaces.ts';

const setting = 'regional';
export type Regional = { timezone: string; language: string; currency: string };
/** Each a setting of its own name; the effect `code` asks for its own. */
type Own = { code_enabled: boolean; fallback_text: string; file_quota_mb: number };
export const commandNames = ['restart', 'stop', 'agent', 'menu'] as const;
/** What people may say at any time, in any flow; a command without words is off. */
export type CommandWords = Record<(typeof commandNames)[number], string[]>;
/** Told to turns whole; no business hours = always open. */
type Told = { business_hours: BusinessHours | null; command_words: CommandWords };
export type Settings = Regional & Own & Told & FlowingSettings & { name: string; image: string | null };

export const usualCommandWords: CommandWords = { restart: ['restart'], stop: ['stop', 'unsubscribe'], agent: ['agent', 'human'], menu: ['menu'] };

export const usualFallbackText = 'Something went wrong on our side. A colleague will get back to you.';

const usualFileQuotaMb = 10_240;

const usual: Regional = { timezone: 'UTC', language: 'en', currency: 'USD' };

async function readRegional(db: Db, workspaceId: number): Promise<Regional> {
  return { ...usual, ...(await readSetting<Partial<Regional>>(db, workspaceId, setting)) };
}

export async function readSettings(db: Db, workspaceId: number): Promise<Settings> {
  const workspace = await findWorkspace(db, workspaceId);
  if (!workspace) throw notFound('Workspace');
  return {
    name: workspace.name,
    image: workspace.image,
    ...(await readRegional(db, workspaceId)),
    ...(await readOwn(db, workspaceId)),
    ...(await readTold(db, workspaceId)),
    ...(await readFlowing(db, workspaceId)),
  };
}

async function readTold(db: Db, workspaceId: number): Promise<Told> {
  const words = await readSetting<CommandWords>(db, workspaceId, 'commands');
  return { business_hours: await readSetting<BusinessHours>(db, workspaceId, 'hours'), command_words: { ...usualCommandWords, ...words } };
}

async function readOwn(db: Db, workspaceId: number): Promise<Own> {
  const fallbackText = await readSetting<string>(db, workspaceId, 'fallback_text');
  const isCodeOn = (await readSetting(db, workspaceId, 'code_enabled')) === true;
  return { code_enabled: isCodeOn, fallback_text: fallbackText ?? usualFallbackText, file_quota_mb: await readFileQuotaMb(db, workspaceId) };
}

export async function readFileQuotaMb(db: Db, workspaceId: number): Promise<number> {
  return (await readSetting<number>(db, workspaceId, 'file_quota_mb')) ?? usualFileQuotaMb;
}

type Changeable = Regional & Own & Omit<Told, 'command_words'> & { command_words: Partial<CommandWords> };
export type SettingsChange = WorkspaceChange & FlowingChange & { [K in keyof Changeable]?: Changeable[K] | undefined };

export async function changeSettings(app: App, tx: Db, workspaceId: number, asked: SettingsChange): Promise<Settings> {
  const inRow = await changeWorkspace(app, tx, workspaceId, asked);
  const regional = await readRegional(tx, workspaceId);
  const change = changesOf<Regional>(regional, { timezone: asked.timezone, language: asked.language, currency: asked.currency });
  const own = changesOf<Own>(await readOwn(tx, workspaceId), {
    code_enabled: asked.code_enabled,
    fallback_text: asked.fallback_text,
    file_quota_mb: asked.file_quota_mb,
  });
  const told = toldAfter(await readTold(tx, workspaceId), asked);
  const flowing = await changeFlowing(tx, workspaceId, asked);
  const changed = [...inRow, ...Object.keys(change), ...Object.keys(own), ...Object.keys(told), ...flowing];
  if (own.code_enabled !== undefined) await writeSetting(tx, workspaceId, 'code_enabled', own.code_enabled);
  if (own.file_quota_mb !== undefined) await writeSetting(tx, workspaceId, 'file_quota_mb', own.file_quota_mb);
  if (own.fallback_text !== undefined) await writeTurnSetting(tx, workspaceId, 'fallback_text', own.fallback_text);
  if (told.business_hours !== undefined) await writeTurnSetting(tx, workspaceId, 'hours', told.business_hours);
  if (told.command_words !== undefined) await writeTurnSetting(tx, workspaceId, 'commands', told.command_words);
  if (Object.keys(change).length > 0) await writeTurnSetting(tx, workspaceId, setting, { ...regional, ...change });
  if (changed.length > 0) await record(app, tx, { kind: 'settings.updated', workspaceId, subject: `workspace:${workspaceId}`, data: { changed } });
  return readSettings(tx, workspaceId);
}

/** What of it differs. Commands that are not named keep their words; the same word cannot mean two. */
function toldAfter(now: Told, { business_hours, command_words }: SettingsChange): Partial<Told> {
  const given = Object.entries(command_words ?? {}).filter(([, words]) => words !== undefined);
  const words = { ...now.command_words, ...(Object.fromEntries(given) as Partial<CommandWords>) };
  const said = commandNames.flatMap((name) => words[name].map(fold));
  const twice = said.find((word, at) => said.indexOf(word) !== at);
  if (twice !== undefined) throw invalidField('command_words', `“${twice}” stands there twice. A word means one command.`);
  const asked: Partial<Told> = { ...(business_hours === undefined ? {} : { business_hours }), ...(given.length === 0 ? {} : { command_words: words }) };
  return Object.fromEntries(Object.entries(asked).filter(([name, value]) => !isDeepStrictEqual(value, now[name as keyof Told])));
}

/** Outside a transaction. Intl lists only one name of each zone and says that it does not know one only by throwing. */
export async function checkTimeZone(zone: string): Promise<void> {
  const known = /^[A-Za-z]/.test(zone) && (await new Promise((done) => done(new Intl.DateTimeFormat('en', { timeZone: zone }))).then(Boolean, () => false));
  if (!known) throw invalidField('timezone', `${zone} is not a time zone. Example: Europe/Berlin.`);
}

export function isCurrency(code: string): boolean {
  return Intl.supportedValuesOf('currency').includes(code);
}
