// Tells somebody's address of an event, once. Only a 2xx means that it was taken; redirects are not followed, for who signed
// for one address is not to be heard at another.
import type { App } from '../app.ts';
import { egressOf } from '../egress/connect.ts';
import { send } from '../egress/fetch.ts';

const limits = { headersMs: 10_000, totalMs: 15_000, maxBytes: 64 * 1024 };
const maxRetryAfterS = 6 * 3_600;

export type Delivered = { isTaken: boolean; error: string /** It says that it never wants to hear of this again. */; isGone: boolean; retryAfterMs: number };

export async function postWebhook(app: App, call: { url: string; headers: Record<string, string>; body: string }): Promise<Delivered> {
  const outcome = await send(egressOf(app.config), { method: 'POST', ...call, redirects: 'manual', parse: 'text', limits });
  const { status } = outcome;
  const isTaken = outcome.kind === 'status' && status !== null && status >= 200 && status < 300;
  const said = /^\d{1,9}$/.test(outcome.headers['retry-after'] ?? '') ? Number(outcome.headers['retry-after']) : 0;
  const error = isTaken ? '' : (outcome.error ?? `It answered ${status}.`);
  return { isTaken, error, isGone: status === 410, retryAfterMs: Math.min(said, maxRetryAfterS) * 1_000 };
}
