// Links to files are good for a quarter of an hour: what an open page can no longer show or follow is asked for again.
import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';

type Renewing = { onError(): void; onPointerEnter(): void; onFocus(): void };

/** Reads the thread anew, once for each link; `onError` is of the picture, the others of what leads to the file. */
export function useRenewal(url: string): Renewing {
  const client = useQueryClient();
  const asked = useRef('');
  const renew = (): void => {
    if (asked.current === url) return;
    asked.current = url;
    void client.invalidateQueries({ queryKey: ['/thread'], refetchType: 'active' });
  };
  // Before it is pressed, so that the new one is there by then.
  const renewIfOver = (): void => {
    if (isOver(url)) renew();
  };
  return { onError: renew, onPointerEnter: renewIfOver, onFocus: renewIfOver };
}

function isOver(url: string): boolean {
  const until = URL.canParse(url) ? new URL(url).searchParams.get('exp') : null;
  return until !== null && Number(until) * 1000 < Date.now();
}
