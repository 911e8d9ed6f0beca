// What is said under a message that the server has not confirmed: on its way, or refused and what to do about it.
import type { Pending } from '../../memory.ts';
import { h } from '../../view/dom.ts';
import type { Ui } from '../../view/ui.ts';
import { wordsOf } from '../words.ts';

export function stateOf(ui: Ui, { clientId, error }: Pending): HTMLElement {
  const words = wordsOf(ui);
  if (error === undefined) return h('div', { class: 'state' }, words.sending);
  return h(
    'div',
    { class: 'state failed' },
    `${words.failed} · ${error}`,
    h('button', { type: 'button', class: 'link', onclick: () => ui.act((desk) => desk.retry(clientId)) }, words.retry),
    h('button', { type: 'button', class: 'link', onclick: () => ui.act((desk) => desk.drop(clientId)) }, words.drop),
  );
}
