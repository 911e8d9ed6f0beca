// What a route and a door are. One `route({…})` is path, policy, schemas, documentation and handler in one place;
// serve.ts runs it, openapi.ts documents it, and neither needs to be touched for the next one.
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { App } from '../app.ts';
import type { Access, AuthContext, Caller, Hints, Tenant } from '../auth.ts';
import type { AppError, ErrorCode } from '../errors.ts';
import type { About, Announcement } from '../live.ts';

export type Headers = Record<string, string | string[] | undefined>;

/** A header's first value without surrounding space; empty when absent. */
export function headerText(headers: Headers, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim() ?? '';
}

/** How events can come: blocks of server-sent events, or a line of JSON each. */
export const streamTypes = ['text/event-stream', 'application/x-ndjson'] as const;

/** Whether what a write brings about is to be told as it happens. */
export function asksForEvents(headers: Headers): boolean {
  const accept = headerText(headers, 'accept').toLowerCase();
  return streamTypes.some((type) => accept.includes(type));
}

/** What follows a word in Authorization, such as the token after `Visitor`; empty when there is none. */
export function credentialIn(headers: Headers, scheme: 'Visitor' | 'Bearer'): string {
  const [, word = '', credential = ''] = /^(\S+)\s+(\S+)$/.exec(headerText(headers, 'authorization')) ?? [];
  return word.toLowerCase() === scheme.toLowerCase() ? credential : '';
}

