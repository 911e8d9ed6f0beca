// How the databases go about the lists that grow with a bot: along an index, in the order asked for, never by sorting or
// reading through a whole table. On tables long enough that the planner would not rather read them.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { databaseKinds, makeDatabase, plansOf } from '../testing/databases.ts';
import { listRuns } from './chat-runs.ts';

import { listChats } from './chats.ts';
import { type ConversationFilter, listConversations } from './conversations.ts';
import { listCustomEventLog, listCustomEvents } from './custom-events.ts';
import type { Database, Db } from './database.ts';
import { listFields } from './fields.ts';
import { listLabels } from './labels.ts';
import { listMessages, pageHistory } from './messages.ts';
import { sorts } from './pages.ts';
import { stepsAfter, stepsOfSession } from './sessions.ts';
import { listSubscribers, sweepSubscribers } from './subscribers.ts';
import { listTags } from './tags.ts';

const people = 3_000;
const botId = 2;

/** Rows of two bots, as wide apart as a year's are: every statement in words both databases know. */
const rows = [
  `insert into workspace (id, name, created_at, updated_at) values (1, 'W', 0, 0)`,
  `insert into bot (id, workspace_id, name, name_key, type, created_at, updated_at) values (1, 1, 'A', 'a', 'web', 0, 0), (2, 1, 'B', 'b', 'web', 0, 0)`,
  `insert into subscriber (id, bot_id, channel, user_id, name, name_key, fields, created_at, updated_at)
    select i, 1 + i % 2, 'web', 'v' || i, '', '', '{}', i, i from n`,
  `insert into conversation (id, workspace_id, bot_id, subscriber_id, channel, status, seq, public_at, messages, opened_at, last_message_at, created_at)
    select i, 1, 1 + i % 2, case when i % 100 = 1 then 1 else i end, 'web', case when i % 10 = 1 then 'open' else 'done' end, 0, 0, 0, i,
      case when i % 7 = 0 then null else (i * 7919) % 1000003 end, i from n`,
  `insert into message (conversation_id, seq, direction, author_kind, author_name, body, text, at, public_at)
    select 1 + (i * 31) % ${people}, i, 'in', 'subscriber', '', '{}', 'hi', i, i from n`,
  `insert into chat (conversation_id, workspace_id, bot_id, owner_id, name, from_type, from_flow, flow_id, metadata, queue, created_at, updated_at)
    select i, 1, 1 + i % 2, i % 300, 'c', 'flow', 'f', 1, '{}', '[]', i, i from n`,
  `insert into step (conversation_id, last_seq, session_id, at, events, trace) select 1 + i % 30, i, i % 60, i, '[]', '[]' from n`,
  `insert into label (workspace_id, name, name_key, created_at) select 1, 'l' || i, 'l' || i, i from n`,
  `insert into tag (bot_id, name, name_key, created_at) select 1 + i % 2, 't' || i, 't' || i, i from n`,
  `insert into field (bot_id, owner, name, name_key, var_type, description, display_type, value, is_template_field, created_at, updated_at)
    select 1 + i % 2, case when i % 4 < 2 then 'user' else 'bot' end, 'f' || i, 'f' || i, 'text', '', 'default', '', 0, i, i from n`,
  `insert into custom_event (id, bot_id, name, name_key, created_at) select i, 1 + i % 2, 'e' || i, 'e' || i, i from n`,
  `insert into custom_event_log (bot_id, event_id, subscriber_id, data, at) select 2, 1 + i % 30, i, 'null', i from n`,
];

