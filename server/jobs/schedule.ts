// What runs again and again on its own. Housekeeping goes in small slices, so that no request waits behind it.
import type { App } from '../app.ts';
import { clearFiles } from '../commands/files.ts';
import { deleteLeftovers, leftovers } from '../store/leftovers.ts';

const everyMs = 10 * 60_000;
const slice = 200;
/** Of each the bytes are removed first, which may be a call to a bucket. */
const fileSlice = 20;
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

type Chore = { what: string; slice: number; clear(limit: number): Promise<number> };

function choresOf(app: App): Chore[] {
  const rows = leftovers.map((leftover) => ({
    what: leftover.table,
    slice,
    clear: (limit: number) => app.transact((tx) => deleteLeftovers(tx, leftover, app.clock.now(), limit)),
  }));
  return [...rows, { what: 'file', slice: fileSlice, clear: (limit) => clearFiles(app, limit) }];
}

/** Deletes what is over until nothing is, or a great deal was: the rest has time until the next round. */
export async function keepHouse(app: App, isStopped: () => boolean): Promise<void> {
  for (const { what, slice: limit, clear } of choresOf(app)) {
    for (let round = 0; round < maxSlices && !isStopped(); round += 1) {
      const [outcome] = await Promise.allSettled([clear(limit)]);
      if (outcome.status === 'rejected') {
        app.log.warn({ what, reason: String(outcome.reason) }, 'housekeeping failed; it tries again later');
        break;
      }
      if (outcome.value < limit) break;
    }
  }
}
