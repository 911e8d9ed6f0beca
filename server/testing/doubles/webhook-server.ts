// Somebody's address for webhooks: it keeps every call, and takes, refuses, stalls or breaks as it is told.
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A status, with `retry-after` when it has one; or no answer at all. */
export type Behaviour = number | { status: number; retryAfter: string } | 'stall' | 'break' | { redirectTo: string };

export type HookSeen = { url: string; id: string; timestamp: string; signature: string; type: string; contentType: string; body: string };

export type WebhookServer = {
  url: string;
  port: number;
  seen: HookSeen[];
  /** How the next calls are met, one each; after them all are taken. */
  next: Behaviour[];
  /** How calls are met when nothing is next. */
  usual: Behaviour;
  close(): Promise<void>;
};

export async function webhookServer(): Promise<WebhookServer> {
  const open = new Set<Socket>();
  const made: WebhookServer = { url: '', port: 0, seen: [], next: [], usual: 204, close: async () => {} };
  const server = createServer((request, reply) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const header = (name: string): string => String(request.headers[name] ?? '');
      const { type } = JSON.parse(body) as { type: string };
      const signed = { id: header('webhook-id'), timestamp: header('webhook-timestamp'), signature: header('webhook-signature') };
      made.seen.push({ url: request.url ?? '', ...signed, type, contentType: header('content-type'), body });
      const behaviour = made.next.shift() ?? made.usual;
      if (behaviour === 'stall') return;
      if (behaviour === 'break') request.socket.destroy();
      else if (typeof behaviour === 'number') reply.writeHead(behaviour).end();
      else if ('redirectTo' in behaviour) reply.writeHead(302, { location: behaviour.redirectTo }).end();
      else reply.writeHead(behaviour.status, { 'retry-after': behaviour.retryAfter }).end();
    });
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  made.port = (server.address() as AddressInfo).port;
  made.url = `http://127.0.0.1:${made.port}/hook`;
  made.close = () => {
    for (const socket of open) socket.destroy();
    return new Promise((done) => server.close(() => done()));
  };
  return made;
}
