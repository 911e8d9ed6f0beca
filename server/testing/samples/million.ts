// A million tags and a million audited events of one bot, written past the product's commands (which would take a
// quarter of an hour) and with what those keep: the tally, the search index. Names look like those people give.
import { sql } from 'kysely';
import { type Database, extendGrams, openDatabase } from '../../store/database.ts';
import type { Place } from '../databases.ts';

const first = 'red,blue,green,gold,silver,old,new,cold,warm,big,small,north,south,east,west,quick,slow,early,late,vip'.split(',');
const second = 'customer,lead,partner,visitor,order,ticket,invoice,basket,campaign,newsletter,webinar,trial,refund,delivery,member,guest'.split(',');
const slice = 2_000;

/** Number `n` of the million: `gold customer 1234`. */
export function nameOf(n: number): string {
  return `${first[(n * 7919) % first.length]} ${second[((n * 104_729) >> 3) % second.length]} ${n}`;
}

export async function fillMillion(place: Place, { botId, workspaceId }: { botId: number; workspaceId: number }, count: number): Promise<void> {
  const database = await openDatabase(place);
  for (let from = 1; from <= count; from += slice) await fillSlice(database, botId, workspaceId, from, Math.min(count, from + slice - 1));
  await database.transact(async (tx) => {
    await tx.insertInto('tally').values({ list: 'tag', owner_id: botId, n: count, edits: 0 }).execute();
  });
  const list = { table: 'tag', owner: 'bot_id', text: 'name_key' };
  while (await database.transact((tx) => extendGrams(tx, list, botId)));
  await database.close();
  if (place.databaseUrl) await vacuum(place.databaseUrl);
}

/** What Postgres does by itself within minutes; longer than a caller of ours may wait. */
async function vacuum(url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  await client.query('vacuum analyze');
  await client.end();
}

function fillSlice(database: Database, botId: number, workspaceId: number, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const tags = numbers.map((n) => sql`(${botId}, ${nameOf(n)}, ${nameOf(n)}, ${n})`);
  const kinds = ['key.created', 'member.joined', 'account.signed_in', 'settings.updated'];
  const events = numbers.map(
    (n) =>
      sql`(${workspaceId}, ${n % 1000 === 0 ? 'workspace.updated' : kinds[n % 4]}, ${n}, 'account', ${n % 50}, 'Olive Owner', ${`key:${n}`}, '{}', ${`chain${n}`})`,
  );
  return database.transact(async (tx) => {
    await sql`insert into tag (bot_id, name, name_key, created_at) values ${sql.join(tags)}`.execute(tx);
    await sql`insert into event (workspace_id, kind, at, actor_kind, actor_id, actor_name, subject, data, chain) values ${sql.join(events)}`.execute(tx);
  });
}
