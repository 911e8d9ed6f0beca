// What an operation answers: its success, and every refusal in the envelope of its door. The examples are made by the
// code that makes the real ones.
import { policies } from '../../auth.ts';
import { AppError, assert, type ErrorCode, type FieldError, statusOf } from '../../errors.ts';
import type { Door, Route } from '../route.ts';
import type { Json, Schemas } from './schemas.ts';

/** What a caller should know about each code; also the sentence in the examples. */
const meanings: Record<ErrorCode, string> = {
  bad_request: 'The request cannot be read as it is.',
  invalid_json: 'The body is not valid JSON.',
  unauthorized: 'The credential is missing, wrong, expired or revoked.',
  forbidden: 'The caller may not do this.',
  not_found: 'Not found.',
  method_not_allowed: 'This path has no such method.',
  request_timeout: 'The request took too long to arrive.',
  conflict: 'It collides with something that exists.',
  chat_busy: 'The chat is running.',
  input_pending: 'Answer what the chat waits for.',
  no_pending_input: 'The chat waits for nobody.',
  input_ambiguous: 'Several inputs are pending: name one.',
  input_already_resolved: 'The input was answered before.',
  stale_rev: 'Someone else saved in between: read it again and repeat the change.',
  idempotency_in_progress: 'A request with this Idempotency-Key is still being worked on.',
  secret_already_shown: 'Already created; the secret is shown once.',
  gone: 'It existed and is gone for good.',
  input_expired: 'The input has expired.',
  payload_too_large: 'The body is too large.',
  uri_too_long: 'The address is too long.',
  unsupported_media_type: 'The body is of a type this call does not take.',
  range_not_satisfiable: 'The file does not have these bytes.',
  invalid_request: 'The request is readable, but not valid; each problem names its field.',
  idempotency_key_reused: 'This Idempotency-Key was used for another request.',
  rate_limited: 'Too many requests; Retry-After says when to try again.',
  queue_full: 'Too much is waiting already; try again later.',
  headers_too_large: 'The headers are too large.',
  internal: 'Something went wrong on our side. The request id finds it in the log.',
  unavailable: 'Not available at the moment.',
  draining: 'The server is stopping. Try again in a moment.',
  storage_full: 'The storage is full.',
};

const headerNotes: Record<string, { description: string; schema: Json }> = {
  'x-request-id': { description: 'Names this request in the log; the one you sent, or a new one.', schema: { type: 'string' } },
  'retry-after': { description: 'Seconds after which to try again.', schema: { type: 'integer' } },
  'x-ratelimit-limit': { description: 'Requests allowed in the window; 0 when nothing is limited.', schema: { type: 'integer' } },
  'x-ratelimit-remaining': { description: 'Requests left in the window.', schema: { type: 'integer' } },
  'x-ratelimit-reset': { description: 'When the window ends, in Unix seconds.', schema: { type: 'integer' } },
  'ratelimit-limit': { description: 'Requests allowed in the window.', schema: { type: 'integer' } },
  'ratelimit-remaining': { description: 'Requests left in the window.', schema: { type: 'integer' } },
  'ratelimit-reset': { description: 'Seconds until the window ends.', schema: { type: 'integer' } },
  'ratelimit-policy': { description: 'The limit: `q` requests in `w` seconds.', schema: { type: 'string' } },
  ratelimit: { description: 'What is left: `r` requests, `t` seconds until the window ends.', schema: { type: 'string' } },
};

const sampleLimit = { limit: 1000, remaining: 999, resetAt: 0, windowMs: 3_600_000 };
const sampleRequest = { id: '7f9c24e8-3b12-4d1f-9a53-0a6e4f7c2b11', address: '', headers: {}, url: '', method: '' };
const sampleField: FieldError = { kind: 'required', path: ['name'], message: 'The name field is required.' };

function headerNames(door: Door): string[] {
  return ['x-request-id', ...Object.keys(door.limitHeaders(sampleLimit, 0)), 'retry-after'];
}

