// What can be done with a conversation besides talking.

import css from '../methods.css?inline';
import type { RestWords } from '../rest/words.ts';
import { h } from '../view/dom.ts';
import { plainName } from '../view/markup.ts';
import type { Ui } from '../view/ui.ts';
import type { Words } from '../words.ts';

/** Opens under its button, closes by choosing, by Escape and by leaving it. */
export function openMenu(ui: Ui, button: HTMLElement, words: Words & RestWords): void {
  ui.adopt(css);
  let isOver = false;
  const close = (): void => {
    // Taking away what has the focus takes the focus away, which closes it.
    if (isOver) return;
    isOver = true;
    menu.remove();
    button.ariaExpanded = 'false';
  };
  if (button.ariaExpanded === 'true') {
    button.parentElement?.querySelector('.menu')?.remove();
    button.ariaExpanded = 'false';
    return;
  }
  const menu = h('div', { class: 'menu', onclick: close }, menuOf(ui, words));
  menu.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
    button.focus();
  };
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget !== button && !menu.contains(relatedTarget as Node | null)) close();
  });
  button.after(menu);
  button.ariaExpanded = 'true';
  menu.querySelector('button')?.focus();
}

function menuOf(ui: Ui, words: Words & RestWords): HTMLElement[] {
  const { talk, isMuted } = ui.memory.now;
  const entry = (label: string, onclick: () => void): HTMLElement => h('button', { type: 'button', onclick }, label);
  const entries = [entry(isMuted ? words.sound : words.mute, () => ui.memory.keep({ isMuted: !isMuted }))];
  if (!talk) return entries;
  entries.push(
    entry(words.save, () => void saveTranscript(ui)),
    entry(words.another, () => void ui.openTalk(null)),
  );
  if (ui.talk.status.state === 'open') entries.push(entry(words.end, () => void end(ui, talk)));
  return entries;
}

async function end(ui: Ui, talk: string): Promise<void> {
  const answer = await ui.api.call('POST', `/conversations/${talk}/close`);
  if (!answer.ok) ui.say(answer.error || ui.language.words.broken);
}

/** As a text file; the text itself for programs. */
export async function saveTranscript(ui: Ui): Promise<string | null> {
  const answer = await ui.api.call<string>('GET', `/conversations/${ui.memory.now.talk}/transcript`);
  if (!answer.ok) {
    ui.say(answer.error || ui.language.words.broken);
    return null;
  }
  const url = URL.createObjectURL(new Blob([answer.value], { type: 'text/plain' }));
  h('a', { href: url, download: `${plainName(ui.config.name)}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return answer.value;
}
