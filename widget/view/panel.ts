// The window of the chat: its frame, which of its two views it shows, and how focus, Escape and phones are treated.
import { attempt } from '../api.ts';
import { said } from '../words.ts';
import { h, iconButton } from './dom.ts';
import { link, plainName } from './markup.ts';
import { makeRoom, type Room } from './room.ts';
import type { Ui } from './ui.ts';

export type View = 'home' | 'chat';

export type Panel = {
  element: HTMLDialogElement;
  view(): View;
  show(view: View): void;
  draw(): void;
  write(text: string): void;
  say(text: string): void;
  /** It is on the page now. */
  opened(): void;
  close(): void;
};

const phone = '(max-width: 480px)';

export function makePanel(ui: Ui, { onRead }: { onRead(): void }): Panel {
  const { words, dir, locale } = ui.language;
  const title = plainName(ui.config.name);
  // Not the panel itself: it stands on the side that the page reads towards.
  const body = h('div', { class: 'body', dir });
  const element = h('dialog', { class: 'panel', part: 'panel', 'aria-label': title, lang: locale, tabIndex: -1 }, body, foot(ui));
  let room: Room | null = null;

  async function onStarter(text: string): Promise<void> {
    await ui.openTalk(null);
    room?.write(text);
    await room?.takeOver();
    room?.submit();
  }

  function show(view: View): void {
    room?.close();
    room = view === 'chat' ? makeRoom(ui, { onRead }) : null;
    const head = h('div', { class: 'head' }, h('strong', { class: 'grow' }, title), iconButton('close', words.close, ui.close));
    body.replaceChildren(...(room?.elements ?? [head]));
    if (!room) void showHome();
    else if (ui.rest()) void room.takeOver();
    room?.draw();
  }

  /** Whoever has a conversation comes straight to it, so that the first page is fetched by those who see it. */
  async function showHome(): Promise<void> {
    const home = await attempt(
      () => import('../home.ts'),
      () => null,
    );
    if (!home) show('chat');
    else if (!room) body.append(home.makeHome(ui, onStarter));
  }

  element.onkeydown = (event) => {
    if (event.key === 'Escape') ui.close();
  };
  element.oncancel = (event) => event.preventDefault();

  return {
    element,
    view: () => (room ? 'chat' : 'home'),
    show,
    draw: () => room?.draw(),
    write: (text) => room?.write(text),
    say: (text) => room?.say(text),
    opened() {
      const isPhone = matchMedia(phone).matches;
      // Full screen there is nothing else to go to.
      if (!element.open) element[isPhone ? 'showModal' : 'show']();
      // On a phone the keyboard would hide half of what one came to read.
      ((!isPhone && room) || element).focus();
      room?.mark();
      (window.requestIdleCallback ?? setTimeout)(() => void (room ? room.takeOver() : ui.withRest(() => {})));
    },
    close: () => room?.close(),
  };
}

function foot({ config, language }: Ui): HTMLElement | null {
  const by = config.powered_by;
  const text = said(language.words.by, by?.name ?? '');
  return by && h('div', { class: 'by', dir: 'auto' }, link(by.url ?? '', text) ?? text);
}
