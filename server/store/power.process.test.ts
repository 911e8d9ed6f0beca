// The promise that what was acknowledged survives a power cut, at the size of a test. At full size: `npm run experiment -- E2`.
import { expect, test } from 'vitest';
import { cutUnderLoad, recordsEverything } from '../../bench/experiments/power.ts';

test('what was acknowledged before the power was cut is there after, and without syncs it would not be', async ({ skip }) => {
  const found = await cutUnderLoad({ cuts: 8, seed: 11, loadMs: 1_500 });
  if (found === null) {
    console.warn('SKIPPED: there is no C compiler, so power cuts are not tested.');
    return skip();
  }
  const { acks, copied: _, lostWithoutSyncs, ...rest } = found;
  expect(rest).toEqual({ cuts: 16, lost: 0, strangers: 0, broken: [] });
  expect(acks).toBeGreaterThan(100);
  expect(lostWithoutSyncs).toBeGreaterThan(0);
}, 60_000);

test('the recording of the disk misses nothing', async ({ skip }) => {
  const isWhole = await recordsEverything();
  if (isWhole === null) return skip();
  expect(isWhole).toBe(true);
}, 60_000);
