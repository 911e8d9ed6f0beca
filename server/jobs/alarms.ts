// Rings triggers whose time has come (commands/alarms.ts). Every node looks, and one rings each.
import type { App } from '../app.ts';
import { ringAlarm } from '../commands/alarms.ts';
import { dueAlarms, nextAlarm } from '../store/alarms.ts';
import { type Looked, never, Rounds } from './rounds.ts';

const maxAlarms = 100;

/** Returns how to stop, which waits for those at hand. */
export function startAlarms(app: App): () => Promise<void> {
  const rounds = new Rounds(app, () => ringAlarms(app));
  return () => rounds.stop();
}

/** Rings what is due now. */
export async function ringAlarms(app: App): Promise<Looked> {
  const now = app.clock.now();
  const nextAt = (await nextAlarm(app.db)) ?? never;
  const alarms = nextAt <= now ? await dueAlarms(app.db, now, maxAlarms) : [];
  // One that cannot be rung keeps no other from it, and is tried again with the next look.
  await Promise.all(alarms.map((alarm) => app.transact((tx) => ringAlarm(app, tx, alarm))));
  return { begun: alarms.length, nextAt: nextAt > now ? nextAt : never };
}
