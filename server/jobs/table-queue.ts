// The queue of one process: it looks at its table whenever a job is due.
import type { Db } from '../store/database.ts';
import { insertJob, type NewJob, nextJob } from '../store/jobs.ts';
import { Crew } from './crew.ts';
import type { Ground, OpenQueue } from './queue.ts';
import { type Looked, never, Rounds } from './rounds.ts';

export function tableQueue(app: Ground): OpenQueue {
  const add = async (tx: Db, job: NewJob, delayMs: number): Promise<void> => void (await insertJob(tx, job, { now: app.clock.now(), delayMs }));
  return {
    enqueue: (tx, job) => add(tx, job, 0),
    schedule: add,
    work: async (duty) => {
      // There was no room for others before, or it was not their turn.
      const crew = new Crew(app, duty, { ended: ({ lane }) => (lane !== null || crew.room === 1) && rounds.hear(0) });
      const rounds = new Rounds(app, () => look(app, crew));
      return async () => {
        await rounds.stop();
        await crew.close();
      };
    },
    open: async () => {},
    close: async () => {},
  };
}

async function look(app: Ground, crew: Crew): Promise<Looked> {
  const now = app.clock.now();
  const nextAt = crew.room > 0 ? ((await nextJob(app.db)) ?? never) : never;
  const begun = nextAt <= now ? await crew.take() : 0;
  return { begun, nextAt: nextAt > now ? nextAt : never };
}
