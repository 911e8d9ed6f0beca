// The window of the chat: its frame, which of its two views it shows, and how focus, Escape, phones and dropped files
// are treated.
import { said } from '../words.ts';
import { avatarOf } from './bubble.ts';
import { type Composer, makeComposer } from './composer.ts';
import { h, icon, iconButton } from './dom.ts';
import { makeHome } from './home.ts';
import { link, plainName } from './markup.ts';
import { makeThread, type Thread } from './thread.ts';
import type { Introduction, Ui } from './ui.ts';

export type View = 'home' | 'chat';

export type Panel = {
  element: HTMLElement;
  view(): View;
  show(view: View): void;
  draw(): void;
  focus(): void;
  write(text: string): void;
  say(text: string): void;
  /** Marks as new what came while it was closed. */
  opened(): void;
  close(): void;
};

const phone = '(max-width: 480px)';

export function makePanel(ui: Ui, { onRead }: { onRead(): void }): Panel {
  const { words, dir, locale } = ui.language;
  const { config } = ui;
  let view: View = 'home';
  let thread: Thread | null = null;
  let composer: Composer | null = null;
  const body = h('div', { class: 'body' });
  const alarm = h('div', { class: 'alarm', role: 'status' });
  const title = plainName(config.name);
  const foot = config.powered_by && h('div', { class: 'by' }, link(config.powered_by.url ?? '', said(words.by, config.powered_by.name)) ?? said(words.by, config.powered_by.name));
  const element = h('section', { class: 'panel', part: 'panel', role: 'dialog', 'aria-label': title, lang: locale, dir, tabIndex: -1 }, body, foot);
  let drawFirst = (): void => {};

  function homeView(): void {
    const head = h('header', { class: 'head' }, h('strong', { class: 'grow' }, title), iconButton('close', words.close, ui.close));
    const onStarter = async (text: string): Promise<void> => {
      await ui.openTalk(null);
      composer?.write(text);
      composer?.element.requestSubmit();
    };
    body.replaceChildren(head, makeHome(ui, onStarter), alarm);
  }

  function chatView(): void {
    const intro = h('div', {}, config.greeting && greeting(ui));
    let introduction: Introduction | null = null;
    const isDone = (): boolean => ui.talk.shown().length > 0 || ui.memory.now.talk !== null || !isAsked(ui) || introduction?.isDone() === true;
    drawFirst = () => {
      const isBegun = ui.talk.shown().length > 0 || ui.memory.now.talk !== null;
      if (!isBegun && !introduction && isAsked(ui)) {
        introduction = ui.seldom()?.makeIntroduction(ui) ?? null;
        if (introduction) intro.append(introduction.element);
      }
      if (introduction) introduction.element.hidden = isBegun;
    };
    thread = makeThread(ui, { intro, onRead });
    const there = makeComposer(ui, isDone);
    composer = there;
    body.replaceChildren(chatHead(ui, title), alarm, thread.element, there.element);
  }

  function draw(): void {
    if (view !== 'chat') return;
    drawFirst();
    thread?.draw();
    composer?.draw();
    alarm.textContent = ui.talk.isReachable() && navigator.onLine ? '' : words.offline;
  }

  element.onkeydown = (event) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      ui.close();
    } else if (event.key === 'Tab' && matchMedia(phone).matches) wrap(element, event);
  };
  element.ondragover = (event) => {
    event.preventDefault();
    element.dataset.drop = view === 'chat' && ui.memory.now.talk ? words.here : '';
  };
  element.ondragleave = () => delete element.dataset.drop;
  element.ondrop = (event) => {
    event.preventDefault();
    delete element.dataset.drop;
    composer?.addFiles(event.dataTransfer?.files ?? []);
  };
  const stopFitting = fitKeyboard(element);

  return {
    element,
    view: () => view,
    show(next) {
      thread?.close();
      thread = composer = null;
      view = next;
      if (view === 'home') homeView();
      else chatView();
      draw();
    },
    draw,
    // On a phone the keyboard would hide half of what one came to read.
    focus: () => (composer && !matchMedia(phone).matches ? composer.focus() : element.focus()),
    write: (text) => composer?.write(text),
    say(text) {
      if (composer) composer.say(text);
      else alarm.textContent = text;
    },
    opened() {
      thread?.mark();
      draw();
      thread?.toEnd();
    },
    close() {
      stopFitting();
      thread?.close();
    },
  };
}

function chatHead(ui: Ui, title: string): HTMLElement {
  const { words } = ui.language;
  const { author, online } = ui.config;
  return h(
    'header',
    { class: 'head', part: 'header' },
    iconButton('back', words.back, ui.goHome),
    avatarOf(ui, author),
    h('div', { class: 'grow who-is' }, h('strong', {}, plainName(author.name) || title), h('small', {}, online ? words.online : words.away)),
    menu(ui),
    iconButton('close', words.close, ui.close),
  );
}

function menu(ui: Ui): HTMLElement {
  const { more } = ui.language.words;
  const entries = h('div', { class: 'menu' });
  const summary = h('summary', { class: 'icon', 'aria-label': more, title: more }, icon('more'));
  const details = h('details', {}, summary, entries);
  details.ontoggle = () => {
    if (details.open) void ui.withSeldom(({ menuOf }) => entries.replaceChildren(...menuOf(ui)));
  };
  const close = (): void => {
    details.open = false;
  };
  entries.onclick = close;
  details.onkeydown = (event) => {
    if (event.key !== 'Escape' || !details.open) return;
    event.stopPropagation();
    close();
    summary.focus();
  };
  details.addEventListener('focusout', ({ relatedTarget }) => details.contains(relatedTarget as Node | null) || close());
  return details;
}

function greeting(ui: Ui): HTMLElement {
  const { author, greeting } = ui.config;
  return h('div', { class: 'row their first last' }, avatarOf(ui, author), h('div', { class: 'said' }, h('div', { class: 'text' }, greeting)));
}

/** Whether the site wants to know something that nobody has said yet. */
function isAsked({ config, memory }: Ui): boolean {
  const { name, email, consent } = config.pre_chat;
  const { now } = memory;
  return (name !== 'hidden' && !now.name) || (email !== 'hidden' && !now.email) || (consent !== null && !now.consent);
}

/** Full screen there is nothing else to go to. */
function wrap(element: HTMLElement, event: KeyboardEvent): void {
  const stops = [...element.querySelectorAll<HTMLElement>('button,a[href],input,textarea,select,summary,[tabindex="0"]')].filter((one) => one.offsetParent !== null);
  const root = element.getRootNode() as ShadowRoot;
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (root.activeElement !== from) return;
  event.preventDefault();
  to?.focus();
}

/** The keyboard of a phone covers the page without telling its layout: what is seen of it is what the panel fills. */
function fitKeyboard(element: HTMLElement): () => void {
  const viewport = window.visualViewport;
  const fit = (): void => {
    element.style.setProperty('--seen-height', `${viewport?.height ?? innerHeight}px`);
    element.style.setProperty('--seen-top', `${viewport?.offsetTop ?? 0}px`);
  };
  for (const event of ['resize', 'scroll']) viewport?.addEventListener(event, fit);
  fit();
  return () => {
    for (const event of ['resize', 'scroll']) viewport?.removeEventListener(event, fit);
  };
}
