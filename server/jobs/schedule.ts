// What runs again and again on its own. Housekeeping goes in small slices, so that no request waits behind it.
import type { App } from '../app.ts';
import { deleteLeftovers, leftovers } from '../store/leftovers.ts';

const everyMs = 10 * 60_000;
const slice = 200;
const maxSlices = 500;

/** Begins after the first interval, never at the start. Returns how to stop it, which waits for the slice at work. */
export function startHousekeeping(app: App): () => Promise<void> {
  let isStopped = false;
  let work: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    work = work.then(() => keepHouse(app, () => isStopped));
  }, everyMs);
  timer.unref();
  return async () => {
    isStopped = true;
    clearInterval(timer);
    await work;
  };
}

/** Deletes what is over until nothing is, or a great deal was: the rest has time until the next round. */
export async function keepHouse(app: App, isStopped: () => boolean): Promise<void> {
  for (const leftover of leftovers) {
    for (let round = 0; round < maxSlices && !isStopped(); round += 1) {
      const [outcome] = await Promise.allSettled([app.transact((tx) => deleteLeftovers(tx, leftover, app.clock.now(), slice))]);
      if (outcome.status === 'rejected')
        return app.log.warn({ table: leftover.table, reason: String(outcome.reason) }, 'housekeeping failed; it tries again later');
      if (outcome.value < slice) break;
    }
  }
}
