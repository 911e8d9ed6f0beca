// What a request is called and what it is after, before it is routed.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Door } from '../route.ts';

/** One that a caller or a proxy already gave it, else a new one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given)) return given;
  const trace = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(String(request.headers.traceparent ?? ''));
  return trace?.[1] ?? randomUUID();
}

/** The target without a host, which is not ours to believe; and DELETE where a POST says so, for clients that cannot. */
export function readTarget(request: IncomingMessage, doorOf: (url: string) => Door): string {
  const url = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*(?=\/|$)/i, '') || '/';
  const wanted = request.headers['x-http-method-override'];
  if (wanted !== undefined && request.method === 'POST' && String(wanted).toUpperCase() === 'DELETE' && doorOf(url).allowsMethodOverride) {
    request.method = 'DELETE';
  }
  return url;
}
