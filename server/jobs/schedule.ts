// What runs again and again on its own. Housekeeping goes in small slices, so that no request waits behind it.
import type { App } from '../app.ts';
import { clearFiles } from '../commands/files.ts';
import { keepWords } from '../store/database.ts';
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

/** `work` does a slice of it, and says whether there is more. */
type Chore = { what: string; work(): Promise<boolean> };

function choresOf(app: App): Chore[] {
  const rows = leftovers.map((leftover) => ({
    what: leftover.table,
    work: async () => (await app.transact((tx) => deleteLeftovers(tx, leftover, app.clock.now(), slice))) === slice,
  }));
  return [
    ...rows,
    { what: 'file', work: async () => (await clearFiles(app, fileSlice)) === fileSlice },
    { what: 'message_search', work: () => app.transact((tx) => keepWords(tx, app.clock.now())) },
  ];
}

/** Deletes what is over and indexes what was said until nothing is left, or a great deal was done: the rest has time until the next round. */
export async function keepHouse(app: App, isStopped: () => boolean): Promise<void> {
  for (const { what, work } of choresOf(app)) {
    for (let round = 0; round < maxSlices && !isStopped(); round += 1) {
      const [outcome] = await Promise.allSettled([work()]);
      if (outcome.status === 'rejected') {
        app.log.warn({ what, reason: String(outcome.reason) }, 'housekeeping failed; it tries again later');
        break;
      }
      if (!outcome.value) break;
    }
  }
}
