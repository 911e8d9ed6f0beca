// One HTTP call to the outside, with an outcome for everything that can happen to it. Redirects are followed by hand, each
// hop judged anew; time, headers and bytes have limits, the bytes those that come out of the packing.
import type { BodyInit, Response } from 'undici';
import { agentOf, codeOf, type Egress, EgressError, type Failure } from './connect.ts';
import { type Json, keptText, readJson } from './json.ts';

export type Outgoing = {
  method: string;
  url: string;
  headers?: { [name: string]: string };
  /** Headers for the first origin alone: no redirect takes them elsewhere. */
  credentials?: { [name: string]: string };
  /** A Blob is read as it is sent, and has a length. */
  body?: string | Uint8Array<ArrayBuffer> | Blob | null;
  redirects?: 'follow' | 'manual';
  /** `auto` goes by the content type; what is neither JSON nor text then stays bytes. */
  parse?: 'auto' | 'json' | 'text';
  limits?: Partial<Limits>;
};

/** `headersMs` counts for each hop, `totalMs` for all together. */
export type Limits = { headersMs: number; totalMs: number; maxBytes: number };

export type Outcome = {
  kind: 'status' | Failure;
  /** Null when no reply came. */
  status: number | null;
  headers: { [name: string]: string };
  /** The body as JSON or text; null when it is neither or there is none. */
  value: Json;
  bytes: Uint8Array;
  /** Where the reply came from, after redirects. */
  url: string;
  ms: number;
  error: string | null;
};

const usual: Limits = { headersMs: 10_000, totalMs: 10_000, maxBytes: 1024 * 1024 };
const connectMs = 5_000;
const maxRedirects = 5;
const maxUrlUnits = 16 * 1024;
const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const sensitive = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** About the connection and the framing, which are not the caller's: left out. */
const ours = new Set(
  'host connection content-length transfer-encoding expect upgrade te trailer keep-alive proxy-connection proxy-authorization accept-encoding'.split(' '),
);

type Hop = { method: string; url: URL; headers: { [name: string]: string }; body: Outgoing['body'] };
type Reply = { status: number; headers: { [name: string]: string } };

export async function send(egress: Egress, asked: Outgoing): Promise<Outcome> {
  const begun = performance.now();
  const limits = { ...usual, ...asked.limits };
  const ended = new AbortController();
  const late = setTimeout(() => ended.abort(new EgressError('timeout', `No whole reply came within ${limits.totalMs} ms.`)), limits.totalMs);
  let url = '';
  let reply: Reply | null = null;
  const outcome = (more: Pick<Outcome, 'kind' | 'error'> & Partial<Outcome>): Outcome => {
    const { status = null, headers = {} } = reply ?? {};
    return { status, headers, value: null, bytes: new Uint8Array(), url, ms: Math.round(performance.now() - begun), ...more };
  };
  try {
    let hop = firstHop(asked);
    for (let hops = 0; ; hops += 1) {
      url = hop.url.href;
      const response = await knock(egress, hop, limits, ended);
      const next = asked.redirects === 'manual' ? null : nextHop(hop, response, asked);
      if (next === null) {
        reply = { status: response.status, headers: Object.fromEntries(response.headers) };
        const bytes = await read(response, limits.maxBytes);
        return outcome({ kind: 'status', error: null, bytes, value: parse(bytes, reply, asked.parse ?? 'auto') });
      }
      await response.body?.cancel();
      if (hops === maxRedirects) throw new EgressError('network', `More than ${maxRedirects} redirects.`);
      hop = next;
    }
  } catch (error) {
    const { kind, message } = ended.signal.aborted ? (ended.signal.reason as EgressError) : failureOf(error);
    return outcome({ kind, error: message });
  } finally {
    clearTimeout(late);
    // Whatever of it is still open.
    ended.abort(new EgressError('network', 'The call is over.'));
  }
}

function firstHop({ method, url, headers = {}, credentials = {}, body = null }: Outgoing): Hop {
  const verb = method.toUpperCase();
  if (!methods.has(verb)) throw new EgressError('blocked', `${verb.slice(0, 20)} is not a method that can be used.`);
  const isBodyless = verb === 'GET' || verb === 'HEAD';
  return {
    method: verb,
    url: targetOf(url),
    headers: { 'user-agent': 'Mozilla/5.0 (compatible; bot)', ...checked(headers), ...checked(credentials), 'accept-encoding': 'gzip, br' },
    body: isBodyless ? null : body,
  };
}

