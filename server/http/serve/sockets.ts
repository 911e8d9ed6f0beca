// What happens on a connection outside of requests: malformed and slow ones are refused in the envelope of the door they
// meant and closed, their number is bounded, and a reply that nobody reads does not stay.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { AppError } from '../../errors.ts';
import type { Refusals } from '../errors.ts';
import { wantsSocket } from '../live/upgrade.ts';
import { makeHaste } from './haste.ts';
import { createServer } from './node-http.ts';

/** Of the address and the headers together. */
const maxHeaderBytes = 16 * 1024;

export type Bounds = {
  /** Past it a request is answered 503; a little further connections are dropped unread. */
  maxSockets: number;
  /** How long the headers, the whole of a request, and one that brings a file may take. */
  headersMs: number;
  requestMs: number;
  uploadMs: number;
  /** How long a connection may be kept without a request; longer than the proxies in front of it do (60 s). */
  idleMs: number;
  /** How long a reply may lie unread. */
  stuckMs: number;
  /** How often all of this is looked at. */
  lookMs: number;
  /** Requests that may be worked on at once; the next is answered 503 at once instead of late. */
  maxBusy: number;
  /** Files that may be arriving at once. */
  maxUploads: number;
  /** Of a stop: how long clients may still be told to go elsewhere, and when what has not ended is cut. */
  graceMs: number;
  closeMs: number;
};

export const defaultBounds: Bounds = {
  maxSockets: 15_000,
  headersMs: 10_000,
  requestMs: 30_000,
  // Ten megabytes from a telephone with a third of a megabit.
  uploadMs: 240_000,
  idleMs: 72_000,
  stuckMs: 30_000,
  lookMs: 2_000,
  maxBusy: 4_000,
  maxUploads: 500,
  graceMs: 200,
  closeMs: 20_000,
};

export type Sockets = {
  /** The one server: Fastify's own would listen twice at `localhost`, the second time without any of this. */
  serve(listener: RequestListener): Server;
  isFull(): boolean;
  /** Remembers what a socket is busy with. */
  note(reply: FastifyReply): void;
  /** What brings no file has less time than Node gives to all. */
  hurry(request: IncomingMessage): void;
  /** Node could not read on: it is answered what can be answered, and closed. */
  refuse(error: ClientError, socket: Socket): void;
  guard(server: FastifyInstance): void;
  /** No new connections; resolves when the last one has ended. */
  drain(server: FastifyInstance): Promise<void>;
};

/** As Node hands it over; Fastify's type has the packet as JSON would show it. */
type ClientError = Error & { code?: string; rawPacket?: unknown };

const lingerMs = 1_000;
const drainLookMs = 10;

type Unread = { bytes: number; since: number };

