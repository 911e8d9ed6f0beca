// The one way to the server: JSON with the console's session, the place it is about, and every failure as an ApiError.
// Nothing is retried here; queries (reads) retry what `isPassing` says may pass (app.tsx).

/** The workspace and bot a call is about. */
export type Place = { workspace: number; bot: string | null };

type Ask = {
  at?: Place | null | undefined;
  query?: Record<string, string | number | null | undefined>;
  signal?: AbortSignal | undefined;
  /** Sent again under the same name, it is done once. */
  once?: string;
  /** A 401 is one of the answers here (a wrong password), not the end of the sign-in. */
  expects401?: boolean;
};

export const api = {
  get: <T>(path: string, ask?: Ask) => send<T>('GET', path, undefined, ask),
  post: <T>(path: string, body: object, ask?: Ask) => send<T>('POST', path, body, ask),
  put: <T>(path: string, body: object, ask?: Ask) => send<T>('PUT', path, body, ask),
  patch: <T>(path: string, body: object, ask?: Ask) => send<T>('PATCH', path, body, ask),
  /** A file, as the part `file` of a form. */
  upload: <T>(path: string, file: File, ask?: Ask) => send<T>('POST', path, formOf(file), ask),
  delete: (path: string, ask?: Ask, body?: object) => send<void>('DELETE', path, body, ask),
};

/** What happens in a place, as it happens; the ticket stands for the headers a browser cannot send. */
export async function openEvents(at: Place): Promise<WebSocket> {
  const { ticket } = await api.post<{ ticket: string }>('/events/ws-ticket', {}, { at });
  return new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/events/ws${queryText({ ticket })}`, 'events.v1');
}

type Problem = { detail?: unknown; code?: unknown; request_id?: unknown; errors?: { loc?: unknown; msg?: unknown }[] };

export class ApiError extends Error {
  /** 0 when no answer came. */
  readonly status: number;
  /** One of the server's closed list, or `network`, `timeout`, `unreadable`. */
  readonly code: string;
  readonly requestId: string | null;
  /** What is wrong with which field, by its path: `origins.2`. */
  readonly fields: Record<string, string>;

  constructor(status: number, code: string, message: string, more: { requestId?: string | null; fields?: Record<string, string> } = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.requestId = more.requestId ?? null;
    this.fields = more.fields ?? {};
  }

  /** It may work in a moment: no answer, a restart, a limit. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

const timeoutMs = 30_000;
let signedOut = () => {};

/** Called when the server no longer knows who we are. */
export function onSignedOut(listener: () => void): void {
  signedOut = listener;
}

async function send<T>(method: string, path: string, body: object | undefined, ask: Ask = {}): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const request: RequestInit = { method, headers: headersOf(method, body, ask), signal: ask.signal ? AbortSignal.any([ask.signal, timeout]) : timeout };
  if (body !== undefined) request.body = body instanceof FormData ? body : JSON.stringify(body);
  const reply = await fetch(`/v1${path}${queryText(ask.query)}`, request).catch((error: unknown) => {
    // Whoever gave the call up must not be shown an error.
    if (ask.signal?.aborted) throw error;
    throw timeout.aborted ? new ApiError(0, 'timeout', 'No answer in time.') : new ApiError(0, 'network', 'No connection.');
  });
  const text = await reply.text();
  if (reply.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  if (reply.status === 401 && !ask.expects401) signedOut();
  throw errorOf(reply.status, text, reply.headers.get('x-request-id'));
}

function headersOf(method: string, body: object | undefined, ask: Ask): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  // Of a form the browser says it, with the line between its parts.
  if (body !== undefined && !(body instanceof FormData)) headers['content-type'] = 'application/json';
  if (method !== 'GET') headers['x-csrf-token'] = readCookie('csrf');
  if (ask.once) headers['idempotency-key'] = ask.once;
  if (ask.at) headers['x-workspace'] = String(ask.at.workspace);
  if (ask.at?.bot) headers['x-bot'] = ask.at.bot;
  return headers;
}

function formOf(file: File): FormData {
  const form = new FormData();
  form.append('file', file, file.name);
  return form;
}

/** Without its readable half there is no sign-in, and no need to ask. */
export function mayBeSignedIn(): boolean {
  return readCookie('csrf') !== '';
}

function readCookie(name: string): string {
  const found = document.cookie.split('; ').find((one) => one.startsWith(`${name}=`));
  return found?.slice(name.length + 1) ?? '';
}

/** `?a=1` of what is given; empty and absent values are left out. */
export function queryText(query: Ask['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** A refusal as the server words it; anything else that came back is told apart by its status alone. */
export function errorOf(status: number, text: string, requestId: string | null): ApiError {
  const problem = readProblem(text);
  if (typeof problem?.detail !== 'string') return new ApiError(status, status >= 502 ? 'unavailable' : 'unreadable', `HTTP ${status}`, { requestId });
  const fields: Record<string, string> = {};
  for (const { loc, msg } of problem.errors ?? []) {
    if (Array.isArray(loc) && typeof msg === 'string') fields[loc.filter((part, at) => at > 0 || part !== 'body').join('.')] ??= msg;
  }
  const code = typeof problem.code === 'string' ? problem.code : 'unreadable';
  return new ApiError(status, code, problem.detail, { requestId: typeof problem.request_id === 'string' ? problem.request_id : requestId, fields });
}

function readProblem(text: string): Problem | null {
  // A proxy in between may answer with a page.
  return text.startsWith('{') ? (JSON.parse(text) as Problem) : null;
}
