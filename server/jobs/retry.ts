// How long to wait before the next attempt: doubling, with full jitter, so that many that failed together do not come back
// together.
const firstMs = 1_000;
const longestMs = 15 * 60_000;

const maxAttempts = 8;

/** Of most jobs; null once it has been tried often enough. */
export function usualDelayMs(attempts: number): number | null {
  return attempts >= maxAttempts ? null : retryDelayMs(attempts, Math.random());
}

/** `chance` in [0, 1). */
export function retryDelayMs(attempt: number, chance: number): number {
  const most = Math.min(longestMs, firstMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(most / 2 + (most / 2) * chance);
}
