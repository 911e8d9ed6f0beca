// What opens first: the greeting, the conversations there have been, ways to begin.
import css from './home.css?inline';
import { avatarOf } from './view/bubble.ts';
import { h, icon } from './view/dom.ts';
import type { Ui } from './view/ui.ts';

export function makeHome(ui: Ui, onStarter: (text: string) => Promise<void>): HTMLElement {
  ui.adopt(css);
  const { words } = ui.language;
  const { config } = ui;
  const recent = h('div', { class: 'recent' });
  const begin = h(
    'button',
    { type: 'button', class: 'tile begin', onclick: () => void ui.openTalk(null) },
    h('span', {}, h('strong', {}, words.hello), h('small', {}, config.online ? words.online : words.away)),
    icon('go'),
  );
  const starter = (text: string): HTMLElement =>
    h('button', { type: 'button', class: 'tile', onclick: () => void onStarter(text) }, h('span', {}, text), icon('go'));
  if (ui.memory.now.token) void ui.withRest(({ showRecent }) => showRecent(ui, recent));
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
