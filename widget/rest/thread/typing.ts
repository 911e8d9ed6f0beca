// Somebody is writing: three dots beside who it is.
import { avatarOf } from '../../view/bubble.ts';
import { h } from '../../view/dom.ts';
import { plainName } from '../../view/markup.ts';
import type { Ui } from '../../view/ui.ts';
import type { Author } from '../../wire.ts';
import { said } from '../../words.ts';
import { wordsOf } from '../words.ts';

export function typingOf(ui: Ui, author: Author): HTMLElement {
  const label = said(wordsOf(ui).typing, plainName(author.name) || ui.config.author.name);
  const dots = h('div', { class: 'said' }, h('i'), h('i'), h('i'));
  return h('div', { class: 'row their typing', role: 'img', 'aria-label': label }, avatarOf(ui, author), dots);
}
