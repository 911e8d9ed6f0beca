// How a running server ends: asked once, it finishes what it has; asked again, it goes at once; a fault that leaves
// its state unknown ends it before it can acknowledge anything more.

const exitCodeOurs = 70;
const exitCodeStorage = 74;
// A terminal signals the whole group, a launcher and npm pass theirs on: one wish may arrive more than once.
const sameWishMs = 250;
const forcedMs = 1_500;

export type Ending = {
  storageFailed(error: Error): void;
  /** Resolves with the first SIGTERM or SIGINT; `force` is called with the next. */
  asked(force: () => void): Promise<void>;
};

export function watchForEnd(write: (line: string) => void): Ending {
  const crash = (exitCode: number, message: string) => (error: unknown) => {
    const err = error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : { message: String(error) };
    write(`${JSON.stringify({ time: new Date().toISOString(), level: 'error', message, err })}\n`);
    process.exit(exitCode);
  };
  process.on('uncaughtException', crash(exitCodeOurs, 'an error that nobody caught; stopping'));
  process.on('unhandledRejection', crash(exitCodeOurs, 'a rejection that nobody caught; stopping'));
  // Until it serves there is nothing to finish: migrations survive being cut anywhere.
  let onSignal = (): void => process.exit(0);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => onSignal());
  return {
    storageFailed: crash(exitCodeStorage, 'storage failed; stopping before anything more is acknowledged'),
    asked: (force) =>
      new Promise((resolve) => {
        onSignal = () => {
          const wishedAt = performance.now();
          resolve();
          onSignal = () => {
            if (performance.now() - wishedAt < sameWishMs) return;
            force();
            setTimeout(() => process.exit(1), forcedMs).unref();
          };
        };
      }),
  };
}
