// The floor of `bench commit`: bare node:http and node:sqlite, the product's own tables, the same rows a new tag
// writes (tag, tally, event), one commit for all requests parsed in one turn of the loop, synchronous = FULL. No
// validation, no authorisation, no routes: what a product can be measured against.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';

const [file = '', botId = '1', workspaceId = '1'] = process.argv.slice(2);
const db = new DatabaseSync(file);
db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -16000');
const begin = db.prepare('begin immediate');
const commit = db.prepare('commit');
const insertTag = db.prepare(
  'insert into tag (bot_id, name, name_key, created_at) values (?, ?, ?, ?) on conflict (bot_id, name_key) do nothing returning id, name',
);
const addToTally = db.prepare(
  "insert into tally (list, owner_id, n, edits) values ('tag', ?, 1, 0) on conflict (list, owner_id) do update set n = tally.n + 1",
);
const insertEvent = db.prepare(`insert into event
  (workspace_id, bot_id, kind, at, actor_kind, actor_id, actor_name, subject, data, ip, request_id, chain)
  values (?, ?, 'tag.created', ?, 'key', 1, 'bench', ?, ?, '127.0.0.1', ?, null)`);

let waiting: { name: string; response: ServerResponse }[] = [];
let requests = 0;

function runBatch(): void {
  const batch = waiting;
  waiting = [];
  begin.run();
  const replies = batch.map(({ name }) => {
    const at = Date.now();
    const tag = insertTag.get(botId, name, name.toLowerCase(), at) as { id: number; name: string };
    addToTally.run(botId);
    requests += 1;
    insertEvent.run(workspaceId, botId, at, `tag:${tag.id}`, JSON.stringify({ name }), `request-${requests}`);
    return JSON.stringify({ name: tag.name, tag_ns: `f${botId}t${tag.id}`, status: 'ok' });
  });
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
    waiting.push({ name: (JSON.parse(text) as { name: string }).name, response });
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })));
process.on('SIGTERM', () => process.exit(0));
