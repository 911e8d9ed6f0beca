// The promise that an acknowledged write is durable, at the size of a test. At full size: `npm run experiment -- E1`.
import { expect, test } from 'vitest';
import { killUnderLoad } from '../../bench/experiments/kill.ts';

test('what was acknowledged before a kill -9 is there exactly once after the next start', async () => {
  // How many were committed and not acknowledged is chance in so few rounds.
  const { acks, readyMs, committedUnacked: _, ...found } = await killUnderLoad({ rounds: 5, seed: 7, say: () => {} });
  expect(found).toEqual({ rounds: 5, lost: 0, duplicates: 0, orphans: 0, integrity: 'ok' });
  expect(acks).toBeGreaterThan(100);
  expect(Math.max(...readyMs)).toBeLessThan(10_000);
});
