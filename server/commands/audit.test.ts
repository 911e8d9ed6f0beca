import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Db } from '../store/database.ts';
import { databaseKinds } from '../testing/databases.ts';
import { makeWorld, type World } from '../testing/factories.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { type ChainCheck, verifyAudit } from './audit.ts';
import { renameWorkspace } from './workspaces.ts';

describe.each(databaseKinds)('the audit chain on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  beforeEach(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
  });
  afterEach(() => t.close());

  const tamper = (body: (tx: Db) => Promise<unknown>) => t.app.transact(body);
  const ids = async (): Promise<number[]> =>
    (await t.app.db.selectFrom('event').select('id').where('workspace_id', '=', world.workspace.id).where('chain', 'is not', null).orderBy('id').execute()).map(
      (row) => row.id,
    );
  const ours = async (): Promise<ChainCheck | undefined> => (await verifyAudit(t.app)).find((one) => one.workspaceId === world.workspace.id);

  test('holds as long as nobody touches it, however long it is', async () => {
    for (let n = 0; n < 600; n += 1) await t.app.transact((tx) => renameWorkspace(t.app, tx, world.workspace.id, { name: `Name ${n}` }));
    expect(await verifyAudit(t.app)).toEqual([
      { workspaceId: world.workspace.id, events: 604, brokenAt: null },
      { workspaceId: other.workspace.id, events: 4, brokenAt: null },
    ]);
  });

  test('breaks at an edited event, whatever was edited', async () => {
    const [, second = 0] = await ids();
    const row = await t.app.db.selectFrom('event').selectAll().where('id', '=', second).executeTakeFirstOrThrow();
    const edits = {
      kind: 'bot.deleted',
      at: row.at + 1,
      actor_kind: 'account',
      actor_id: 7,
      actor_name: 'Eve',
      subject: 'bot:7',
      data: '{}',
      ip: '192.0.2.1',
      request_id: 'x',
      bot_id: 7,
    };
    for (const [column, value] of Object.entries(edits)) {
      await tamper((tx) =>
        tx
          .updateTable('event')
          .set({ [column]: value })
          .where('id', '=', second)
          .execute(),
      );
      expect((await ours())?.brokenAt, column).toBe(second);
      await tamper((tx) =>
        tx
          .updateTable('event')
          .set({ [column]: row[column as keyof typeof row] })
          .where('id', '=', second)
          .execute(),
      );
    }
    expect((await ours())?.brokenAt).toBeNull();
  });

  test('breaks where an event was taken out, at the start, in the middle and at the end', async () => {
    const all = await ids();
    const [first = 0, second = 0, third = 0] = all;
    const last = all.at(-1) ?? 0;
    await tamper((tx) => tx.deleteFrom('event').where('id', '=', last).execute());
    expect((await ours())?.brokenAt).toBe((all.at(-2) ?? 0) + 1);
    await tamper((tx) => tx.deleteFrom('event').where('id', '=', second).execute());
    expect((await ours())?.brokenAt).toBe(third);
    await tamper((tx) => tx.deleteFrom('event').where('id', '=', first).execute());
    expect((await ours())?.brokenAt).toBe(third);
  });

  test('breaks at an event that was slipped in or moved from another workspace', async () => {
    const [first = 0] = await ids();
    const { id: _, ...row } = await t.app.db.selectFrom('event').selectAll().where('id', '=', first).executeTakeFirstOrThrow();
    await tamper((tx) =>
      tx
        .insertInto('event')
        .values({ ...row, actor_name: 'Eve' })
        .execute(),
    );
    expect((await ours())?.brokenAt).toBe((await ids()).at(-1));
    await tamper((tx) => tx.updateTable('event').set({ workspace_id: world.workspace.id }).where('workspace_id', '=', other.workspace.id).execute());
    const checks = await verifyAudit(t.app);
    expect(checks.every((one) => one.brokenAt !== null)).toBe(true);
  });

  test('is missed when its end was removed, or all of it', async () => {
    await tamper((tx) => tx.deleteFrom('event_chain').where('workspace_id', '=', world.workspace.id).execute());
    expect((await ours())?.brokenAt).toBe(((await ids()).at(-1) ?? 0) + 1);
    await tamper((tx) => tx.deleteFrom('event').where('workspace_id', '=', other.workspace.id).execute());
    expect(await verifyAudit(t.app)).toContainEqual({ workspaceId: other.workspace.id, events: 0, brokenAt: 1 });
  });
});
