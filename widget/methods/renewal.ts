// The link to a file is good for a quarter of an hour. In a page that stands open for longer it is asked for again.
import type { Shown } from '../talk/talk.ts';
import type { Ui } from '../view/ui.ts';
import type { Message, Messages } from '../wire.ts';

/** What `of` finds in the message as it is shown now; null when nobody answers or it is there no longer. */
export async function freshUrl(ui: Ui, { id, seq }: Shown, of: (message: Message) => string | null | undefined): Promise<string | null> {
  const answer = await ui.api.call<Messages>('GET', `/conversations/${ui.talk.id()}/messages?limit=1&before=${seq + 1}`);
  const message = answer.ok ? answer.value.data.find((one) => one.id === id) : undefined;
  return (message && of(message)) ?? null;
}
