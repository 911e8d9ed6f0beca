// People on the website whom an agent in the inbox talks with, by the widget's API, and the flow that meets them.
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Sign } from '../live.ts';
import type { Console } from './console.ts';
import { makeMember } from './factories.ts';

/** Asks for an order, then hands over; when people are done it says good bye. */
const orderHelp = {
  format: 'flow/1',
  id: 'order_help',
  name: 'Help with an order',
  vars: { order: { type: 'text' } },
  triggers: { go: { type: 'start', to: 'hello' } },
  groups: {
    hello: {
      title: 'Welcome',
      blocks: [
        { id: 'hi', type: 'text', text: 'Welcome to **Acme**. I can look up your order.' },
        {
          id: 'order',
          type: 'ask',
          kind: 'text',
          text: 'What is your order number?',
          save: 'order',
          retry: { max: 1 },
          to: { invalid: 'desk', next: 'desk' },
        },
      ],
    },
    desk: {
      title: 'People',
      blocks: [{ id: 'people', type: 'handoff', text: 'Thank you. A colleague takes care of {{ order }}.', to: { resolved: 'after' } }],
    },
    after: {
      title: 'Good bye',
      blocks: [
        { id: 'bye', type: 'text', text: 'Glad we could help. Have a good day!' },
        { id: 'end', type: 'end' },
      ],
    },
  },
};

export type Person = { name: string; say(text: string): Promise<void>; reads(): Promise<string[]> };

export type Desk = {
  agent: { email: string; password: string };
  /** Somebody begins a conversation on the website. */
  meet(name: string, message: string): Promise<Person>;
};

/** The flow is published and meets whoever writes on the site; one agent is there. */
export async function openDesk(c: Console): Promise<Desk> {
  const headers = { authorization: `Bearer ${c.world.key}`, 'content-type': 'application/json' };
  const made = await fetch(`${c.origin}/v1/flows`, { method: 'POST', headers, body: JSON.stringify({ document: orderHelp, publish: true }) });
  expect(made.status, await made.text()).toBe(201);
  const set = await fetch(`${c.origin}/v1/sites/${c.world.site.id}`, { method: 'PATCH', headers, body: JSON.stringify({ flow: 'order_help' }) });
  expect(set.status).toBe(200);
  const { account, password } = await makeMember(c.t.app, c.world, 'agent');
  return { agent: { email: account.email, password }, meet: (name, message) => meet(c, name, message) };
}

async function meet(c: Console, name: string, message: string): Promise<Person> {
  const headers = { 'x-api-key': c.world.site.site_key, 'content-type': 'application/json' };
  const token = `${name.toLowerCase().replaceAll(' ', '-')}-in-a-browser-of-their-own`;
  const at = `${c.origin}/api/v1/chat/conversations`;
  const send = async (path: string, body: object) => {
    const reply = await fetch(`${at}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(reply.status, await reply.text()).toBe(201);
  };
  await send('', { name, email: `${name.split(' ')[0]?.toLowerCase()}@example.com`, message, visitor_token: token });
  return {
    name,
    say: (text) => send(`/${token}/messages`, { message: text }),
    reads: async () => {
      const reply = await fetch(`${at}/${token}/messages`, { headers });
      return ((await reply.json()) as { body: string; direction: string }[]).filter((one) => one.direction === 'outbound').map((one) => one.body);
    },
  };
}

/** As the server tells every 15 seconds of who has the chat open. */
export function tellPresent(c: Console, conversationId: number): void {
  const { bot, workspace } = c.world;
  const sign = { kind: 'present', page: null, who: { kind: 'subscriber', id: null, name: '' } } as unknown as Sign;
  c.t.app.live.publish([{ workspaceId: workspace.id, botId: bot.id, conversationId, seq: 0, dueAt: null, sign }]);
}

/** Many who wait for people, the last of them with a long thread: `Line 1` and so on, one of which is about a kangaroo. Its number. */
export async function fillInbox(c: Console, { conversations, messages }: { conversations: number; messages: number }): Promise<number> {
  const { bot, workspace } = c.world;
  const long = 10_000 + conversations;
  const numbers = (n: number) => sql.raw(`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${n})`);
  const at = Date.now() - 3_600_000;
  await c.t.app.transact(async (tx) => {
    await sql`insert into subscriber (id, bot_id, channel, user_id, name, name_key, fields, created_at, updated_at)
      ${numbers(conversations)} select 10000 + i, ${bot.id}, 'web', 'v' || i, 'Person ' || i, 'person ' || i, '{}', ${at}, ${at} from n`.execute(tx);
    await sql`insert into conversation (id, workspace_id, bot_id, subscriber_id, channel, status, handler, seq, public_at, messages, opened_at, last_message_at, created_at)
      ${numbers(conversations)} select 10000 + i, ${workspace.id}, ${bot.id}, 10000 + i, 'web', 'open', 'people', 0, 0, 0, ${at}, ${at} - i * 1000, ${at} from n`.execute(
      tx,
    );
    await sql`insert into message (conversation_id, seq, direction, author_kind, author_id, author_name, body, text, at, public_at)
      ${numbers(messages)} select ${long}, i, case when i % 3 = 0 then 'out' else 'in' end, case when i % 3 = 0 then 'bot' else 'subscriber' end, null, 'Person',
        case when i % 3 = 0 then '{"kind":"text","text":"Line ' || i || '"}' else '{"text":"Line ' || i || '"}' end,
        'Line ' || i || case when i = 1500 then ' about the blue kangaroo in the garden' else '' end, ${at} + i, ${at} + i from n`.execute(tx);
    await sql`update message set body = '{"text":"Line 1500 about the blue kangaroo in the garden"}', direction = 'in', author_kind = 'subscriber'
      where conversation_id = ${long} and seq = 1500`.execute(tx);
    await sql`update conversation set seq = ${messages}, messages = ${messages} where id = ${long}`.execute(tx);
  });
  return long;
}
