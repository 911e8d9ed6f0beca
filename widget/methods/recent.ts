// The conversations there have been, on the page that opens first.
import { h, icon } from '../view/dom.ts';
import { dayOf, timeOf, type Ui } from '../view/ui.ts';
import type { ConversationSummary, Conversations } from '../wire.ts';

export async function showRecent(ui: Ui, into: HTMLElement, title: string): Promise<void> {
  const answer = await ui.api.call<Conversations>('GET', '/conversations', undefined, ui.memory.now.token ?? '');
  if (!answer.ok || answer.value.data.length === 0) return;
  into.append(
    h('h3', {}, title),
    h(
      'div',
      { class: 'tiles' },
      answer.value.data.slice(0, 5).map((one) => tile(ui, one)),
    ),
  );
}

function tile(ui: Ui, { id, last, last_at, unread }: ConversationSummary): HTMLElement {
  const when = Date.now() - last_at < 86_400_000 ? timeOf(ui, last_at) : dayOf(ui, last_at);
  return h(
    'button',
    { type: 'button', class: 'tile', onclick: () => void ui.openTalk(id) },
    h('span', {}, h('span', { class: 'cut' }, last), h('small', {}, when)),
    unread > 0 ? h('span', { class: 'count' }, String(unread)) : icon('go'),
  );
}
