// The floor of `bench turn`: bare node:http and node:sqlite, the product's own tables, the same turn (the conversation
// with its session read, a condition, a variable, one reply and two messages, the session, the conversation, one step),
// one commit for all requests parsed in one turn of the loop, synchronous = FULL. No validation, no authorisation, no
// routes, no engine: what a product can be measured against.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';

const [file = ''] = process.argv.slice(2);
const db = new DatabaseSync(file);
db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -16000');
const begin = db.prepare('begin immediate');
const commit = db.prepare('commit');
const load = db.prepare(`select conversation.id, conversation.seq, conversation.public_at, session.id as session_id, session.state, session.rev
  from conversation join session on session.id = conversation.session_id where conversation.public_id = ?`);
const insertMessages = db.prepare(`insert into message
  (conversation_id, seq, direction, author_kind, author_id, author_name, body, text, at, public_at)
  values (?, ?, 'in', 'subscriber', null, '', ?, ?, ?, ?), (?, ?, 'out', 'bot', null, 'bot', ?, ?, ?, ?), (?, ?, 'out', 'bot', null, 'bot', ?, ?, ?, ?)
  returning id`);
const saveSession = db.prepare('update session set status = ?, state = ?, rev = rev + 1, updated_at = ? where id = ? and rev = ?');
const saveConversation = db.prepare(
  'update conversation set seq = ?, public_at = ?, messages = messages + 3, last_message_at = ?, session_id = ? where id = ? and seq = ?',
);
const insertStep = db.prepare('insert into step (conversation_id, last_seq, session_id, at, events, trace) values (?, ?, ?, ?, ?, ?)');

type Row = { id: number; seq: number; public_at: number; session_id: number; state: string; rev: number };
type Waiting = { chat: string; text: string; response: ServerResponse };

let waiting: Waiting[] = [];

function turn({ chat, text }: Waiting): string {
  const at = Date.now();
  const row = load.get(chat) as Row;
  const state = JSON.parse(row.state) as { vars: { said: string; turns: number }; turn: number };
  state.vars.said = text;
  const answers = state.vars.said.length > 500 ? ['Fewer words, please.'] : [];
  state.vars.turns += 1;
  state.turn += 1;
  answers.push(`You said **${state.vars.said}**, that was number ${state.vars.turns}.`, 'What else?');
  const { id, seq } = row;
  const bodies = [{ text }, ...answers.map((one) => ({ kind: 'text', text: one }))].map((one) => JSON.stringify(one));
  const texts = [text, ...answers];
  const values = [0, 1, 2].flatMap((n) => [id, seq + 1 + n, bodies[n] ?? '', texts[n] ?? '', at, row.public_at + 1 + n]);
  const ids = insertMessages.all(...values) as { id: number }[];
  const messages = ids.map((one, n) => ({ seq: seq + 1 + n, at, kind: 'message', id: one.id, direction: n === 0 ? 'in' : 'out', block: 'round.echo' }));
  const last = seq + messages.length + 2;
  const events = [
    ...messages,
    { seq: last - 1, at, kind: 'session', id: row.session_id, status: 'waiting', flow: 1, version: 1 },
    { seq: last, at, kind: 'input', id: `${state.turn}:1`, status: 'requested', block: 'round.ask' },
  ];
  const trace = ['round.ask next', 'round.which else', 'round.count next', 'round.echo next'];
  saveSession.run('waiting', JSON.stringify(state), at, row.session_id, row.rev);
  insertStep.run(id, last, row.session_id, at, JSON.stringify(events), JSON.stringify(trace));
  saveConversation.run(last, row.public_at + 3, at, row.session_id, id, seq);
  return JSON.stringify({ id: messages[0]?.id, content: text, messages: answers.map((content, n) => ({ id: messages[n + 1]?.id, content })) });
}

function runBatch(): void {
  const batch = waiting;
  waiting = [];
  begin.run();
  const replies = batch.map(turn);
  commit.run();
  batch.forEach(({ response }, at) => {
    const text = replies[at] ?? '';
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
}

const server = createServer((incoming, response) => {
  let text = '';
  incoming.on('data', (bytes) => {
    text += bytes;
  });
  incoming.on('end', () => {
    if (waiting.length === 0) setImmediate(runBatch);
    waiting.push({ chat: incoming.url?.split('/')[2] ?? '', text: (JSON.parse(text) as { message: string }).message, response });
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })));
process.on('SIGTERM', () => process.exit(0));
