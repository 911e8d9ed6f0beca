// One reader of one source. It holds a number and no events: they are read from the store, a page at a time and only
// when the reader has taken what it had, so a slow one costs a page of memory and a lost announcement costs time.
import type { App } from '../../app.ts';
import type { LiveEvent, LiveSource } from '../route.ts';

/** Why it ends; all but `done`, `refused` and `gone` can come back with their cursor. */
export type Ending = 'done' | 'elsewhere' | 'slow' | 'refused' | 'gone' | 'idle' | 'replaced' | 'flooding';

export type Wire = {
  /** False once the reader has enough to take: nothing more is given until `taken()`. */
  send(one: LiveEvent): boolean;
  beat(): void;
  end(why: Ending): void;
};

/** Of Node's clock, which looks twice when something was taken in between: who takes nothing is ended within 10 s. */
export const stuckMs = 4_000;
/** Where nodes share a database, what a node that died could not announce is seen at the latest after this. */
const lookMs = 30_000;
const beatMs = 15_000;
const pageSize = 50;

/** Who gives streams their turn to read. */
export type Turns = { wait(stream: Stream): void; read(source: LiveSource, after: number, limit: number): Promise<LiveEvent[]> };

export class Stream {
  readonly #app: App;
  readonly #source: LiveSource;
  readonly #wire: Wire;
  readonly #turns: Turns;
  readonly #stopListening: () => void;
  #cursor: number;
  #isStale = false;
  #isInLine = false;
  #isFull = false;
  #isOver = false;
  /** What the store would not tell again, and was not given yet. */
  #left: LiveEvent[] = [];
  #lookAt: number;
  #beatAt: number;

  constructor(app: App, source: LiveSource, wire: Wire, turns: Turns, { cursor, first }: Beginning) {
    this.#app = app;
    this.#source = source;
    this.#wire = wire;
    this.#turns = turns;
    this.#cursor = cursor;
    if (first) this.#left = [first];
    const now = performance.now();
    this.#beatAt = now + beatMs;
    this.#lookAt = this.#nextLook(now);
    this.#stopListening = app.live.listen(source.about, (one) => {
      if (source.hear && !source.hear(one)) return;
      if (one && source.isGapless && one.seq <= this.#cursor && !(one.sign && source.hear)) return;
      if (source.settleMs > 0) this.#lookAt = Math.min(this.#lookAt, performance.now() + source.settleMs);
      this.#wake();
    });
    source.beat?.();
    this.#wake();
  }

  /** Its turn: at most one page. Rejects when the store cannot be read or has it no more. */
  async read(): Promise<void> {
    this.#isStale = false;
    const page = this.#left.length > 0 ? this.#left : await this.#page();
    this.#left = [];
    this.#isStale ||= page.length > 0;
    this.#give(page);
    this.#isInLine = false;
    if (this.#isStale) this.#wake();
  }

  #give(page: LiveEvent[]): void {
    for (const [at, one] of page.entries()) {
      if (this.#isOver) return;
      if (one.seq !== null) this.#cursor = one.seq;
      this.#isFull = !this.#wire.send(one);
      if (one.isLast) this.end('done');
      if (!this.#isFull) continue;
      // The rest is read again, and with it that it was all.
      this.#left = page.slice(at + 1).filter(({ seq, isLast }) => seq === null && !isLast);
      return;
    }
  }

  async #page(): Promise<LiveEvent[]> {
    const page = await this.#turns.read(this.#source, this.#cursor, pageSize);
    const first = page[0]?.seq ?? null;
    if (!this.#source.isGapless || first === null || first === this.#cursor + 1) return page;
    return [{ ...(await this.#source.snapshot()), event: resyncOf(this.#source) }];
  }

  /** The reader has taken what it had. */
  taken(): void {
    this.#isFull = false;
    if (this.#isStale) this.#wake();
  }

  tick(now: number): void {
    if (this.#isOver) return;
    if (now >= this.#lookAt) {
      this.#lookAt = this.#nextLook(now);
      this.#wake();
    }
    if (now < this.#beatAt) return;
    this.#beatAt = now + beatMs;
    this.#source.beat?.();
    if (!this.#isFull) this.#wire.beat();
  }

  /** Nothing is sent after it, also what is being read just now: a write after the end would end the process. */
  end(why: Ending): void {
    // Who does not even take the last words is cut.
    if (this.#isOver && why !== 'slow') return;
    this.stop();
    this.#wire.end(why);
  }

  /** The reader is gone. */
  stop(): void {
    this.#isOver = true;
    this.#stopListening();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  #wake(): void {
    this.#isStale = true;
    if (this.#isFull || this.#isInLine || this.#isOver) return;
    this.#isInLine = true;
    this.#turns.wait(this);
  }

  #nextLook(now: number): number {
    return this.#app.database.isShared ? now + lookMs : Number.POSITIVE_INFINITY;
  }
}

/** Where a reader begins, and what it is told before anything else. */
export type Beginning = { cursor: number; first: LiveEvent | null };

export async function begin(source: LiveSource, cursor: number | null): Promise<Beginning> {
  if (cursor === null && source.from !== undefined) return { cursor: source.from, first: null };
  if (cursor !== null && cursor <= (await source.lastSeq())) return { cursor, first: null };
  const snapshot = await source.snapshot();
  // A cursor from another life of the store: begin again, and say so.
  return { cursor: snapshot.seq, first: cursor === null ? snapshot : { ...snapshot, event: resyncOf(source) } };
}

function resyncOf({ resync }: LiveSource): string {
  return resync ?? 'stream.resync';
}
