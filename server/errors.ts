// The caller's faults, as a closed list. Each door renders them in its own envelope; what is not here
// is our fault and becomes a 500 with a request id. Nothing internal is ever put into a message.

export const statusOf = {
  bad_request: 400,
  invalid_json: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  conflict: 409,
  chat_busy: 409,
  input_pending: 409,
  no_pending_input: 409,
  input_ambiguous: 409,
  input_already_resolved: 409,
  stale_rev: 409,
  idempotency_in_progress: 409,
  secret_already_shown: 409,
  gone: 410,
  input_expired: 410,
  payload_too_large: 413,
  uri_too_long: 414,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  invalid_request: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  queue_full: 429,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
  draining: 503,
  storage_full: 507,
} as const;

export type ErrorCode = keyof typeof statusOf;

/** One thing wrong with one field. `kind` is machine-readable; `path` locates it in the body or query. */
export type FieldError = {
  kind: string;
  path: (string | number)[];
  message: string;
  input?: unknown;
};

/** As the linter reports it: a code, a place, a sentence. */
export type FlowProblem = { code: string; at: string; message: string };

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: FieldError[];
  /** Extra reply headers, such as Retry-After or Allow. */
  readonly headers: Record<string, string>;
  /** What is wrong with a flow, for whoever edits it. */
  readonly problems: FlowProblem[];

  constructor(code: ErrorCode, message: string, more: { fields?: FieldError[]; headers?: Record<string, string>; problems?: FlowProblem[] } = {}) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.fields = more.fields ?? [];
    this.headers = more.headers ?? {};
    this.problems = more.problems ?? [];
  }

  get status(): number {
    return statusOf[this.code];
  }
}

/** A single invalid field, found by a command after validation (a taken name, an unknown reference). */
export function invalidField(field: string, message: string, kind = 'invalid'): AppError {
  return new AppError('invalid_request', message, { fields: [{ kind, path: [field], message }] });
}

export function notFound(thing: string): AppError {
  return new AppError('not_found', `${thing} not found.`);
}

/** Ours: a state that cannot be. The request ends as a 500; the message goes to the log only. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** The process cannot start as configured. The command line prints the message and exits with `exitCode`. */
export class StartError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.name = 'StartError';
    this.exitCode = exitCode;
  }
}
