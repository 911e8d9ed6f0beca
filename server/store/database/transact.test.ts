// What a transaction promises, on both databases.
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { databaseKinds, makeDatabase } from '../../testing/databases.ts';
import type { Database, Db } from '../database.ts';
import { readSetting, writeSetting } from '../settings.ts';

const workspace = 1;

describe.each(databaseKinds)('a transaction on %s', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await makeDatabase(kind);
  });
  afterAll(() => database.close());

  const put = (name: string, value: unknown) => database.transact((tx) => writeSetting(tx, workspace, name, value));
  const get = (name: string) => readSetting(database.read, workspace, name);
  const insert = (tx: Db, name: string) => tx.insertInto('setting').values({ workspace_id: workspace, name, value: '1' }).execute();

  test('is read by everyone as soon as it has settled', async () => {
    for (let round = 0; round < 20; round += 1) {
      await put('seen', round);
      expect(await get('seen')).toBe(round);
    }
  });

  test('is seen by nobody else before it has settled', async () => {
    await put('hidden', 'before');
    const written = Promise.withResolvers<void>();
    let isOver = false;
    const read = written.promise
      .then(() => get('hidden'))
      .finally(() => {
        isOver = true;
      });
    await database.transact(async (tx) => {
      await writeSetting(tx, workspace, 'hidden', 'after');
      written.resolve();
      // Statements, for a body may await nothing else.
      for (let statement = 0; !isOver && statement < 10_000; statement += 1) await readSetting(tx, workspace, 'hidden');
    });
    expect(await read).toBe('before');
    expect(await get('hidden')).toBe('after');
  });

  test('that throws undoes its own writes and no others of the same moment', async () => {
    const asked = Array.from({ length: 30 }, (_, n) =>
      database.transact(async (tx) => {
        await writeSetting(tx, workspace, `n${n}`, n);
        if (n % 3 === 0) throw new AppError('conflict', `refused ${n}`);
        return n;
      }),
    );
    const settled = await Promise.allSettled(asked);
    expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message))).toEqual(
      Array.from({ length: 30 }, (_, n) => (n % 3 === 0 ? `refused ${n}` : n)),
    );
    for (let n = 0; n < 30; n += 1) expect(await get(`n${n}`)).toBe(n % 3 === 0 ? null : n);
  });

  test('that loses the race for a unique value is refused alone, as a conflict', async () => {
    await put('taken', 1);
    const settled = await Promise.allSettled(['fresh1', 'taken', 'fresh2'].map((name) => database.transact((tx) => insert(tx, name))));
    expect(settled.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(settled[1]).toMatchObject({ reason: { code: 'conflict' } });
    expect([await get('fresh1'), await get('fresh2')]).toEqual([1, 1]);
  });

  test('whose statement failed is not committed although the body swallowed the error', async () => {
    await put('there', 1);
    const swallowing = database.transact(async (tx) => {
      await writeSetting(tx, workspace, 'before', 1);
      await insert(tx, 'there').catch(() => {});
      return 'done';
    });
    await expect(swallowing).rejects.toMatchObject({ code: 'conflict' });
    expect(await get('before')).toBeNull();
  });

  test('throws instead of hanging when its body uses the outer handle', async () => {
    await expect(database.transact(() => get('x'))).rejects.toThrow('the outer handle was used inside a transaction');
  });

  test('throws instead of hanging when its body begins another', async () => {
    await expect(database.transact(() => put('x', 1))).rejects.toThrow('transact inside a transaction');
    await expect(database.transact((tx) => tx.transaction().execute(() => get('x')))).rejects.toThrow();
    await expect(database.read.transaction().execute(async () => 1)).rejects.toThrow('use transact');
  });

  test('refuses every use of its handle after its end', async () => {
    let late: Db | undefined;
    await database.transact(async (tx) => {
      late = tx;
    });
    await expect(writeSetting(late as Db, workspace, 'late', 1)).rejects.toThrow('after its transaction had ended');
    expect(await get('late')).toBeNull();
  });

  test('runs each body from its first statement to its last before the next one writes the same row', async () => {
    await put('counter', 0);
    const add = () =>
      database.transact(async (tx) => {
        await sql`update setting set value = value where workspace_id = ${workspace} and name = 'counter'`.execute(tx);
        const n = (await readSetting<number>(tx, workspace, 'counter')) ?? 0;
        await writeSetting(tx, workspace, 'counter', n + 1);
      });
    await Promise.all(Array.from({ length: 40 }, add));
    expect(await get('counter')).toBe(40);
  });

  test('lets a snapshot see one moment whatever is committed meanwhile', async () => {
    await put('moment', 'before');
    await database.snapshot(async (tx) => {
      expect(await readSetting(tx, workspace, 'moment')).toBe('before');
      await put('moment', 'after');
      expect(await readSetting(tx, workspace, 'moment')).toBe('before');
    });
    expect(await get('moment')).toBe('after');
  });

  test('finishes what was asked before close and refuses what is asked after', async () => {
    const own = await makeDatabase(kind);
    const asked = Array.from({ length: 50 }, (_, n) => own.transact((tx) => writeSetting(tx, workspace, `n${n}`, n)));
    const closed = own.close();
    await expect(own.transact(async () => 1)).rejects.toMatchObject({ code: 'draining' });
    await Promise.all(asked);
    await closed;
  });
});

