// What people do in a conversation besides talking.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Conversation } from '../api/replies.ts';
import { api } from '../api.ts';
import { usePlace } from '../place.ts';
import { toastFailed } from '../ui/toast.tsx';
import { useMoved } from './moved.ts';
import { conversationQuery } from './reading.ts';

type Act = { path: 'assign' | 'status' | 'take-over' | 'hand-back' | 'mute'; body?: object };

/** The answer is the conversation as it is then. */
export function useAct(id: number) {
  const { botPlace } = usePlace();
  const client = useQueryClient();
  const moved = useMoved();
  return useMutation({
    mutationFn: ({ path, body }: Act) => api.post<Conversation>(`/conversations/${id}/${path}`, body ?? {}, { at: botPlace }),
    onSuccess: (after) => {
      client.setQueryData(conversationQuery(id, botPlace).queryKey, after);
      moved(id);
    },
    onError: toastFailed,
  });
}
