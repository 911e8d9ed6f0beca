// Two kinds of tests. Most share processes and run side by side; those that start processes or a browser of their own
// are called *.process.test.ts or *.browser.test.ts and run after the rest, one file at a time.
import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.mjs';

const unlike = ['**/*.{process,browser}.test.ts'];
const elsewhere = ['**/node_modules/**', 'dist/**', 'data/**'];

export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    pool: 'forks',
    // A file in a process that has run others finds its modules loaded: 0.8 s against 4.8 s.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...elsewhere, ...unlike],
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: unlike,
          exclude: elsewhere,
          maxWorkers: 1,
          // Browsers, kill -9 and a machine that others use too: once more, and the reporter names what needed it.
          retry: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
