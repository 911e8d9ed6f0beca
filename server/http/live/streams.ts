// All streams of the process. Reading goes by turns, a few at a time and with a breath in between, so that ten thousand
// readers that look at once hold up nobody's request; one timer beats for all of them.
import type { App } from '../../app.ts';
import { AppError } from '../../errors.ts';
import { describe } from '../errors.ts';
import type { LiveEvent, LiveSource } from '../route.ts';
import type { Standing } from './standing.ts';
import type { Ending, Stream, Turns } from './stream.ts';

/** What a stream runs on: a reply that does not end, or a WebSocket. */
export type Connection = {
  standing: Standing;
  /** Whose, and to what: of those that are alike only the newest stay; null = all stay. */
  alike: string | null;
  tick(now: number): void;
  end(why: Ending): void;
};

const tickMs = 1_000;
/** Someone whose credential was revoked reads on for at most this, and the time of one look. */
const standingMs = 4_000;
const atOnce = 16;
const maxAlike = 20;

export class Streams implements Turns {
  readonly #app: App;
  readonly #open = new Set<Connection>();
  readonly #alike = new Map<string, Set<Connection>>();
  readonly #pages = new Map<string, Promise<LiveEvent[]>>();
  #line: Stream[] = [];
  #reading = 0;
  #isCalled = false;
  #checkAt = 0;
  #isChecking = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(app: App) {
    this.#app = app;
  }

  add(one: Connection): void {
    this.#open.add(one);
    this.#timer ??= setInterval(() => this.#tick(performance.now()), tickMs).unref();
    if (one.alike === null) return;
    const group = this.#alike.get(one.alike) ?? new Set();
    this.#alike.set(one.alike, group.add(one));
    const [oldest] = group;
    if (group.size <= maxAlike || !oldest) return;
    group.delete(oldest);
    oldest.end('replaced');
  }

  remove(one: Connection): void {
    this.#open.delete(one);
    const group = this.#alike.get(one.alike ?? '');
    if (group?.delete(one) && group.size === 0) this.#alike.delete(one.alike ?? '');
    if (this.#open.size > 0 || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Tells every reader to come back elsewhere, and ends. */
  closeAll(): void {
    for (const one of this.#open) one.end('elsewhere');
  }

  wait(stream: Stream): void {
    this.#line.push(stream);
    this.#call();
  }

  /** Readers of the same that are at the same number share one look at the store. */
  read(source: LiveSource, after: number, limit: number): Promise<LiveEvent[]> {
    if (source.hear) return source.read(after, limit);
    const name = `${source.name} ${after}`;
    const known = this.#pages.get(name);
    if (known !== undefined) return known;
    const page = source.read(after, limit).finally(() => this.#pages.delete(name));
    this.#pages.set(name, page);
    return page;
  }

  // On SQLite a read is done before the loop turns: without the breath one round of many would be one long halt.
  #call(): void {
    if (this.#isCalled) return;
    this.#isCalled = true;
    setImmediate(() => {
      this.#isCalled = false;
      for (const stream of this.#line.splice(0, atOnce - this.#reading)) void this.#turn(stream);
    });
  }

  async #turn(stream: Stream): Promise<void> {
    this.#reading += 1;
    try {
      await stream.read();
    } catch (error) {
      if (!stream.isOver) this.#fail(stream, error);
    }
    this.#reading -= 1;
    if (this.#line.length > 0) this.#call();
  }

  /** What is gone is said to be; where the store could not be read the reader comes back with its cursor. */
  #fail(stream: Stream, error: unknown): void {
    const isGone = error instanceof AppError && error.status === 404;
    if (!isGone) this.#app.log.warn({ err: describe(error) }, 'a stream ended: its events could not be read');
    stream.end(isGone ? 'gone' : 'elsewhere');
  }

  #tick(now: number): void {
    for (const one of this.#open) one.tick(now);
    if (now < this.#checkAt || this.#isChecking) return;
    this.#checkAt = now + standingMs;
    void this.#check();
  }

  /** One look for each credential, however many streams it holds. */
  async #check(): Promise<void> {
    this.#isChecking = true;
    const groups = [...Map.groupBy(this.#open, ({ standing }) => standing.name).values()];
    const lookOn = async (): Promise<void> => {
      for (let group = groups.pop(); group; group = groups.pop()) {
        await new Promise((resolve) => setImmediate(resolve));
        if (await group[0]?.standing.holds()) continue;
        for (const one of group) one.end('refused');
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lookOn));
    this.#isChecking = false;
  }
}
