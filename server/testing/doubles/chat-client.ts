// A program that holds chats: what it calls, in the words of the contract, and the flows it runs.
import { call, type Reply, type Request } from '../scenario.ts';
import type { TestApp } from '../test-app.ts';

export const flowOf = (id: string, blocks: object[], more: object = {}) => ({
  format: 'flow/1',
  id,
  name: id,
  triggers: { go: { type: 'start', to: 'a' } },
  groups: { a: { blocks } },
  ...more,
});

const saving = (id: string, text: string, save: string) => ({ id, type: 'ask', kind: 'text', text, save });

/** Says hello, asks twice, ends. */
export const twoQuestions = flowOf(
  'two',
  [
    { id: 'hi', type: 'text', text: 'Hello.' },
    saving('q1', 'One?', 'one'),
    saving('q2', 'Two?', 'two'),
    { id: 'sum', type: 'text', text: '{{ one }} and {{ two }}.' },
    { id: 'end', type: 'end' },
  ],
  { vars: { one: { type: 'text' }, two: { type: 'text' } } },
);

/** Waits an hour, then says so. */
export const hourLong = flowOf('hour', [
  { id: 'w', type: 'wait', for: '1h' },
  { id: 't', type: 'text', text: 'An hour later.' },
  { id: 'e', type: 'end' },
]);

/** Answers and ends at once. */
export const echo = flowOf('echo', [
  { id: 't', type: 'text', text: 'You said {{ msg.text }}.' },
  { id: 'e', type: 'end' },
]);

/** Asks, and goes round for ever when it is told `boom`, which no linter can see. */
export const failing = flowOf(
  'failing',
  [
    saving('q', 'Go on?', 'said'),
    { id: 'w', type: 'while', test: { cel: 'said == "boom"' }, max: 1_000, to: { do: 'a.s', done: 'a.ok' } },
    { id: 's', type: 'set', set: [{ var: 'n', value: 'x' }], to: { next: '@continue' } },
    { id: 'ok', type: 'text', text: 'Fine.' },
    { id: 'e', type: 'end' },
  ],
  { vars: { said: { type: 'text', default: '' }, n: { type: 'text' } } },
);

export type ChatBody = {
  id: string;
  status: string;
  stop_reason: string | null;
  last_error: string | null;
  active_run_id: string | null;
  last_run_id: string | null;
  last_seq: number;
  message_count: number;
  pending_inputs: { id: string; prompt: string; run_id: string }[];
  limits: object;
  metadata: object;
  webhook: object | null;
  expires_at: string | null;
  name: string;
};
export type MessageBody = { id: string; type: string; content: string; status: string; state: string; seq: number; run_id: string | null; turn: number | null };
export type SentBody = MessageBody & { messages: MessageBody[]; client_message_id: string | null };

export type ChatClient = {
  ask(method: Request['method'], path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Only where 200 is expected. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  create(flow: string, more?: object): Promise<string>;
  chat(id: string): Promise<ChatBody>;
  say(id: string, message: string, more?: object): Promise<SentBody>;
  texts(id: string, query?: string): Promise<string[]>;
};

export function chatClient(t: TestApp, key: string): ChatClient {
  const ask: ChatClient['ask'] = (method, path, body, headers) => call(t, { method, path, key, body, ...(headers ? { headers } : {}) });
  const fine = async <T>(reply: Promise<Reply>): Promise<T> => {
    const { status, text, json } = await reply;
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return json;
  };
  const get: ChatClient['get'] = (path) => fine(ask('GET', path));
  const post: ChatClient['post'] = (path, body) => fine(ask('POST', path, body));
  return {
    ask,
    get,
    post,
    create: async (flow, more) => (await post<ChatBody>('/chats', { name: 'My Chatbot', from_type: 'flow', from_flow: flow, ...more })).id,
    chat: (id) => get(`/chats/${id}`),
    say: (id, message, more) => post(`/chats/${id}/messages`, { message, ...more }),
    texts: async (id, query = '') => (await get<MessageBody[]>(`/chats/${id}/messages${query}`)).map((one) => one.content),
  };
}

export async function addFlows(t: TestApp, key: string, documents: object[]): Promise<{ [slug: string]: { id: number; sub_flow_ns: string } }> {
  const made: { [slug: string]: { id: number; sub_flow_ns: string } } = {};
  for (const document of documents) {
    const reply = await call(t, { method: 'POST', path: '/v1/flows', key, body: { document, publish: true } });
    if (reply.status !== 201) throw new Error(`${reply.status}: ${reply.text}`);
    made[(document as { id: string }).id] = reply.json;
  }
  return made;
}
