// The widget's one way to the server, and its one catch: a call that failed is an answer, not an exception.
import type { Refusal } from './wire.ts';

export type Answer<Value> = { ok: true; value: Value } | { ok: false; status: number; error: string; field: string | null; retryMs: number };

export type Api = {
  /** `path` under /api/v1/chat, with a question mark in it or not. */
  call<Value>(method: string, path: string, body?: unknown, visitor?: string): Promise<Answer<Value>>;
  /** Reads until it ends or is told to; answers the status, 0 without one. */
  stream(path: string, lastId: string | null, onText: (text: string) => void, signal: AbortSignal): Promise<number>;
  address(path: string): string;
};

/** No cookie goes along, and where the visitor was stays with them. */
const quiet = { credentials: 'omit', referrerPolicy: 'no-referrer' } as const;
export const noAnswer = { ok: false, status: 0, error: '', field: null, retryMs: 0 } as const;

export function makeApi(base: string, siteKey: string): Api {
  // The key goes in the query: a header of our own would cost a preflight for every address.
  const address = (path: string): string => `${base}api/v1/chat${path}${path.includes('?') ? '&' : '?'}v=2&key=${encodeURIComponent(siteKey)}`;
  return {
    address,
    call: (method, path, body, visitor) =>
      attempt(
        async () => {
          const json = body === undefined ? '' : JSON.stringify(body);
          const response = await fetch(address(path), {
            ...quiet,
            method,
            // What is written last goes out even when the page closes; browsers allow 64 KiB of it.
            keepalive: json !== '' && json.length < 9_000,
            headers: { ...(json && { 'Content-Type': 'application/json' }), ...(visitor && { Authorization: `Visitor ${visitor}` }) },
            ...(json && { body: json }),
          });
          const text = await response.text();
          const isJson = /json/.test(response.headers.get('content-type') ?? '');
          return answerOf(response.status, isJson ? JSON.parse(text) : text, response.headers.get('retry-after'));
        },
        () => noAnswer,
      ),
    stream: (path, lastId, onText, signal) =>
      attempt(
        async () => {
          const response = await fetch(address(path), {
            ...quiet,
            cache: 'no-store',
            signal,
            headers: { Accept: 'text/event-stream', ...(lastId !== null && { 'Last-Event-ID': lastId }) },
          });
          if (!response.ok || !response.body) return response.status;
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
          for (let piece = await reader.read(); !piece.done; piece = await reader.read()) onText(piece.value);
          return response.status;
        },
        () => 0,
      ),
  };
}

export function answerOf<Value>(status: number, body: unknown, retryAfter: string | null): Answer<Value> {
  if (status >= 200 && status < 300) return { ok: true, value: body as Value };
  const { error = '', field = null } = (body ?? {}) as Partial<Refusal>;
  return { ok: false, status, error, field, retryMs: Number(retryAfter ?? 0) * 1000 };
}

/** For what a browser may forbid or end as it likes: storage, a lock, a sound, the network. */
export async function attempt<Value>(run: () => Value | Promise<Value>, otherwise: () => Value): Promise<Value> {
  try {
    return await run();
  } catch {
    return otherwise();
  }
}

/** The same where the answer is needed at once. */
export function attemptNow<Value>(run: () => Value, otherwise: Value): Value {
  try {
    return run();
  } catch {
    return otherwise;
  }
}
