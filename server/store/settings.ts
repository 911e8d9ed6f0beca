// Named values of the installation (workspace 0) and of workspaces, as JSON.
import type { Db } from './database.ts';
import { revise } from './revisions.ts';

export type SettingTable = { workspace_id: number; name: string; value: string };

/** The installation's own settings: brand, set-up. No workspace has this id. */
export const installation = 0;

export async function readSetting<T>(db: Db, workspaceId: number, name: string): Promise<T | null> {
  const row = await db.selectFrom('setting').select('value').where('workspace_id', '=', workspaceId).where('name', '=', name).executeTakeFirst();
  return row ? (JSON.parse(row.value) as T) : null;
}

export async function writeSetting(tx: Db, workspaceId: number, name: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  await tx
    .insertInto('setting')
    .values({ workspace_id: workspaceId, name, value: text })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'name']).doUpdateSet({ value: text }))
    .execute();
}

/** What turns are told of their workspace; each is absent until someone sets it. */
export type TurnSettings = {
  regional?: { timezone?: string };
  /** Weekday 1 (Monday) to 7, or a date that goes its own way → intervals of minutes since midnight, ends excluded; null = always open. */
  hours?: { [day: string]: [from: number, to: number][] } | null;
  /** Global commands: name → words. */
  commands?: { [name: string]: string[] };
  /** What the person reads when a flow has failed and has no error way of its own. */
  fallback_text?: string;
  /** By channel, only what is not as usual. */
  channels?: { [channel: string]: { expires_after?: string; late_reply?: 'resume' | 'ask' | 'restart'; quiet_time?: string | null } };
  /** What whoever comes back late is asked. */
  late_question?: { text: string; go_on: string; start_again: string };
  /** Of what waits for time while people have the conversation; frozen when absent. */
  handoff_timers?: 'freeze' | 'cancel';
};

const turnSettings: readonly (keyof TurnSettings)[] = ['regional', 'hours', 'commands', 'fallback_text', 'channels', 'late_question', 'handoff_timers'];

export async function readTurnSettings(db: Db, workspaceId: number): Promise<TurnSettings> {
  const rows = await db.selectFrom('setting').select(['name', 'value']).where('workspace_id', '=', workspaceId).where('name', 'in', turnSettings).execute();
  return Object.fromEntries(rows.map((row) => [row.name, JSON.parse(row.value)]));
}

/** Seen by the next turn of every node. */
export async function writeTurnSetting<N extends keyof TurnSettings>(tx: Db, workspaceId: number, name: N, value: TurnSettings[N]): Promise<void> {
  await writeSetting(tx, workspaceId, name, value);
  await revise(tx, 'settings', workspaceId);
}

export async function removeSetting(tx: Db, workspaceId: number, name: string): Promise<boolean> {
  const gone = await tx.deleteFrom('setting').where('workspace_id', '=', workspaceId).where('name', '=', name).executeTakeFirst();
  return Number(gone.numDeletedRows) > 0;
}

/** A workspace that is deleted leaves no setting behind; no foreign key does it, for 0 is no workspace. */
export async function removeSettings(tx: Db, workspaceId: number): Promise<void> {
  await tx.deleteFrom('setting').where('workspace_id', '=', workspaceId).execute();
}
