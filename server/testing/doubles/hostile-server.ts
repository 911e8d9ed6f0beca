// An HTTP server that does to its callers what servers do: endless, silent, slow, packed, redirecting, breaking. The path
// says which; every request is kept.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

export type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
export type HostileServer = { port: number; address: string; url: string; seen: Seen[]; close(): Promise<void> };

const bombBytes = 64 * 1024 * 1024;
let bombs: { gzip: Buffer; brotli: Buffer } | undefined;

function bomb(): { gzip: Buffer; brotli: Buffer } {
  const zeros = (): Buffer => Buffer.alloc(bombBytes);
  bombs ??= { gzip: gzipSync(zeros()), brotli: brotliCompressSync(zeros(), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }) };
  return bombs;
}

type Behaviour = (reply: ServerResponse, query: URLSearchParams) => void;

const behaviours: { [path: string]: Behaviour } = {
  '/json': (reply) => reply.setHeader('content-type', 'application/json').end('{"ok":true,"list":[1,2]}'),
  '/problem': (reply) => reply.writeHead(404, { 'content-type': 'application/problem+json; charset=utf-8' }).end('{"title":"No"}'),
  '/broken-json': (reply) => reply.setHeader('content-type', 'application/json').end('{"ok":'),
  '/deep-json': (reply) => reply.setHeader('content-type', 'application/json').end('['.repeat(100_000) + ']'.repeat(100_000)),
  '/odd-json': (reply) => reply.setHeader('content-type', 'application/json').end('{"__proto__":{"x":1},"a\\u0000":"b\\u0000\\ud800","n":1e999}'),
  '/text': (reply) => reply.setHeader('content-type', 'text/plain; charset=iso-8859-1').end(Buffer.from('caf\xe9', 'latin1')),
  '/bytes': (reply) => reply.setHeader('content-type', 'image/png').end(Buffer.from([0x89, 0x50, 0, 255])),
  '/empty': (reply) => reply.writeHead(204).end(),
  '/status': (reply, query) => reply.writeHead(Number(query.get('is')), { 'content-type': 'text/plain' }).end('said'),
  '/redirect': (reply, query) => reply.writeHead(Number(query.get('status') ?? 302), { location: query.get('to') ?? '' }).end('moved'),
  '/gzip': (reply) => reply.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync('{"packed":true}')),
  '/gzip-bomb': (reply) => reply.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb().gzip),
  '/brotli-bomb': (reply) => reply.writeHead(200, { 'content-encoding': 'br' }).end(bomb().brotli),
  '/packed-twice': (reply) => reply.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end(gzipSync(gzipSync('x'))),
  '/broken-gzip': (reply) => reply.writeHead(200, { 'content-encoding': 'gzip' }).end('this is not gzip'),
  '/large': (reply) => reply.setHeader('content-length', 11_000_000).end(Buffer.alloc(11_000_000, 'x')),
  '/endless': (reply) => {
    const more = (): void => {
      while (!reply.destroyed && reply.write('x'.repeat(16_384)));
    };
    reply.on('drain', more);
    more();
  },
  '/drip': (reply) => {
    const timer = setInterval(() => reply.write('x'), 20);
    reply.on('close', () => clearInterval(timer));
  },
  '/silent': () => {},
  '/reset': (reply) => reply.socket?.resetAndDestroy(),
  '/half': (reply) => {
    reply.writeHead(200, { 'content-length': '1000' }).write('half');
    setTimeout(() => reply.socket?.destroy(), 20);
  },
  '/large-headers': (reply) => reply.writeHead(200, Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`x-${at}`, 'y'.repeat(1_000)]))).end(),
};

/** `address` is one of this machine. */
export async function hostileServer({ address = '127.0.0.1', port = 0 } = {}): Promise<HostileServer> {
  const seen: Seen[] = [];
  const open = new Set<Socket>();
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, reply) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      reply.setHeader('connection', 'close');
      const behave = behaviours[pathname];
      if (behave) behave(reply, searchParams);
      else reply.end('hello');
    });
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => {}).once('close', () => open.delete(socket));
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, address, done));
  const at = (server.address() as AddressInfo).port;
  return {
    port: at,
    address: `${address}:${at}`,
    url: `http://${address.includes(':') ? `[${address}]` : address}:${at}`,
    seen,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