describe.each(databaseKinds)('a value on its way to %s', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await makeDatabase(kind);
  });
  afterAll(() => database.close());

  const store = (value: unknown) =>
    database.transact(async (tx) => {
      await sql`delete from setting`.execute(tx);
      await sql`insert into setting (workspace_id, name, value) values (1, 'value', ${value})`.execute(tx);
    });
  const stored = async () => (await database.read.selectFrom('setting').select('value').where('name', '=', 'value').executeTakeFirst())?.value;

  const unstorable: [string, unknown][] = [
    ['an object', { a: 1 }],
    ['a list', [1]],
    ['a date', new Date(0)],
    ['undefined', undefined],
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a whole number past 2^53', 2 ** 53],
    ['a big integer past 2^53', 2n ** 53n],
    ['a symbol', Symbol('a')],
    ['a text with U+0000', 'a\u0000b'],
    ['a text with half a character', 'a\ud83d'],
  ];
  test.each(unstorable)('is refused rather than stored as something else: %s', async (_, value) => {
    await store('as it was');
    await expect(store(value)).rejects.toThrow('a database parameter must be');
    expect(await stored()).toBe('as it was');
  });

  const texts = [
    'Ame\u0301lie',
    'Am\u00e9lie',
    '\ufb01\u2460\u00bd',
    '👩‍👩‍👧‍👦 🏳️‍🌈',
    '𝒳𠜎',
    'שלום \u202eabc\u202c',
    '\ufffd\ufeff\uffff',
    'line\r\n\ttab\u0001\u007f\u2028',
    `'; drop table setting; --`,
    '\\x00 %s $1 ? :a @b',
    '',
  ];
  test.each(texts)('comes back as the same bytes: %j', async (text) => {
    await store(text);
    expect(Buffer.from((await stored()) ?? 'nothing')).toEqual(Buffer.from(text));
  });

  test('comes back as the same bytes whatever well-formed text it is', async () => {
    const wellFormed = fc.string({ unit: 'binary', maxLength: 50 }).filter((text) => text.isWellFormed() && !text.includes('\u0000'));
    await fc.assert(
      fc.asyncProperty(wellFormed, async (text) => {
        await store(text);
        expect(await stored()).toBe(text);
      }),
      { numRuns: 60 },
    );
  });

  test('keeps every digit of a number that JSON can carry, and comes back as a number', async () => {
    for (const at of [0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      await database.transact(async (tx) => {
        await sql`delete from tally`.execute(tx);
        await tx.insertInto('tally').values({ list: 'digits', owner_id: at, n: at, edits: 0 }).execute();
      });
      expect(await database.read.selectFrom('tally').select(['owner_id', 'n']).execute()).toEqual([{ owner_id: at, n: at }]);
    }
  });

  test('is refused when it comes back too large for JSON', async () => {
    await database.transact((tx) => sql`insert into tally (list, owner_id, n, edits) values ('huge', 1, 9007199254740993, 0)`.execute(tx));
    await expect(database.read.selectFrom('tally').select('n').where('list', '=', 'huge').execute()).rejects.toThrow();
  });

  test('is 0 or 1 when it was a boolean', async () => {
    const { rows } = await sql<{ yes: number; no: number }>`select cast(${true} as int) as yes, cast(${false} as int) as no`.execute(database.read);
    expect(rows).toEqual([{ yes: 1, no: 0 }]);
  });
});
