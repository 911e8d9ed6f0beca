// Numbered pages, all and searched, against a list in memory; short lists and those long enough for index and memory.
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, makeDatabase } from '../testing/databases.ts';
import { insertBot } from './bots.ts';
import { type Database, extendGrams } from './database.ts';
import { deleteField, insertField, pageFields, updateField } from './fields.ts';
import { fold } from './pages.ts';
import { deleteTag, insertTag, pageTags } from './tags.ts';
import { insertWorkspace } from './workspaces.ts';

type Named = { id: number; name: string };

/** What the store must agree with. */
class Model {
  rows: Named[] = [];
  page(text: string, page: number, limit: number): { rows: Named[]; total: number } {
    const found = this.rows.filter(({ name }) => fold(name).includes(fold(text)));
    return { rows: found.slice((page - 1) * limit, page * limit), total: found.length };
  }
}

const hostile = [
  '%',
  '_',
  '\\',
  '\\%',
  "'",
  '"',
  'a"b',
  "' or 1=1 --",
  '%_%',
  '*',
  'a*',
  'NEAR(a b)',
  'name_key:a',
  '^a',
  '-a',
  '(',
  '$1',
  '?',
  '🏳️‍🌈',
  'É',
  'e\u0301',
  'ß',
];

describe.each(databaseKinds)('a numbered list on %s', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await makeDatabase(kind);
  });
  afterAll(() => database.close());

  const makeBot = () =>
    database.transact(async (tx) => {
      const { id } = await insertWorkspace(tx, { name: 'Acme', at: 0 });
      return (await insertBot(tx, { workspaceId: id, name: 'Helper', type: 'web', at: 0 })).id;
    });
  const slim = ({ rows, total }: { rows: Named[]; total: number }) => ({ rows: rows.map(({ id, name }) => ({ id, name })), total });

  test('shows the same pages as a list in memory, whatever is added, taken out and asked', async () => {
    const name = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: fc.constantFrom('a', 'B', '%', '_', '\\', 'é', ' '), minLength: 1, maxLength: 4 }));
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('add' as const), name }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('ask' as const),
          text: fc.oneof(fc.constant(''), name),
          page: fc.integer({ min: 1, max: 5 }),
          limit: fc.integer({ min: 1, max: 7 }),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const botId = await makeBot();
        const model = new Model();
        for (const one of steps) {
          if (one.kind === 'add') {
            const tag = await database.transact((tx) => insertTag(tx, botId, one.name, 0));
            expect(tag === null).toBe(model.rows.some((row) => fold(row.name) === fold(one.name)));
            if (tag) model.rows.push({ id: tag.id, name: tag.name });
          } else if (one.kind === 'remove') {
            const [row] = model.rows.splice(one.at, 1);
            const gone = await database.transact((tx) => deleteTag(tx, botId, { id: row?.id ?? 0 }));
            expect(gone?.id).toBe(row?.id);
          } else {
            expect(slim(await pageTags(database.read, botId, { name: one.text }, one))).toEqual(model.page(one.text, one.page, one.limit));
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  // Longer than what is looked through at once, so that index, worker and memory of searches take part.
  const length = 12_000;
  const wordOf = (n: number) => `${['red', 'BLUE', 'Grün', 'o%o', 'a"b', "it's"][n % 6]} ${['cart', 'order', 'guest'][n % 7 === 0 ? 0 : n % 3]} ${n}`;

  async function fillTags(botId: number): Promise<Model> {
    const model = new Model();
    const names = Array.from({ length }, (_, n) => wordOf(n));
    for (let from = 0; from < length; from += 2_000) {
      const values = names.slice(from, from + 2_000).map((name) => sql`(${botId}, ${name}, ${fold(name)}, 0)`);
      const query = sql<Named>`insert into tag (bot_id, name, name_key, created_at) values ${sql.join(values)} returning id, name`;
      model.rows.push(...(await database.transact((tx) => query.execute(tx))).rows.map(({ id, name }) => ({ id, name })));
    }
    model.rows.sort((a, b) => a.id - b.id);
    await database.transact((tx) => tx.insertInto('tally').values({ list: 'tag', owner_id: botId, n: length, edits: 0 }).execute());
    return model;
  }

  const texts = ['', 'order', 'RED cart', 'grün', 'o%o', 'a"b', "it's", 'r', ' 1', 'xyzzy', '11999', 'gue', 'd 7', ...hostile];

  async function agree(botId: number, model: Model, some: string[]): Promise<void> {
    for (const text of some) {
      const { total } = model.page(text, 1, 1);
      for (const page of new Set([1, Math.ceil(total / 20), Math.ceil(total / 10), Math.ceil(total / 10) + 1])) {
        if (page < 1) continue;
        expect(slim(await pageTags(database.read, botId, { name: text }, { page, limit: 10 })), `${text} page ${page}`).toEqual(model.page(text, page, 10));
      }
    }
  }

  test('stays true when it is long, half indexed, and changed between two questions', async () => {
    const [botId, other] = [await makeBot(), await makeBot()];
    const model = await fillTags(botId);
    await database.transact((tx) => insertTag(tx, other, 'red cart of another bot', 0));
    await agree(botId, model, texts);
    for (let slice = 0; slice < 3; slice += 1) await database.transact((tx) => extendGrams(tx, { table: 'tag', owner: 'bot_id', text: 'name_key' }, botId));
    await agree(botId, model, texts);
    for (let n = 0; n < 30; n += 1) {
      const tag = await database.transact((tx) => insertTag(tx, botId, wordOf(length + n), 0));
      if (tag) model.rows.push({ id: tag.id, name: tag.name });
      const [row] = n % 3 === 0 ? model.rows.splice(n * 397, 1) : [];
      if (row) await database.transact((tx) => deleteTag(tx, botId, { id: row.id }));
      await agree(botId, model, ['', 'order', texts[n % texts.length] ?? '']);
    }
    while (await database.transact((tx) => extendGrams(tx, { table: 'tag', owner: 'bot_id', text: 'name_key' }, botId)));
    await agree(botId, model, texts);
    expect((await pageTags(database.read, other, { name: 'red' }, { page: 1, limit: 10 })).total).toBe(1);
  });

  test('finds what was renamed under its new name and no longer under the old', async () => {
    const botId = await makeBot();
    const values = Array.from(
      { length },
      (_, n) => sql`(${botId}, ${n % 2 === 0 ? 'user' : 'bot'}, ${`field ${n}`}, ${`field ${n}`}, 'text', '', 'default', '', 0, 0, 0)`,
    );
    for (let from = 0; from < length; from += 1_500) {
      await database.transact((tx) =>
        sql`insert into field (bot_id, owner, name, name_key, var_type, description, display_type, value, is_template_field, created_at, updated_at)
          values ${sql.join(values.slice(from, from + 1_500))}`.execute(tx),
      );
    }
    for (const owner of ['user', 'bot'] as const) {
      await database.transact((tx) =>
        tx
          .insertInto('tally')
          .values({ list: `field:${owner}`, owner_id: botId, n: length, edits: 0 })
          .execute(),
      );
    }
    while (await database.transact((tx) => extendGrams(tx, { table: 'field', owner: 'bot_id', text: 'name_key' }, botId)));
    const found = async (owner: 'user' | 'bot', name: string) =>
      (await pageFields(database.read, botId, owner, { name }, { page: 1, limit: 10 })).rows.map((row) => row.name);
    expect(await found('user', 'field 7770')).toEqual(['field 7770']);
    expect(await found('bot', 'field 7770')).toEqual([]);
    const [row] = (await pageFields(database.read, botId, 'user', { name: 'field 7770' }, { page: 1, limit: 10 })).rows;
    await database.transact((tx) => updateField(tx, botId, 'user', row?.id ?? 0, { name: 'Favourite colour' }, 1));
    expect(await found('user', 'field 7770')).toEqual([]);
    expect(await found('user', 'favourite')).toEqual(['Favourite colour']);
    const field = { owner: 'user', name: 'field 7770', var_type: 'text', description: '', display_type: 'default', value: '', is_template_field: 0 } as const;
    await database.transact((tx) => insertField(tx, botId, field, 2));
    await database.transact((tx) => deleteField(tx, botId, 'user', { name: 'favourite colour' }));
    expect(await found('user', 'field 7770')).toEqual(['field 7770']);
    expect(await found('user', 'favourite')).toEqual([]);
  });

  test.runIf(kind === 'sqlite')('is indexed behind the back of the search that found it was not', async () => {
    const botId = await makeBot();
    const count = 24_000;
    await database.transact((tx) =>
      sql`insert into tag (bot_id, name, name_key, created_at)
        with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count}) select ${botId}, 'tag ' || i, 'tag ' || i, 0 from n`.execute(tx),
    );
    await database.transact((tx) => tx.insertInto('tally').values({ list: 'tag', owner_id: botId, n: count, edits: 0 }).execute());
    const ask = (name: string) => pageTags(database.read, botId, { name }, { page: 1, limit: 10 });
    expect((await ask('tag 2399')).total).toBe(11);
    const indexed = async () => {
      const query = sql<{ n: number }>`select count(*) as n from tag_search_docsize where id > (${botId} << 36)`;
      return (await query.execute(database.read)).rows[0]?.n;
    };
    await expect.poll(indexed, { timeout: 20_000 }).toBe(count);
    expect((await ask('tag 2398')).total).toBe(11);
  });
});
