// The conversation on the screen: its head, its messages, what the site asks first, and where one writes.
import { avatarOf, greetingOf } from './bubble.ts';
import { h, icon, iconButton } from './dom.ts';
import { plainName } from './markup.ts';
import { makeThread } from './thread.ts';
import type { Composer, Introduction, Shell, Ui } from './ui.ts';

export type Room = {
  elements: HTMLElement[];
  draw(): void;
  /** What one does in it comes with the rest, which finds what has been written meanwhile. */
  takeOver(): Promise<unknown>;
  write(text: string): void;
  say(text: string): void;
  /** Goes where one writes. */
  focus(): void;
  /** Marks as new what came while nobody looked. */
  mark(): void;
  submit(): void;
  close(): void;
};

export function makeRoom(ui: Ui, { onRead }: { onRead(): void }): Room {
  const { config, memory, talk } = ui;
  const intro = h('div', {}, config.greeting && greetingOf(ui));
  const alarm = h('div', { class: 'alarm', role: 'status' });
  const thread = makeThread(ui, { intro, onRead });
  const isBegun = (): boolean => talk.shown().length > 0 || memory.now.talk !== null;
  let composer: Composer | null = null;
  let introduction: Introduction | null = null;
  let isClosed = false;
  const mayGo = (): boolean => isBegun() || !isAsked(ui) || introduction?.isDone() === true;
  const takeOver = (): Promise<unknown> =>
    ui.withRest(({ makeComposer }) => {
      if (isClosed) return;
      composer ??= makeComposer(ui, shell, mayGo);
      draw();
    });
  const shell = makeShell(ui, takeOver);

  function draw(): void {
    if (!isBegun() && !introduction && isAsked(ui)) {
      introduction = ui.rest()?.makeIntroduction(ui) ?? null;
      if (introduction) intro.append(introduction.element);
      else void takeOver();
    }
    if (introduction) introduction.element.hidden = isBegun();
    thread.draw();
    composer?.draw();
    alarm.textContent = talk.isReachable && navigator.onLine ? '' : ui.language.words.offline;
  }

  return {
    elements: [headOf(ui), alarm, thread.element, shell.form],
    draw,
    takeOver,
    write(text) {
      shell.text.value = text;
      composer?.write(text);
    },
    say(text) {
      shell.note.textContent = text;
    },
    focus: () => (composer ?? shell.text).focus(),
    mark() {
      thread.mark();
      draw();
      thread.toEnd();
    },
    submit: () => shell.form.requestSubmit(),
    close() {
      isClosed = true;
      thread.close();
      composer?.close();
    },
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

function headOf(ui: Ui): HTMLElement {
  const { words } = ui.language;
  const { author, name, online } = ui.config;
  const more = iconButton('more', words.more, () => void ui.withRest(({ openMenu }) => openMenu(ui, more)), { 'aria-expanded': 'false' });
  return h(
    'div',
    { class: 'head', part: 'header' },
    iconButton('back', words.back, ui.goHome),
    avatarOf(ui, author),
    h('div', { class: 'grow' }, h('strong', {}, plainName(author.name || name)), h('small', {}, online ? words.online : words.away)),
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
