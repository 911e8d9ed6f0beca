// GET /chats/{id}?wait=: a look that lasts until there is something new to see, for programs that would poll.

import type { App } from '../../app.ts';
import type { ChatView } from '../../commands/chats.ts';
import { needChat } from '../../commands/chats.ts';
import { type Headers, headerText } from '../../http/route.ts';
import type { ChatOwner } from '../../store/chats.ts';

export const maxWaitS = 60;

const maxPreferredS = 30;

/** `Prefer: wait=30` (RFC 7240); 0 when nothing is preferred. */
export function preferredWaitMs(headers: Headers): number {
  const found = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,4})"?/i.exec(headerText(headers, 'prefer'));
  return Math.min(maxPreferredS, Number(found?.[1] ?? 0)) * 1_000;
}

/** Changes whenever the chat as it is shown does. */
export function tagOf({ chat, conversation, session }: ChatView): string {
  return `"${conversation.seq}-${chat.updated_at}-${session?.rev ?? 0}"`;
}

export type Until = 'idle' | 'change';

/** `known` is the tag the caller has seen; a change from it, or from now on. What there is when the time is up, too. */
export async function waitForChat(
  app: App,
  owner: ChatOwner,
  publicId: string,
  { waitMs, until, known }: { waitMs: number; until: Until; known: string | null },
): Promise<ChatView> {
  let view = await needChat(app.db, owner, publicId);
  const from = known ?? tagOf(view);
  const isOver = (): boolean => (until === 'change' ? tagOf(view) !== from : view.status !== 'running');
  if (waitMs === 0 || isOver()) return view;
  let wake = (): void => {};
  let isTimeUp = false;
  // Listening begins before the next look, so that nothing happens in between.
  let hasGrown = true;
  const stop = app.live.listen({ conversation: view.conversation.id }, () => {
    hasGrown = true;
    wake();
  });
  const timer = setTimeout(() => {
    isTimeUp = true;
    wake();
  }, waitMs);
  try {
    while (!isTimeUp) {
      if (hasGrown) {
        hasGrown = false;
        view = await needChat(app.db, owner, publicId);
        if (isOver()) break;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    clearTimeout(timer);
    stop();
  }
  return view;
}
