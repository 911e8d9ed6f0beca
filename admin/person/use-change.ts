// A change of one subscriber: the answer is who they are then.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Subscriber } from '../api/replies.ts';
import { api } from '../api.ts';
import { usePlace } from '../place.ts';
import { oneOf, refresh } from '../queries.ts';

export function useChange(id: number) {
  const { botPlace } = usePlace();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: object) => api.patch<Subscriber>(`/subscribers/${id}`, change, { at: botPlace }),
    onSuccess: (after) => {
      client.setQueryData(oneOf<Subscriber>(`/subscribers/${id}`, botPlace).queryKey, after);
      // Lists, and how many have a tag; the page itself has its answer.
      void refresh(client, '/tags', '/labels');
      void client.invalidateQueries({ queryKey: ['/subscribers'] });
    },
  });
}
