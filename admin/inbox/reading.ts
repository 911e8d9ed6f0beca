// What the inbox reads besides lists and threads, and how what is read is changed without losing what is on its way.
import { type QueryClient, type QueryKey, queryOptions } from '@tanstack/react-query';
import type { CannedReply, Conversation, ConversationCounts, FlowSession, List, Member, Subscriber, Visit } from '../api/replies.ts';
import { api, type Place } from '../api.ts';
import { oneOf } from '../queries.ts';

export const conversationQuery = (id: number, at: Place) => oneOf<Conversation>(`/conversations/${id}`, at);
export const sessionQuery = (id: number, at: Place) => oneOf<FlowSession>(`/conversations/${id}/session`, at);
export const countsQuery = (at: Place) => oneOf<ConversationCounts>('/conversations/counts', at);
export const subscriberQuery = (id: number, at: Place) => oneOf<Subscriber>(`/subscribers/${id}`, at);
/** What was told at the beginning stays as it was. */
export const visitQuery = (id: number, at: Place) => ({ ...oneOf<Visit>(`/conversations/${id}/visit`, at), staleTime: Number.POSITIVE_INFINITY });

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

const mostWaits = 20;

/** A page that is on its way is put to those that were there when it was asked for: what changes meanwhile would be lost. */
export async function changeSettled<T>(client: QueryClient, queryKey: QueryKey, change: (known: T | undefined) => T | undefined): Promise<void> {
  for (let wait = 0; wait < mostWaits; wait += 1) {
    const query = client.getQueryCache().find({ queryKey, exact: true });
    if (!query || query.state.fetchStatus === 'idle') break;
    await Promise.allSettled([query.promise]);
  }
  client.setQueryData<T>(queryKey, change);
}
