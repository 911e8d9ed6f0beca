// What was said is found by its words on both databases, whether it is in the index yet or not, and by plans that do not
// grow with what others said.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, makeDatabase, plansOf } from '../testing/databases.ts';
import { listConversations } from './conversations.ts';
import { type Database, keepWords, lastWithWords } from './database.ts';
import { findConversations, textsOf } from './message-search.ts';

const people = 3_000;
/** Everything was said an hour ago. */
const now = 3_600_000 * 2;
const at = 3_600_000;

/** Two bots; in each conversation two messages, of which one in three hundred says something of its own. */
const rows = [
  `insert into workspace (id, name, created_at, updated_at) values (1, 'W', 0, 0)`,
  `insert into bot (id, workspace_id, name, name_key, type, created_at, updated_at) values (1, 1, 'A', 'a', 'web', 0, 0), (2, 1, 'B', 'b', 'web', 0, 0)`,
  `insert into subscriber (id, bot_id, channel, user_id, name, name_key, email, email_key, phone, fields, created_at, updated_at)
    select i, 1 + i % 2, 'web', 'v' || i, 'Person ' || i, 'person ' || i, 'p' || i || '@example.com', 'p' || i || '@example.com', '+4930' || (900000 + i), '{}', i, i from n`,
  `insert into conversation (id, workspace_id, bot_id, subscriber_id, channel, status, seq, public_at, messages, opened_at, last_message_at, created_at)
    select i, 1, 1 + i % 2, i, 'web', 'open', 0, 0, 0, i, i, i from n`,
  `insert into message (conversation_id, seq, direction, author_kind, author_name, body, text, at, public_at)
    select i, 1, 'in', 'subscriber', '', '{}', 'Hello, where is order ' || i || '?' || case when i % 300 = 1 then ' My Café is closed.' else '' end, ${at}, i from n`,
  `insert into message (conversation_id, seq, direction, author_kind, author_name, body, text, at, public_at)
    select i, 2, 'out', 'bot', '', '{}', 'On its way', ${at}, i from n`,
];

describe.each(databaseKinds)('a search in what was said on %s', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await makeDatabase(kind);
    const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${people}) select`;
    await database.transact(async (tx) => {
      for (const row of rows) await sql.raw(row.replace(/\bselect\b/, numbers)).execute(tx);
    });
    if (kind === 'postgres') await sql`analyze`.execute(database.read);
  });
  afterAll(() => database.close());

  const find = async (botId: number, asked: string) => [...((await findConversations(database.read, botId, asked, now)) ?? [])].map(([id]) => id);
  const say = (conversationId: number, text: string, when = at) =>
    database.transact((tx) =>
      sql`insert into message (conversation_id, seq, direction, author_kind, author_name, body, text, at, public_at)
        values (${conversationId}, 9, 'in', 'subscriber', '', '{}', ${text}, ${when}, 0)`.execute(tx),
    );

  test('nothing is indexed before the first search, which looks through the latest and begins to index', async () => {
    expect(await database.transact((tx) => keepWords(tx, now))).toBe(false);
    expect(await lastWithWords(database.read)).toBe(0);
    expect(await find(2, 'way')).toHaveLength(1_000 + 500);
    await expect.poll(() => lastWithWords(database.read), { timeout: 15_000 }).toBe(people * 2);
  });

  test('words are found in any order, whatever their case and accents, the last by its beginning; only those of the bot', async () => {
    expect(await find(2, 'cafe clos')).toEqual([2701, 2401, 2101, 1801, 1501, 1201, 901, 601, 301, 1]);
    expect(await find(1, 'CAFÉ')).toEqual([]);
    expect(await find(2, 'order 1501')).toEqual([1501]);
    expect(await find(2, 'closed my')).toContain(301);
    expect(await find(2, 'cafeteria')).toEqual([]);
    expect(await find(2, '"; drop')).toEqual([]);
    expect(await findConversations(database.read, 2, '  ', now)).toBeNull();
  });

  test('people are found by name, address and number', async () => {
    expect(await find(2, 'Person 1501')).toEqual([1501]);
    expect(await find(2, 'P1501@EXAMPLE')).toEqual([1501]);
    expect(await find(2, '030 901501')).toEqual([1501]);
    expect(await find(1, 'P1501@EXAMPLE')).toEqual([]);
    expect((await find(2, '@example.com')).length).toBe(1_000);
  });

  test('what was said since is found before it is indexed, and after; what is deleted is found no more', async () => {
    await say(3, 'My zebra is gone');
    await say(5, 'A zebra of just now', now - 1_000);
    expect(await find(2, 'zebra')).toEqual([5, 3]);
    const before = await lastWithWords(database.read);
    await database.transact((tx) => keepWords(tx, now));
    // Where several nodes write, what is younger than a minute may not be all there is.
    expect((await lastWithWords(database.read)) - before).toBe(kind === 'sqlite' ? 2 : 1);
    expect(await find(2, 'zebra')).toEqual([5, 3]);
    const texts = await textsOf(database.read, [3, 5, 7], (await findConversations(database.read, 2, 'zebra', now)) ?? new Map());
    expect([...texts].map(([id, { text }]) => [id, text]).sort()).toEqual([
      [3, 'My zebra is gone'],
      [5, 'A zebra of just now'],
    ]);
    await database.transact((tx) => tx.deleteFrom('subscriber').where('bot_id', '=', 2).where('id', 'in', [3, 5]).execute());
    expect(await find(2, 'zebra')).toEqual([]);
    const left =
      kind === 'sqlite'
        ? sql`select count(*) as n from message_search where message_search match '"2_zebra"'`
        : sql`select count(*) as n from message_search where words @@ '''2_zebra'''::tsquery`;
    expect((await left.execute(database.read)).rows).toEqual([{ n: 0 }]);
  });

  test('a message without a word moves the index on like any other', async () => {
    await say(7, '👋');
    await say(7, 'quokka');
    await database.transact((tx) => keepWords(tx, now));
    expect(await find(2, 'quokka')).toEqual([7]);
    expect(await database.transact((tx) => keepWords(tx, now))).toBe(false);
  });

  test('no step of a search reads through a table of messages, conversations or people', async () => {
    // GIN knows no other way than a bitmap.
    const plans = await plansOf(database, kind, (db) => findConversations(db, 2, 'cafe closed', now), ['enable_seqscan']);
    const plan = plans.join('\n');
    expect(plans.length).toBeGreaterThanOrEqual(4);
    expect(plan).not.toMatch(/SCAN (message|conversation|subscriber)(?!_search)\b|Seq Scan/);
    expect(plan).toMatch(kind === 'sqlite' ? /SCAN message_search VIRTUAL TABLE INDEX/ : /message_search_words/);
    const found = [...((await findConversations(database.read, 2, 'way', now)) ?? new Map()).keys()];
    const [page = ''] = await plansOf(database, kind, (db) => listConversations(db, 2, { among: found, view: { is: 'all', me: 1 } }, { limit: 50 }));
    expect(page).toMatch(kind === 'sqlite' ? /SEARCH conversation USING INTEGER PRIMARY KEY/ : /conversation_pkey/);
  });
});
