// One message as nodes: its words and buttons; what else it may hold is fetched when the first one does.
import type { Shown } from '../talk/talk.ts';
import type { Author, Button } from '../wire.ts';
import { type Child, h } from './dom.ts';
import { link, markup, plainName } from './markup.ts';
import type { Ui } from './ui.ts';

export function avatarOf(ui: Ui, { name, avatar }: Pick<Author, 'name' | 'avatar'>): HTMLElement {
  const letter = h('span', { class: 'avatar', 'aria-hidden': 'true' }, [...plainName(name)][0]?.toUpperCase());
  const picture = avatar && h('img', { src: ui.address(avatar), alt: '', onerror: removeThis });
  if (picture) letter.append(picture);
  return letter;
}

function removeThis(event: Event): void {
  (event.currentTarget as HTMLElement).remove();
}

/** What the site says before anybody has. */
export function greetingOf(ui: Ui): HTMLElement {
  const { author, greeting } = ui.config;
  return h('div', { class: 'row their first last' }, avatarOf(ui, author), h('div', { class: 'said' }, h('div', { class: 'text', dir: 'auto' }, greeting)));
}

export const hasParts = ({ attachments, cards, location }: Shown): boolean => attachments.length + cards.length > 0 || location !== null;

export function bubble(ui: Ui, message: Shown): HTMLElement {
  const isOwn = message.direction === 'inbound';
  const { body, buttons } = message;
  return h(
    'div',
    { class: 'said', part: isOwn ? 'own-message' : 'message' },
    body && h('div', { class: 'text', dir: 'auto' }, isOwn ? body : markup(body)),
    hasParts(message) && ui.rest()?.partsOf(ui, message),
    buttons.length > 0 &&
      h(
        'div',
        { class: 'choices' },
        buttons.map((one) => button(ui, one)),
      ),
  );
}

export function button(ui: Ui, { label, payload, url, phone }: Pick<Button, 'label' | 'payload'> & Partial<Button>): Child {
  const target = url ? ui.address(url) : phone ? `tel:${phone}` : '';
  if (target) return link(target, label, { class: 'choice' });
  return h('button', { type: 'button', class: 'choice', onclick: () => ui.act((desk) => desk.send({ text: label, payload })) }, label);
}