function targetOf(text: string, base?: URL): URL {
  const url = text.length <= maxUrlUnits ? URL.parse(text, base) : null;
  if (url === null) throw new EgressError('blocked', 'The address is not a URL.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new EgressError('blocked', `${url.protocol} cannot be called, only http and https.`);
  if (url.username !== '' || url.password !== '') throw new EgressError('blocked', 'The URL holds a name or a password. Use a credential.');
  url.hash = '';
  return url;
}

function checked(headers: { [name: string]: string }): { [name: string]: string } {
  const named = Object.entries(headers).map(([name, value]): [string, string] => [name.toLowerCase(), String(value).trim()]);
  for (const [name, value] of named) {
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]{1,200}$/.test(name)) throw new EgressError('blocked', 'A header has a name that no header may have.');
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new EgressError('blocked', `The header ${name} has a character that no header may have.`);
  }
  return Object.fromEntries(named.filter(([name]) => !ours.has(name)));
}

async function knock(egress: Egress, { method, url, headers, body }: Hop, { headersMs }: Limits, ended: AbortController): Promise<Response> {
  const silent = setTimeout(() => ended.abort(new EgressError('timeout', `${url.host} did not answer within ${headersMs} ms.`)), headersMs);
  try {
    const { fetch } = await import('undici');
    const dispatcher = await agentOf(egress, connectMs);
    return await fetch(url, { method, headers, body: (body ?? null) as BodyInit | null, redirect: 'manual', dispatcher, signal: ended.signal });
  } finally {
    clearTimeout(silent);
  }
}

/** Null when the reply is not a redirect to follow. */
function nextHop(hop: Hop, response: Response, { credentials = {} }: Outgoing): Hop | null {
  const location = response.headers.get('location');
  if (location === null || ![301, 302, 303, 307, 308].includes(response.status)) return null;
  const url = targetOf(location, hop.url);
  const isRepeated = response.status === 307 || response.status === 308;
  const secret = new Set([...sensitive, ...Object.keys(credentials).map((name) => name.toLowerCase())]);
  const dropped = (name: string): boolean => (url.origin !== hop.url.origin && secret.has(name)) || (!isRepeated && name.startsWith('content-'));
  return {
    url,
    method: isRepeated || hop.method === 'HEAD' ? hop.method : 'GET',
    headers: Object.fromEntries(Object.entries(hop.headers).filter(([name]) => !dropped(name))),
    body: isRepeated ? hop.body : null,
  };
}

async function read(response: Response, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = new EgressError('too_large', `The reply has more than ${maxBytes} bytes.`);
  if (/,/.test(response.headers.get('content-encoding') ?? '')) throw new EgressError('parse', 'The reply is packed more than once.');
  if (response.body === null) return new Uint8Array();
  if (Number(response.headers.get('content-length')) > maxBytes) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function parse(bytes: Uint8Array, { headers }: Reply, how: 'auto' | 'json' | 'text'): Json {
  const type = headers['content-type'] ?? '';
  if (bytes.byteLength === 0) return how === 'text' ? '' : null;
  if (how === 'json' || (how === 'auto' && /^\s*(application\/json|[\w.+-]+\/[\w.+-]+\+json)\s*(;|$)/i.test(type))) {
    const text = decoded(bytes, 'utf-8');
    const value = text === null ? undefined : readJson(text);
    if (value === undefined) throw new EgressError('parse', 'The reply is not JSON that can be read.');
    return value;
  }
  const isText = how === 'text' || type === '' || /^\s*(text\/|application\/([\w.-]+\+)?(xml|csv|javascript|x-www-form-urlencoded))/i.test(type);
  const text = isText ? decoded(bytes, /charset\s*=\s*"?([^";\s]+)/i.exec(type)?.[1] ?? 'utf-8') : null;
  if (text === null && how === 'text') throw new EgressError('parse', 'The reply is not text that can be read.');
  return text === null ? null : keptText(text);
}

/** Null when the bytes are not of that alphabet, or nobody knows it. */
function decoded(bytes: Uint8Array, charset: string): string | null {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function failureOf(error: unknown): { kind: Failure; message: string } {
  for (let one = error; one instanceof Error; one = one.cause) if (one instanceof EgressError) return one;
  const cause = (error as Error).cause as Error | undefined;
  if (cause?.message === 'bad port') return { kind: 'blocked', message: 'No browser would use that port, and neither do we.' };
  const code = codeOf(error);
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return { kind: 'too_large', message: 'The headers of the reply are too large.' };
  if (/^(Z_|ERR__?BROTLI|ERR_PADDING|ERR_TRAILING)/.test(code)) return { kind: 'parse', message: 'The reply is packed in a way that cannot be read.' };
  return { kind: 'network', message: `The connection broke (${code}).` };
}
