// Streams of what happens, as server-sent events: numbered, readable again from any number, and never ahead of what the
// reader has taken. The reading itself is in live/stream.ts.
import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import type { Standing } from './live/standing.ts';
import { begin, type Ending, Stream, stuckMs, type Wire } from './live/stream.ts';
import type { Streams } from './live/streams.ts';
import type { LiveEvent, LiveSource } from './route.ts';

type Ask = { source: LiveSource; standing: Standing; request: FastifyRequest; reply: FastifyReply };

export async function openStream(app: App, streams: Streams, { source, standing, request, reply }: Ask): Promise<void> {
  const { raw } = reply;
  // What must be refused is refused before the stream begins, as any reply.
  const beginning = await begin(source, cursorOf(request));
  reply.hijack();
  // It left while the first page was read.
  if (raw.destroyed) return;
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  if (request.method === 'HEAD') return void raw.end();
  raw.write('retry: 2000\n\n');
  const stream = new Stream(app, source, wireOf(raw), streams, beginning);
  const connection = { standing, alike: source.alike ?? null, tick: (now: number) => stream.tick(now), end: (why: Ending) => stream.end(why) };
  streams.add(connection);
  raw.on('drain', () => {
    raw.socket?.setTimeout(0);
    stream.taken();
  });
  raw.on('timeout', () => stream.end('slow'));
  raw.on('close', () => {
    stream.stop();
    streams.remove(connection);
  });
}

function wireOf(raw: ServerResponse): Wire {
  return {
    send: (one) => {
      if (raw.write(blockOf(one))) return true;
      // Node's own clock: it goes on as long as bytes are taken.
      raw.socket?.setTimeout(stuckMs);
      return false;
    },
    beat: () => void raw.write(': beat\n\n'),
    end: (why) => {
      // Words to one who does not listen would only stay here.
      if (why === 'slow') raw.destroy();
      else if (!raw.writableEnded) raw.end(lastWords(why));
    },
  };
}

function lastWords(why: Ending): string {
  if (why === 'refused') return blockOf({ seq: null, event: 'error', data: { code: 'unauthorized', detail: 'Your credential no longer holds here.' } });
  if (why === 'gone') return blockOf({ seq: null, event: 'error', data: { code: 'not_found', detail: 'It has been deleted.' } });
  // A moment of its own for each reader, so that they do not all come back at once.
  return blockOf({ seq: null, event: 'reconnect', data: { after_ms: Math.floor(Math.random() * 2000) } });
}

function blockOf({ seq, event, data }: LiveEvent): string {
  return `${seq === null ? '' : `id: ${seq}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** `Last-Event-ID` from a browser that came back, else `?after=` (`?cursor=` of a widget); absent = from now on, after a snapshot. */
function cursorOf(request: FastifyRequest): number | null {
  const query = request.query as { after?: unknown; cursor?: unknown };
  const given = request.headers['last-event-id'] ?? query.after ?? query.cursor;
  if (given === undefined || given === '') return null;
  if (typeof given === 'string' && /^\d{1,15}$/.test(given)) return Number(given);
  throw new AppError('bad_request', 'A cursor is the number of the last event you have seen: Last-Event-ID, or ?after=.');
}