describe.each(databaseKinds)('lists on %s', (kind) => {
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

  // Incremental: only among those that are equal by the index, as two names of two owners are.
  const sorting = /USE TEMP B-TREE FOR ORDER BY|(?<!Incremental )Sort {2}\(cost/;
  const scans = /^SCAN (?!CONSTANT|own|latest|\(|some)|Seq Scan on (?!bot)/m;

  async function isDirect(ask: (db: Db) => Promise<unknown>): Promise<string> {
    const plans = await plansOf(database, kind, ask);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      expect(plan, plan).not.toMatch(sorting);
      expect(plan, plan).not.toMatch(scans);
    }
    return plans.join('\n');
  }

  const page = { limit: 50 };
  const conversations = (filter: ConversationFilter, cursor?: string) => (db: Db) => listConversations(db, botId, filter, { ...page, cursor });

  test.each<[string, ConversationFilter]>([
    ['all', {}],
    ['the open ones', { status: 'open' }],
    ['those of a channel', { channel: 'web' }],
  ])('conversations by activity, %s: by their index, from the start and from a cursor', async (_what, filter) => {
    expect(await isDirect(conversations(filter))).toMatch(/conversation_activity/);
    const { next } = await listConversations(database.read, botId, filter, page);
    const plan = await isDirect(conversations(filter, next ?? ''));
    expect(plan).toMatch(/conversation_activity/);
    // It goes on from where the page before ended, rather than from the beginning.
    if (kind === 'sqlite') expect(plan).toMatch(/<expr>/);
    else expect(plan).toMatch(/Index Cond: .*ROW\(/);
  });

  test('conversations of one subscriber are found among few, by either index', async () => {
    const [plan = ''] = await plansOf(database, kind, conversations({ subscriberId: 7 }));
    expect(plan).toMatch(/conversation_(subscriber|activity)/);
    expect(plan).not.toMatch(/^SCAN|Seq Scan/m);
  });

  test('pages by activity have every conversation once, newest activity first', async () => {
    const seen: { id: number; at: number }[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const found = await listConversations(database.read, botId, {}, { limit: 200, cursor });
      seen.push(...found.rows.map(({ id, last_message_at, created_at }) => ({ id, at: last_message_at ?? created_at })));
      cursor = found.next;
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(people / 2);
    expect(seen).toEqual(seen.toSorted((a, b) => b.at - a.at || b.id - a.id));
  });

  test('a sweep goes along the list of subscribers, whoever it is for, and looks at a part of it', async () => {
    const part = { after: 100, size: 50 };
    for (const filter of [{ channels: null }, { channels: ['web'], fieldId: 7 }, { channels: null, heardBetween: { from: 1, to: 9 } }]) {
      const plans = await plansOf(database, kind, (db) => sweepSubscribers(db, botId, part, filter));
      for (const plan of plans) expect(plan, plan).toMatch(/subscriber_bot|subscriber_pkey/);
      for (const plan of plans) expect(plan, plan).not.toMatch(/SCAN (subscriber|conversation)|Seq Scan on (subscriber|conversation)|subscriber_user/);
    }
  });

  test('messages of a conversation come by their index, in either order and from any place', async () => {
    for (const range of [{}, { order: 'desc' as const }, { afterId: 1_000 }, { beforeId: 2_000, order: 'desc' as const }, { sincePublic: 1_500 }])
      expect(await isDirect((db) => listMessages(db, 32, { ...range, limit: 50, notes: 'with' }))).toMatch(/message_conversation/);
  });

  test('the history of a subscriber with many conversations sorts the page, never all messages', async () => {
    const filter = { bot: 'with', notes: 'without' } as const;
    const plans = await plansOf(database, kind, (db) => pageHistory(db, 1, filter, { page: 1, limit: 10 }));
    const plan = plans.at(-1) ?? '';
    expect(plan.match(/message_conversation/g)?.length).toBe(people / 100);
    expect(plan).not.toMatch(scans);
    const { rows: shown, total } = await pageHistory(database.read, 1, filter, { page: 2, limit: 10 });
    const all = await database.read
      .selectFrom('message')
      .select('message.id')
      .innerJoin('conversation', 'conversation.id', 'message.conversation_id')
      .where('conversation.subscriber_id', '=', 1)
      .orderBy('message.id', 'desc')
      .execute();
    expect(total).toBe(all.length);
    expect(shown.map(({ id }) => id)).toEqual(all.slice(10, 20).map(({ id }) => id));
  });

  test.each(sorts)('tags and the fields of one owner are read %s first without a sort', async (sort) => {
    const { next } = await listTags(database.read, botId, {}, { ...page, sort });
    for (const ask of [
      { ...page, sort },
      { ...page, sort, cursor: next ?? '' },
    ]) {
      expect(await isDirect((db) => listTags(db, botId, {}, ask))).toMatch(/tag_(bot|name)|tag_pkey/);
      if (sort !== 'name') expect(await isDirect((db) => listSubscribers(db, botId, {}, ask))).toMatch(/subscriber_(bot|pkey)/);
    }
    expect(await isDirect((db) => listFields(db, botId, { owner: 'user' }, { ...page, sort }))).toMatch(/field_(bot|name|any)|field_pkey/);
    if (sort !== 'name') expect(await isDirect((db) => listFields(db, botId, {}, { ...page, sort }))).toMatch(/field_any|field_pkey/);
  });

  test('what a session did comes by the key of its steps', async () => {
    expect(await isDirect((db) => stepsOfSession(db, 3, 2, 200))).toMatch(/step_pkey|sqlite_autoindex_step_1/);
    expect((await stepsAfter(database.read, 3, 0, 10)).length).toBe(10);
  });

  test('chats of an owner, labels, custom events and what was logged are read newest first without a sort', async () => {
    const owner = { workspaceId: 1, ownerId: 3, flows: null };
    expect(await isDirect((db) => listChats(db, { ...owner, botId }, { limit: 50 }))).toMatch(/chat_owner|chat_member|chat_pkey/);
    expect(await isDirect((db) => listChats(db, { ...owner, botId: null }, { limit: 50 }))).toMatch(/chat_member|chat_pkey/);
    expect(await isDirect((db) => listRuns(db, 3, { limit: 50 }))).toMatch(
      /chat_run_conversation|chat_run_pkey|sqlite_autoindex_chat_run|INTEGER PRIMARY KEY|rowid/,
    );
    expect(await isDirect((db) => listLabels(db, 1, {}, page))).toMatch(/label_workspace|label_pkey/);
    expect(await isDirect((db) => listCustomEvents(db, botId, {}, page))).toMatch(/custom_event_bot|custom_event_pkey/);
    expect(await isDirect((db) => listCustomEventLog(db, botId, 3, page))).toMatch(/custom_event_log_event/);
  });
});
