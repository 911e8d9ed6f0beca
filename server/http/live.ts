// Streams of what happens, as server-sent events: numbered, readable again from any number, and never ahead of what the
// reader has taken. The reading itself is in live/stream.ts.
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import type { Standing } from './live/standing.ts';
import { type Beginning, begin, type Ending, Stream, stuckMs, type Wire } from './live/stream.ts';
import type { Streams } from './live/streams.ts';
import { headerText, type LiveEvent, type LiveSource, streamTypes } from './route.ts';
import type { Machine } from './serve.ts';

type Ask = { source: LiveSource; standing: Standing; request: FastifyRequest; reply: FastifyReply };

/** How events stand in the body: blocks of server-sent events, or a line of JSON each for who asks for that. */
type Format = { contentType: string; opening: string; beat: string; show(one: LiveEvent): string };

const [eventStream, lines] = streamTypes;

const formats: Record<typeof eventStream | typeof lines, Format> = {
  [eventStream]: { contentType: `${eventStream}; charset=utf-8`, opening: 'retry: 2000\n\n', beat: ': beat\n\n', show: blockOf },
  // An empty line is none: who reads lines of JSON skips it.
  [lines]: { contentType: `${lines}; charset=utf-8`, opening: '', beat: '\n', show: lineOf },
};

function formatFor(accept: string): Format {
  return formats[accept.toLowerCase().includes(lines) ? lines : eventStream];
}

export async function openStream({ app, streams, sockets }: Machine, { source, standing, request, reply }: Ask): Promise<void> {
  const { raw } = reply;
  const format = formatFor(headerText(request.headers, 'accept'));
  // What must be refused is refused before the stream begins, as any reply.
  const beginning = await begin(source, cursorOf(request));
  reply.hijack();
  // It left while the first page was read.
  if (raw.destroyed) return;
  // What ends with its connection needs no chunks around each event.
  raw.removeHeader('transfer-encoding');
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    connection: 'close',
    'content-type': format.contentType,
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  if (request.method === 'HEAD') return void raw.end();
  raw.flushHeaders();
  const socket = sockets.take(raw);
  if (socket) read(app, streams, { source, standing, beginning, format }, socket);
}

type Reading = Pick<Ask, 'source' | 'standing'> & { beginning: Beginning; format: Format };

/** Apart from openStream, so that what listens as long as the stream lasts holds neither request nor reply: 10,000 of them count. */
function read(app: App, streams: Streams, { source, standing, beginning, format }: Reading, socket: Socket): void {
  if (format.opening !== '') socket.write(format.opening);
  const stream = new Stream(app, source, wireOf(socket, format), streams, beginning);
  const connection = { standing, alike: source.alike ?? null, tick: (now: number) => stream.tick(now), end: (why: Ending) => stream.end(why) };
  streams.add(connection);
  socket.on('drain', () => {
    socket.setTimeout(0);
    stream.taken();
  });
  socket.on('timeout', () => stream.end('slow'));
  socket.on('close', () => {
    stream.stop();
    streams.remove(connection);
  });
}

function wireOf(socket: Socket, { show, beat }: Format): Wire {
  return {
    send: (one) => {
      if (socket.write(show(one))) return true;
      // Node's own clock: it goes on as long as bytes are taken.
      socket.setTimeout(stuckMs);
      return false;
    },
    beat: () => void socket.write(beat),
    end: (why) => {
      // Words to one who does not listen would only stay here.
      if (why === 'slow') socket.destroy();
      else if (!socket.writableEnded) socket.end(why === 'done' ? '' : show(lastWords(why)));
    },
  };
}

function lastWords(why: Ending): LiveEvent {
  if (why === 'refused') return { seq: null, event: 'error', data: { code: 'unauthorized', detail: 'Your credential no longer holds here.' } };
  if (why === 'gone') return { seq: null, event: 'error', data: { code: 'not_found', detail: 'It has been deleted.' } };
  // A moment of its own for each reader, so that they do not all come back at once.
  return { seq: null, event: 'reconnect', data: { after_ms: Math.floor(Math.random() * 2000) } };
}

function blockOf({ seq, event, data }: LiveEvent): string {
  return `${seq === null ? '' : `id: ${seq}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function lineOf({ seq, event, data }: LiveEvent): string {
  return `${JSON.stringify({ event, seq, data })}\n`;
}

/** `Last-Event-ID` from a browser that came back, else `?after=` (`?cursor=` of a widget); absent = from now on, after a snapshot. */
function cursorOf(request: FastifyRequest): number | null {
  const query = request.query as { after?: unknown; cursor?: unknown };
  const given = request.headers['last-event-id'] ?? query.after ?? query.cursor;
  if (given === undefined || given === '') return null;
  if (typeof given === 'string' && /^\d{1,15}$/.test(given)) return Number(given);
  throw new AppError('bad_request', 'A cursor is the number of the last event you have seen: Last-Event-ID, or ?after=.');
}
