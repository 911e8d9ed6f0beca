// Keeps what is shown true when conversations move: those that did are asked for by their numbers and put where they now
// belong, however long the list is; what moves in the same moment goes together.
import { type InfiniteData, type QueryClient, type QueryKey, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo } from 'react';
import type { Conversation, List } from '../api/replies.ts';
import { api, type Place } from '../api.ts';
import { changeSettled } from './reading.ts';
import { readOn } from './thread/pages.ts';

type Rows = InfiniteData<List<Conversation>, string | null>;

/** More than that is asked for page by page. */
const maxAtOnce = 100;
/** Of a long list so much is read again after a gap. */
const keptPages = 5;
const pauseMs = 400;

const activityOf = (one: Conversation): number => one.last_message_at ?? one.created_at;

/** Newest activity first: `moved` leave where they were, and `fresh` of them come where they belong, if that far is loaded. */
export function withMoved(known: Rows, moved: ReadonlySet<number>, fresh: readonly Conversation[]): Rows {
  const rows = known.pages.flatMap((page) => page.data).filter(({ id }) => !moved.has(id));
  const isWhole = known.pages.at(-1)?.next === null;
  const last = rows.at(-1);
  const isIn = (one: Conversation) => isWhole || !last || activityOf(one) >= activityOf(last);
  const sorted = [...rows, ...fresh.filter(isIn)].sort((a, b) => activityOf(b) - activityOf(a) || b.id - a.id);
  let from = 0;
  const pages = known.pages.map((page, at) => {
    const size = at === known.pages.length - 1 ? sorted.length - from : page.data.length;
    from += size;
    return { ...page, data: sorted.slice(from - size, from) };
  });
  return { ...known, pages };
}

/** Of these the ones that a search had found, with what it found in them. */
export function foundBefore(known: Rows, fresh: readonly Conversation[]): Conversation[] {
  const hits = new Map(known.pages.flatMap((page) => page.data.map(({ id, hit }) => [id, hit ?? null])));
  return fresh.filter(({ id }) => hits.has(id)).map((one) => ({ ...one, hit: hits.get(one.id) ?? null }));
}

class Mover {
  readonly #client: QueryClient;
  readonly #at: Place;
  #moved = new Set<number>();
  #isAll = false;
  #work: Promise<void> | null = null;
  isClosed = false;

  constructor(client: QueryClient, at: Place) {
    this.#client = client;
    this.#at = at;
  }

  /** Null: any may have. */
  note(id: number | null): void {
    if (id === null) this.#isAll = true;
    else this.#moved.add(id);
    if (this.#moved.size > maxAtOnce) this.#isAll = true;
    this.#work ??= this.#go();
  }

  async #go(): Promise<void> {
    while ((this.#isAll || this.#moved.size > 0) && !this.isClosed) {
      const moved = this.#moved;
      const isAll = this.#isAll;
      this.#moved = new Set();
      this.#isAll = false;
      await Promise.all([this.#lists(moved, isAll), this.#parts(moved, isAll), this.#threads(moved, isAll)]);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    this.#work = null;
  }

  async #lists(moved: ReadonlySet<number>, isAll: boolean): Promise<void> {
    const queries = this.#client.getQueryCache().findAll({ queryKey: ['/conversations', this.#at] });
    // A list that nobody looks at is read when somebody does.
    for (const query of queries) if (!query.isActive()) this.#client.removeQueries({ queryKey: query.queryKey, exact: true });
    await Promise.all(queries.filter((query) => query.isActive()).map(({ queryKey }) => (isAll ? this.#readAgain(queryKey) : this.#merge(queryKey, moved))));
  }

  async #readAgain(queryKey: QueryKey): Promise<void> {
    await changeSettled<Rows>(
      this.#client,
      queryKey,
      (known) => known && { pages: known.pages.slice(0, keptPages), pageParams: known.pageParams.slice(0, keptPages) },
    );
    await this.#client.invalidateQueries({ queryKey, exact: true });
  }

  async #merge(queryKey: QueryKey, moved: ReadonlySet<number>): Promise<void> {
    // A search is not made again for each move: what it found is kept true, and what else was said since is not looked for.
    const { q, ...filter } = queryKey[2] as { q?: string };
    const read = api.get<List<Conversation>>('/conversations', { at: this.#at, query: { ...filter, ids: [...moved].join(), limit: maxAtOnce } });
    await read.then(
      ({ data }) => changeSettled<Rows>(this.#client, queryKey, (known) => known && withMoved(known, moved, q ? foundBefore(known, data) : data)),
      () => this.#client.invalidateQueries({ queryKey, exact: true }),
    );
  }

  async #parts(moved: ReadonlySet<number>, isAll: boolean): Promise<void> {
    const paths = new Set(['/conversations/counts', '/conversations/of']);
    for (const id of moved) for (const path of [`/conversations/${id}`, `/conversations/${id}/session`]) paths.add(path);
    const isOpen = (path: string) => isAll || paths.has(path);
    // A flow may have changed what is known of the person.
    const isStale = (path: string) => isOpen(path) || path.startsWith('/subscribers/');
    const isAbout = (path: unknown) =>
      typeof path === 'string' && path !== '/conversations' && (isAll ? /^\/(conversations|subscribers)\//.test(path) : isStale(path));
    await this.#client.invalidateQueries({ predicate: ({ queryKey }) => isAbout(queryKey[0]) });
  }

  async #threads(moved: ReadonlySet<number>, isAll: boolean): Promise<void> {
    const open = this.#client.getQueryCache().findAll({ queryKey: ['/thread'], type: 'active' });
    const ids = new Set(open.map(({ queryKey }) => queryKey[1] as number));
    const due = [...ids].filter((id) => isAll || moved.has(id));
    await Promise.all(
      due.map((id) => readOn(this.#client, id, this.#at).then(null, () => this.#client.invalidateQueries({ queryKey: ['/thread', id], refetchType: 'none' }))),
    );
  }
}

/** Null: any conversation may have. */
type OnMoved = (id: number | null) => void;

export const Moved = createContext<OnMoved>(() => {});

/** To be told of what one has done oneself. */
export const useMoved = (): OnMoved => useContext(Moved);

/** The one mover of the page. */
export function useMover(at: Place): OnMoved {
  const client = useQueryClient();
  const { workspace, bot } = at;
  const mover = useMemo(() => new Mover(client, { workspace, bot }), [client, workspace, bot]);
  useEffect(() => {
    mover.isClosed = false;
    return () => {
      mover.isClosed = true;
    };
  }, [mover]);
  return useMemo(() => (id) => mover.note(id), [mover]);
}