export function makeSockets(refusals: Refusals, bounds: Bounds, headers: Record<string, string>): Sockets {
  const open = new Map<Socket, Unread>();
  const haste = makeHaste(bounds.requestMs);
  const lastReply = new WeakMap<Socket, ServerResponse>();
  const end = (socket: Socket, error: AppError, url: string): void => {
    if (socket.writable) socket.end(refusals.bytes(error, url, headers));
    // Destroyed at once, what it still sends would be answered by a reset, and the reply might never be read.
    setTimeout(() => socket.destroy(), lingerMs).unref();
  };
  const refuseOn = (error: ClientError, socket: Socket): void => {
    const last = lastReply.get(socket);
    const isOpen = last !== undefined && !last.writableEnded;
    if (!socket.writable || error.code === 'ECONNRESET' || (isOpen && last.headersSent)) return void socket.destroy();
    const refused = refusalOf(error);
    const url = targetOf(error.rawPacket) ?? last?.req.url ?? '';
    socket.pause();
    // Sent behind a good request that is still being worked on: that one gets its reply first.
    if (isOpen && last.req.complete) last.once('close', () => end(socket, refused, url));
    else end(socket, refused, url);
  };

  return {
    serve: (listener) => {
      const { headersMs, uploadMs, idleMs, lookMs } = bounds;
      // A missing Host is refused by greet(), in the envelope of the door.
      const options = { maxHeaderSize: maxHeaderBytes, requireHostHeader: false, connectionsCheckingInterval: lookMs, shouldUpgradeCallback: wantsSocket };
      return createServer({ ...options, headersTimeout: headersMs, requestTimeout: uploadMs, keepAliveTimeout: idleMs }, listener);
    },
    isFull: () => open.size > bounds.maxSockets,
    // Not the reply's own socket, which a pipelined one has only when its turn comes.
    note: (reply) => void lastReply.set(reply.request.raw.socket, reply.raw),
    // Of a test's request there is no socket, and nothing to wait for.
    hurry: (request) => void (open.has(request.socket) && haste.hurry(request)),
    refuse: refuseOn,
    guard: (server) => {
      const http = server.server;
      const resume = (request: IncomingMessage, response: ServerResponse): void => void http.emit('request', request, response);
      http.maxConnections = bounds.maxSockets + 500;
      http.on('connection', (socket: Socket) => {
        open.set(socket, { bytes: 0, since: 0 });
        socket.once('close', () => {
          open.delete(socket);
          haste.forget(socket);
        });
      });
      http.on('connect', (request: IncomingMessage, socket: Socket) => end(socket, new AppError('method_not_allowed', 'This is no proxy.'), request.url ?? ''));
      // Without these listeners Node would invite a body before the request was admitted, and answer 417 without one.
      http.on('checkContinue', resume);
      http.on('checkExpectation', resume);
      const look = (): void => {
        closeStuck(open, bounds.stuckMs);
        for (const socket of haste.takeLate()) refuseOn(tooSlow, socket);
      };
      const looking = setInterval(look, bounds.lookMs).unref();
      server.addHook('onClose', async () => clearInterval(looking));
    },
    drain: (server) => drain(server, open, bounds),
  };
}

// Ends connections without a request. Node alone would also cut those whose reply has ended but not left yet.
function closeIdle(server: FastifyInstance, open: ReadonlyMap<Socket, Unread>): void {
  if (![...open.keys()].some(({ writableLength }) => writableLength > 0)) server.server.closeIdleConnections();
}

async function drain(server: FastifyInstance, open: ReadonlyMap<Socket, Unread>, { closeMs, graceMs }: Bounds): Promise<void> {
  // Not http's own close(), which cuts what closeIdle() does not.
  if (server.server.listening) NetServer.prototype.close.call(server.server);
  const begun = performance.now();
  while (open.size > 0) {
    const ms = performance.now() - begun;
    if (ms > closeMs) for (const socket of open.keys()) socket.destroy();
    else if (ms > graceMs) closeIdle(server, open);
    await sleep(drainLookMs);
  }
}

const tooSlow: ClientError = Object.assign(new Error('the body took too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

/** Unread is a reply of which nothing new could be written for a while; one that a stream keeps adding to moves on. */
function closeStuck(open: Map<Socket, Unread>, stuckMs: number): void {
  const now = performance.now();
  for (const [socket, unread] of open) {
    if (socket.writableLength === 0) unread.since = 0;
    else if (unread.since === 0 || socket.bytesWritten !== unread.bytes) {
      unread.since = now;
      unread.bytes = socket.bytesWritten;
    } else if (now - unread.since >= stuckMs) socket.destroy();
  }
}

function refusalOf({ code, rawPacket }: ClientError): AppError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      if (targetOf(rawPacket) && !(rawPacket as Buffer).subarray(0, maxHeaderBytes).includes('\r\n'))
        return new AppError('uri_too_long', 'The address is too long.');
      return new AppError('headers_too_large', 'The headers are larger than 16 KiB.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new AppError('payload_too_large', 'The chunk extensions are too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('request_timeout', 'The request took too long to arrive.');
    default:
      return new AppError('bad_request', 'The request is malformed.');
  }
}

/** What a request line names, if these are the first bytes of a request. */
function targetOf(packet: unknown): string | null {
  return Buffer.isBuffer(packet) ? (/^[A-Z]+ (\/[\x21-\x7e]*)/.exec(packet.toString('latin1', 0, 2048))?.[1] ?? null) : null;
}
