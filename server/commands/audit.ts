// Is the record of what happened still what was recorded? Every audited event carries a keyed hash over itself and the
// one before it; an edited, removed or inserted row breaks the chain of its workspace there.
import type { App } from '../app.ts';
import { linkOf } from '../events.ts';
import type { Db } from '../store/database.ts';
import { chainedEvents, chainHeads } from '../store/events.ts';

const sliceSize = 500;

/** `brokenAt`: the first event that does not follow from the one before; past the last one when the end is missing. */
export type ChainCheck = { workspaceId: number; events: number; brokenAt: number | null };

/** On one consistent view, so that what is written meanwhile is neither missing nor too much. */
export function verifyAudit(app: Pick<App, 'database' | 'secrets'>): Promise<ChainCheck[]> {
  return app.database.snapshot(async (db) => {
    const checks: ChainCheck[] = [];
    for (const chain of await chainHeads(db)) checks.push(await checkChain(app, db, chain.workspace_id, chain.head));
    return checks;
  });
}

async function checkChain(app: Pick<App, 'secrets'>, db: Db, workspaceId: number, head: string): Promise<ChainCheck> {
  let link = '';
  let last = 0;
  let events = 0;
  for (;;) {
    const slice = await chainedEvents(db, workspaceId, last, sliceSize);
    for (const { id, ...event } of slice) {
      link = linkOf(app, link, event);
      if (link !== event.chain) return { workspaceId, events, brokenAt: id };
      last = id;
      events += 1;
    }
    if (slice.length < sliceSize) return { workspaceId, events, brokenAt: link === head ? null : last + 1 };
  }
}
