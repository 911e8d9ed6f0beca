// What is read from the server and kept: one thing, or a list page by page. The first part of a key is the path, so
// that whoever changed something under it says `refresh(path)` and every reader follows.
import { infiniteQueryOptions, type QueryClient, queryOptions, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { List, Me } from './api/replies.ts';
import { ApiError, api, mayBeSignedIn, type Place } from './api.ts';

const itself = (me: Me): Me => me;

function nobody(error: unknown): null {
  if (error instanceof ApiError && error.status === 401) return null;
  throw error;
}

/** Null = nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ['/me'],
  queryFn: async ({ signal }): Promise<Me | null> => (mayBeSignedIn() ? api.get<Me>('/me', { signal, expects401: true }).then(itself, nobody) : null),
  staleTime: 60_000,
});

type Filters = Record<string, string | number | null | undefined>;

export function oneOf<T>(path: string, at: Place | null) {
  return queryOptions({ queryKey: [path, at], queryFn: ({ signal }) => api.get<T>(path, { at, signal }) });
}

export function listOf<T>(path: string, at: Place | null, query: Filters = {}) {
  return infiniteQueryOptions({
    queryKey: [path, at, query],
    queryFn: ({ pageParam, signal }) => api.get<List<T>>(path, { at, signal, query: { ...query, cursor: pageParam } }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
}

/** A list with what is loaded of it so far; `more` loads the next page, and is null at the end. */
export function useList<T>(path: string, at: Place | null, query: Filters = {}) {
  const found = useInfiniteQuery({
    ...listOf<T>(path, at, query),
    // While other filters load, the old rows stay; those of another workspace never do.
    placeholderData: (rows, before) => (JSON.stringify(before?.queryKey[1]) === JSON.stringify(at) ? rows : undefined),
  });
  const pages = found.data?.pages;
  return {
    rows: useMemo(() => pages?.flatMap((page) => page.data) ?? null, [pages]),
    error: found.isError && !found.data ? found.error : null,
    retry: () => void found.refetch(),
    more: found.hasNextPage ? () => void found.fetchNextPage() : null,
    isLoadingMore: found.isFetchingNextPage,
    /** The next page could not be read: asking again is for the person to say. */
    hasFailed: found.isFetchNextPageError,
    /** Other filters were chosen and their rows are on the way. */
    isStale: found.isPlaceholderData,
  };
}

/** What was read at these paths, and below them, is read again. */
export function refresh(client: QueryClient, ...paths: string[]): Promise<unknown> {
  const isUnder = (key: unknown) => paths.some((path) => key === path || String(key).startsWith(`${path}/`));
  return client.invalidateQueries({ predicate: ({ queryKey }) => isUnder(queryKey[0]) });
}