export function headersOf(door: Door): Json {
  return Object.fromEntries(headerNames(door).map((name) => [headerLabel(name), headerNotes[name]]));
}

/** `x-ratelimit-limit` as people write it. */
function headerLabel(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => `${dash}${letter.toUpperCase()}`).replace('Ratelimit', 'RateLimit');
}

function headerRefs(door: Door, isRetry: boolean): Json {
  const names = headerNames(door).filter((name) => isRetry || name !== 'retry-after');
  return Object.fromEntries(names.map((name) => [headerLabel(name), { $ref: `#/components/headers/${headerLabel(name)}` }]));
}

export function successOf(door: Door, route: Route, schemas: Schemas): Json {
  if (route.socket) return { 101: { description: 'From here on a WebSocket.' } };
  if (route.download)
    return { 200: fileResponse('The file.'), 206: fileResponse('The part of it that was asked for.'), 304: { description: 'You have it already.' } };
  if (route.stream) return { 200: { description: 'A stream that does not end.', content: { 'text/event-stream': { schema: { type: 'string' } } } } };
  const status = route.status ?? (route.reply ? 200 : 204);
  const description = status === 201 ? 'Created.' : route.reply ? 'Success.' : 'Done; there is no body.';
  const content = route.reply ? { content: { 'application/json': { schema: schemas.output(route.reply) } } } : {};
  return { [status]: { description, headers: headerRefs(door, false), ...content } };
}

function fileResponse(description: string): Json {
  return { description, content: { '*/*': { schema: { type: 'string', format: 'binary' } } } };
}

function codesOf(route: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(['unauthorized', 'forbidden', 'rate_limited', 'internal']);
  if (route.access === 'anyone') codes.delete('forbidden');
  if (policies[route.access].on === 'bot' || route.query) codes.add('bad_request');
  if (route.params) codes.add('not_found');
  if (route.query || route.body) codes.add('invalid_request');
  if (route.body) codes.add('invalid_json');
  if (route.method !== 'GET') codes.add('idempotency_in_progress').add('idempotency_key_reused');
  if (route.upload) for (const code of ['bad_request', 'payload_too_large', 'unsupported_media_type', 'invalid_request'] as const) codes.add(code);
  if (route.download) codes.add('not_found').add('range_not_satisfiable');
  if (route.secret) codes.add('secret_already_shown');
  for (const code of route.errors ?? []) codes.add(code);
  return (Object.keys(statusOf) as ErrorCode[]).filter((code) => codes.has(code));
}

/** One response per status, shared by all operations that answer the same codes under it. */
export function errorsOf(door: Door, route: Route, schemas: Schemas, responses: Json): Json {
  const byStatus = Map.groupBy(codesOf(route), (code) => statusOf[code]);
  const refs: Json = {};
  for (const [status, codes] of [...byStatus].sort(([a], [b]) => a - b)) {
    const name = codes.join('_or_');
    responses[name] ??= errorResponse(door, codes, schemas);
    refs[status] = { $ref: `#/components/responses/${name}` };
  }
  return refs;
}

function errorResponse(door: Door, codes: ErrorCode[], schemas: Schemas): Json {
  const examples = codes.map((code) => {
    const fields = code === 'invalid_request' ? [sampleField] : [];
    return { code, ...door.errorReply(new AppError(code, fields[0]?.message ?? meanings[code], { fields }), sampleRequest) };
  });
  const [first] = examples;
  assert(first, 'an error response has at least one code');
  const shown = examples.length === 1 ? { example: first.body } : { examples: Object.fromEntries(examples.map(({ code, body }) => [code, { value: body }])) };
  return {
    description: codes.map((code) => meanings[code]).join(' Or: '),
    headers: headerRefs(door, codes.includes('rate_limited')),
    content: { [first.contentType.split(';')[0] as string]: { schema: schemas.output(door.errorSchema), ...shown } },
  };
}
