// Of what the bot knows of somebody, what stands beside a conversation: pinned fields first, hidden ones not.
import { useQuery } from '@tanstack/react-query';
import type { Field, List, Subscriber } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { usePlace } from '../../place.ts';

/** A bot has hundreds at most; those past the first two hundred are shown as usual. */
const known = 200;
const ranks = { pin: 0, default: 1, hidden: 2 } as const;

export function useShownFields(person: Subscriber | undefined): [name: string, value: string][] {
  const { botPlace } = usePlace();
  const { data } = useQuery({
    queryKey: ['/fields', botPlace, 'displays'],
    queryFn: ({ signal }) => api.get<List<Field>>('/fields', { at: botPlace, signal, query: { owner: 'user', limit: known } }),
    staleTime: 60_000,
  });
  const displays = new Map(data?.data.map(({ name, display }) => [name, display]));
  const displayOf = (name: string) => displays.get(name) ?? 'default';
  return Object.entries(person?.fields ?? {})
    .filter(([name]) => displayOf(name) !== 'hidden')
    .toSorted(([a], [b]) => ranks[displayOf(a)] - ranks[displayOf(b)]);
}