export function readCookie(headers: Headers, name: string): string | null {
  for (const part of headerText(headers, 'cookie').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return null;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A limit on top of the door's own: guesses at a password, starts of a conversation. */
export type Limit = {
  name: string;
  per: 'caller' | 'address' | 'caller and address' | 'visitor';
  max: number;
  /** For a site whose visitors share one address. */
  sharedMax?: number;
  windowMs: number;
};

export type RequestInfo = { id: string; address: string; headers: Headers; url: string; method: string };

export type Context<P, Q, B> = {
  app: App;
  caller: Caller;
  tenant: Tenant;
  params: P;
  query: Q;
  body: B;
  /** Of a route with `upload`. */
  file: IncomingFile | null;
  /** Of a route with `keepsBytes`: its body as it was sent. */
  bytes: Buffer | null;
  request: RequestInfo;
  /** Counts one more against a limit whose subject only the route knows (guesses at one password); 429 past it. */
  count: (limit: Omit<Limit, 'per'>, who: string) => Promise<void>;
  reply: {
    header(name: string, value: string): void;
    cookie(name: string, value: string, options: { maxAgeS: number; httpOnly: boolean }): void;
  };
};

/** A write that takes one file, as multipart/form-data. */
export type UploadSpec = {
  /** The part that holds it; what else the form has is skipped. */
  field: string;
  maxBytes: number;
};

/** What its sender says it is, and its bytes as they arrive: they end well only when the whole body has come. */
export type IncomingFile = { name: string; type: string; bytes: AsyncIterable<Uint8Array> };

/** A file to send; `etag` without quotes. Both ends of a range are part of it. */
export type Download = {
  type: string;
  size: number;
  etag: string;
  /** The whole header Content-Disposition. */
  disposition: string;
  maxAgeS: number;
  /** Null when there is nothing any more. */
  read(range?: { from: number; to: number }): Promise<Readable | Buffer | null>;
};

export type Docs = {
  /** operationId; unique per door, a verb and a noun. */
  id: string;
  tag: string;
  summary: string;
  description?: string;
  /** An example request body, shown in Try it out. */
  example?: unknown;
};

export type RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = {
  method: Method;
  /** Under the door's prefix, with `{name}` for parameters. */
  path: string;
  access: Access;
  params?: P;
  query?: Q;
  body?: B;
  upload?: UploadSpec;
  /** It is signed byte by byte: what was sent is needed besides what it means. */
  keepsBytes?: true;
  /** Absent: the route answers 204 without a body. */
  reply?: R;
  /** Default 200, or 204 without a reply schema. */
  status?: number;
  /** Codes beyond those every route can answer with. */
  errors?: ErrorCode[];
  limits?: Limit[];
  /** Its own limits alone hold: it does not count against the door's. */
  countsAlone?: true;
  /** The reply carries a secret: it is never kept for a repeat of the request. */
  secret?: boolean;
  docs: Docs;
  /**
   * On a write, what `app.transact` returned is what `run` returns: under an Idempotency-Key the reply is kept in
   * that same transaction.
   */
  run: (context: Context<z.output<P>, z.output<Q>, z.output<B>>) => Promise<z.input<R> | undefined>;
  /** A GET that answers with a stream instead: where its events come from. `run` is then never asked. */
  stream?: (context: Context<z.output<P>, z.output<Q>, z.output<B>>) => Promise<LiveSource>;
  /** A write whose caller asks for `text/event-stream`: what then comes of it is told instead of the reply, which `done` is. */
  follow?: (context: Context<z.output<P>, z.output<Q>, z.output<B>>, done: z.output<R>) => Promise<LiveSource>;
  /** A GET that answers with a file instead; ranges, ETag and HEAD are seen to. `run` is then never asked. */
  download?: (context: Context<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Download>;
  /** A GET that becomes a WebSocket; `run` answers who did not ask for one. */
  socket?: SocketSpec<z.output<P>, z.output<Q>>;
  /** The same method and path in a later form, for who asks for it (`Door.asksNewer`). */
  newer?: Route;
};

/** `seq` is null for what is told once and not kept. */
export type LiveEvent = {
  seq: number | null;
  event: string;
  data: unknown;
  /** Nothing comes after it: with it a stream ends. */
  isLast?: true;
};

/** Events with numbers, readable again from any of them. Made for one reader. */
export type LiveSource = {
  /** Readers of sources with one name at one number read the same. */
  name: string;
  /** An announcement of this means that there may be more to read. */
  about: About;
  /** Whether numbers follow one another: a missing one is then told as a `stream.resync`. */
  isGapless: boolean;
  /** So long after an announcement it is worth looking once more; 0 = at once is enough. */
  settleMs: number;
  lastSeq(): Promise<number>;
  /** Where a reader without a cursor begins, instead of at a snapshot. */
  from?: number;
  /** What it is to: of readers of the same only the newest stay; absent = all stay. */
  alike?: string;
  /** What a snapshot is called that comes because numbers were missed; absent = `stream.resync`. */
  resync?: string;
  /** What a reader without a cursor is told first, as of its `seq`. */
  snapshot(): Promise<LiveEvent & { seq: number }>;
  /** Those after `after`, in order; empty when there are none. */
  read(after: number, limit: number): Promise<LiveEvent[]>;
  /**
   * Told every announcement, and null when some may be lost: for a source that keeps what the store does not. Returns
   * whether there may be something to read because of it.
   */
  hear?(one: Announcement | null): boolean;
  /** At the first moment, and again with every beat for as long as the reader is there: every 15 s. */
  beat?(): void;
};

/** What a WebSocket does besides telling events: methods by name, each judged by its own policy. */
export type Talk = {
  source: LiveSource;
  /** A part of it, as `subscribe` asks for one; absent: there are no parts. */
  part?: { params: z.ZodType; source: (params: never) => Promise<LiveSource> };
  methods: Record<string, TalkMethod>;
};

export type TalkMethod = { access: Access; params: z.ZodType; run: (params: never) => Promise<unknown> };

/** A credential that can be looked at again for as long as what it opened is open; null = it is none any more. */
export type Pass = { hints: Hints; caller(): Promise<Caller | null>; isTicket: boolean };

export type SocketSpec<P, Q> = {
  /** Whom a `?ticket=` stands for; null when it is wrong, over or used up. Asking uses it up. */
  redeem(app: App, ticket: string, params: P): Promise<Pass | null>;
  open(context: Context<P, Q, unknown>): Promise<Talk>;
};

// biome-ignore lint/suspicious/noExplicitAny: a list of routes forgets each one's own types
export type Route = RouteSpec<any, any, any, any>;

export function route<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B, R>): Route {
  return spec;
}

/** What a limit says of itself after a request was counted. */
export type LimitState = { limit: number; remaining: number; resetAt: number; windowMs: number };

export type ErrorReply = { contentType: string; body: unknown };

export type Door = {
  name: string;
  title: string;
  description: string;
  /** Every path under it is this door's, unknown ones included. */
  prefix: string;
  /** Paths of its routes that are served without the prefix as well, such as `/chats`. */
  roots?: string[];
  routes: Route[];
  /** Where its OpenAPI document is served, and the security schemes it offers. */
  document: { path: string; securitySchemes: Record<string, unknown> };
  authenticate(context: AuthContext, headers: Headers, method: string, url: string): Promise<Caller>;
  /** What else must hold before the body is read, such as the page a call comes from; returns who is calling, known better. */
  enter?(app: App, caller: Caller, request: { headers: Headers; params: Record<string, string> }): Promise<Caller>;
  hints(headers: Headers): Hints;
  /** Whether a request means the newer form of a call; it is then refused in the words of that too. */
  asksNewer?(request: Pick<RequestInfo, 'headers' | 'url'>): boolean;
  /** The limit every request of a caller counts against; null = none. */
  quota(caller: Caller): Limit | null;
  limitHeaders(state: LimitState | null, now: number): Record<string, string>;
  errorReply(error: AppError, request: RequestInfo): ErrorReply;
  /** Shown for documentation only: the envelope as a schema. */
  errorSchema: z.ZodType;
  /** POST with X-HTTP-Method-Override: DELETE is a DELETE here. */
  allowsMethodOverride?: boolean;
  /** For a door that pages of others call: what lets them read any reply, refusals included, and what a preflight learns. */
  cors?: { headers(asked: Headers): Record<string, string>; preflight(asked: Headers): Record<string, string> };
  /** Texts that cannot be stored are mended instead of refused, for people who paste anything. */
  mendsTexts?: boolean;
  /** What a write's body lacks is taken from the query: clients exist that can send no body with DELETE. */
  bodyTakesQuery?: boolean;
};
