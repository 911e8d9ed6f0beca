// Of what the bot knows of somebody, what stands beside a conversation: what is pinned and what is known, or all there is.
import { useQuery } from '@tanstack/react-query';
import type { Field, List, Subscriber } from '../../api/replies.ts';
import { api } from '../../api.ts';
import { usePlace } from '../../place.ts';

/** A bot has hundreds at most; those past the first two hundred are on the page of the person. */
const known = 200;
const ranks = { pin: 0, default: 1, hidden: 2 } as const;

/** In the order they are shown; `isAll` where there are no others. */
export function useShownFields(person: Subscriber | undefined, { all }: { all: boolean }): { fields: Field[]; isAll: boolean } {
  const { botPlace } = usePlace();
  const { data } = useQuery({
    queryKey: ['/fields', botPlace, 'displays'],
    queryFn: ({ signal }) => api.get<List<Field>>('/fields', { at: botPlace, signal, query: { owner: 'user', limit: known } }),
    staleTime: 60_000,
  });
  const every = data?.data ?? [];
  const isShown = ({ name, display }: Field) => all || display === 'pin' || (display !== 'hidden' && (person?.fields[name] ?? '') !== '');
  const fields = every.filter(isShown).toSorted((a, b) => ranks[a.display] - ranks[b.display]);
  return { fields, isAll: fields.length === every.length };
}
