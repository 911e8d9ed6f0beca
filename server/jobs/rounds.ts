// Looks for what is due, round after round: at once while there is something, else when the next is due or a commit tells
// of work that is due sooner.
import type { Ground } from './queue.ts';

// What nobody has told of (another node's work, when its notice was lost) is found all the same.
const longestSleepMs = 1_000;

export const never = Number.POSITIVE_INFINITY;

export type Looked = { begun: number; nextAt: number };

export class Rounds {
  readonly #app: Ground;
  readonly #look: () => Promise<Looked>;
  readonly #running: Promise<void>;
  /** The soonest that commits have told of since the last look. */
  #toldAt = never;
  #sleepsUntil = 0;
  #wake: () => void = () => {};
  #isStopped = false;

  /** Begins at once. */
  constructor(app: Ground, look: () => Promise<Looked>) {
    this.#app = app;
    this.#look = look;
    this.#running = this.#run();
  }

  /** Waits for the look at hand. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    await this.#running;
  }

  hear(dueAt: number): void {
    this.#toldAt = Math.min(this.#toldAt, dueAt);
    if (this.#toldAt < this.#sleepsUntil) this.#wake();
  }

  async #run(): Promise<void> {
    const stopListening = this.#app.live.listen('everything', (one) => this.hear(one === null ? 0 : (one.dueAt ?? never)));
    while (!this.#isStopped) {
      this.#toldAt = never;
      this.#sleepsUntil = 0;
      const [looked] = await Promise.allSettled([this.#look()]);
      if (looked.status === 'rejected') this.#app.log.warn({ reason: String(looked.reason) }, 'the worker could not look for work; it tries again');
      const { begun, nextAt } = looked.status === 'fulfilled' ? looked.value : { begun: 0, nextAt: never };
      if (begun === 0) await this.#sleep(nextAt);
    }
    stopListening();
  }

  async #sleep(nextAt: number): Promise<void> {
    const now = this.#app.clock.now();
    this.#sleepsUntil = Math.min(nextAt, this.#toldAt, now + longestSleepMs);
    if (this.#sleepsUntil <= now || this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#sleepsUntil - now);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
