// What the inbox reads and keeps fresh: the list, the counts, one thread page by page, and what was done in it.
import {
  type InfiniteData,
  infiniteQueryOptions,
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useMemo } from 'react';
import type {
  CannedReply,
  Conversation,
  ConversationAct,
  ConversationCounts,
  ConversationMessage,
  FlowSession,
  List,
  Member,
  Subscriber,
} from '../api/replies.ts';
import { api, type Place } from '../api.ts';
import { oneOf } from '../queries.ts';

const messagesPerPage = 50;
const maxActPages = 5;

type Page = List<ConversationMessage>;
type Pages = InfiniteData<Page, string | null>;

function threadQuery(id: number, at: Place) {
  return infiniteQueryOptions({
    queryKey: ['/thread', id, at],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page>(`/conversations/${id}/messages`, { at, signal, query: { sort: 'newest', limit: messagesPerPage, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    // Kept true by what is told: nothing is read twice.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Newest first in the pages, oldest first as shown. */
export function useThread(id: number, at: Place) {
  const found = useInfiniteQuery(threadQuery(id, at));
  const messages = useMemo(() => found.data?.pages.flatMap((page) => page.data).toReversed() ?? null, [found.data]);
  return {
    messages,
    error: found.isError && !found.data ? found.error : null,
    retry: () => void found.refetch(),
    older: found.hasNextPage ? () => void found.fetchNextPage() : null,
    isLoadingOlder: found.isFetchingNextPage,
  };
}

/** What was said since the last that is known comes behind it. */
export async function readOn(client: QueryClient, id: number, at: Place): Promise<void> {
  const { queryKey } = threadQuery(id, at);
  const known = client.getQueryData<Pages>(queryKey);
  const last = known?.pages[0]?.data[0]?.id;
  // Of an empty thread, or one that is being read, the newest page is as good.
  if (last === undefined) return client.invalidateQueries({ queryKey });
  const page = await api.get<Page>(`/conversations/${id}/messages`, { at, query: { cursor: String(last), limit: 200 } });
  addMessages(client, id, at, page.data);
  if (page.next !== null) await readOn(client, id, at);
}

export function addMessages(client: QueryClient, id: number, at: Place, fresh: readonly ConversationMessage[]): void {
  client.setQueryData<Pages>(threadQuery(id, at).queryKey, (known) => {
    const [newest, ...older] = known?.pages ?? [];
    if (!known || !newest) return known;
    const ids = new Set(newest.data.map((one) => one.id));
    const added = fresh.filter((one) => !ids.has(one.id));
    if (added.length === 0) return known;
    return { ...known, pages: [{ ...newest, data: [...added, ...newest.data].sort((a, b) => b.id - a.id) }, ...older] };
  });
}

/** What was done in a conversation since a number. */
export function useActs(id: number, at: Place, fromSeq: number | null) {
  return useQuery<ConversationAct[]>({
    queryKey: ['/acts', id, at, fromSeq],
    enabled: fromSeq !== null,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<ConversationAct[]> => {
      const acts: ConversationAct[] = [];
      let cursor: string | null = String(Math.max(0, (fromSeq ?? 1) - 1));
      for (let page = 0; page < maxActPages && cursor !== null; page += 1) {
        const read: List<ConversationAct> = await api.get(`/conversations/${id}/events`, { at, signal, query: { kind: 'conversation', cursor, limit: 200 } });
        acts.push(...read.data);
        cursor = read.next;
      }
      return acts;
    },
  }).data;
}

export const conversationQuery = (id: number, at: Place) => oneOf<Conversation>(`/conversations/${id}`, at);
export const sessionQuery = (id: number, at: Place) => oneOf<FlowSession>(`/conversations/${id}/session`, at);
export const countsQuery = (at: Place) => oneOf<ConversationCounts>('/conversations/counts', at);
export const subscriberQuery = (id: number, at: Place) => oneOf<Subscriber>(`/subscribers/${id}`, at);

/** Who may be given a conversation, and every name that may stand beside one. */
export function membersQuery(place: Place) {
  return queryOptions({
    queryKey: ['/members', place, 'all'],
    queryFn: ({ signal }) => api.get<List<Member>>('/members', { at: place, signal, query: { limit: 200 } }).then(({ data }) => data),
    staleTime: 60_000,
  });
}

export function cannedQuery(place: Place) {
  return queryOptions({
    queryKey: ['/canned-replies', place],
    queryFn: ({ signal }) => api.get<List<CannedReply>>('/canned-replies', { at: place, signal, query: { limit: 200 } }).then(({ data }) => data),
    staleTime: 60_000,
  });
}

/** A conversation has moved, or, with null, any may have. */
export function useMoved(at: Place) {
  const client = useQueryClient();
  return (id: number | null): void => {
    const isStale = ([path, second]: readonly unknown[]): boolean => {
      if (path === '/conversations' || path === '/conversations/counts') return true;
      if (path === '/acts') return id === null || second === id;
      return (
        typeof path === 'string' &&
        (id === null ? path.startsWith('/conversations/') : path === `/conversations/${id}` || path === `/conversations/${id}/session`)
      );
    };
    void client.invalidateQueries({ predicate: ({ queryKey }) => isStale(queryKey) });
    for (const { queryKey } of client.getQueryCache().findAll({ queryKey: ['/thread'], type: 'active' })) {
      const open = queryKey[1] as number;
      if (id === null || open === id) readOn(client, open, at).then(null, () => client.invalidateQueries({ queryKey }));
    }
  };
}
