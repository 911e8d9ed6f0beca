// The window of the chat: its frame, which of its two views it shows, and how focus, Escape and phones are treated.

import { attempt } from '../api.ts';
import { said } from '../words.ts';
import { avatarOf, greetingOf } from './bubble.ts';
import { h, icon, iconButton } from './dom.ts';
import { link, plainName } from './markup.ts';
import { makeThread, type Thread } from './thread.ts';
import type { Composer, Introduction, Shell, Ui } from './ui.ts';

export type View = 'home' | 'chat';

export type Panel = {
  element: HTMLDialogElement;
  view(): View;
  show(view: View): void;
  draw(): void;
  write(text: string): void;
  say(text: string): void;
  /** On the page: goes where one writes, and marks as new what came meanwhile. */
  opened(): void;
  close(): void;
};

const phone = '(max-width: 480px)';

export function makePanel(ui: Ui, { onRead }: { onRead(): void }): Panel {
  const { words, dir, locale } = ui.language;
  const { config, memory, talk } = ui;
  let view: View = 'home';
  let thread: Thread | null = null;
  let shell: Shell | null = null;
  let composer: Composer | null = null;
  let introduction: Introduction | null = null;
  const intro = h('div');
  const body = h('div', { class: 'body' });
  const alarm = h('div', { class: 'alarm', role: 'status' });
  const title = plainName(config.name);
  const by = config.powered_by;
  const foot = by && h('div', { class: 'by' }, link(by.url ?? '', said(words.by, by.name)) ?? said(words.by, by.name));
  const element = h('dialog', { class: 'panel', part: 'panel', 'aria-label': title, lang: locale, dir, tabIndex: -1 }, body, foot);

  /** What one does in it comes with the rest, which finds what has been written meanwhile. */
  const takeOver = (): Promise<unknown> =>
    ui.withRest(({ makeComposer }) => {
      if (shell && !composer) composer = makeComposer(ui, shell, isIntroduced);
      draw();
    });
  const isIntroduced = (): boolean => isBegun() || !isAsked(ui) || introduction?.isDone() === true;
  const isBegun = (): boolean => talk.shown().length > 0 || memory.now.talk !== null;

  async function onStarter(text: string): Promise<void> {
    await ui.openTalk(null);
    write(text);
    await takeOver();
    shell?.form.requestSubmit();
  }

  function write(text: string): void {
    if (shell) shell.text.value = text;
    composer?.write(text);
  }

  function show(next: View): void {
    thread?.close();
    thread = shell = composer = introduction = null;
    view = next;
    if (view === 'home') {
      const head = h('div', { class: 'head' }, h('strong', { class: 'grow' }, title), iconButton('close', words.close, ui.close));
      body.replaceChildren(head, alarm);
      void showHome();
    } else {
      intro.replaceChildren(config.greeting ? greetingOf(ui) : '');
      thread = makeThread(ui, { intro, onRead });
      shell = makeShell(ui, takeOver);
      body.replaceChildren(chatHead(ui, title), alarm, thread.element, shell.form);
      if (ui.rest()) void takeOver();
    }
    draw();
  }

  /** Whoever has a conversation comes straight to it, so that the first page is fetched by those who see it. */
  async function showHome(): Promise<void> {
    const home = await attempt(
      () => import('../home.ts'),
      () => null,
    );
    if (!home) show('chat');
    else if (view === 'home') alarm.before(home.makeHome(ui, onStarter));
  }

  function draw(): void {
    if (view !== 'chat') return;
    if (!isBegun() && !introduction && isAsked(ui)) {
      introduction = ui.rest()?.makeIntroduction(ui) ?? null;
      if (introduction) intro.append(introduction.element);
      else void takeOver();
    }
    if (introduction) introduction.element.hidden = isBegun();
    thread?.draw();
    composer?.draw();
    alarm.textContent = talk.isReachable() && navigator.onLine ? '' : words.offline;
  }

  element.onkeydown = (event) => {
    if (event.key === 'Escape') ui.close();
  };
  element.oncancel = (event) => event.preventDefault();

  return {
    element,
    view: () => view,
    show,
    draw,
    write,
    say(text) {
      if (shell) shell.note.textContent = text;
      else alarm.textContent = text;
    },
    opened() {
      const isPhone = matchMedia(phone).matches;
      // Full screen there is nothing else to go to.
      if (!element.open) element[isPhone ? 'showModal' : 'show']();
      // On a phone the keyboard would hide half of what one came to read.
      (isPhone ? element : (composer ?? shell?.text ?? element)).focus();
      thread?.mark();
      draw();
      thread?.toEnd();
      (window.requestIdleCallback ?? setTimeout)(() => void takeOver());
    },
    close: () => thread?.close(),
  };
}

function makeShell(ui: Ui, takeOver: () => Promise<unknown>): Shell {
  const { words } = ui.language;
  const text = h('textarea', { rows: 1, value: ui.memory.now.draft, placeholder: words.write, 'aria-label': words.write });
  const submit = h('button', { class: 'icon send', 'aria-label': words.send, title: words.send, 'aria-disabled': 'true' }, icon('send'));
  const note = h('div', { class: 'wrong', role: 'alert' });
  const box = h('div', { class: 'box' }, text, submit);
  const onsubmit = async (event: Event): Promise<void> => {
    event.preventDefault();
    await takeOver();
    if (form.onsubmit !== onsubmit) form.requestSubmit();
  };
  // The first key may be pressed before the rest is there: Enter must not become a new line then.
  box.onkeydown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  };
  const form: HTMLFormElement = h('form', { class: 'composer', part: 'composer', noValidate: true, onsubmit }, note, box);
  return { form, note, box, text, submit };
}

function chatHead(ui: Ui, title: string): HTMLElement {
  const { words } = ui.language;
  const { author, online } = ui.config;
  const more = iconButton('more', words.more, () => void ui.withRest(({ openMenu }) => openMenu(ui, more)), { 'aria-expanded': 'false' });
  return h(
    'div',
    { class: 'head', part: 'header' },
    iconButton('back', words.back, ui.goHome),
    avatarOf(ui, author),
    h('div', { class: 'grow' }, h('strong', {}, plainName(author.name) || title), h('small', {}, online ? words.online : words.away)),
    h('div', { class: 'menu-at' }, more),
    iconButton('close', words.close, ui.close),
  );
}

/** Whether the site wants to know something that nobody has said yet. */
function isAsked({ config, memory }: Ui): boolean {
  const { name, email, consent } = config.pre_chat;
  const { now } = memory;
  return (name !== 'hidden' && !now.name) || (email !== 'hidden' && !now.email) || (consent !== null && !now.consent);
}
