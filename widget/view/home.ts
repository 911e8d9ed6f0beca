// What opens first: the greeting, the conversations there have been, ways to begin.
import type { ConversationSummary } from '../wire.ts';
import { avatarOf } from './bubble.ts';
import { h, icon } from './dom.ts';
import { dayOf, timeOf, type Ui } from './ui.ts';

export function makeHome(ui: Ui, onStarter: (text: string) => Promise<void>): HTMLElement {
  const { words } = ui.language;
  const { config } = ui;
  const recent = h('div', { class: 'recent' });
  const begin = h(
    'button',
    { type: 'button', class: 'tile begin', onclick: () => void ui.openTalk(null) },
    h('span', {}, h('strong', {}, words.hello), h('small', {}, config.online ? words.online : words.away)),
    icon('go'),
  );
  const starter = (text: string): HTMLElement => h('button', { type: 'button', class: 'tile', onclick: () => void onStarter(text) }, h('span', {}, text), icon('go'));
  if (ui.memory.now.token) void showRecent(ui, recent);
  return h(
    'div',
    { class: 'home' },
    h('div', { class: 'welcome' }, avatarOf(ui, config.author), h('h2', {}, config.greeting || config.name)),
    begin,
    config.starters.length > 0 && h('div', { class: 'tiles' }, config.starters.map(starter)),
    // Last, because it comes last: nothing that is about to be pressed moves.
    recent,
  );
}

async function showRecent(ui: Ui, into: HTMLElement): Promise<void> {
  const answer = await ui.conversations();
  if (!answer.ok || answer.value.data.length === 0) return;
  into.append(h('h3', {}, ui.language.words.recent), h('div', { class: 'tiles' }, answer.value.data.slice(0, 5).map((one) => tile(ui, one))));
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
