// What works in the background of a node: jobs, as the queue brings them, timers, and triggers that wait for time.
import type { App } from '../app.ts';
import { type AnyEffect, effects } from '../effects.ts';
import { ringAlarms, startAlarms } from './alarms.ts';
import { Crew } from './crew.ts';
import { dutyOf } from './run.ts';
import { fireTimers, startTimers } from './timers.ts';

/** Returns how to stop it, which waits for the work at hand. */
export async function startWorker(app: App, performers: readonly AnyEffect[] = effects): Promise<() => Promise<void>> {
  const stopJobs = await app.queue.work(dutyOf(app, performers));
  const stopTimers = startTimers(app);
  const stopAlarms = startAlarms(app);
  return async () => {
    await Promise.all([stopAlarms(), stopTimers(), stopJobs()]);
  };
}

/** One round over what is due now, to its end, whoever was to be told of it; returns how much there was. */
export async function workOnce(app: App, performers: readonly AnyEffect[] = effects): Promise<number> {
  const [rung, fired] = [await ringAlarms(app), await fireTimers(app)];
  const crew = new Crew(app, dutyOf(app, performers));
  const taken = await crew.take();
  await crew.settled();
  return rung.begun + fired.begun + taken;
}
