import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { databaseKinds } from '../testing/databases.ts';
import { testApp } from '../testing/test-app.ts';
import { keepHouse } from './schedule.ts';

const dayMs = 86_400_000;

describe.each(databaseKinds)('housekeeping on %s', (kind) => {
  test('deletes what is over, slice by slice, and nothing else', async () => {
    const { app, clock, close } = await testApp(kind);
    const now = clock.now();
    await app.transact(async (tx) => {
      const reply = { scope: 'key:1 POST /x', fingerprint: '', status: 200, headers: '{}', body: null };
      for (let count = 0; count < 450; count += 1) {
        await tx
          .insertInto('idempotency')
          .values({ ...reply, name: `old-${count}`, created_at: now - 2 * dayMs - 1 })
          .execute();
      }
      await tx
        .insertInto('idempotency')
        .values({ ...reply, name: 'kept', created_at: now - 2 * dayMs })
        .execute();
      await tx
        .insertInto('rate_window')
        .values([
          { name: 'over', hits: 1, reset_at: now - 1 },
          { name: 'open', hits: 1, reset_at: now + 1 },
        ])
        .execute();
      await tx
        .insertInto('inbound')
        .values([
          { source: 'telegram:1', event: 'over', at: now - 30 * dayMs - 1 },
          { source: 'telegram:1', event: 'kept', at: now - 30 * dayMs },
        ])
        .execute();
      await sql`insert into account (id, email, email_key, name, name_key, preferences, created_at, updated_at) values (1, 'a@x', 'a@x', 'A', 'a', '{}', 0, 0)`.execute(
        tx,
      );
      const signIn = { account_id: 1, created_at: 0, seen_at: 0, ip: null, agent: null };
      await tx
        .insertInto('sign_in')
        .values([
          { ...signIn, hash: 'over', expires_at: now - 1 },
          { ...signIn, hash: 'open', expires_at: now + 1 },
        ])
        .execute();
    });
    await keepHouse(app, () => false);
    expect(await app.db.selectFrom('idempotency').select('name').execute()).toEqual([{ name: 'kept' }]);
    expect(await app.db.selectFrom('inbound').select('event').execute()).toEqual([{ event: 'kept' }]);
    expect(await app.db.selectFrom('rate_window').select('name').execute()).toEqual([{ name: 'open' }]);
    expect(await app.db.selectFrom('sign_in').select('hash').execute()).toEqual([{ hash: 'open' }]);
    await close();
  });

  test('stops between two slices when the server stops, and a fault is logged and not thrown', async () => {
    const { app, lines, close } = await testApp(kind);
    await keepHouse(app, () => true);
    await keepHouse({ ...app, transact: () => Promise.reject(new Error('the database is away')) }, () => false);
    expect(lines.join('')).toContain('housekeeping failed; it tries again later');
    await close();
  });
});
