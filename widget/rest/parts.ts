// What a message can hold besides words and buttons: files, cards, a place.
import type { Shown } from '../talk/talk.ts';
import { button } from '../view/bubble.ts';
import { type Child, h, icon } from '../view/dom.ts';
import { link, markup, plainName } from '../view/markup.ts';
import type { Ui } from '../view/ui.ts';
import type { Attachment, Card } from '../wire.ts';
import { file as fileShape, pin as pinShape } from './shapes.ts';
import { sizeOf } from './size.ts';

export function partsOf(ui: Ui, { attachments, cards, location }: Shown): Child[] {
  return [
    ...attachments.map((one) => attachment(ui, one)),
    cards.length > 0 &&
      h(
        'div',
        { class: 'cards', role: 'group', tabIndex: cards.length > 1 ? 0 : -1 },
        cards.map((one) => card(ui, one)),
      ),
    location && place(location),
  ];
}

function attachment(ui: Ui, file: Attachment): HTMLElement {
  const url = ui.address(file.url);
  const name = plainName(file.name);
  const asFile = (): HTMLElement => {
    const label = h('span', {}, name, file.size > 0 && h('small', {}, sizeOf(ui, file.size)));
    const shown = (file.url && link(url, label, { class: 'file', download: name })) || h('span', { class: 'file' }, label);
    shown.prepend(icon(fileShape));
    return shown;
  };
  if (!file.url || file.kind === 'file') return asFile();
  // What the page's policy or the network keeps away is still there to fetch.
  const onerror = (event: Event): void => {
    const shown = event.currentTarget as HTMLElement;
    (shown.closest('.picture') ?? shown).replaceWith(asFile());
  };
  if (file.kind !== 'image') return h(file.kind, { src: url, controls: true, preload: 'metadata', 'aria-label': name, onerror });
  const picture = h('img', { src: url, alt: name, loading: 'lazy', onerror });
  return link(url, picture, { class: 'picture' }) ?? picture;
}

function card(ui: Ui, { title, text, image, buttons }: Card): HTMLElement {
  const onerror = (event: Event): void => (event.currentTarget as HTMLElement).remove();
  return h(
    'div',
    { class: 'card' },
    image && h('img', { src: ui.address(image), alt: '', loading: 'lazy', onerror }),
    h('strong', {}, title),
    text && h('div', { class: 'text' }, markup(text)),
    buttons.map((one) => button(ui, one)),
  );
}

function place({ lat, lng, name, address }: NonNullable<Shown['location']>): Child {
  const label = [name, address].filter(Boolean).join(', ') || `${lat.toFixed(4)}, ${lng.toFixed(4)}`;
  const shown = link(`https://www.openstreetmap.org/?mlat=${lat}&mlon=${lng}#map=16/${lat}/${lng}`, label, { class: 'file' });
  shown?.prepend(icon(pinShape));
  return shown;
}
