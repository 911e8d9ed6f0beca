// Conversations for a bench or an experiment: a flow that asks for ever, and chats that wait at its question, made by
// the product's own calls before its server is started.
import { readConfig } from '../../server/config.ts';
import { openApp, serverOf } from '../../server/main.ts';
import { insertMessages } from '../../server/store/messages.ts';
import { environmentOf, type Place, request, type Seeded, seed } from './product.ts';

/** One turn of it: a condition, a variable, two messages, the second of which asks again. */
export const asking = {
  format: 'flow/1',
  id: 'bench',
  name: 'Bench',
  vars: { said: { type: 'text' }, turns: { type: 'number', default: 0 } },
  triggers: { go: { type: 'start', to: 'round' } },
  groups: {
    round: {
      blocks: [
        { id: 'which', type: 'if', cases: [{ id: 'long', when: { l: 'said', op: 'len_gt', r: 500 } }], to: { 'case:long': 'wordy' } },
        { id: 'count', type: 'set', set: [{ var: 'turns', value: '{{ turns + 1 }}' }] },
        { id: 'echo', type: 'text', text: 'You said **{{ said }}**, that was number {{ turns }}.' },
        { id: 'ask', type: 'ask', kind: 'text', text: 'What else?', save: 'said', retry: { max: 3 }, to: { next: 'round' } },
      ],
    },
    wordy: { blocks: [{ id: 'less', type: 'text', text: 'Fewer words, please.', to: { next: 'round.count' } }] },
  },
};

export type Door = 'widget' | 'chats';

/** Conversations that wait at the question: how each goes by at its door, and a message to it, ready to be sent. */
export type Talks = { door: Door; names: string[]; requests: string[] };

/** A workspace whose bot runs `asking`, with so many conversations at each door that have begun it. */
export async function seedTalks(place: Place, counts: { [door in Door]?: number }): Promise<Seeded & { talks: { [door in Door]: Talks } }> {
  const seeded = await seed(place);
  const talks = { widget: { door: 'widget', names: [], requests: [] }, chats: { door: 'chats', names: [], requests: [] } } as { [door in Door]: Talks };
  await withServer(place, async (call) => {
    await call('/v1/flows', seeded.key, { document: asking, publish: true });
    const flows = await call<{ data: { sub_flow_ns: string }[] }>('/api/flow/subflows', seeded.key);
    await call('/api/flow/set-web-chat-widget-default-start-flow', seeded.key, { sub_flow_ns: flows.data.at(-1)?.sub_flow_ns });
    for (const door of ['widget', 'chats'] as const) {
      for (let made = 0; made < (counts[door] ?? 0); made += 1) {
        const name = await begin[door](call, seeded, made);
        talks[door].names.push(name);
        talks[door].requests.push(messageTo(door, seeded, name));
      }
    }
  });
  return { ...seeded, talks };
}

const begin: { [door in Door]: (call: Call, seeded: Seeded, number: number) => Promise<string> } = {
  widget: async (call, { siteKey }, number) => {
    const visitor = `visitor-${number}`;
    await call('/api/v1/chat/conversations', siteKey, { name: 'Vera', email: `vera${number}@example.com`, message: 'hello', visitor_token: visitor });
    return visitor;
  },
  chats: async (call, { key }, number) => {
    const { id } = await call<{ id: string }>('/chats', key, { name: `chat ${number}`, from_flow: asking.id, message: 'hello' });
    return id;
  },
};

/** As the client sends it; nine # become a running number. */
export function messageTo(door: Door, { key, siteKey }: Seeded, name: string): string {
  const body = { message: 'message #########' };
  if (door === 'chats') return request('POST', `/chats/${name}/messages`, key, body);
  return request('POST', `/api/v1/chat/conversations/${name}/messages`, siteKey, body);
}

type Call = <T>(path: string, key: string, body?: object) => Promise<T>;

async function withServer(place: Place, use: (call: Call) => Promise<void>): Promise<void> {
  const { app, close } = await openApp(readConfig(environmentOf(place)).config, { write: () => {}, fatal: () => {} });
  const server = serverOf(app);
  await use(async <T>(url: string, key: string, payload?: object) => {
    const method = payload ? 'POST' : 'GET';
    const reply = await server.inject({ method, url, headers: { authorization: `Bearer ${key}` }, ...(payload ? { payload } : {}) });
    if (reply.statusCode >= 300) throw new Error(`${method} ${url} answered ${reply.statusCode}: ${reply.body}`);
    return reply.json() as T;
  });
  await server.close();
  await close();
}

/** A past of so many messages for the newest conversation; its numbers go on after them. */
export async function lengthenNewest(place: Place, messages: number): Promise<void> {
  const { app, close } = await openApp(readConfig(environmentOf(place)).config, { write: () => {}, fatal: () => {} });
  const perTransaction = 1_000;
  for (let made = 0; made < messages; made += perTransaction) {
    await app.transact(async (tx) => {
      const { id, seq } = await tx.selectFrom('conversation').select(['id', 'seq']).orderBy('id', 'desc').executeTakeFirstOrThrow();
      const last = seq + perTransaction;
      const texts = Array.from({ length: perTransaction }, (_, at) => `what was said ${made + at}`);
      const rows = texts.map((text, at) => ({
        conversation_id: id,
        seq: seq + 1 + at,
        direction: 'out' as const,
        author_kind: 'bot' as const,
        author_id: null,
        author_name: 'bot',
        body: JSON.stringify({ kind: 'text', text }),
        text,
        at: 0,
        public_at: 0,
        client_id: null,
      }));
      for (let from = 0; from < rows.length; from += 100) await insertMessages(tx, rows.slice(from, from + 100));
      const step = { conversation_id: id, session_id: null, at: 0, events: '[]', trace: '[]' };
      await tx
        .insertInto('step')
        .values(Array.from({ length: perTransaction / 4 }, (_, at) => ({ ...step, last_seq: seq + 4 * (at + 1) })))
        .execute();
      await tx.updateTable('conversation').set({ seq: last, messages: last }).where('id', '=', id).execute();
    });
  }
  await close();
}
