// Every refusal in the envelope of the door it concerns, whoever refuses: a route, Fastify before it found one, or Node
// before there was a request. Never HTML, never a stack; what is our fault goes to the log under the request's id.
import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { App } from '../app.ts';
import { AppError, assert, type ErrorCode, statusOf } from '../errors.ts';
import { maxBodyBytes } from './json.ts';
import type { Door, RequestInfo } from './route.ts';
import { STATUS_CODES } from './serve/node-http.ts';

export type Refusals = {
  /** Remembers a route as Fastify registers it, for 405 and Allow. */
  learn(route: RouteOptions): void;
  /** Whose path it is: the door with the longest prefix, and the native door for what is nobody's. */
  doorOf(url: string): Door;
  send(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply;
  /** No route: 404, or 405 where the path has other methods; OPTIONS is told which. */
  sendUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply;
  /** The same as bytes, for a socket on which no reply can be made any more. */
  bytes(error: AppError, url: string, headers: Record<string, string>): string;
};

const maxDrainBytes = 8 * maxBodyBytes;

type Known = { methods: string[]; path: RegExp };

export function makeRefusals(app: App, doors: Door[]): Refusals {
  // The longest prefix wins: /api/v1/chat is not the platform's although /api is.
  const byPrefix = [...doors].sort((a, b) => b.prefix.length - a.prefix.length);
  const fallback = doors.find((door) => door.name === 'native') ?? doors[0];
  assert(fallback, 'a server has at least one door');
  const known: Known[] = [];

  const doorOf = (url: string): Door => {
    const path = pathOf(url);
    return byPrefix.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`)) ?? fallback;
  };
  const methodsOf = (path: string): string[] => [...new Set(known.filter((one) => one.path.test(path)).flatMap((one) => one.methods))];

  const send = (request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply => {
    const error = asAppError(thrown, request.raw);
    if (error.status >= 500) logFault(app, request.id, error, thrown);
    const door = request.served?.door ?? doorOf(request.url);
    if (reply.hasHeader('connection') && isWorthKeeping(request)) reply.header('connection', 'keep-alive');
    const { contentType, body } = door.errorReply(error, infoOf(request));
    if (door.cors) reply.headers(door.cors.headers(request.headers));
    for (const [name, value] of Object.entries(door.limitHeaders(null, app.clock.now()))) if (!reply.hasHeader(name)) reply.header(name, value);
    return reply.code(error.status).headers(error.headers).type(contentType).send(JSON.stringify(body));
  };

  return {
    doorOf,
    send,
    learn: ({ method, url }) => void known.push({ methods: [method].flat(), path: patternOf(url) }),
    sendUnknown: (request, reply) => {
      const path = pathOf(request.url);
      const { cors } = doorOf(request.url);
      if (request.method === 'OPTIONS' && cors) return reply.code(204).headers(cors.preflight(request.headers)).send();
      const methods = methodsOf(path);
      const allow = [...methods, 'OPTIONS'].join(', ');
      // A preflight learns the methods and no more: without Access-Control headers a browser goes no further.
      if (request.method === 'OPTIONS' && methods.length > 0) return reply.code(204).header('allow', allow).send();
      if (methods.length === 0) return send(request, reply, new AppError('not_found', `Not found: ${request.method} ${path.slice(0, 200)}`));
      return send(
        request,
        reply,
        new AppError('method_not_allowed', `${request.method} is not allowed here; use ${methods.join(', ')}.`, { headers: { allow } }),
      );
    },
    bytes: (error, url, headers) => {
      const info: RequestInfo = { id: randomUUID(), address: '', headers: {}, url, method: '' };
      const door = doorOf(url);
      const { contentType, body } = door.errorReply(error, info);
      const text = JSON.stringify(body);
      const all = { ...headers, ...door.limitHeaders(null, app.clock.now()), ...error.headers, 'content-type': contentType, 'x-request-id': info.id };
      const lines = Object.entries({ ...all, 'content-length': Buffer.byteLength(text), connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
      app.log.info({ request: info.id, status: error.status }, 'refused before it was a request');
      return `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}\r\n${lines.join('')}\r\n${text}`;
    },
  };
}

export function infoOf(request: FastifyRequest): RequestInfo {
  return { id: request.id, address: addressOf(request), headers: request.headers, url: request.url, method: request.method };
}

/** Of the client: the peer, or what a trusted proxy says, as long as that is an address. */
export function addressOf(request: FastifyRequest): string {
  const { ip } = request;
  const address = /^[\da-fA-F.:]+$/.test(ip) ? ip : (request.raw.socket.remoteAddress ?? '');
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/** Fastify closes after every body it refuses; one that has arrived, or soon will have, need cost no connection. */
function isWorthKeeping({ raw, headers }: FastifyRequest): boolean {
  if (raw.httpVersion !== '1.1' || /close/i.test(headers.connection ?? '') || headers.expect !== undefined) return false;
  return raw.complete || Number(headers['content-length']) <= maxDrainBytes;
}

/** What of an unexpected error goes to the log. */
export function describe(thrown: unknown): object {
  return thrown instanceof Error ? { name: thrown.name, message: thrown.message, stack: thrown.stack } : { message: String(thrown) };
}

function logFault(app: App, id: string, error: AppError, thrown: unknown): void {
  if (error.code === 'internal') app.log.error({ request: id, err: describe(thrown) }, error.message);
  else app.log.warn({ request: id, code: error.code }, error.message);
}

function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/** From Fastify's spelling of a path: `:name` is one part, `*` everything. */
function patternOf(url: string): RegExp {
  const source = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+|\*/g, (part) => (part === '*' ? '.*' : '[^/]+'));
  return new RegExp(`^${source === '/' ? '' : source}/?$`);
}

const byStatus = new Map<number, ErrorCode>(
  Object.entries(statusOf)
    .reverse()
    .map(([code, status]) => [status, code as ErrorCode]),
);

/** Fastify's and its plugins' own errors carry a code or a status; anything else is our fault. */
function asAppError(thrown: unknown, { errored }: Pick<FastifyRequest['raw'], 'errored'>): AppError {
  if (thrown instanceof AppError) return thrown;
  // Whoever sent it went away in the middle; nobody reads this but the log.
  if (thrown !== null && thrown === errored) return new AppError('bad_request', 'The request was cut short.');
  const { code, statusCode } = Object(thrown) as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_BAD_URL') return new AppError('bad_request', 'The address is not valid: percent-encode it as UTF-8.');
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new AppError('payload_too_large', `The body is larger than ${maxBodyBytes} bytes.`);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('storage_full', 'The storage is full.');
  if (statusCode === 415) return new AppError('unsupported_media_type', 'Send JSON, with Content-Type: application/json.');
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new AppError(byStatus.get(statusCode) ?? 'bad_request', statusCode === 404 ? 'Not found.' : 'The request is malformed.');
  }
  return new AppError('internal', 'Something went wrong on our side. The request id finds it in the log.');
}
