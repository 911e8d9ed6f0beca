// A thread as it is read: a window of pages around its end, or around a message that was found. At most so many pages
// are held; those far from where one looks are let go and read again. Each has what was said and what was done, so that
// both come and go together.
import { type InfiniteData, infiniteQueryOptions, type QueryClient, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ConversationAct, ConversationMessage, List } from '../../api/replies.ts';
import { api, type Place } from '../../api.ts';
import { changeSettled } from '../reading.ts';

const messagesPerPage = 50;
const maxPages = 8;
const maxActPages = 5;
/** A page that grows at the end is parted then. */
const maxPerPage = 2 * messagesPerPage;

/** Newest first in a page, and the newest page first. */
type Page = { messages: ConversationMessage[]; acts: ConversationAct[]; isFirst: boolean; isLast: boolean };
/** Null: the end. Else what lies before or behind a message. */
type From = { way: 'older' | 'newer'; id: number; seq: number } | null;
export type Pages = InfiniteData<Page, From>;

async function readPage(id: number, at: Place, from: From, signal?: AbortSignal): Promise<Page> {
  const isUp = from?.way === 'newer';
  const query = { sort: isUp ? 'oldest' : 'newest', limit: messagesPerPage, cursor: from?.id };
  const { data, next } = await api.get<List<ConversationMessage>>(`/conversations/${id}/messages`, { at, signal, query });
  const messages = isUp ? data.toReversed() : data;
  const isFirst = !isUp && next === null;
  const isLast = from === null || (isUp && next === null);
  const after = isUp ? from.seq : isFirst ? 0 : (messages.at(-1)?.seq ?? 1) - 1;
  const until = isLast ? null : isUp ? (messages[0]?.seq ?? from.seq) : from.seq > 0 ? from.seq - 1 : (messages[0]?.seq ?? 0);
  return { messages, acts: await readActs(id, at, { after, until }, signal), isFirst, isLast };
}

/** What people did between two numbers. */
async function readActs(id: number, at: Place, { after, until }: { after: number; until: number | null }, signal?: AbortSignal): Promise<ConversationAct[]> {
  const acts: ConversationAct[] = [];
  let cursor: string | null = String(after);
  for (let page = 0; page < maxActPages && cursor !== null; page += 1) {
    const query = { kind: 'conversation', cursor, until, limit: 200 };
    const read: List<ConversationAct> = await api.get(`/conversations/${id}/events`, { at, signal, query });
    acts.push(...read.data);
    cursor = read.next;
  }
  return acts;
}

/** `around`: the number of a message to begin at, instead of the end. */
function threadQuery(id: number, at: Place, around: number | null) {
  return infiniteQueryOptions({
    queryKey: ['/thread', id, at, around],
    queryFn: ({ pageParam, signal }) => readPage(id, at, pageParam, signal),
    initialPageParam: (around === null ? null : { way: 'older', id: around + 1, seq: 0 }) as From,
    getNextPageParam: ({ messages, isFirst }): From | undefined => besides('older', isFirst ? undefined : messages.at(-1)),
    getPreviousPageParam: ({ messages, isLast }): From | undefined => besides('newer', isLast ? undefined : messages[0]),
    maxPages,
    // Kept true by what is told: nothing is read twice.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function besides(way: 'older' | 'newer', message: ConversationMessage | undefined): From | undefined {
  return message && { way, id: message.id, seq: message.seq };
}

/** Oldest first, as shown. */
export function useThread(id: number, at: Place, around: number | null) {
  const found = useInfiniteQuery(threadQuery(id, at, around));
  const pages = found.data?.pages;
  const messages = useMemo(() => pages?.flatMap((page) => page.messages).toReversed() ?? null, [pages]);
  const acts = useMemo(() => pages?.flatMap((page) => page.acts) ?? [], [pages]);
  return {
    messages,
    acts,
    error: found.isError && !found.data ? found.error : null,
    retry: () => void found.refetch(),
    older: found.hasNextPage ? () => void (found.isFetching || found.fetchNextPage()) : null,
    newer: found.hasPreviousPage ? () => void (found.isFetching || found.fetchPreviousPage()) : null,
    isLoadingOlder: found.isFetchingNextPage,
    isLoadingNewer: found.isFetchingPreviousPage,
  };
}

const isEnding = (known: Pages | undefined): known is Pages => known?.pages[0]?.isLast === true;

/** What was said and done since comes behind the end, where that is held. */
export async function readOn(client: QueryClient, id: number, at: Place): Promise<void> {
  for (const query of client.getQueryCache().findAll({ queryKey: ['/thread', id] })) {
    const known = query.state.data as Pages | undefined;
    const newest = known?.pages[0];
    // One that is being read for the first time has it anyway.
    if (!newest?.isLast) continue;
    const last = newest.messages[0];
    if (!last) {
      await client.invalidateQueries({ queryKey: query.queryKey });
      continue;
    }
    const after = Math.max(last.seq, ...newest.acts.map(({ seq }) => seq));
    const { data, next } = await api.get<List<ConversationMessage>>(`/conversations/${id}/messages`, { at, query: { cursor: String(last.id), limit: 200 } });
    // Far behind: the end is read anew.
    if (next !== null) await client.resetQueries({ queryKey: query.queryKey });
    else await addToEnd(client, id, { messages: data, acts: await readActs(id, at, { after, until: null }) });
  }
}

export function addMessage(client: QueryClient, id: number, message: ConversationMessage): Promise<void> {
  return addToEnd(client, id, { messages: [message], acts: [] });
}

async function addToEnd(client: QueryClient, id: number, fresh: Pick<Page, 'messages' | 'acts'>): Promise<void> {
  for (const query of client.getQueryCache().findAll({ queryKey: ['/thread', id] }))
    await changeSettled<Pages>(client, query.queryKey, (known) => (isEnding(known) ? withEnd(known, fresh) : known));
}

/** Whatever is there already stays as it is. */
export function withEnd(known: Pages, fresh: Pick<Page, 'messages' | 'acts'>): Pages {
  const [newest, ...older] = known.pages;
  if (!newest) return known;
  const ids = new Set(newest.messages.map(({ id }) => id));
  const seqs = new Set(newest.acts.map(({ seq }) => seq));
  const messages = fresh.messages.filter(({ id }) => !ids.has(id));
  const acts = fresh.acts.filter(({ seq }) => !seqs.has(seq));
  if (messages.length === 0 && acts.length === 0) return known;
  const grown = { ...newest, messages: [...messages, ...newest.messages].sort((a, b) => b.id - a.id), acts: [...newest.acts, ...acts] };
  if (grown.messages.length <= maxPerPage) return { ...known, pages: [grown, ...older] };
  const border = grown.messages[messagesPerPage];
  const from = besides('newer', border);
  if (!border || !from) return known;
  const end = { ...grown, messages: grown.messages.slice(0, messagesPerPage), acts: grown.acts.filter(({ seq }) => seq > border.seq), isFirst: false };
  const rest = { ...grown, messages: grown.messages.slice(messagesPerPage), acts: grown.acts.filter(({ seq }) => seq <= border.seq), isLast: false };
  return { pages: [end, rest, ...older].slice(0, maxPages), pageParams: [from, ...known.pageParams].slice(0, maxPages) };
}
