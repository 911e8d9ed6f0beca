// How flows go about the conversations of a workspace: when someone who was asked something is late, whether several
// messages in a row are answered as one, and what becomes of clocks while people answer. The first two by channel.
import { isDeepStrictEqual } from 'node:util';

import type { LateWords } from '@parley/engine/advance.ts';
import { durationMs } from '@parley/engine/expression/functions/dates.ts';
import { invalidField } from '../errors.ts';
import type { Db } from '../store/database.ts';
import { readTurnSettings, type TurnSettings, writeTurnSetting } from '../store/settings.ts';

export const lateReplies = ['resume', 'ask', 'restart'] as const;
export type LateReply = (typeof lateReplies)[number];

/** Durations as they were written. `quiet_time` null = every message is answered by itself. */
export type ChannelSettings = { expires_after: string; late_reply: LateReply; quiet_time: string | null };

const dayMs = 24 * 3_600_000;

/** A provider's own window is closed by then: what was asked before it is long out of mind. */
const windowed = new Set(['whatsapp', 'whatsapp_cloud', 'facebook', 'instagram']);

export function usualFor(channel: string): ChannelSettings {
  return { expires_after: windowed.has(channel) ? '24h' : '30d', late_reply: 'resume', quiet_time: null };
}

export const usualLateQuestion: LateWords = { text: 'Welcome back! Shall we go on where we stopped?', go_on: 'Go on', start_again: 'Start again' };

/** What is done with a reply to a question asked `idleMs` ago. */
export function lateReplyAfter({ channels }: TurnSettings, channel: string, idleMs: number): LateReply {
  const own = channels?.[channel];
  // Nearly everywhere: nothing to reckon.
  if (own?.late_reply === undefined || own.late_reply === 'resume') return 'resume';
  const expiresMs = durationMs(own.expires_after ?? usualFor(channel).expires_after) ?? 30 * dayMs;
  return idleMs > expiresMs ? own.late_reply : 'resume';
}

/** `channels` as they hold, with the usual filled in; the web is always among them. */
export type FlowingSettings = { channels: { [channel: string]: ChannelSettings }; late_question: LateWords; handoff_timers: 'freeze' | 'cancel' };

export async function readFlowing(db: Db, workspaceId: number): Promise<FlowingSettings> {
  const { channels, late_question, handoff_timers } = await readTurnSettings(db, workspaceId);
  const known = Object.entries({ web: {}, ...channels }).map(([channel, own]) => [channel, { ...usualFor(channel), ...own }]);
  return { channels: Object.fromEntries(known), late_question: late_question ?? usualLateQuestion, handoff_timers: handoff_timers ?? 'freeze' };
}

/** Null takes back what a channel has of its own. */
export type FlowingChange = Partial<Omit<FlowingSettings, 'channels'>> & { channels?: { [channel: string]: Partial<ChannelSettings> | null } | undefined };

const maxChannels = 40;

/** The names of what has changed. */
export async function changeFlowing(tx: Db, workspaceId: number, asked: FlowingChange): Promise<string[]> {
  const before = await readFlowing(tx, workspaceId);
  const channels = { ...before.channels };
  for (const [channel, own] of Object.entries(asked.channels ?? {}))
    channels[channel] = own === null ? usualFor(channel) : { ...usualFor(channel), ...before.channels[channel], ...own };
  const stored = Object.entries(channels).filter(([channel, one]) => !isDeepStrictEqual(one, usualFor(channel)));
  if (stored.length > maxChannels) throw invalidField('channels', `At most ${maxChannels} channels have settings of their own.`);
  const changed: string[] = [];
  if (!isDeepStrictEqual(channels, before.channels)) {
    await writeTurnSetting(tx, workspaceId, 'channels', Object.fromEntries(stored));
    changed.push('channels');
  }
  for (const name of ['late_question', 'handoff_timers'] as const) {
    if (asked[name] === undefined || isDeepStrictEqual(asked[name], before[name])) continue;
    await writeTurnSetting(tx, workspaceId, name, asked[name]);
    changed.push(name);
  }
  return changed;
}
