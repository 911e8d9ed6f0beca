// Chance that can be had again, for tests that kill and for loads that vary: the same seed, the same moments.

/** Numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** kill -9 between now and `withinMs`; resolves when the process is gone. */
export async function reap(running: { signal(name: NodeJS.Signals): void; ended: Promise<unknown> }, withinMs: number, chance: () => number): Promise<void> {
  const timer = setTimeout(() => running.signal('SIGKILL'), chance() * withinMs);
  await running.ended;
  clearTimeout(timer);
}
