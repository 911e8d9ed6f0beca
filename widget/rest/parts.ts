// What a message can hold besides words and buttons: files, cards, a place.
import type { Shown } from '../talk/talk.ts';
import { button } from '../view/bubble.ts';
import { type Child, h, icon } from '../view/dom.ts';
import { link, markup, plainName } from '../view/markup.ts';
import type { Ui } from '../view/ui.ts';
import type { Attachment, Card, Message } from '../wire.ts';
import { file as fileShape, pin as pinShape } from './shapes.ts';
import { sizeOf } from './size.ts';

type Renew = () => Promise<unknown>;

export function partsOf(ui: Ui, message: Shown): Child[] {
  const { attachments, cards, location } = message;
  const renew = (of: (message: Message) => string | null | undefined) => ui.withRest((_, desk) => desk.call('freshUrl', ui, message, of));
  return [
    ...attachments.map((one) => attachment(ui, one, () => renew((now) => now.attachments.find(({ id }) => id === one.id)?.url))),
    cards.length > 0 &&
      h(
        'div',
        { class: 'cards', role: 'group', tabIndex: cards.length > 1 ? 0 : -1 },
        cards.map((one) => card(ui, one, () => renew((now) => now.cards.find(({ id }) => id === one.id)?.image))),
      ),
    location && place(location),
  ];
}

/** A link that is over is renewed once; what the page's policy or the network keeps away then gives way. */
function whenOver(ui: Ui, renew: Renew, giveUp: (element: HTMLElement) => void): (event: Event) => Promise<void> {
  let isRenewed = false;
  return async ({ currentTarget }) => {
    const element = currentTarget as HTMLImageElement;
    const url = isRenewed ? null : await renew();
    isRenewed = true;
    if (typeof url === 'string') element.src = ui.address(url);
    else giveUp(element);
  };
}

function attachment(ui: Ui, file: Attachment, renew: Renew): HTMLElement {
  const url = ui.address(file.url);
  const name = plainName(file.name);
  const asFile = (): HTMLElement => {
    const label = h('span', {}, name, file.size > 0 && h('small', {}, sizeOf(ui, file.size)));
    const shown = (file.url && link(url, label, { class: 'file', download: name, onclick: fresh(ui, renew) })) || h('span', { class: 'file' }, label);
    shown.prepend(icon(fileShape));
    return shown;
  };
  if (!file.url || file.kind === 'file') return asFile();
  const onerror = whenOver(ui, renew, (shown) => (shown.closest('.picture') ?? shown).replaceWith(asFile()));
  if (file.kind !== 'image') return h(file.kind, { src: url, controls: true, preload: 'metadata', 'aria-label': name, onerror });
  const picture = h('img', { src: url, alt: name, loading: 'lazy', onerror });
  return link(url, picture, { class: 'picture', onclick: fresh(ui, renew) }) ?? picture;
}

/** For a link that is pressed long after it was shown: a new one is followed instead. */
function fresh(ui: Ui, renew: Renew): (event: Event) => Promise<void> {
  return async (event) => {
    const shown = event.currentTarget as HTMLAnchorElement;
    const until = Number(new URL(shown.href).searchParams.get('exp') ?? Number.POSITIVE_INFINITY);
    if (Date.now() < until * 1000) return;
    event.preventDefault();
    const url = await renew();
    if (typeof url !== 'string') return ui.say(ui.language.words.broken);
    shown.href = ui.address(url);
    // Once, whatever its time says: it may be an address that is none of ours.
    const { onclick } = shown;
    shown.onclick = null;
    shown.click();
    shown.onclick = onclick;
  };
}

function card(ui: Ui, { title, text, image, buttons }: Card, renew: Renew): HTMLElement {
  const onerror = whenOver(ui, renew, (shown) => shown.remove());
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
