// Pages by cursor against a list in memory, with what may be added while someone pages and cursors nobody gave out.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, makeDatabase } from '../testing/databases.ts';
import type { Database } from './database.ts';
import { type AuditFilter, type EventRow, insertEvent, listAudit } from './events.ts';

type Fact = Pick<EventRow, 'id' | 'at' | 'kind' | 'actor_id' | 'chain'>;

let workspaces = 0;

describe.each(databaseKinds)('pages by cursor on %s', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await makeDatabase(kind);
  });
  afterAll(() => database.close());

  const add = async (workspaceId: number, fact: Omit<Fact, 'id'>) => {
    const rest = { bot_id: null, actor_kind: 'account', actor_name: '', subject: '', data: '{}', ip: null, request_id: null };
    await database.transact((tx) => insertEvent(tx, { ...rest, ...fact, workspace_id: workspaceId }));
  };

  const walk = async (workspaceId: number, filter: AuditFilter, limit: number): Promise<Fact[]> => {
    const seen: Fact[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await listAudit(database.read, workspaceId, filter, { limit, cursor });
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      seen.push(...page.rows);
      if (page.next === null) return seen;
      cursor = page.next;
    }
  };

  test('show every audited fact that fits once, newest first, however many fit on a page', async () => {
    // Few different times, so that many facts are of the same moment and the clock also goes back.
    const fact = fc.record({
      at: fc.integer({ min: 0, max: 6 }),
      kind: fc.constantFrom('key.created', 'tag.created'),
      actor_id: fc.constantFrom(1, 2, null),
      chain: fc.constantFrom('x', null),
    });
    const filter = fc.record(
      {
        kind: fc.constantFrom('key.created', 'nothing'),
        actor: fc.constant({ kind: 'account', id: 1 }),
        from: fc.integer({ min: 0, max: 7 }),
        until: fc.integer({ min: 0, max: 7 }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fact, { maxLength: 20 }), filter, fc.integer({ min: 1, max: 6 }), async (facts, asked, limit) => {
        workspaces += 1;
        for (const one of facts) await add(workspaces, one);
        const rows = await database.read.selectFrom('event').select(['id', 'at', 'kind', 'actor_id', 'chain']).where('workspace_id', '=', workspaces).execute();
        const expected = rows
          .filter((row) => row.chain !== null)
          .filter((row) => asked.kind === undefined || row.kind === asked.kind)
          .filter((row) => asked.actor === undefined || row.actor_id === asked.actor.id)
          .filter((row) => (asked.from === undefined || row.at >= asked.from) && (asked.until === undefined || row.at < asked.until))
          .sort((a, b) => b.at - a.at || b.id - a.id);
        expect((await walk(workspaces, asked, limit)).map((row) => row.id)).toEqual(expected.map((row) => row.id));
      }),
      { numRuns: 40 },
    );
  });

  test('miss nothing and repeat nothing when facts come while someone pages', async () => {
    workspaces += 1;
    for (let at = 1; at <= 9; at += 1) await add(workspaces, { at, kind: 'key.created', actor_id: 1, chain: 'x' });
    const first = await listAudit(database.read, workspaces, {}, { limit: 4 });
    for (let at = 10; at <= 20; at += 1) await add(workspaces, { at, kind: 'key.created', actor_id: 1, chain: 'x' });
    const second = await listAudit(database.read, workspaces, {}, { limit: 4, cursor: first.next ?? '' });
    expect([...first.rows, ...second.rows].map((row) => row.at)).toEqual([9, 8, 7, 6, 5, 4, 3, 2]);
  });

  const foreign = ['', 'x', 'aTE=', Buffer.from('i1').toString('base64url'), Buffer.from('i1.2.3').toString('base64url'), '9'.repeat(40), "' or 1=1", 'i1.2'];
  test.each(foreign)('are empty for a cursor nobody gave out: %j', async (cursor) => {
    workspaces += 1;
    await add(workspaces, { at: 1, kind: 'key.created', actor_id: 1, chain: 'x' });
    expect(await listAudit(database.read, workspaces, {}, { limit: 4, cursor })).toEqual({ rows: [], next: null });
  });
});
